import type { Capture, RecognitionOptions } from '../listening/capture'
import type { AsrEngine, AsrEvent } from '../ports/asr-engine'
import type { TakeCounters } from '../ports/audio-device'
import type { RouteReport } from '../ports/route'
import type { DictationRunnerDeps } from './types'
import { raceAbort } from '../lib/abort'
import { AppError, toAppError } from '../lib/app-error'
import { settleWithin } from '../lib/settle'
import { recognise, startCapture } from '../listening/capture'
import { POST_ROLL_MS, TAKE_SHARE } from '../listening/take-limits'

/** Sound that was captured before the key was let go takes so long to come here: a word said right before it is in it. */
export const TRANSIT_MS = 120
/** How long the recogniser may go without a sign of life once the take is over. */
const SILENT_LIMIT_MS = 20_000
/** How long the end of a dictation waits for its recording to be closed. */
const CLOSE_LIMIT_MS = 2_000

export interface TakeListener {
  /** The recording has begun, at this path. */
  readonly started: (path: string) => void
  /** The voice was heard, or fell silent. */
  readonly speech: (active: boolean) => void
  readonly partial: (text: string, stableChars: number) => void
  /** Nothing more is recorded. */
  readonly captured: (counters: TakeCounters | null) => void
  readonly route: (report: RouteReport) => void
  readonly notice: (code: 'capture-failed' | 'transcription-failed' | 'take-not-saved', error: unknown) => void
  /** The microphone or the recogniser ended the take: there is no more to come. */
  readonly over: () => void
}

type TakeDeps = Pick<DictationRunnerDeps, 'microphone' | 'asr' | 'clock' | 'readTake'>

/** One recording and what was recognised of it. */
export class DictationTake {
  readonly id: string
  readonly #deps: TakeDeps
  readonly #listener: TakeListener
  readonly #signal: AbortSignal
  readonly #recognition: RecognitionOptions
  readonly #startedAtMs: number
  readonly #capture: Capture
  readonly #text: Promise<string>
  #resolveText: (text: string) => void = () => {}
  #rejectText: (error: unknown) => void = () => {}
  #path: string | null = null
  #isSpeaking = false
  #isEnded = false
  #aliveAtMs = 0
  #failure: { readonly error: unknown } | null = null
  #isRetried = false
  #cancelTimer: (() => void) | undefined
  #isCaptured = false
  #isStopped = false
  #endedAtMs = 0

  /** Records at once. `signal` ends recognition; the recording is ended by `end`. */
  constructor(deps: TakeDeps, options: { readonly id: string, readonly atMs: number, readonly signal: AbortSignal }, listener: TakeListener) {
    this.id = options.id
    this.#deps = deps
    this.#listener = listener
    this.#signal = options.signal
    this.#recognition = { signal: options.signal, conversationId: options.id }
    this.#startedAtMs = options.atMs
    this.#text = new Promise((resolve, reject) => {
      this.#resolveText = resolve
      this.#rejectText = reject
    })
    this.#text.catch(() => {}) // whoever wants to know awaits `text`
    const { microphone, asr } = deps
    this.#capture = startCapture({ microphone, asr, takeId: this.id, heardFromMs: 0, ...this.#recognition }, {
      started: (path) => {
        this.#path = path
        listener.started(path)
      },
      failed: error => this.#fail(error),
      cut: (error) => {
        listener.notice('capture-failed', error)
        listener.over()
      },
      ended: counters => this.#onCaptured(counters),
      asr: event => this.#onAsr(event),
      route: listener.route,
      asrFailed: error => this.#onAsrFailed(error),
    })
  }

  /** The key was let go. While the voice is still heard recording goes on for a moment, so that the last word is whole. */
  end(atMs: number): void {
    if (this.#isEnded)
      return
    this.#isEnded = true
    this.#aliveAtMs = atMs
    this.#endedAtMs = atMs
    this.#armEnd()
  }

  /** Recording goes on until the voice is silent and all that was said before the end has come; at most for the post-roll. */
  #armEnd(): void {
    const { clock } = this.#deps
    const untilMs = this.#endedAtMs + (this.#isSpeaking ? POST_ROLL_MS : TRANSIT_MS)
    this.#cancelTimer?.()
    this.#cancelTimer = clock.after(Math.max(0, untilMs - clock.nowMs()), () => this.#stop())
  }

  /** Nothing more is recorded, without waiting for the voice. */
  stopNow(): void {
    this.#isEnded = true
    this.#stop()
  }

  /** The whole text, as recognised. Rejects with the signal's reason, or an `AppError`. */
  async text(): Promise<string> {
    try {
      return await raceAbort(this.#text, this.#signal)
    }
    finally {
      this.#cancelTimer?.()
    }
  }

  /** Nothing of it is open any more. Never rejects. */
  async closed(): Promise<void> {
    await settleWithin(this.#capture.closed(), CLOSE_LIMIT_MS, this.#deps.clock)
  }

  #stop(): void {
    this.#isStopped = true
    this.#cancelTimer?.()
    this.#capture.stop()
    this.#watch()
  }

  /** From here on somebody waits: a recogniser that says nothing for too long is given up. */
  #watch(): void {
    const { clock } = this.#deps
    const grantedMs = SILENT_LIMIT_MS + (this.#aliveAtMs - this.#startedAtMs) * TAKE_SHARE
    const check = (): void => {
      const leftMs = this.#aliveAtMs + grantedMs - clock.nowMs()
      if (leftMs <= 0)
        this.#rejectText(new AppError('timeout', 'The recogniser does not answer.', { retryable: true }))
      else
        this.#cancelTimer = clock.after(leftMs, check)
    }
    check()
  }

  #onCaptured(counters: TakeCounters | null): void {
    this.#isCaptured = true
    if (counters?.fileError)
      this.#listener.notice('take-not-saved', counters.fileError)
    this.#listener.captured(counters)
    if (!this.#isEnded)
      this.#listener.over()
    this.#again()
  }

  #onAsr(event: AsrEvent): void {
    this.#aliveAtMs = this.#deps.clock.nowMs()
    switch (event.type) {
      case 'speech-start':
      case 'speech-end':
        this.#isSpeaking = event.type === 'speech-start'
        this.#listener.speech(this.#isSpeaking)
        if (this.#isEnded && !this.#isStopped)
          this.#armEnd()
        break
      case 'partial':
        this.#listener.partial(event.text, event.stableChars)
        break
      case 'phrase':
        break
      case 'final':
        this.#resolveText(event.text)
        if (!this.#isEnded)
          this.#listener.over()
        break
    }
  }

  #onAsrFailed(error: unknown): void {
    // Nobody tells any more when the voice falls silent: the post-roll is to run its whole length.
    this.#isSpeaking = true
    if (this.#isRetried)
      return this.#fail(error)
    if (!this.#isEnded)
      this.#listener.notice('transcription-failed', error)
    this.#failure = { error }
    this.#again()
  }

  /** The recogniser failed: once the take is whole on disk it is decoded from there, once. */
  #again(): void {
    if (!this.#failure || !this.#isCaptured || this.#isRetried || this.#signal.aborted)
      return
    const { error } = this.#failure
    if (this.#path === null || !toAppError(error).retryable)
      return this.#fail(error)
    this.#isRetried = true
    void this.#recogniseFile(this.#deps.asr, this.#path)
  }

  async #recogniseFile(asr: AsrEngine, path: string): Promise<void> {
    await recognise(asr, this.#deps.readTake(path), this.#recognition, {
      asr: event => this.#onAsr(event),
      route: this.#listener.route,
      asrFailed: error => this.#fail(error),
    })
  }

  #fail(error: unknown): void {
    this.#rejectText(toAppError(error))
    if (!this.#isEnded)
      this.#listener.over()
  }
}
