import type { StreamTarget } from '../protocol'
import type { NativeAudio, NativeStream } from './native'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { resolveTarget } from './targets'

export const BLOCK_MS = 10
/** Figures in ../README.md: the lowest that plays ten seconds without a gap on a busy machine. */
const PULSE_LATENCY_MS = 40
/** Two blocks here and 40 ms in the server: at most 60 ms ahead of what is heard. */
const MAX_QUEUE = 2
/** With a fixed size here and no latency asked for, the server's plug-in swallows seconds of sound at once. */
const FRAMES_PER_BUFFER_MS = 10

/** One native output. Opened but not started it costs nothing, and begins to sound within a few milliseconds of `start`. */
export class OutputStream {
  readonly target: StreamTarget
  readonly rateHz: number
  readonly #stream: NativeStream
  readonly #channels: number
  #closed = false

  constructor(native: NativeAudio, target: StreamTarget) {
    const { deviceId, rateHz, maxChannels } = resolveTarget(native, target, 'output')
    process.env['PULSE_LATENCY_MSEC'] = String(PULSE_LATENCY_MS)
    this.target = target
    this.rateHz = rateHz
    this.#channels = Math.min(2, maxChannels)
    this.#stream = native.create({ outOptions: {
      ...(deviceId === undefined ? {} : { deviceId }),
      sampleRate: rateHz,
      channelCount: this.#channels,
      sampleFormat: 16,
      maxQueue: MAX_QUEUE,
      framesPerBuffer: Math.round((rateHz * FRAMES_PER_BUFFER_MS) / 1000),
      closeOnError: false,
    } })
  }

  get blockSamples(): number {
    return Math.round((this.rateHz * BLOCK_MS) / 1000)
  }

  /** To be called after the first `write`: the native thread blocks on an empty queue. */
  start(): void {
    this.#stream.start()
  }

  /** Resolves when there is room for the next block: this is what paces playback. */
  async write(mono: Int16Array): Promise<void> {
    await this.#stream.write(this.#interleave(mono))
  }

  /** Plays what is queued, then closes. May never return (a dead server): only the process's end frees it then. */
  async close(): Promise<void> {
    if (this.#closed)
      return
    this.#closed = true
    await this.#stream.quit('ABORT')
  }

  #interleave(mono: Int16Array): Buffer {
    if (this.#channels === 1)
      return Buffer.from(mono.buffer, mono.byteOffset, mono.byteLength)
    const both = new Int16Array(mono.length * 2)
    for (let i = 0; i < mono.length; i++) {
      both[i * 2] = mono[i] as number
      both[i * 2 + 1] = mono[i] as number
    }
    return Buffer.from(both.buffer)
  }
}

export function sameTarget(a: StreamTarget, b: StreamTarget): boolean {
  return a.pulseName === b.pulseName
    && a.portAudio?.name === b.portAudio?.name
    && a.portAudio?.hostApi === b.portAudio?.hostApi
    && a.rateHz === b.rateHz
}
