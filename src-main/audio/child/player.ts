import type { FromAudioChild } from '../protocol'
import type { OutputStream } from './output-stream'
import { monotonicMs } from './monotonic'
import { BLOCK_MS } from './output-stream'

/** More than native queue and sound server hold: when this much silence was taken, all that was before it was heard. */
const DRAIN_MS = 80
/**
 * A sink that is already running mixes a new stream into a block it is about to hand on: up to 14 ms of the beginning
 * were lost on the stage, and up to 32 ms where a device is opened by its name alone. This much silence goes first.
 */
const LEAD_IN_MS = { server: 15, device: 40 } as const
const FADE_MS = 5

/**
 * Plays one stream of blocks. Writing paces it: the native queue has room for 20 ms. When data is late the device gets
 * silence, so that it keeps running; when it is told to stop, 5 ms fade out and only silence follows.
 */
export class Player {
  readonly #playId: number
  readonly #stream: OutputStream
  readonly #send: (message: FromAudioChild) => void
  #queue: Int16Array[] = []
  /** Samples of the first block of the queue that were taken. */
  #offset = 0
  #state: 'open' | 'ended' | 'stopped' = 'open'
  #written = 0
  #wake: (() => void) | undefined

  constructor(playId: number, stream: OutputStream, send: (message: FromAudioChild) => void) {
    this.#playId = playId
    this.#stream = stream
    this.#send = send
  }

  push(samples: Int16Array): void {
    if (this.#state !== 'open')
      return
    this.#queue.push(samples)
    this.#wake?.()
  }

  end(): void {
    if (this.#state === 'open')
      this.#state = 'ended'
    this.#wake?.()
  }

  stop(): void {
    this.#state = 'stopped'
    this.#wake?.()
  }

  /** Resolves when the stream is closed. */
  async run(): Promise<void> {
    try {
      if (await this.#begin())
        await this.#playOn()
      if (this.#state === 'stopped') {
        await this.#fadeOut()
        this.#tellEnd()
      }
      await this.#silence(DRAIN_MS)
      if (this.#state === 'ended')
        this.#tellEnd()
    }
    catch (error) {
      this.#send({ type: 'play-failed', playId: this.#playId, message: error instanceof Error ? error.message : String(error) })
    }
    await this.#stream.close()
  }

  /** False when it was over before it began. */
  async #begin(): Promise<boolean> {
    while (this.#queue.length === 0 && this.#state === 'open')
      await this.#data()
    if (this.#queue.length === 0 || this.#state === 'stopped') {
      this.#stream.write(new Int16Array(this.#stream.blockSamples)).catch(() => {})
      this.#stream.start()
      return false
    }
    const leadInMs = this.#stream.target.pulseName === null ? LEAD_IN_MS.device : LEAD_IN_MS.server
    const leadIn = this.#stream.write(new Int16Array(Math.round((this.#stream.rateHz * leadInMs) / 1000)))
    const first = this.#stream.write(this.#take())
    this.#stream.start()
    this.#send({ type: 'play-started', playId: this.#playId, atMs: monotonicMs() })
    await Promise.all([leadIn, first])
    this.#tellProgress()
    return true
  }

  async #playOn(): Promise<void> {
    while (this.#state !== 'stopped') {
      if (this.#queue.length === 0) {
        if (this.#state === 'ended')
          return
        await this.#stream.write(new Int16Array(this.#stream.blockSamples))
        continue
      }
      await this.#stream.write(this.#take())
      this.#tellProgress()
    }
  }

  /** The next block, padded with silence at the very end. */
  #take(limit = this.#stream.blockSamples): Int16Array {
    const block = new Int16Array(this.#stream.blockSamples)
    let filled = 0
    while (filled < limit) {
      const head = this.#queue[0]
      if (!head)
        break
      const count = Math.min(limit - filled, head.length - this.#offset)
      block.set(head.subarray(this.#offset, this.#offset + count), filled)
      filled += count
      this.#offset += count
      if (this.#offset === head.length) {
        this.#queue.shift()
        this.#offset = 0
      }
    }
    this.#written += filled
    return block
  }

  async #fadeOut(): Promise<void> {
    const count = Math.round((this.#stream.rateHz * FADE_MS) / 1000)
    const block = this.#take(count)
    this.#queue = []
    for (let i = 0; i < count; i++)
      block[i] = Math.round((block[i] as number) * (1 - i / count))
    await this.#stream.write(block)
  }

  async #silence(durationMs: number): Promise<void> {
    for (let ms = 0; ms < durationMs; ms += BLOCK_MS)
      await this.#stream.write(new Int16Array(this.#stream.blockSamples))
  }

  #data(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  #tellProgress(): void {
    this.#send({ type: 'play-progress', playId: this.#playId, writtenSamples: this.#written })
  }

  #tellEnd(): void {
    this.#send({ type: 'play-ended', playId: this.#playId, writtenSamples: this.#written })
  }
}
