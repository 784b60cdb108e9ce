import type { SpeechChunk } from '../../ports/tts-engine'
import { raceAbort } from '../../lib/abort'

/** Made ahead of what is heard; beyond it the maker waits. */
const MOST_BUFFERED_MS = 30_000

/** The sound of one piece between the one who makes it and the one who plays it. Bounded, and loses nothing. */
export class SoundBuffer {
  readonly #chunks: SpeechChunk[] = []
  #bufferedMs = 0
  #end: { readonly error?: unknown } | null = null
  #close: () => void = () => {}
  /** No more is made, in whichever way that ended. Never rejects. */
  readonly closed = new Promise<void>((resolve) => {
    this.#close = resolve
  })

  #came: (() => void) | null = null
  #taken: (() => void) | null = null

  push(chunk: SpeechChunk): void {
    this.#chunks.push(chunk)
    this.#bufferedMs += lengthMs(chunk)
    this.#came?.()
  }

  end(): void {
    this.#end ??= {}
    this.#close()
    this.#came?.()
  }

  /** What was made before is still given. */
  fail(error: unknown): void {
    this.#end ??= { error }
    this.#close()
    this.#came?.()
  }

  /** Resolves when there is room for more. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#bufferedMs > MOST_BUFFERED_MS) {
      await raceAbort(new Promise<void>((resolve) => {
        this.#taken = resolve
      }), signal)
    }
  }

  async* consume(signal: AbortSignal): AsyncGenerator<SpeechChunk, void, undefined> {
    for (;;) {
      signal.throwIfAborted()
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#bufferedMs -= lengthMs(chunk)
        this.#taken?.()
        yield chunk
        continue
      }
      if (this.#end) {
        if ('error' in this.#end)
          throw this.#end.error
        return
      }
      await raceAbort(new Promise<void>((resolve) => {
        this.#came = resolve
      }), signal)
    }
  }
}

function lengthMs({ samples, sampleRate }: SpeechChunk): number {
  return samples.length / sampleRate * 1000
}
