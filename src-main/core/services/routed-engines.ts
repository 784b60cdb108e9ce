import type { RouteTarget } from '../../engines/router/candidates'
import type { RouteMemory } from '../../engines/router/route-memory'
import type { RoutedChat } from '../../engines/router/routed-chat'
import type { AsrEngine } from '../../ports/asr-engine'
import type { Clock } from '../../ports/clock'
import type { EnginePart } from '../../ports/route'
import type { TtsEngine } from '../../ports/tts-engine'
import type { ServiceRegistry } from './service-registry'
import { createRoutedAsr } from '../../engines/router/routed-asr'
import { createRoutedChat } from '../../engines/router/routed-chat'
import { createRoutedTts } from '../../engines/router/routed-tts'

export interface RoutedEngines {
  readonly asr: AsrEngine
  readonly chat: RoutedChat
  readonly tts: TtsEngine
  /** Whether nothing that is said leaves this machine before the turn is asked for: the first to be asked is on it. */
  readonly isNear: (part: EnginePart) => boolean
  /** This recogniser and no other: a service's id, or `local`. */
  readonly asrBy: (serviceId: string) => AsrEngine
}

export interface RoutedEnginesOptions {
  readonly registry: Pick<ServiceRegistry, EnginePart | 'policy'>
  readonly memory: RouteMemory
  readonly clock: Clock
}

/** The three parts, each done by whichever candidate of the registry answers first. */
export function createRoutedEngines({ registry, memory, clock }: RoutedEnginesOptions): RoutedEngines {
  const shared = { memory, clock }
  const asrOf = (candidates: ServiceRegistry['asr']): AsrEngine => createRoutedAsr({ ...shared, candidates, policy: () => registry.policy('asr') })
  return {
    asr: asrOf(registry.asr),
    asrBy: wanted => asrOf(() => registry.asr().filter(({ serviceId }) => serviceId === wanted)),
    chat: createRoutedChat({ ...shared, candidates: registry.chat, policy: () => registry.policy('chat') }),
    tts: createRoutedTts({ ...shared, candidates: registry.tts, policy: () => registry.policy('tts') }),
    isNear(part) {
      const { ordered: [first] } = memory.rank<RouteTarget>(part, registry[part](), registry.policy(part), { turn: false })
      return first === undefined || first.candidate.privacy === 'machine'
    },
  }
}
