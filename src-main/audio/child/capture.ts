import type { FromAudioChild, StreamTarget } from '../protocol'
import type { NativeAudio, NativeStream } from './native'
import process from 'node:process'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../ports/audio-frame'
import { toMono16 } from '../pcm'
import { Resampler } from '../resampler'
import { monotonicMs } from './monotonic'
import { resolveTarget } from './targets'

/** What PortAudio hands over at once. */
const NATIVE_BLOCK_MS = 20
/** What the sound server is asked to keep for us; the lowest that lost nothing under load (see ../README.md). */
const PULSE_LATENCY_MS = 20
/** About a second of blocks: a child that was held up for a moment loses nothing. */
const MAX_QUEUE = 100

/** One open input: native rate, 16 bit, to 16 kHz mono frames. */
export class Capture {
  readonly #captureId: number
  readonly #send: (message: FromAudioChild) => void
  #stream: NativeStream | undefined
  #closed = false
  /** Milliseconds of sound to be read at once. */
  blockMs: number

  constructor(captureId: number, blockMs: number, send: (message: FromAudioChild) => void) {
    this.blockMs = blockMs
    this.#captureId = captureId
    this.#send = send
  }

  open(native: NativeAudio, target: StreamTarget): void {
    try {
      const { deviceId, rateHz, maxChannels } = resolveTarget(native, target, 'input')
      process.env['PULSE_LATENCY_MSEC'] = String(PULSE_LATENCY_MS)
      const { stream, channels } = openInput(native, deviceId, rateHz, maxChannels)
      this.#stream = stream
      stream.start()
      this.#send({ type: 'capture-opened', captureId: this.#captureId, rateHz })
      void this.#run(stream, rateHz, channels)
    }
    catch (error) {
      this.#fail(error)
    }
  }

  /** May never return (a dead server): only the process's end frees the stream then. */
  async close(): Promise<void> {
    this.#closed = true
    const stream = this.#stream
    this.#stream = undefined
    await stream?.quit('ABORT')
  }

  async #run(stream: NativeStream, rateHz: number, channels: number): Promise<void> {
    const resampler = new Resampler(rateHz, ASR_RATE_HZ)
    const framer = new WholeFrames()
    const format = { encoding: 'integer', bitsPerSample: 16, channels, sampleRateHz: rateHz } as const
    let received = 0
    let frames = 0
    const beginning = new StreamBeginning()
    try {
      while (!this.#closed) {
        const { buf, finished, err } = await stream.read(Math.round((rateHz * this.blockMs) / 1000) * channels * 2)
        if (this.#closed)
          return
        if (finished || err || !buf)
          throw new Error(err ?? 'the stream ended')
        const nowMs = monotonicMs()
        const mono = toMono16(buf, format)
        received += mono.length
        const startedAtMs = beginning.add(nowMs, nowMs - (received / rateHz) * 1000)
        const samples = framer.push(resampler.process(mono))
        if (samples.length === 0)
          continue
        this.#send({ type: 'capture-frames', captureId: this.#captureId, samples, capturedAtMs: startedAtMs + FRAME_MS * frames })
        frames += samples.length / FRAME_SAMPLES
      }
    }
    catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#closed)
      return
    this.close().catch(() => {})
    this.#send({ type: 'capture-failed', captureId: this.#captureId, message: error instanceof Error ? error.message : String(error) })
  }
}

/** As many whole frames as there are, in one piece; the rest waits for the next call. */
class WholeFrames {
  #rest = new Int16Array(0)

  push(samples: Int16Array): Int16Array {
    const all = new Int16Array(this.#rest.length + samples.length)
    all.set(this.#rest)
    all.set(samples, this.#rest.length)
    const whole = all.length - (all.length % FRAME_SAMPLES)
    this.#rest = all.slice(whole)
    return all.slice(0, whole)
  }
}

/**
 * When the stream began: each block gives an answer (its arrival less all sound so far), and the least delayed one of
 * the last second or two is right. Older ones are forgotten, for the clocks drift and an overrun loses sound.
 */
class StreamBeginning {
  #sinceMs = 0
  #previous = Infinity
  #current = Infinity

  add(nowMs: number, estimateMs: number): number {
    if (nowMs - this.#sinceMs > 1000) {
      this.#sinceMs = nowMs
      this.#previous = this.#current
      this.#current = Infinity
    }
    this.#current = Math.min(this.#current, estimateMs)
    return Math.min(this.#previous, this.#current)
  }
}

/** Mono when the device has it; some give only all their channels. */
function openInput(native: NativeAudio, deviceId: number | undefined, rateHz: number, maxChannels: number): { stream: NativeStream, channels: number } {
  const attempts = [...new Set([1, Math.min(2, maxChannels), maxChannels])].filter(count => count <= maxChannels)
  let failure: unknown
  for (const channels of attempts) {
    try {
      const stream = native.create({ inOptions: {
        ...(deviceId === undefined ? {} : { deviceId }),
        sampleRate: rateHz,
        channelCount: channels,
        sampleFormat: 16,
        maxQueue: MAX_QUEUE,
        framesPerBuffer: Math.round((rateHz * NATIVE_BLOCK_MS) / 1000),
        closeOnError: false,
      } })
      return { stream, channels }
    }
    catch (error) {
      failure = error
    }
  }
  throw failure
}
