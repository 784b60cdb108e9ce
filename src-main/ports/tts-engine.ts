import type { OnRoute } from './route'

/** A piece of speakable text; `index` counts from 0 within a reply. */
export interface SpeechPiece {
  readonly index: number
  readonly text: string
}

/** Mono 16-bit PCM of one piece. A piece may come in several chunks; `last` marks its end (its samples may be empty). */
export interface SpeechChunk {
  readonly samples: Int16Array
  readonly sampleRate: number
  readonly pieceIndex: number
  readonly last: boolean
}

export interface TtsOptions {
  readonly signal: AbortSignal
  /** 1 is the voice's own speed; 0.5 to 2. */
  readonly speed?: number
  /** Told who does it, where there is a choice. */
  readonly onRoute?: OnRoute
  /** What serves a conversation goes on serving it, unless another is clearly better. */
  readonly conversationId?: string
}

/**
 * Text to speech. Pulls a piece, yields its sound, in order; may make the next piece while the consumer holds
 * the present one. Every piece yields exactly one chunk with `last`. Throws `signal.reason` on abort.
 */
export interface TtsEngine {
  readonly id: string
  synthesize: (pieces: AsyncIterable<SpeechPiece>, options: TtsOptions) => AsyncIterable<SpeechChunk>
}
