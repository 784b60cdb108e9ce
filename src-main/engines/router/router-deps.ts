import type { Clock } from '../../ports/clock'
import type { EnginePart } from '../../ports/route'
import type { Candidate, RoutePolicy, RouteTarget } from './candidates'
import type { RouteMemory } from './route-memory'
import type { HedgePlan } from './routed-stream'

/** What each of the three routed engines is made of. */
export interface RouterDeps<TEngine> {
  /** Asked anew for each turn. */
  readonly candidates: () => readonly Candidate<TEngine>[]
  /** Asked anew for each turn. */
  readonly policy: () => RoutePolicy
  /** One for all parts. */
  readonly memory: RouteMemory
  readonly clock: Clock
  /** 0 to below 1: spreads what is tried again. Absent: `Math.random`. */
  readonly random?: () => number
  /** How long failures are tried again before somebody is told. Absent: 8 s. */
  readonly patienceMs?: number
}

/** The second is started when the first is later than it nearly ever is. */
export function hedgeWhenLate<C extends RouteTarget>(part: EnginePart, { memory, clock }: Pick<RouterDeps<unknown>, 'memory' | 'clock'>): HedgePlan<C> {
  return { watch: (candidate, late) => clock.after(memory.lateAfterMs(part, candidate), late) }
}
