import type { OnRoute } from './route'

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export type ChatFinish
  = | 'stop' // the model said it is done
    | 'length' // out of tokens: the reply is truncated
    | 'filtered' // the service's own filter cut it: truncated
    | 'repetition' // it repeated itself and was cut: truncated

export type ChatEvent
  = | { readonly type: 'text', readonly text: string }
  /** Thinking aloud: shown folded, never spoken. */
    | { readonly type: 'reasoning', readonly text: string }
    | { readonly type: 'tool-call', readonly id: string, readonly name: string, readonly argumentsJson: string }
    | { readonly type: 'usage', readonly promptTokens: number, readonly completionTokens: number }
    | { readonly type: 'finish', readonly reason: ChatFinish }

export interface ChatOptions {
  readonly signal: AbortSignal
  readonly maxTokens?: number
  readonly temperature?: number
  /** Told who does it, where there is a choice. */
  readonly onRoute?: OnRoute
  /** What serves a conversation goes on serving it, unless another is clearly better. */
  readonly conversationId?: string
}

export interface PrimeOptions {
  readonly signal: AbortSignal
  /** The last message is still being spoken: more words of it follow. */
  readonly unfinished?: boolean
  /** As with a reply: it decides who would answer. */
  readonly conversationId?: string
}

/**
 * A reply, as it is written. Ends after exactly one `finish`; a stream that ends without one was cut, and the
 * consumer treats the reply as truncated. Throws `signal.reason` on abort (within 50 ms), `AppError` on failure.
 */
export interface ChatEngine {
  readonly id: string
  complete: (messages: readonly ChatMessage[], options: ChatOptions) => AsyncIterable<ChatEvent>
}
