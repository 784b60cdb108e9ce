import type { Candidate, RoutePolicy } from '../../src-main/engines/router/candidates'
import type { EnginePart } from '../../src-main/ports/route'
import { DEFAULT_POLICY } from '../../src-main/engines/router/candidates'
import { RouteMemory } from '../../src-main/engines/router/route-memory'
import { systemClock } from '../../src-main/ports/clock'
import { LOCAL_SERVICE } from '../../src-main/ports/route'

const PARTS: readonly EnginePart[] = ['asr', 'chat', 'tts']
/** More than anybody sets up. */
export const CANDIDATES = 32
/** As many measurements as are kept of each. */
const HISTORY = 24

function candidatesOf(): Candidate<null>[] {
  return Array.from({ length: CANDIDATES }, (_, index) => ({
    serviceId: index === 0 ? LOCAL_SERVICE : `service-${index}`,
    model: `model-${index % 3}`,
    privacy: index === 0 ? 'machine' : index % 3 === 0 ? 'network' : 'internet',
    ready: () => true,
    connection: () => index % 2 === 0 ? 'warm' : 'cold',
    price: { perMillionTokens: index },
    engine: null,
  } as const))
}

/**
 * Milliseconds of each decision about who is asked, over a memory full of measurements and failures, with the
 * user's order and without, in a conversation. Throws when a decision is none.
 */
export function measureDecisions(count: number): number[] {
  const memory = new RouteMemory({ clock: systemClock })
  const candidates = candidatesOf()
  const policies: readonly RoutePolicy[] = [
    { ...DEFAULT_POLICY, budget: { perMillionTokens: 24 } },
    { ...DEFAULT_POLICY, order: candidates.map(({ serviceId }) => serviceId).reverse() },
  ]
  for (const part of PARTS) {
    for (let i = 0; i < HISTORY * CANDIDATES; i++) {
      memory.rank(part, candidates, DEFAULT_POLICY, { turn: i % CANDIDATES === 0 })
      const log = memory.begin(part, candidates[i % CANDIDATES] as Candidate<null>, `conversation-${i % 50}`)
      log.answered(100 + (i * 37) % 900)
      log.done()
    }
  }
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const part = PARTS[i % PARTS.length] as EnginePart
    const startMs = performance.now()
    const { ordered } = memory.rank(part, candidates, policies[i % 2] as RoutePolicy, { conversationId: `conversation-${i % 50}`, turn: i % 10 === 0 })
    times.push(performance.now() - startMs)
    if (ordered.length === 0)
      throw new Error('Nobody was chosen.')
  }
  return times
}
