import type { BreakerView } from '../../../../src-main/engines/router/breaker'
import type { RouteTarget } from '../../../../src-main/engines/router/candidates'
import type { CandidateFacts, Ranking, RankInput } from '../../../../src-main/engines/router/ranking'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { FAILURE_PENALTY_MS, rank } from '../../../../src-main/engines/router/ranking'
import { LOCAL_SERVICE, PRIVACY_ORDER } from '../../../../src-main/ports/route'
import { target } from './simulation'

type Facts = CandidateFacts<RouteTarget>

function facts(serviceId: string, expectedMs: number, more: Partial<Facts> = {}, about: Partial<RouteTarget> = {}): Facts {
  return { candidate: target(serviceId, about), expectedMs, measured: true, penaltyMs: 0, breaker: { kind: 'closed' }, ready: true, ...more }
}

function ranking(list: Facts[], input: Partial<Omit<RankInput<RouteTarget>, 'facts' | 'policy'>> & { policy?: Partial<RankInput<RouteTarget>['policy']> } = {}): Ranking<RouteTarget> {
  return rank({ facts: list, nowMs: 0, sticky: null, offline: new Set(), ...input, policy: { ...DEFAULT_POLICY, ...input.policy } })
}

function names({ ordered }: Ranking<RouteTarget>): string[] {
  return ordered.map(({ candidate }) => candidate.serviceId)
}

const open: BreakerView = { kind: 'open', untilMs: 5_000, why: 'failures' }

describe('the order of candidates', () => {
  it('is that of their expected times', () => {
    const result = ranking([facts('slow', 900), facts('fast', 100), facts('middle', 400)])
    expect(names(result)).toEqual(['fast', 'middle', 'slow'])
    expect(result).toMatchObject({ why: 'fastest', expectedMs: 100, skipped: [] })
  })

  it('tells no time that was not measured', () => {
    expect(ranking([facts('a', 60, { measured: false }), facts('b', 90)])).toMatchObject({ expectedMs: null, ordered: [{ expectedMs: null }, { expectedMs: 90 }] })
  })

  it('the user\'s order decides, whatever the times', () => {
    const result = ranking([facts('fast', 100), facts('slow', 3_000), facts('unlisted', 10)], { policy: { order: ['slow', 'fast'] } })
    expect(names(result)).toEqual(['slow', 'fast', 'unlisted'])
    expect(result.why).toBe('order')
  })

  it('unless the one before is failing', () => {
    const order = { policy: { order: ['first', 'second'] } }
    expect(names(ranking([facts('first', 100, { penaltyMs: FAILURE_PENALTY_MS }), facts('second', 100)], order))).toEqual(['first', 'second'])
    const failing = ranking([facts('first', 100, { penaltyMs: 2 * FAILURE_PENALTY_MS }), facts('second', 100)], order)
    expect(names(failing)).toEqual(['second', 'first'])
    expect(failing.why).toBe('fallback')
  })

  it('the named one is first, and does not break the rules', () => {
    expect(ranking([facts('a', 10), facts('b', 900)], { policy: { named: 'b' } })).toMatchObject({ why: 'named', ordered: [{ candidate: { serviceId: 'b' } }, {}] })
    expect(names(ranking([facts('a', 10, {}, { privacy: 'machine' }), facts('b', 900)], { policy: { named: 'b', maxPrivacy: 'network' } }))).toEqual(['a'])
    expect(names(ranking([facts('a', 10), facts('b', 900, { breaker: open })], { policy: { named: 'b' } }))).toEqual(['a'])
  })

  it('stays with what served the conversation, unless another is clearly better', () => {
    const sticky = { sticky: { serviceId: 'kept', model: 'm' } }
    expect(ranking([facts('kept', 400), facts('new', 260)], sticky)).toMatchObject({ why: 'sticky', ordered: [{ candidate: { serviceId: 'kept' } }, {}] })
    expect(names(ranking([facts('kept', 1_000), facts('new', 800)], sticky))).toEqual(['kept', 'new'])
    expect(ranking([facts('kept', 1_000), facts('new', 600)], sticky)).toMatchObject({ why: 'fastest', ordered: [{ candidate: { serviceId: 'new' } }, {}] })
    expect(names(ranking([facts('kept', 100, { breaker: open }), facts('new', 600)], sticky))).toEqual(['new'])
  })

  it('an unready one is waited for when nothing else is left, after what is ready', () => {
    const result = ranking([facts('loading', 10, { ready: false }), facts('ready', 900)])
    expect(names(result)).toEqual(['ready', 'loading'])
    expect(result).toMatchObject({ why: 'fallback', skipped: [{ serviceId: 'loading', reason: 'not-ready' }], ordered: [{ ready: true }, { ready: false }] })
  })

  it('what is left alone is asked when there is nothing else, the one whose time is over first before the others', () => {
    const result = ranking([facts('a', 10, { breaker: { ...open, untilMs: 9_000 } }), facts('b', 900, { breaker: { kind: 'open', untilMs: 4_000, why: 'asked' } })])
    expect(names(result)).toEqual(['b', 'a'])
    expect(result.ordered.map(({ notBeforeMs }) => notBeforeMs)).toEqual([4_000, null])
  })

  it('a refused key is never tried', () => {
    expect(ranking([facts('a', 10, { breaker: { kind: 'open', untilMs: null, why: 'key' } })])).toMatchObject({ ordered: [], skipped: [{ serviceId: 'a', reason: 'key' }] })
  })

  it('without a network only what is near is asked', () => {
    const result = ranking([facts('far', 10), facts('near', 900, {}, { privacy: 'machine' })], { offline: new Set(['internet']) })
    expect(names(result)).toEqual(['near'])
    expect(result).toMatchObject({ why: 'fallback', skipped: [{ serviceId: 'far', reason: 'offline' }] })
  })

  it('local only: the built-in ones and loopback addresses, whatever class a service was given', () => {
    const result = ranking([
      facts(LOCAL_SERVICE, 100, {}, { privacy: 'machine' }),
      facts('loopback', 10, {}, { privacy: 'machine', loopback: true }),
      facts('claims', 1, {}, { privacy: 'machine' }),
      facts('lan', 1, {}, { privacy: 'network' }),
      facts('odd', 1, {}, { privacy: 'internet', loopback: true }),
    ], { policy: { localOnly: true } })
    expect(names(result)).toEqual(['loopback', LOCAL_SERVICE])
    expect(result.skipped.map(({ serviceId, reason }) => [serviceId, reason])).toEqual([['claims', 'local-only'], ['lan', 'local-only'], ['odd', 'local-only']])
  })

  it('over the budget is out, unknown prices are in', () => {
    const list = [facts('dear', 10, {}, { price: { perMillionTokens: 15 } }), facts('cheap', 50, {}, { price: { perMillionTokens: 1 } }), facts('unknown', 90)]
    expect(names(ranking(list, { policy: { budget: { perMillionTokens: 5 } } }))).toEqual(['cheap', 'unknown'])
    expect(names(ranking(list, { policy: { budget: { perMinute: 5 } } }))).toEqual(['dear', 'cheap', 'unknown'])
    expect(ranking(list.slice(0, 2), { policy: { budget: { perMillionTokens: 5 } } }).why).toBe('only')
  })
})

describe('for any candidates', () => {
  const breaker = fc.constantFrom<BreakerView>({ kind: 'closed' }, { kind: 'half-open' }, open, { kind: 'open', untilMs: 9_000, why: 'asked' }, { kind: 'open', untilMs: null, why: 'key' })
  const anyFacts = fc.record({
    serviceId: fc.constantFrom('a', 'b', 'c', 'd', LOCAL_SERVICE),
    model: fc.constantFrom('m', 'n'),
    privacy: fc.constantFrom(...PRIVACY_ORDER),
    loopback: fc.boolean(),
    price: fc.integer({ min: 0, max: 20 }),
    expectedMs: fc.integer({ min: 1, max: 20_000 }),
    penaltyMs: fc.integer({ min: 0, max: 10_000 }),
    breaker,
    ready: fc.boolean(),
  }).map(({ expectedMs, penaltyMs, breaker, ready, price, ...about }): Facts => ({ candidate: { ...about, price: { perMillionTokens: price } }, expectedMs, measured: true, penaltyMs, breaker, ready }))
  const anyInput = fc.record({
    facts: fc.array(anyFacts, { maxLength: 8 }),
    policy: fc.record({
      localOnly: fc.boolean(),
      maxPrivacy: fc.constantFrom(...PRIVACY_ORDER),
      order: fc.option(fc.subarray(['a', 'b', 'c', 'd'])),
      budget: fc.option(fc.record({ perMillionTokens: fc.integer({ min: 0, max: 20 }) })),
      named: fc.option(fc.constantFrom('a', 'b', LOCAL_SERVICE)),
      hedge: fc.boolean(),
    }),
    nowMs: fc.constant(0),
    sticky: fc.option(fc.record({ serviceId: fc.constantFrom('a', 'b'), model: fc.constantFrom('m', 'n') })),
    offline: fc.subarray([...PRIVACY_ORDER].slice(1)).map(classes => new Set(classes)),
  })

  function mayBeUsed({ serviceId, privacy, loopback, price }: RouteTarget, { localOnly, maxPrivacy, budget }: RankInput<RouteTarget>['policy']): boolean {
    return PRIVACY_ORDER.indexOf(privacy) <= PRIVACY_ORDER.indexOf(maxPrivacy)
      && (!localOnly || (privacy === 'machine' && (loopback === true || serviceId === LOCAL_SERVICE)))
      && (price?.perMillionTokens ?? 0) <= (budget?.perMillionTokens ?? Number.POSITIVE_INFINITY)
  }

  it('never breaks the privacy class, local only or the budget', () => {
    fc.assert(fc.property(anyInput, (input) => {
      expect(rank(input).ordered.every(({ candidate }) => mayBeUsed(candidate, input.policy))).toBe(true)
    }), { numRuns: 1_000 })
  })

  it('never asks one with an open breaker while another is closed', () => {
    fc.assert(fc.property(anyInput, (input) => {
      const reachable = input.facts.filter(({ candidate, breaker: { kind } }) => mayBeUsed(candidate, input.policy) && kind !== 'open' && !input.offline.has(candidate.privacy))
      const { ordered } = rank(input)
      if (reachable.length === 0)
        return
      const chosen = ordered.map(({ candidate }) => input.facts.find(({ candidate: other }) => other === candidate)?.breaker.kind)
      expect(chosen).not.toContain('open')
      expect(chosen.length).toBeGreaterThan(0)
    }), { numRuns: 1_000 })
  })

  it('each one is either to be asked or skipped with a reason, or both for those that must be waited for', () => {
    fc.assert(fc.property(anyInput, (input) => {
      const { ordered, skipped } = rank(input)
      expect(new Set(ordered.map(({ candidate }) => candidate)).size).toBe(ordered.length)
      for (const { candidate } of input.facts)
        expect(ordered.some(ranked => ranked.candidate === candidate) || skipped.some(({ serviceId }) => serviceId === candidate.serviceId)).toBe(true)
    }), { numRuns: 500 })
  })
})
