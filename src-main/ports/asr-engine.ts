import type { AudioFrame } from './audio-frame'
import type { OnRoute } from './route'

/**
 * What a recogniser tells while a take is running. Times are positions in the take, in milliseconds
 * from the first frame it was given. `text` is always the text of the whole take so far.
 */
export type AsrEvent
  /** A voice began (told with the usual delay of a voice detector; `atMs` is where it began). */
  = | { readonly type: 'speech-start', readonly atMs: number }
  /** The voice has been silent for the hangover (about 100 ms). Another `speech-start` may follow. */
    | { readonly type: 'speech-end', readonly atMs: number }
  /**
   * `stableChars` leading characters will not change while this phrase is spoken: only a decode of the whole phrase
   * (a settled partial, a `phrase`, the `final`) may still correct those of its own. `settled`: the voice is silent and all of it is
   * decoded, so if nothing more is said this is the final text (speculation starts here).
   */
    | { readonly type: 'partial', readonly text: string, readonly stableChars: number, readonly settled: boolean }
  /** A finished phrase (cut at a pause); phrases are told in order, each once. */
    | { readonly type: 'phrase', readonly text: string, readonly index: number, readonly startMs: number, readonly endMs: number }
  /** The last event. Empty text: nothing was said. */
    | { readonly type: 'final', readonly text: string, readonly speechMs: number }

export interface AsrOptions {
  readonly signal: AbortSignal
  /** BCP 47; the engine's own language when absent. */
  readonly language?: string
  /** Told who does it, where there is a choice. */
  readonly onRoute?: OnRoute
  /** What serves a conversation goes on serving it, unless another is clearly better. */
  readonly conversationId?: string
}

/** Speech to text. Ends with exactly one `final` when `frames` ends; throws `signal.reason` on abort, `AppError` on failure. */
export interface AsrEngine {
  readonly id: string
  transcribe: (frames: AsyncIterable<AudioFrame>, options: AsrOptions) => AsyncIterable<AsrEvent>
}
