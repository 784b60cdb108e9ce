import type { RoutePolicy, RouteTarget } from '../../../../src-main/engines/router/candidates'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { RouteMemory } from '../../../../src-main/engines/router/route-memory'
import { createManualClock } from '../../../fakes/manual-clock'

/** Services with times to first output that a test sets, asked one turn after the other. */
export interface Simulation {
  readonly memory: RouteMemory
  /** Runs one turn; gives who was chosen. */
  readonly turn: (latencyMs: Readonly<Record<string, number>>) => string
}

export interface SimulationOptions {
  readonly targets: readonly RouteTarget[]
  readonly policy?: Partial<RoutePolicy>
  readonly conversationId?: string
  /** Factors of the latency, used in turn. */
  readonly noise?: readonly number[]
}

export function target(serviceId: string, more: Partial<RouteTarget> = {}): RouteTarget {
  return { serviceId, model: 'm', privacy: 'internet', ...more }
}

export function createSimulation({ targets, policy, conversationId, noise = [1] }: SimulationOptions): Simulation {
  const clock = createManualClock()
  const memory = new RouteMemory({ clock })
  let turns = 0
  return {
    memory,
    turn(latencyMs) {
      const { ordered } = memory.rank('chat', targets, { ...DEFAULT_POLICY, ...policy }, { conversationId, turn: true })
      const chosen = ordered[0]?.candidate
      if (!chosen)
        throw new Error('nobody was chosen')
      const tookMs = (latencyMs[chosen.serviceId] ?? 0) * (noise[turns++ % noise.length] ?? 1)
      const log = memory.begin('chat', chosen, conversationId)
      clock.advance(tookMs)
      log.answered(tookMs)
      log.done()
      clock.advance(5_000)
      return chosen.serviceId
    },
  }
}
