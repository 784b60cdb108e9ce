import type { ErrorCode } from '../lib/app-error'
import type { ChatEngine, ChatMessage, PrimeOptions } from '../ports/chat-engine'
import type { InstalledModel } from '../ports/installed-model'
import type { LocalKind } from './protocol'

/** `rescue` is optional; `asr` and `vad` go together. What is absent is `failed` with `model-missing`. */
export interface LocalModels {
  readonly asr?: InstalledModel
  readonly rescue?: InstalledModel
  readonly vad?: InstalledModel
  readonly tts?: InstalledModel
  readonly chat?: InstalledModel
}

/** `null` takes a model away. What is not named stays. */
export type ModelChanges = { readonly [K in keyof LocalModels]?: InstalledModel | null }

/** Of the recogniser with its voice detector (`asr`), the voice (`tts`) or the language model (`chat`). */
export interface LocalModelState {
  readonly kind: LocalKind
  /** `unloaded`: not started, or ended after idling; the next use loads it. */
  readonly state: 'unloaded' | 'loading' | 'ready' | 'failed'
  readonly errorCode?: ErrorCode
  /** When `ready`: from asking to answering, warm-up included. */
  readonly loadMs?: number
}

export interface LocalChatEngine extends ChatEngine {
  /**
   * Computes the state of a prefix (system, history, first words) ahead of time; a `complete` that begins with it
   * starts sooner. Gives way to any later call, then resolves. Rejects with `signal.reason`, `AppError`.
   */
  prime: (messages: readonly ChatMessage[], options: PrimeOptions) => Promise<void>
}
