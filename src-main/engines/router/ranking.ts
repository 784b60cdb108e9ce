import type { ChoiceReason, PrivacyClass, RouteSkip } from '../../ports/route'
import type { BreakerView } from './breaker'
import type { Price, RoutePolicy, RouteTarget } from './candidates'
import { LOCAL_SERVICE, PRIVACY_ORDER } from '../../ports/route'
import { isSameTarget } from './candidates'

/** What is known of a candidate at the moment of the choice. */
export interface CandidateFacts<C extends RouteTarget> {
  readonly candidate: C
  readonly expectedMs: number
  /** False: `expectedMs` is a hope. */
  readonly measured: boolean
  /** For recent failures. */
  readonly penaltyMs: number
  readonly breaker: BreakerView
  readonly ready: boolean
}

export interface RankInput<C extends RouteTarget> {
  readonly facts: readonly CandidateFacts<C>[]
  readonly policy: RoutePolicy
  readonly nowMs: number
  /** What served this conversation so far. */
  readonly sticky: Pick<RouteTarget, 'serviceId' | 'model'> | null
  /** What cannot be reached at present. */
  readonly offline: ReadonlySet<PrivacyClass>
}

export interface RankedCandidate<C extends RouteTarget> {
  readonly candidate: C
  /** Null: nothing was measured. */
  readonly expectedMs: number | null
  /** The service asked to be left alone until then, on the monotonic clock; null: it may be asked now. */
  readonly notBeforeMs: number | null
  /** It answers without having to be waited for. */
  readonly ready: boolean
}

export interface Ranking<C extends RouteTarget> {
  /** In the order in which they are to be asked. Empty: nothing may be used. */
  readonly ordered: readonly RankedCandidate<C>[]
  readonly skipped: readonly RouteSkip[]
  readonly why: ChoiceReason
  /** Of the first one. */
  readonly expectedMs: number | null
}

/**
 * What a step down in the user's order costs. More than any sensible wait, so that the order decides; two recent
 * failures (`FAILURE_PENALTY_MS` each) weigh more.
 */
export const ORDER_STEP_MS = 5_000
export const FAILURE_PENALTY_MS = 3_000
/** What serves a conversation goes on serving it unless another is better by both: a voice or a manner that changes disturbs. */
export const CLEARLY_BETTER = { share: 0.3, ms: 150 } as const

/** The candidates that may be used, the best first. Pure. Ties keep the order in which they were given. */
export function rank<C extends RouteTarget>(input: RankInput<C>): Ranking<C> {
  const { policy, offline, nowMs } = input
  const skipped: RouteSkip[] = []
  const permitted: CandidateFacts<C>[] = []
  for (const facts of input.facts) {
    const reason = forbidden(facts.candidate, policy)
    if (reason)
      skipped.push({ serviceId: facts.candidate.serviceId, reason })
    else
      permitted.push(facts)
  }
  const usable: CandidateFacts<C>[] = []
  const waiting: CandidateFacts<C>[] = []
  const open: CandidateFacts<C>[] = []
  const unreachable: CandidateFacts<C>[] = []
  for (const facts of permitted) {
    const { candidate: { serviceId, privacy }, breaker, ready } = facts
    if (breaker.kind === 'open') {
      skipped.push({ serviceId, reason: breaker.why === 'key' ? 'key' : 'breaker' })
      if (breaker.why !== 'key')
        open.push(facts)
    }
    else if (offline.has(privacy)) {
      skipped.push({ serviceId, reason: 'offline' })
      unreachable.push(facts)
    }
    else if (!ready) {
      skipped.push({ serviceId, reason: 'not-ready' })
      waiting.push(facts)
    }
    else {
      usable.push(facts)
    }
  }
  const best = sorted([...usable], input, withPenalty)
  // What has to be waited for is better than giving up. What is left alone is asked only when there is nothing else.
  const ordered = [...best, ...sorted(waiting, input, withPenalty)]
  const last = ordered.length > 0
    ? ordered
    : open.length > 0 ? open.sort((a, b) => openUntil(a) - openUntil(b)) : sorted(unreachable, input, withPenalty)
  return {
    ordered: last.map(facts => ranked(facts, nowMs)),
    skipped,
    why: reasonFor(last[0], permitted, input),
    expectedMs: last[0]?.measured ? last[0].expectedMs : null,
  }
}

function forbidden({ serviceId, privacy, loopback, price }: RouteTarget, { localOnly, maxPrivacy, budget }: RoutePolicy): RouteSkip['reason'] | null {
  if (localOnly && !(privacy === 'machine' && (loopback === true || serviceId === LOCAL_SERVICE)))
    return 'local-only'
  if (PRIVACY_ORDER.indexOf(privacy) > PRIVACY_ORDER.indexOf(maxPrivacy))
    return 'privacy'
  return isOverBudget(price, budget) ? 'budget' : null
}

const UNITS = ['perMillionTokens', 'perMinute', 'perMillionCharacters'] as const

function isOverBudget(price: Price | undefined, budget: Price | null): boolean {
  return budget !== null && price !== undefined && UNITS.some(unit => (price[unit] ?? 0) > (budget[unit] ?? Number.POSITIVE_INFINITY))
}

type Score = <C extends RouteTarget>(facts: CandidateFacts<C>, policy: RoutePolicy) => number

function withoutPenalty<C extends RouteTarget>({ candidate: { serviceId }, expectedMs }: CandidateFacts<C>, { order, named, reserve = [] }: RoutePolicy): number {
  if (serviceId === named)
    return Number.NEGATIVE_INFINITY
  if (order === null || order.length === 0)
    return reserve.includes(serviceId) ? expectedMs + ORDER_STEP_MS : expectedMs
  const place = order.indexOf(serviceId)
  return expectedMs + ORDER_STEP_MS * (place < 0 ? order.length : place)
}

function withPenalty<C extends RouteTarget>(facts: CandidateFacts<C>, policy: RoutePolicy): number {
  return withoutPenalty(facts, policy) + facts.penaltyMs
}

/** Sorts in place, and puts what is sticky first when nothing is clearly better. */
function sorted<C extends RouteTarget>(list: CandidateFacts<C>[], { policy, sticky }: RankInput<C>, score: Score): CandidateFacts<C>[] {
  list.sort((a, b) => compare(score(a, policy), score(b, policy)))
  const at = sticky === null ? -1 : list.findIndex(({ candidate }) => isSameTarget(candidate, sticky))
  const [best, kept] = [list[0], list[at]]
  if (at <= 0 || !best || !kept)
    return list
  const [bestMs, keptMs] = [score(best, policy), score(kept, policy)]
  if (bestMs < keptMs * (1 - CLEARLY_BETTER.share) && keptMs - bestMs > CLEARLY_BETTER.ms)
    return list
  list.splice(at, 1)
  list.unshift(kept)
  return list
}

/** Two of the named service both stand at minus infinity, whose difference is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b
}

function reasonFor<C extends RouteTarget>(first: CandidateFacts<C> | undefined, permitted: CandidateFacts<C>[], input: RankInput<C>): ChoiceReason {
  const { policy, sticky } = input
  if (first === undefined || permitted.length === 1)
    return 'only'
  if (first.candidate.serviceId === policy.named)
    return 'named'
  const ideal = sorted([...permitted], input, withoutPenalty)[0]
  if (ideal !== first)
    return 'fallback'
  if (policy.order !== null && policy.order.length > 0)
    return 'order'
  const quickest = Math.min(...permitted.map(({ expectedMs }) => expectedMs))
  return sticky !== null && isSameTarget(first.candidate, sticky) && first.expectedMs > quickest ? 'sticky' : 'fastest'
}

function ranked<C extends RouteTarget>({ candidate, expectedMs, measured, breaker, ready }: CandidateFacts<C>, nowMs: number): RankedCandidate<C> {
  const asked = breaker.kind === 'open' && breaker.why === 'asked' && breaker.untilMs > nowMs
  return { candidate, expectedMs: measured ? expectedMs : null, notBeforeMs: asked ? breaker.untilMs : null, ready: ready && breaker.kind !== 'open' }
}

function openUntil<C extends RouteTarget>({ breaker }: CandidateFacts<C>): number {
  return breaker.kind === 'open' ? breaker.untilMs ?? Number.POSITIVE_INFINITY : 0
}
