import type { AppError } from '../lib/app-error'
import type { Take, TakeCounters } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { TakeRecorder } from './take-recorder'
import { background } from '../lib/background'
import { BoundedQueue } from '../lib/bounded-queue'
import { FRAME_MS } from '../ports/audio-frame'

/** A minute for a recogniser that has fallen behind; the file has everything anyway. */
const QUEUE_FRAMES = 60_000 / FRAME_MS

const WRITE_LIMIT_MS = 250
const CLOSE_LIMIT_MS = 2000

export interface RunningTakeOptions {
  readonly id: string
  readonly startedAtMs: number
  readonly recorder: TakeRecorder
  readonly clock: Clock
  readonly logger: Logger
  /** Called once, when the take is asked to stop: how many frames were due and have not come. */
  readonly onStop: (take: RunningTake) => number
}

/** A take in progress: each frame goes to the file, then to the consumer. */
export class RunningTake implements Take {
  readonly id: string
  readonly startedAtMs: number
  readonly #options: RunningTakeOptions
  readonly #queue = new BoundedQueue<AudioFrame>(QUEUE_FRAMES)
  /** Hands frames on in order, each after it was written. */
  #delivery: Promise<void> = Promise.resolve()
  #frames = 0
  #preRollFrames = 0
  #missing = 0
  #stopped: Promise<TakeCounters> | undefined

  constructor(options: RunningTakeOptions) {
    this.#options = options
    this.id = options.id
    this.startedAtMs = options.startedAtMs
    background(options.recorder.start(), options.logger, 'take file')
  }

  get path(): string {
    return this.#options.recorder.path
  }

  get fileFailure(): Promise<AppError> {
    return this.#options.recorder.failure
  }

  get isEmpty(): boolean {
    return this.#frames === 0
  }

  frames(signal?: AbortSignal): AsyncIterable<AudioFrame> {
    return this.#queue.consume(signal)
  }

  accept(frame: AudioFrame, isPreRoll = false): void {
    if (this.#stopped)
      return
    this.#frames++
    if (isPreRoll)
      this.#preRollFrames++
    const written = this.#within(WRITE_LIMIT_MS, this.#options.recorder.append(frame.samples))
    this.#delivery = this.#delivery.then(() => written).then(() => {
      this.#queue.push(frame)
    })
  }

  addMissing(frames: number): void {
    if (!this.#stopped)
      this.#missing += frames
  }

  /** There will be no frames: the consumer is told why. The file stays what it is. */
  fail(error: AppError): void {
    this.#queue.fail(error)
  }

  stop(): Promise<TakeCounters> {
    this.#stopped ??= this.#finish()
    return this.#stopped
  }

  /** A disk that hangs must hold up neither the recogniser nor the end of the take. */
  async #within(limitMs: number, writing: Promise<void>): Promise<void> {
    let cancel: (() => void) | undefined
    const limit = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(limitMs, resolve)
    })
    await Promise.race([writing, limit])
    cancel?.()
  }

  async #finish(): Promise<TakeCounters> {
    const { onStop, recorder } = this.#options
    this.#missing += onStop(this)
    await this.#delivery
    this.#queue.end()
    await this.#within(CLOSE_LIMIT_MS, recorder.close())
    return {
      durationMs: this.#frames * FRAME_MS,
      preRollMs: this.#preRollFrames * FRAME_MS,
      missingFrames: this.#missing + this.#queue.dropped,
      ...(recorder.failed ? { fileError: recorder.failed } : {}),
    }
  }
}
