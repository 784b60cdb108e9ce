import type { AgreedText } from './agreement'
import type { DecodeLanes } from './decode-lanes'
import type { PhraseDecodes } from './phrase-decodes'
import type { SampleStore } from './sample-store'
import type { Segmenter } from './segmenter'
import type { TakeText } from './take-text'
import { createAgreement } from './agreement'
import { PartialPlanner } from './partial-planner'
import { RATE_HZ, soundOfGuess } from './phrase-sound'
import { withoutQuotes } from './stray-marks'
import { whole } from './take-text'
import { cleanText, findFault } from './transcript-check'

/** Voice needed before it is worth guessing at. */
const MIN_PARTIAL_WINDOWS = 10
/** Measured in takes of 3 and 30 s: with two rounds 6.5 % of the stable words are other words in the end, with three 4.5 %. */
const STABLE = { rounds: 3, holdBack: 1 }

export interface LiveTextParts {
  readonly nowMs: () => number
  readonly windowSamples: number
  readonly store: SampleStore
  readonly segmenter: Segmenter
  readonly lanes: DecodeLanes
  readonly decodes: PhraseDecodes
  readonly text: TakeText
  readonly decode: (samples: Float32Array) => Promise<string>
  readonly tell: (partial: AgreedText & { readonly settled: boolean }) => void
}

/** What is told of a phrase while it is spoken: guesses, and the settled text at a pause. */
export class LiveText {
  readonly #parts: LiveTextParts
  readonly #windowMs: number
  readonly #planner: PartialPlanner
  readonly #agreement = createAgreement(STABLE)
  /** Counts phrases: a guess at an earlier one is stale. */
  #phraseId = 0
  #hypothesis: AgreedText = whole('')
  #settledTold = false
  #closed = false

  constructor(parts: LiveTextParts) {
    this.#parts = parts
    this.#windowMs = parts.windowSamples * 1000 / RATE_HZ
    this.#planner = new PartialPlanner(parts.nowMs)
  }

  /** What is known of the running phrase. */
  get hypothesis(): AgreedText {
    return this.#hypothesis
  }

  /** At a pause of the running phrase its text is decoded at once, while somebody waits for it. */
  settle(): void {
    const { segmenter, decodes } = this.#parts
    const span = segmenter.running
    if (this.#closed || !span || !this.#planner.live || !segmenter.isVoice(span))
      return
    const phraseId = this.#phraseId
    decodes.settle(span, () => phraseId === this.#phraseId && !segmenter.speaking)
  }

  heard(ms: number): void {
    this.#planner.heard(ms)
  }

  voiceBegan(): void {
    this.#settledTold = false
    if (!this.#parts.segmenter.runningHead)
      this.#planner.voiceBegan()
  }

  nextPhrase(): void {
    this.#phraseId++
    this.#hypothesis = whole('')
    this.#agreement.reset()
    this.#planner.newPhrase()
  }

  /** Nothing is told any more. */
  close(): void {
    this.#closed = true
  }

  /** Tells, once a silence, that everything said so far is decoded. */
  tellSettled(): void {
    const { segmenter, decodes, text } = this.#parts
    if (this.#settledTold || this.#closed || this.#planner.ahead || segmenter.speaking || text.openCount > 0)
      return
    const span = segmenter.running
    const tail = span && segmenter.isVoice(span) ? decodes.textOf(span) : ''
    if (tail === undefined)
      return
    const hypothesis = tail === '' ? whole('') : this.#agreement.replace(tail)
    const all = text.withTail(hypothesis)
    if (all.text === '')
      return
    this.#hypothesis = hypothesis
    this.#settledTold = true
    this.#parts.tell({ ...all, settled: true })
  }

  /** Decodes what there is of the running phrase, when it is time to, and tells it. */
  guess(): void {
    const { segmenter, decodes, lanes, store, windowSamples, decode } = this.#parts
    const span = segmenter.running
    if (this.#closed || !span || !segmenter.speaking || segmenter.silentWindows > 0 || span.voiced < MIN_PARTIAL_WINDOWS || !this.#planner.due)
      return
    const head = segmenter.runningHead
    const plan = this.#planner.plan({
      start: span.start,
      end: segmenter.position,
      windowMs: this.#windowMs,
      head: head && { text: decodes.textOf(head), next: segmenter.runningPieceStart ?? span.start },
      quietest: (from, to) => segmenter.quietest(from, to),
    })
    const phraseId = this.#phraseId
    const sound = soundOfGuess(store, plan.from, plan.to, windowSamples)
    const voiceMs = (plan.to - plan.from) * this.#windowMs
    lanes.spare(async () => {
      const began = this.#planner.begin()
      try {
        const text = withoutQuotes(cleanText(await decode(sound)))
        if (phraseId === this.#phraseId)
          this.#guessed(findFault(text, voiceMs) === undefined ? plan.apply(text) : undefined)
      }
      catch {
        // The phrase is decoded again when it is finished; a failure counts there.
      }
      finally {
        began.end({ prepared: plan.prepares })
      }
    })
  }

  #guessed(text: string | undefined): void {
    if (text === undefined || this.#closed || !this.#parts.segmenter.speaking)
      return
    // The recogniser ends every hypothesis as a sentence; while the voice goes on it is none.
    this.#hypothesis = this.#agreement.update(text.replace(/[.…]+$/, ''))
    this.#parts.tell({ ...this.#parts.text.withTail(this.#hypothesis), settled: false })
  }
}
