/**
 * Where a take is cut, as a state machine over the voice detector's windows. Pure: no sound, no clock.
 * All positions are window indices from the start of the take; `end` is exclusive.
 */

export interface WindowVerdict {
  /** The detector's decision at the sensitive threshold. */
  readonly speech: boolean
  /** The decision at the strict threshold: without one such window, a phrase is noise. */
  readonly strong: boolean
  readonly levelDb: number
}

export interface PhraseSpan {
  readonly start: number
  readonly end: number
  /** Windows with voice, and with certain voice. */
  readonly voiced: number
  readonly strong: number
  /** The end touches running speech (no pause there): sound beyond it belongs to the neighbour. */
  readonly openStart: boolean
  readonly openEnd: boolean
}

export type SegmentEvent
  = | { readonly type: 'speech-start', readonly window: number }
    | { readonly type: 'speech-end', readonly window: number }
  /** The voice paused: the phrase as it stands is worth decoding. It goes on when the voice resumes soon. */
    | { readonly type: 'pause', readonly phrase: PhraseSpan }
  /** The phrase is finished; it will not be touched again. */
    | { readonly type: 'cut', readonly phrase: PhraseSpan }
  /** What looked like the beginning of a phrase was noise. */
    | { readonly type: 'dropped' }

export interface CutRule {
  /** A phrase at least this long … */
  readonly phraseMs: number
  /** … ends at a pause of at least this length. */
  readonly pauseMs: number
}

export interface SegmenterOptions {
  readonly windowMs: number
  /** Silence after which `speech-end` is told. */
  readonly hangoverMs: number
  readonly cutRules: readonly CutRule[]
  /** A phrase that reaches this length is cut at its last pause, or at its quietest moment from `dipFromMs` on. */
  readonly maxPhraseMs: number
  readonly dipFromMs: number
  /** A phrase with less voice than this is noise. */
  readonly minVoiceMs: number
  /** Noise is forgotten after a pause of this length. */
  readonly noisePauseMs: number
  /** So far below the voice's own level nobody speaks any more, whatever the detector still says. */
  readonly fadeDb: number
  /** The detector lags behind the end of a voice by up to this; what it hears for longer is a quiet voice. */
  readonly fadeLimitMs: number
}

/**
 * Measured on English clips with Moonshine base: long contexts (merging up to 15 s) bring nothing over these
 * rules once looping results are decoded again, and what is left to decode at the end stays small.
 */
export const DEFAULT_SEGMENTER: Omit<SegmenterOptions, 'windowMs'> = {
  hangoverMs: 96,
  cutRules: [
    { phraseMs: 0, pauseMs: 1000 },
    { phraseMs: 1000, pauseMs: 600 },
    { phraseMs: 4000, pauseMs: 300 },
    { phraseMs: 8000, pauseMs: 96 },
  ],
  maxPhraseMs: 12_000,
  dipFromMs: 6000,
  minVoiceMs: 256,
  noisePauseMs: 320,
  fadeDb: 30,
  fadeLimitMs: 256,
}

/** The voice's own level sinks by so much a window while nothing louder comes (9 dB a second). */
const LEVEL_DECAY_DB = 0.3

interface Piece {
  start: number
  end: number
  voiced: number
  strong: number
}

interface Phrase {
  openStart: boolean
  /** Stretches of voice with pauses of at least the hangover between them. */
  pieces: Piece[]
  /** Level of each window since `first`, for the search of a quiet moment. */
  levelsDb: number[]
  first: number
}

export class Segmenter {
  readonly #options: SegmenterOptions
  readonly #hangover: number
  #window = 0
  #phrase: Phrase | undefined
  #speaking = false
  /** Windows since the detector last heard a voice. */
  #silent = 0
  /** Windows since one that was voice by its level too: this is how a pause is noticed before the detector lets go. */
  #quiet = 0
  #voiceDb = Number.NEGATIVE_INFINITY
  /** Nothing before this window may be used again. */
  #floor = 0

  constructor(options: SegmenterOptions) {
    this.#options = options
    this.#hangover = this.#windows(options.hangoverMs)
  }

  /** The phrase as it stands, up to its last voiced window. */
  get running(): PhraseSpan | undefined {
    return this.#phrase && span(this.#phrase, this.#phrase.pieces.length, false)
  }

  /** The running phrase up to its last pause; nothing when it has none. */
  get runningHead(): PhraseSpan | undefined {
    return this.#phrase && span(this.#phrase, this.#phrase.pieces.length - 1, false)
  }

  /** Where the stretch of voice after the running phrase's last pause began. */
  get runningPieceStart(): number | undefined {
    return this.#phrase?.pieces.at(-1)?.start
  }

  /** Between `speech-start` and `speech-end`. */
  get speaking(): boolean {
    return this.#speaking
  }

  /** Windows without voice since the last one with it. */
  get silentWindows(): number {
    return this.#quiet
  }

  /** Windows taken so far. */
  get position(): number {
    return this.#window
  }

  /** Sound before this window is not needed any more. */
  get floor(): number {
    return this.#phrase?.first ?? Math.max(this.#floor, this.#window - 1)
  }

  /** Is this enough voice to be a phrase? */
  isVoice(phrase: PhraseSpan): boolean {
    return phrase.strong > 0 && phrase.voiced * this.#options.windowMs >= this.#options.minVoiceMs
  }

  accept(verdict: WindowVerdict): SegmentEvent[] {
    const window = this.#window++
    this.#phrase?.levelsDb.push(verdict.levelDb)
    this.#voiceDb = Math.max(verdict.levelDb, this.#voiceDb - LEVEL_DECAY_DB)
    if (!verdict.speech)
      return this.#silence(window)
    return this.#phrase && this.#isFading(verdict) ? this.#fade(this.#phrase, verdict) : this.#voice(window, verdict)
  }

  #isFading({ levelDb }: WindowVerdict): boolean {
    return levelDb < this.#voiceDb - this.#options.fadeDb && this.#quiet < this.#windows(this.#options.fadeLimitMs)
  }

  /** The detector still hears a voice that has fallen silent: its lag. The phrase ends where the voice did. */
  #fade(phrase: Phrase, { strong }: WindowVerdict): SegmentEvent[] {
    this.#silent = 0
    this.#quiet++
    const piece = phrase.pieces.at(-1) as Piece
    piece.voiced++
    if (strong)
      piece.strong++
    return this.#pause()
  }

  /** Silence has lasted for the hangover: the voice has ended, for now. */
  #pause(): SegmentEvent[] {
    const running = this.running
    if (!running || !this.#speaking || this.#quiet < this.#hangover)
      return []
    this.#speaking = false
    const end: SegmentEvent = { type: 'speech-end', window: running.end }
    return this.isVoice(running) ? [end, { type: 'pause', phrase: running }] : [end]
  }

  /** The take is over: what is left is a phrase, or noise. */
  finish(): SegmentEvent[] {
    const running = this.running
    if (!running)
      return []
    return [this.#close(running, Number.POSITIVE_INFINITY)]
  }

  /** The quietest moment of the running phrase between two windows, or nothing when there is no room. */
  quietest(from: number, to: number): number | undefined {
    const phrase = this.#phrase
    if (!phrase)
      return undefined
    let best: number | undefined
    let bestDb = Number.POSITIVE_INFINITY
    for (let window = Math.max(from, phrase.first + 1); window < to; window++) {
      const at = window - phrase.first
      const before = phrase.levelsDb[at - 1]
      const here = phrase.levelsDb[at]
      const after = phrase.levelsDb[at + 1]
      if (before === undefined || here === undefined || after === undefined)
        continue
      const levelDb = (before + 2 * here + after) / 4
      if (levelDb < bestDb) {
        bestDb = levelDb
        best = window
      }
    }
    return best
  }

  #voice(window: number, verdict: WindowVerdict): SegmentEvent[] {
    const events: SegmentEvent[] = []
    // The detector wants two windows in a row: the voice began one earlier.
    const began = Math.max(this.#floor, window - 1)
    const resumed = this.#quiet >= this.#hangover
    this.#silent = 0
    this.#quiet = 0
    if (!this.#phrase) {
      this.#phrase = { openStart: false, pieces: [{ start: began, end: window, voiced: window - began, strong: 0 }], levelsDb: [], first: began }
      for (let i = began; i <= window; i++)
        this.#phrase.levelsDb.push(verdict.levelDb)
    }
    else if (resumed) {
      this.#phrase.pieces.push({ start: began, end: window, voiced: window - began, strong: 0 })
    }
    const piece = this.#phrase.pieces.at(-1) as Piece
    piece.end = window + 1
    piece.voiced++
    if (verdict.strong)
      piece.strong++
    if (!this.#speaking) {
      this.#speaking = true
      events.push({ type: 'speech-start', window: began })
    }
    if ((window + 1 - this.#phrase.first) * this.#options.windowMs >= this.#options.maxPhraseMs)
      events.push(...this.#overflow(this.#phrase, window))
    return events
  }

  #silence(window: number): SegmentEvent[] {
    this.#silent++
    this.#quiet++
    const running = this.running
    if (!running)
      return []
    const events = this.#pause()
    if (this.#speaking)
      return events
    const { windowMs, cutRules, noisePauseMs } = this.#options
    const phraseMs = (running.end - running.start) * windowMs
    const pauseMs = this.#silent * windowMs
    const finished = this.isVoice(running)
      ? cutRules.some(rule => phraseMs >= rule.phraseMs && pauseMs >= rule.pauseMs)
      : pauseMs >= noisePauseMs
    if (finished)
      events.push(this.#close(running, window))
    return events
  }

  #close(phrase: PhraseSpan, window: number): SegmentEvent {
    this.#phrase = undefined
    this.#speaking = false
    this.#floor = Math.min(phrase.end, window)
    return this.isVoice(phrase) ? { type: 'cut', phrase } : { type: 'dropped' }
  }

  /** Speech without a pause long enough: cut at the last pause there was, else where it is quietest. */
  #overflow(phrase: Phrase, window: number): SegmentEvent[] {
    const head = span(phrase, phrase.pieces.length - 1, false)
    const tail = phrase.pieces.at(-1) as Piece
    if (head && this.isVoice(head)) {
      this.#restart(phrase, tail, false)
      return [{ type: 'cut', phrase: head }]
    }
    const dip = this.quietest(tail.start + this.#windows(this.#options.dipFromMs), window - 10)
    if (dip === undefined)
      return []
    const share = (dip + 1 - tail.start) / (tail.end - tail.start)
    const first: Piece = { start: tail.start, end: dip + 1, voiced: Math.round(tail.voiced * share), strong: Math.ceil(tail.strong * share) }
    const rest: Piece = { start: dip + 1, end: tail.end, voiced: tail.voiced - first.voiced, strong: tail.strong - first.strong }
    const before: Phrase = { ...phrase, pieces: [...phrase.pieces.slice(0, -1), first] }
    this.#restart(phrase, rest, true)
    const cut = span(before, before.pieces.length, true)
    return cut ? [this.isVoice(cut) ? { type: 'cut', phrase: cut } : { type: 'dropped' }] : []
  }

  #restart(phrase: Phrase, tail: Piece, openStart: boolean): void {
    this.#floor = tail.start
    this.#phrase = { openStart, pieces: [tail], levelsDb: phrase.levelsDb.slice(tail.start - phrase.first), first: tail.start }
  }

  #windows(ms: number): number {
    return Math.max(1, Math.round(ms / this.#options.windowMs))
  }
}

/** The first `count` pieces of a phrase as one span. */
function span(phrase: Phrase, count: number, openEnd: boolean): PhraseSpan | undefined {
  const pieces = phrase.pieces.slice(0, count)
  const first = pieces[0]
  const last = pieces.at(-1)
  if (!first || !last)
    return undefined
  let voiced = 0
  let strong = 0
  for (const piece of pieces) {
    voiced += piece.voiced
    strong += piece.strong
  }
  return { start: first.start, end: last.end, voiced, strong, openStart: phrase.openStart, openEnd }
}
