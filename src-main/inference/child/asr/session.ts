import type { AsrEvent } from '../../../ports/asr-engine'
import type { PhraseDecoders } from './phrase-decoder'
import type { PhraseSpan, SegmenterOptions, SegmentEvent, WindowVerdict } from './segmenter'
import { toAppError } from '../../../lib/app-error'
import { assertNever } from '../../../lib/assert-never'
import { DecodeLanes } from './decode-lanes'
import { levelDb, prepare, toFloat } from './level'
import { LiveText } from './live-text'
import { decodePhrase } from './phrase-decoder'
import { PhraseDecodes } from './phrase-decodes'
import { LONGEST_PAD, RATE_HZ, samplesOf, soundOfPhrase } from './phrase-sound'
import { SampleStore } from './sample-store'
import { DEFAULT_SEGMENTER, Segmenter } from './segmenter'
import { TakeText, whole } from './take-text'
import { findFault } from './transcript-check'

/** Sound kept while nothing was recognised, for the second listening. */
const SECOND_LISTENING_SAMPLES = samplesOf(20_000)

/** Judges windows of `windowSamples` samples in a row. */
export interface WindowJudge {
  readonly windowSamples: number
  readonly judge: (window: Float32Array) => { readonly speech: boolean, readonly strong: boolean }
}

export interface SessionParts {
  readonly judge: WindowJudge
  readonly decoders: PhraseDecoders
  /** Needed decodes that may run at once. */
  readonly lanes: number
  readonly nowMs: () => number
  readonly emit: (event: AsrEvent) => void
  /** Asked at the end of a take with no text, with what is still held of it (at most the last 20 s). */
  readonly listenAgain?: (samples: Int16Array) => readonly HeardAgain[]
  /** Called once, when the session needs nothing any more. */
  readonly onClose?: () => void
  readonly segmenter?: Partial<Omit<SegmenterOptions, 'windowMs'>>
}

/** Voice that the detector did not hear at the level it was recorded: sound to decode, and where it was. */
export interface HeardAgain {
  readonly samples: Int16Array
  /** Milliseconds from the beginning of what was listened to. */
  readonly startMs: number
  readonly endMs: number
  readonly voiceMs: number
}

/** One take. See the folder's README for what is decoded when. */
export class TakeSession {
  readonly #parts: SessionParts
  readonly #store = new SampleStore()
  readonly #segmenter: Segmenter
  readonly #lanes: DecodeLanes
  readonly #decodes: PhraseDecodes
  readonly #text: TakeText
  readonly #live: LiveText
  readonly #windowSamples: number
  readonly #windowMs: number
  #judged = 0
  #anythingHeard = false
  #cancelled = false
  #finishing: Promise<void> | undefined

  constructor(parts: SessionParts) {
    const { nowMs, decoders } = parts
    this.#parts = parts
    this.#windowSamples = parts.judge.windowSamples
    this.#windowMs = this.#windowSamples * 1000 / RATE_HZ
    this.#segmenter = new Segmenter({ ...DEFAULT_SEGMENTER, ...parts.segmenter, windowMs: this.#windowMs })
    this.#lanes = new DecodeLanes(parts.lanes)
    this.#lanes.onIdle(() => this.#afterDecode())
    this.#text = new TakeText(phrase => this.#emit({ type: 'phrase', ...phrase }))
    this.#decodes = new PhraseDecodes({
      lanes: this.#lanes,
      decoders,
      soundOf: span => soundOfPhrase(this.#store, span, this.#windowSamples),
      onText: () => this.#live.tellSettled(),
    })
    this.#live = new LiveText({
      nowMs,
      windowSamples: this.#windowSamples,
      store: this.#store,
      segmenter: this.#segmenter,
      lanes: this.#lanes,
      decodes: this.#decodes,
      text: this.#text,
      decode: decoders.main,
      tell: partial => this.#emit({ type: 'partial', ...partial }),
    })
  }

  /** Needed decodes that wait or run: a reader of a file holds back above a few (`drained`). */
  get backlog(): number {
    return this.#lanes.backlog
  }

  /** Samples in memory: that of a phrase, or of the second listening. */
  get heldSamples(): number {
    return this.#store.end - this.#store.begin
  }

  drained(backlog = 2): Promise<void> {
    return this.#lanes.drained(backlog)
  }

  push(samples: Int16Array): void {
    if (this.#cancelled || this.#finishing)
      return
    this.#live.heard(samples.length * 1000 / RATE_HZ)
    this.#store.append(samples)
    while (this.#store.end - this.#judged >= this.#windowSamples)
      this.#judgeWindow(this.#store.slice(this.#judged, this.#judged + this.#windowSamples))
    if (this.#segmenter.speaking)
      this.#live.guess()
    else
      this.#live.settle()
    const keep = this.#anythingHeard ? 0 : SECOND_LISTENING_SAMPLES
    const needed = this.#segmenter.floor * this.#windowSamples - LONGEST_PAD - this.#windowSamples
    this.#store.forget(Math.min(needed, this.#store.end - keep))
  }

  /** Resolves after `final` was emitted, or at once after `cancel`. Rejects with `AppError` when decoding failed. */
  finish(): Promise<void> {
    this.#finishing ??= this.#finish()
    return this.#finishing
  }

  /** Nothing is emitted any more. */
  cancel(): void {
    if (this.#cancelled)
      return
    this.#cancelled = true
    this.#live.close()
    this.#decodes.close()
    this.#lanes.close()
    this.#store.clear()
    this.#parts.onClose?.()
  }

  async #finish(): Promise<void> {
    if (this.#cancelled)
      return
    this.#live.close()
    const rest = this.#store.end - this.#judged
    if (rest > 0) {
      const window = new Int16Array(this.#windowSamples)
      window.set(this.#store.slice(this.#judged, this.#store.end))
      this.#judgeWindow(window)
    }
    this.#handle(this.#segmenter.finish())
    try {
      await this.#decodes.finished()
      if (this.#text.committed === '')
        await this.#listenAgain()
      this.#emit({ type: 'final', text: this.#text.committed, speechMs: Math.round(this.#text.speechMs) })
    }
    catch (error) {
      throw toAppError(error)
    }
    finally {
      this.cancel()
    }
  }

  async #listenAgain(): Promise<void> {
    if (!this.#parts.listenAgain || this.#cancelled)
      return
    const base = this.#store.begin * 1000 / RATE_HZ
    for (const heard of this.#parts.listenAgain(this.#store.slice(this.#store.begin, this.#store.end))) {
      const sound = { voiceMs: heard.voiceMs, certain: false, framed: () => prepare(heard.samples) }
      const { text } = await decodePhrase(sound, { main: this.#parts.decoders.main }, () => false)
      const plausible = findFault(text, heard.voiceMs) === undefined
      this.#text.open({ hypothesis: whole(''), startMs: base + heard.startMs, endMs: base + heard.endMs, voiceMs: heard.voiceMs })(plausible ? text : '')
    }
  }

  #emit(event: AsrEvent): void {
    if (!this.#cancelled)
      this.#parts.emit(event)
  }

  #judgeWindow(samples: Int16Array): void {
    this.#judged += samples.length
    const { speech, strong } = this.#parts.judge.judge(toFloat(samples))
    const verdict: WindowVerdict = { speech, strong, levelDb: levelDb(samples) }
    this.#handle(this.#segmenter.accept(verdict))
  }

  #handle(events: readonly SegmentEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'speech-start':
          this.#live.voiceBegan()
          this.#emit({ type: 'speech-start', atMs: event.window * this.#windowMs })
          break
        case 'speech-end':
          this.#emit({ type: 'speech-end', atMs: event.window * this.#windowMs })
          break
        case 'pause':
          this.#live.settle()
          break
        case 'cut':
          this.#cut(event.phrase)
          break
        case 'dropped':
          this.#nextPhrase()
          break
        default:
          assertNever(event)
      }
    }
    // Only now: a pause and the cut it brings come together.
    if (events.length > 0)
      this.#live.tellSettled()
  }

  #cut(span: PhraseSpan): void {
    const resolve = this.#text.open({
      hypothesis: this.#live.hypothesis,
      startMs: span.start * this.#windowMs,
      endMs: span.end * this.#windowMs,
      voiceMs: span.voiced * this.#windowMs,
    })
    this.#anythingHeard = true
    this.#decodes.need(span, (text) => {
      resolve(text)
      if (text === '' && this.#text.committed === '')
        this.#anythingHeard = false
    })
    this.#nextPhrase()
  }

  #nextPhrase(): void {
    this.#decodes.nextPhrase()
    this.#live.nextPhrase()
  }

  #afterDecode(): void {
    if (!this.#segmenter.speaking)
      this.#live.settle()
  }
}
