import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { STALE_TURNS } from '../../../../src-main/engines/router/latency'
import { RouteMemory } from '../../../../src-main/engines/router/route-memory'
import { AppError } from '../../../../src-main/lib/app-error'
import { createManualClock } from '../../../fakes/manual-clock'
import { createSimulation, target } from './simulation'

const targets = [target('a'), target('b')]
const noise = fc.array(fc.double({ min: 0.8, max: 1.2, noNaN: true }), { minLength: 7, maxLength: 31 })
/** Two services of which one is clearly faster: more than the noise, and than what a conversation overlooks. */
const pair = fc.record({ fastMs: fc.integer({ min: 150, max: 800 }), ratio: fc.double({ min: 2.5, max: 8, noNaN: true }) }).map(({ fastMs, ratio }) => ({ fastMs, slowMs: Math.max(fastMs * ratio, fastMs + 500) }))
const setting = fc.record({ noise, pair, conversationId: fc.option(fc.constant('c'), { nil: undefined }), fastFirst: fc.boolean() })

function turns(count: number, turn: () => string): string[] {
  return Array.from({ length: count }, turn)
}

describe('with real traffic alone', () => {
  it('comes to the faster of two within 20 turns, and stays but for a try now and then', () => {
    fc.assert(fc.property(setting, ({ noise, pair: { fastMs, slowMs }, conversationId, fastFirst }) => {
      const [fast, slow] = fastFirst ? ['a', 'b'] as const : ['b', 'a'] as const
      const simulation = createSimulation({ targets, noise, ...(conversationId !== undefined && { conversationId }) })
      const chosen = turns(60, () => simulation.turn({ [fast]: fastMs, [slow]: slowMs }))
      expect(chosen.slice(2, 20).filter(id => id === slow).length).toBeLessThanOrEqual(2)
      // Once in eight turns at most; such a try is bounded by the hedge.
      expect(chosen.slice(20).filter(id => id === slow).length).toBeLessThanOrEqual(5)
    }), { numRuns: 300 })
  })

  it('leaves one that gets five times slower within 2 turns', () => {
    fc.assert(fc.property(setting, fc.integer({ min: 8, max: 40 }), ({ noise, pair: { fastMs }, conversationId }, settled) => {
      const otherMs = fastMs * 2
      const simulation = createSimulation({ targets, noise, ...(conversationId !== undefined && { conversationId }) })
      turns(settled, () => simulation.turn({ a: fastMs, b: otherMs }))
      const after = turns(12, () => simulation.turn({ a: fastMs * 5, b: otherMs }))
      // Whatever else is tried in between: two slow turns are all that anybody waits through.
      expect(after.slice(0, 8).filter(id => id === 'a').length).toBeLessThanOrEqual(2)
    }), { numRuns: 300 })
  })

  it(`comes back within ${STALE_TURNS + 4} turns after it is fast again, and stays`, () => {
    fc.assert(fc.property(setting, fc.integer({ min: 1, max: 40 }), ({ noise, pair: { fastMs }, conversationId }, away) => {
      const otherMs = Math.max(fastMs * 2.5, fastMs + 400)
      const simulation = createSimulation({ targets, noise, ...(conversationId !== undefined && { conversationId }) })
      turns(12, () => simulation.turn({ a: fastMs, b: otherMs }))
      turns(away, () => simulation.turn({ a: fastMs * 5, b: otherMs }))
      const back = turns(60, () => simulation.turn({ a: fastMs, b: otherMs }))
      const returned = back.indexOf('a')
      expect(returned).toBeGreaterThanOrEqual(0)
      expect(returned).toBeLessThan(STALE_TURNS)
      expect(back.slice(STALE_TURNS + 4).filter(id => id === 'b').length).toBeLessThanOrEqual(5)
    }), { numRuns: 300 })
  })
})

describe('failures', () => {
  const failure = new AppError('service-failed', 'no', { retryable: true })

  it('one moves the next turns elsewhere, and is forgotten after some', () => {
    const simulation = createSimulation({ targets })
    turns(6, () => simulation.turn({ a: 200, b: 500 }))
    simulation.memory.begin('chat', target('a')).failed(failure)
    const after = turns(10, () => simulation.turn({ a: 200, b: 500 }))
    expect(after.indexOf('a')).toBeGreaterThan(2)
    expect(after.at(-1)).toBe('a')
  })

  it('a request that found no network sends the next turns to what is near', () => {
    const clock = createManualClock()
    const memory = new RouteMemory({ clock })
    const near = target('local', { privacy: 'machine' })
    const choose = (): string | undefined => memory.rank('chat', [target('a'), near], { ...DEFAULT_POLICY, order: ['a', 'local'] }, { turn: true }).ordered[0]?.candidate.serviceId
    expect(choose()).toBe('a')
    memory.begin('chat', target('a')).failed(new AppError('offline', 'no', { retryable: true }))
    expect(choose()).toBe('local')
    clock.advance(5_000)
    expect(choose()).toBe('a')
  })

  it('a look is no turn', () => {
    const memory = new RouteMemory({ clock: createManualClock() })
    const [a, b] = [target('a'), target('b')]
    for (const [candidate, tookMs] of [[a, 1_000], [b, 500]] as const) {
      memory.rank('chat', [a, b], DEFAULT_POLICY, { turn: true })
      memory.begin('chat', candidate).answered(tookMs)
    }
    const look = (turn: boolean): (number | null | undefined)[] => memory.rank('chat', [a, b], DEFAULT_POLICY, { turn }).ordered.map(({ expectedMs }) => expectedMs)
    const before = look(false)
    expect(look(false)).toEqual(before)
    look(true)
    expect(look(true)).not.toEqual(before)
  })
})
