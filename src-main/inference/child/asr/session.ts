import type { AsrEvent } from '../../../ports/asr-engine'
import type { Framing, PhraseDecoders } from './phrase-decoder'
import type { PhraseSpan, SegmenterOptions, SegmentEvent, WindowVerdict } from './segmenter'
import { toAppError } from '../../../lib/app-error'
import { assertNever } from '../../../lib/assert-never'
import { createAgreement } from './agreement'
import { DecodeLanes } from './decode-lanes'
import { levelDb, prepare, toFloat } from './level'
import { PartialPlanner } from './partial-planner'
import { decodePhrase } from './phrase-decoder'
import { SampleStore } from './sample-store'
import { DEFAULT_SEGMENTER, Segmenter } from './segmenter'
import { TakeText } from './take-text'
import { cleanText, findFault } from './transcript-check'

const RATE_HZ = 16_000
const samplesOf = (ms: number): number => Math.round(ms * RATE_HZ / 1000)
/** The most sound before a phrase that any framing asks for. */
const LONGEST_PAD = samplesOf(200)
/** At a cut through running speech the neighbour's sound begins at once. */
const OPEN_PAD_MS = 32
/** Sound kept while nothing was recognised, for the second listening. */
const SECOND_LISTENING_SAMPLES = samplesOf(20_000)
/** Voice needed before it is worth guessing at. */
const MIN_PARTIAL_WINDOWS = 10

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

interface PhraseJob {
  readonly key: string
  readonly promise: Promise<string>
  text: string | undefined
}

/** One take. See the folder's README for what is decoded when. */
export class TakeSession {
  readonly #parts: SessionParts
  readonly #store = new SampleStore()
  readonly #segmenter: Segmenter
  readonly #lanes: DecodeLanes
  readonly #text: TakeText
  readonly #agreement = createAgreement({ rounds: 3, holdBack: 2 })
  readonly #planner: PartialPlanner
  readonly #windowSamples: number
  readonly #windowMs: number
  /** Decodes of the running phrase as it stood at each of its pauses, by extent. */
  #jobs = new Map<string, PhraseJob>()
  #judged = 0
  /** Counts phrases: a partial of an earlier one is stale. */
  #phraseId = 0
  #lastHypothesis = ''
  #settledTold = false
  #anythingHeard = false
  #partialRunning = false
  #cancelled = false
  #failure: unknown
  /** Finished phrases that wait for a decode begun at their pause. */
  readonly #pending = new Set<Promise<void>>()
  #stop: () => void = () => {}
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve
  })

  #finishing: Promise<void> | undefined

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#windowSamples = parts.judge.windowSamples
    this.#windowMs = this.#windowSamples * 1000 / RATE_HZ
    this.#segmenter = new Segmenter({ ...DEFAULT_SEGMENTER, ...parts.segmenter, windowMs: this.#windowMs })
    this.#lanes = new DecodeLanes(parts.lanes)
    this.#lanes.onIdle(() => this.#afterDecode())
    this.#text = new TakeText(phrase => this.#emit({ type: 'phrase', ...phrase }))
    this.#planner = new PartialPlanner(parts.nowMs)
  }

  /** Needed decodes that wait: a reader of a file holds back above a few (`drained`). */
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
    this.#planner.heard(samples.length * 1000 / RATE_HZ)
    this.#store.append(samples)
    while (this.#store.end - this.#judged >= this.#windowSamples)
      this.#judgeWindow(this.#store.slice(this.#judged, this.#judged + this.#windowSamples))
    if (this.#segmenter.speaking)
      this.#guess()
    else
      this.#settle()
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
    this.#close()
  }

  async #finish(): Promise<void> {
    if (this.#cancelled)
      return
    const rest = this.#store.end - this.#judged
    if (rest > 0) {
      const window = new Int16Array(this.#windowSamples)
      window.set(this.#store.slice(this.#judged, this.#store.end))
      this.#judgeWindow(window)
    }
    this.#handle(this.#segmenter.finish())
    try {
      await this.#lanes.drained(0)
      await this.#openPhrases()
      if (this.#failure !== undefined)
        throw toAppError(this.#failure)
      if (this.#text.committed === '')
        await this.#listenAgain()
      this.#emit({ type: 'final', text: this.#text.committed, speechMs: Math.round(this.#text.speechMs) })
    }
    finally {
      this.cancel()
    }
  }

  /** A phrase may still be on its way in a decode begun at a pause. */
  async #openPhrases(): Promise<void> {
    while (this.#pending.size > 0 && this.#failure === undefined && !this.#cancelled) {
      await Promise.race([...this.#pending, this.#stopped])
      await this.#lanes.drained(0)
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
      this.#text.open({ hypothesis: '', startMs: base + heard.startMs, endMs: base + heard.endMs, voiceMs: heard.voiceMs })(plausible ? text : '')
    }
  }

  #emit(event: AsrEvent): void {
    if (!this.#cancelled)
      this.#parts.emit(event)
  }

  #close(): void {
    this.#stop()
    this.#lanes.close()
    this.#store.clear()
    this.#jobs.clear()
    this.#parts.onClose?.()
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
          this.#settledTold = false
          if (!this.#segmenter.runningHead)
            this.#planner.voiceBegan()
          this.#emit({ type: 'speech-start', atMs: event.window * this.#windowMs })
          break
        case 'speech-end':
          this.#emit({ type: 'speech-end', atMs: event.window * this.#windowMs })
          break
        case 'pause':
          this.#settle()
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
      this.#tellSettled()
  }

  // --- phrases ---

  #cut(span: PhraseSpan): void {
    const job = this.#jobs.get(keyOf(span))
    const hypothesis = job?.text ?? this.#lastHypothesis
    const resolve = this.#text.open({
      hypothesis,
      startMs: span.start * this.#windowMs,
      endMs: span.end * this.#windowMs,
      voiceMs: span.voiced * this.#windowMs,
    })
    this.#nextPhrase()
    this.#anythingHeard = true
    const done = (text: string): void => {
      resolve(text)
      if (text === '' && this.#text.committed === '')
        this.#anythingHeard = false
    }
    if (job?.text !== undefined)
      done(job.text)
    else
      this.#need(span, done, job)
  }

  /** Decodes a finished phrase; the decode begun at its pause is waited for instead, when there is one. */
  #need(span: PhraseSpan, done: (text: string) => void, begun: PhraseJob | undefined): void {
    const decode = this.#decoder(span, () => !this.#cancelled)
    const again = (): void => this.#lanes.need(async () => {
      // A single failure costs nothing; the second is the take's.
      const text = await decode().catch(() => decode()).catch((error: unknown) => {
        this.#failure ??= error
        return ''
      })
      done(text)
      this.#tellSettled()
    })
    if (!begun) {
      again()
      return
    }
    const waiting = begun.promise.then(done, again).finally(() => {
      this.#pending.delete(waiting)
      this.#tellSettled()
    })
    this.#pending.add(waiting)
  }

  /** The sound is copied now, so the decode does not depend on what is forgotten meanwhile. */
  #decoder(span: PhraseSpan, stillWanted: () => boolean): () => Promise<string> {
    const start = span.start * this.#windowSamples
    const end = span.end * this.#windowSamples
    const from = Math.max(this.#store.begin, start - LONGEST_PAD)
    const sound = this.#store.slice(from, end + samplesOf(96))
    const framed = ({ beforeMs, afterMs, tailSilenceMs }: Framing): Float32Array => {
      const before = samplesOf(span.openStart ? OPEN_PAD_MS : beforeMs)
      const after = samplesOf(span.openEnd ? OPEN_PAD_MS : afterMs)
      return prepare(sound.subarray(Math.max(0, start - before - from), end + after - from), samplesOf(tailSilenceMs))
    }
    const voiceMs = span.voiced * this.#windowMs
    const certain = span.strong >= 5 && voiceMs >= 320
    return async () => (await decodePhrase({ voiceMs, certain, framed }, this.#parts.decoders, stillWanted)).text
  }

  #nextPhrase(): void {
    this.#phraseId++
    this.#jobs = new Map()
    this.#lastHypothesis = ''
    this.#agreement.reset()
    this.#planner.newPhrase()
  }

  /** At a pause the phrase as it stands is decoded at once: if nothing more is said, it is the final text. */
  #settle(): void {
    const span = this.#segmenter.running
    if (!span || !this.#planner.live || this.#cancelled || !this.#segmenter.isVoice(span) || this.#jobs.has(keyOf(span)))
      return
    const phraseId = this.#phraseId
    const key = keyOf(span)
    const isCurrent = (): boolean => phraseId === this.#phraseId && !this.#segmenter.speaking
    const decode = this.#decoder(span, isCurrent)
    this.#lanes.speculate(() => {
      const job: PhraseJob = { key, text: undefined, promise: decode() }
      this.#jobs.set(key, job)
      return job.promise.then((text) => {
        job.text = text
        if (phraseId === this.#phraseId)
          this.#lastHypothesis = text
        this.#tellSettled()
      }, () => {
        // Stays in the list as begun: it is not tried again at this pause, but when the phrase is finished.
      })
    }, Math.max(2, this.#parts.lanes))
  }

  #afterDecode(): void {
    if (this.#finishing)
      return
    if (!this.#segmenter.speaking)
      this.#settle()
  }

  /** Tells, once a silence, that everything said so far is decoded. */
  #tellSettled(): void {
    if (this.#settledTold || this.#cancelled || this.#finishing || this.#segmenter.speaking || this.#text.openCount > 0)
      return
    const span = this.#segmenter.running
    const tail = span && this.#segmenter.isVoice(span) ? this.#jobs.get(keyOf(span))?.text : ''
    if (tail === undefined)
      return
    const text = this.#text.withTail(tail)
    if (text === '')
      return
    this.#settledTold = true
    const stable = tail === '' ? text.length : this.#stableChars(tail)
    this.#emit({ type: 'partial', text, stableChars: stable, settled: true })
  }

  // --- partials ---

  #guess(): void {
    const segmenter = this.#segmenter
    const span = segmenter.running
    if (!span || !segmenter.speaking || segmenter.silentWindows > 0 || this.#partialRunning || span.voiced < MIN_PARTIAL_WINDOWS || !this.#planner.due)
      return
    const head = segmenter.runningHead
    const plan = this.#planner.plan({
      start: span.start,
      end: segmenter.position,
      windowMs: this.#windowMs,
      head: head && { text: this.#jobs.get(keyOf(head))?.text, next: segmenter.runningPieceStart ?? span.start },
      quietest: (from, to) => segmenter.quietest(from, to),
    })
    const phraseId = this.#phraseId
    const sound = this.#store.slice(Math.max(0, plan.from * this.#windowSamples - samplesOf(96)), plan.to * this.#windowSamples)
    const voiceMs = (plan.to - plan.from) * this.#windowMs
    this.#lanes.speculate(async () => {
      this.#partialRunning = true
      const began = this.#planner.begin()
      try {
        const text = cleanText(await this.#parts.decoders.main(prepare(sound)))
        if (phraseId === this.#phraseId && !this.#cancelled && !this.#finishing)
          this.#guessed(findFault(text, voiceMs) === undefined ? plan.apply(text) : undefined)
      }
      catch {
        // The phrase is decoded again when it is finished; a failure counts there.
      }
      finally {
        this.#partialRunning = false
        began.end()
      }
    }, 1)
  }

  #guessed(text: string | undefined): void {
    if (text === undefined || !this.#segmenter.speaking)
      return
    // The recogniser ends every hypothesis as a sentence; while the voice goes on it is none.
    const tail = text.replace(/[.…]+$/, '')
    this.#lastHypothesis = tail
    this.#emit({ type: 'partial', text: this.#text.withTail(tail), stableChars: this.#stableChars(tail), settled: false })
  }

  #stableChars(tail: string): number {
    const stable = this.#agreement.update(tail)
    if (this.#text.openCount > 0)
      return this.#text.committed.length
    return this.#text.committed.length + (stable > 0 && this.#text.committed ? 1 : 0) + stable
  }
}

function keyOf(span: PhraseSpan): string {
  return `${span.start}-${span.end}`
}
