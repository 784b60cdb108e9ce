import type { AudioFrame } from '../../ports/audio-frame'
import { raceAbort } from '../../lib/abort'
import { pullFrom } from '../../lib/pull-from'

/** Twenty minutes of 20 ms frames: 38 MB. */
const MOST_FRAMES = 60_000

/**
 * The sound of a take, for any number of readers, each from its first frame on. No frame is lost: one that reads slowly
 * holds back nobody, until the tape is full; from then on the source waits for the slowest, and what everybody has read
 * is let go, so that the take cannot be read again from its beginning.
 */
export class FrameTape {
  readonly #most: number
  #frames: AudioFrame[] = []
  /** Number of the first frame that is still here. */
  #base = 0
  #ms = 0
  #end: { readonly error?: unknown } | null = null
  readonly #readers = new Set<{ next: number }>()
  #changed = signalOf()

  constructor(mostFrames = MOST_FRAMES) {
    this.#most = mostFrames
  }

  /** Its first frame is still here. */
  get whole(): boolean {
    return this.#base === 0
  }

  /** Length of what was recorded so far. */
  get lengthMs(): number {
    return this.#ms
  }

  /** Takes the source to its end. Throws what it fails with, or the signal's reason; the readers do too. */
  async fill(source: AsyncIterable<AudioFrame>, signal: AbortSignal): Promise<void> {
    try {
      for await (const frame of pullFrom(source, signal)) {
        this.#frames.push(frame)
        this.#ms += frame.samples.length / frame.sampleRate * 1000
        this.#tell()
        while (!this.#hasRoom())
          await raceAbort(this.#changed.promise, signal)
      }
      this.#end = {}
    }
    catch (error) {
      this.#end = { error }
      throw error
    }
    finally {
      this.#tell()
    }
  }

  /** `onEnd`: the reader has taken the last frame. */
  async* read(signal: AbortSignal, onEnd: () => void = () => {}): AsyncGenerator<AudioFrame, void, undefined> {
    const reader = { next: this.#base }
    this.#readers.add(reader)
    try {
      for (;;) {
        signal.throwIfAborted()
        const frame = this.#frames[reader.next - this.#base]
        if (frame) {
          reader.next++
          if (this.#frames.length >= this.#most)
            this.#tell()
          yield frame
          continue
        }
        if (this.#end) {
          if ('error' in this.#end)
            throw this.#end.error
          onEnd()
          return
        }
        await raceAbort(this.#changed.promise, signal)
      }
    }
    finally {
      this.#readers.delete(reader)
      this.#tell()
    }
  }

  #hasRoom(): boolean {
    if (this.#frames.length < this.#most)
      return true
    const slowest = Math.min(...[...this.#readers].map(({ next }) => next))
    const read = Number.isFinite(slowest) ? slowest - this.#base : 0
    if (read === 0)
      return false
    this.#frames = this.#frames.slice(read)
    this.#base += read
    return true
  }

  #tell(): void {
    const { resolve } = this.#changed
    this.#changed = signalOf()
    resolve()
  }
}

function signalOf(): { readonly promise: Promise<void>, readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
