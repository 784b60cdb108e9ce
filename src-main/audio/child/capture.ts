import type { CapturePace, FromAudioChild, StreamTarget } from '../protocol'
import type { NativeAudio, NativeStream } from './native'
import process from 'node:process'
import { toMono16 } from '../../lib/pcm'
import { IDLE_BLOCK_MS } from '../protocol'
import { monotonicMs } from './monotonic'
import { resolveTarget } from './targets'

/** What PortAudio hands over at once. */
const NATIVE_BLOCK_MS = 20
/** What the sound server is asked to keep for us; the lowest that lost nothing under load (see ../README.md). */
const PULSE_LATENCY_MS = 20
/** About two seconds of blocks: a child that was held up for a moment loses nothing. */
const MAX_QUEUE = 100

/**
 * One open input, 16 bit, mono, at the device's rate. At the idle pace the native library gathers the sound, and it is
 * fetched when there is enough of it: no thread of ours wakes up for each of the device's blocks.
 */
export class Capture {
  readonly #captureId: number
  readonly #send: (message: FromAudioChild) => void
  #stream: NativeStream | undefined
  #closed = false
  #pace: CapturePace
  #wake: (() => void) | undefined

  constructor(captureId: number, pace: CapturePace, send: (message: FromAudioChild) => void) {
    this.#pace = pace
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
      void this.#run(stream, rateHz, channels)
    }
    catch (error) {
      this.#fail(error)
    }
  }

  /** A live one takes at once what has gathered. */
  setPace(pace: CapturePace): void {
    this.#pace = pace
    if (pace === 'live')
      this.#wake?.()
  }

  /** May never return (a dead server): only the process's end frees the stream then. */
  async close(): Promise<void> {
    this.#closed = true
    this.#wake?.()
    const stream = this.#stream
    this.#stream = undefined
    await stream?.quit('ABORT')
  }

  async #run(stream: NativeStream, rateHz: number, channels: number): Promise<void> {
    const blockSamples = nativeBlockSamples(rateHz)
    const beginning = new StreamBeginning()
    let beganAtMs: number | undefined
    let received = 0
    try {
      while (!this.#closed) {
        const gatheredMs = (): number => beganAtMs === undefined ? 0 : monotonicMs() - beganAtMs - (received / rateHz) * 1000
        if (this.#pace === 'idle' && beganAtMs !== undefined)
          await this.#pause(IDLE_BLOCK_MS - NATIVE_BLOCK_MS / 2 - gatheredMs())
        if (this.#closed)
          return
        const blocks = blocksToRead(gatheredMs(), this.#pace)
        const { buf, finished, err } = await stream.read(blocks * blockSamples * channels * 2)
        if (this.#closed)
          return
        if (finished || err || !buf)
          throw new Error(err ?? 'the stream ended')
        const nowMs = monotonicMs()
        const samples = toMono16(buf, { encoding: 'integer', bitsPerSample: 16, channels, sampleRateHz: rateHz })
        received += samples.length
        beganAtMs = beginning.add(nowMs, nowMs - (received / rateHz) * 1000)
        this.#send({ type: 'capture-sound', captureId: this.#captureId, samples, rateHz, capturedAtMs: beganAtMs + ((received - samples.length) / rateHz) * 1000 })
      }
    }
    catch (error) {
      this.#fail(error)
    }
  }

  /** Until the time is over, the pace changes or the end. */
  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), delayMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }

  #fail(error: unknown): void {
    if (this.#closed)
      return
    this.close().catch(() => {})
    this.#send({ type: 'capture-failed', captureId: this.#captureId, message: error instanceof Error ? error.message : String(error) })
  }
}

function nativeBlockSamples(rateHz: number): number {
  return Math.round((rateHz * NATIVE_BLOCK_MS) / 1000)
}

/**
 * Whole native blocks: a read that ended within one would wait for the next to come. A live one takes what is there, or
 * waits for one. An idle one ends with a block that is still to come: when that arrives tells how device and clock have
 * drifted apart, without which the queue would fill up in some hours.
 */
export function blocksToRead(gatheredMs: number, pace: CapturePace): number {
  const there = Math.floor(gatheredMs / NATIVE_BLOCK_MS)
  return Math.max(1, Math.min(MAX_QUEUE / 2, pace === 'live' ? there : there + 1))
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
        framesPerBuffer: nativeBlockSamples(rateHz),
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
