import type { FromAudioChild, StreamTarget } from '../protocol'
import type { NativeAudio, NativeStream } from './native'
import process from 'node:process'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../ports/audio-frame'
import { Framer, toMono16 } from '../pcm'
import { Resampler } from '../resampler'
import { monotonicMs } from './monotonic'
import { resolveTarget } from './targets'

const BLOCK_MS = 10
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

  constructor(captureId: number, send: (message: FromAudioChild) => void) {
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
    const framer = new Framer(FRAME_SAMPLES)
    const blockBytes = Math.round((rateHz * BLOCK_MS) / 1000) * channels * 2
    const format = { encoding: 'integer', bitsPerSample: 16, channels, sampleRateHz: rateHz } as const
    let received = 0
    let frames = 0
    const beginning = new StreamBeginning()
    try {
      while (!this.#closed) {
        const { buf, finished, err } = await stream.read(blockBytes)
        if (this.#closed)
          return
        if (finished || err || !buf)
          throw new Error(err ?? 'the stream ended')
        const mono = toMono16(buf, format)
        received += mono.length
        const startedAtMs = beginning.add(monotonicMs() - (received / rateHz) * 1000)
        for (const samples of framer.push(resampler.process(mono)))
          this.#send({ type: 'capture-frame', captureId: this.#captureId, samples, capturedAtMs: startedAtMs + FRAME_MS * frames++ })
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

/**
 * When the stream began: each block gives an answer (its arrival less all sound so far), and the least delayed one of
 * the last second or two is right. Older ones are forgotten, for the clocks drift and an overrun loses sound.
 */
class StreamBeginning {
  #count = 0
  #previous = Infinity
  #current = Infinity

  add(estimateMs: number): number {
    if (++this.#count % (1000 / BLOCK_MS) === 0) {
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
        framesPerBuffer: Math.round((rateHz * 5) / 1000),
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
