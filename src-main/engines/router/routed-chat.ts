import type { ChatEngine, ChatEvent, ChatMessage, PrimeOptions } from '../../ports/chat-engine'
import type { Candidate } from './candidates'
import type { RouterDeps } from './router-deps'
import { LOCAL_SERVICE } from '../../ports/route'
import { routeStream } from './routed-stream'
import { hedgeWhenLate } from './router-deps'

/** A chat engine that may read a prompt ahead of the question; only the built-in one is asked to. */
export interface PrimableChat extends ChatEngine {
  readonly prime?: (messages: readonly ChatMessage[], options: PrimeOptions) => Promise<void>
}

export interface RoutedChat extends ChatEngine {
  /** Does nothing unless the built-in engine would be the first to be asked: what it reads ahead would be for nobody. */
  readonly prime: (messages: readonly ChatMessage[], options: PrimeOptions) => Promise<void>
}

/** Chat by whichever candidate answers first. Nothing of a second one is ever shown once the first has begun. */
export function createRoutedChat(deps: RouterDeps<PrimableChat>): RoutedChat {
  const { memory, clock } = deps
  return {
    id: 'router',
    async* complete(messages, options) {
      const { onRoute, conversationId, ...rest } = options
      options.signal.throwIfAborted()
      const policy = deps.policy()
      yield* routeStream<ChatEvent, Candidate<PrimableChat>>({
        part: 'chat',
        ranking: memory.rank('chat', deps.candidates(), policy, { conversationId, turn: true }),
        start: (candidate, signal) => candidate.engine.complete(messages, { ...rest, signal }),
        isOutput: isShown,
        // Thinking aloud is shown, and yet the answer is what is waited for.
        isAnswer: event => isShown(event) && event.type !== 'reasoning',
        isLast: event => event.type === 'finish',
        observe: candidate => memory.begin('chat', candidate, conversationId),
        clock,
        random: deps.random ?? Math.random,
        signal: options.signal,
        hedge: policy.hedge ? hedgeWhenLate('chat', deps) : null,
        ...(deps.patienceMs !== undefined && { patienceMs: deps.patienceMs }),
        onRoute,
      })
    },
    async prime(messages, options) {
      options.signal.throwIfAborted()
      const { ordered } = memory.rank('chat', deps.candidates(), deps.policy(), { conversationId: options.conversationId, turn: false })
      const first = ordered[0]?.candidate
      if (first?.serviceId === LOCAL_SERVICE)
        await first.engine.prime?.(messages, options)
    },
  }
}

function isShown(event: ChatEvent): boolean {
  switch (event.type) {
    case 'text':
    case 'reasoning': return event.text !== ''
    case 'tool-call':
    case 'finish': return true
    case 'usage': return false
  }
}
