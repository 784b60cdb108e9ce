/** When the running phrase is guessed at, and how much of it is decoded for that. */

/** A partial is there every 400 ms when one is begun so often: windows, short dips and the decode itself take the rest. */
const INTERVAL_MS = 300
/** A partial decode may take this share of the time of one core. */
const SHARE = 0.6
/** A take fed this much faster than time passes is a file: nobody looks at its partials. */
const AHEAD_MS = 1500
const CREDIT_MS = 3000
const LEAK = 1.25
/**
 * Nothing is guessed in the first moment of a phrase: there is too little of it, and a file has shown by then that
 * it is one.
 */
const FIRST_AFTER_MS = 250
/** A phrase up to this length is decoded whole. */
const WHOLE_MS = 4000
/** An unbroken stretch longer than this is decoded in two, the first part once. */
const STRETCH_MS = 5000
const ANCHOR_FROM_MS = 2000
const ANCHOR_TO_MS = 4000

export interface PhraseState {
  /** Windows: begin of the phrase, and now. */
  readonly start: number
  readonly end: number
  readonly windowMs: number
  /** The phrase up to its last pause, with its text when that is decoded; `next` is where the voice went on. */
  readonly head: { readonly text: string | undefined, readonly next: number } | undefined
  readonly quietest: (from: number, to: number) => number | undefined
}

export interface PartialPlan {
  /** Windows to decode. */
  readonly from: number
  readonly to: number
  /** Only prepares later plans: there is nothing to tell, so the next one need not wait. */
  readonly prepares: boolean
  /** The text of the phrase so far, from the text of these windows; nothing when it only prepares. */
  readonly apply: (text: string) => string | undefined
}

interface Anchor {
  readonly at: number
  readonly text: string
}

export class PartialPlanner {
  readonly #nowMs: () => number
  #nextAtMs = Number.NEGATIVE_INFINITY
  #aheadMs = 0
  #voiceAtMs = Number.NEGATIVE_INFINITY
  #heardAtMs: number | undefined
  #anchor: Anchor | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /**
   * Sound came in. What is ahead of the clock leaks away slowly, so a burst at the start is forgotten; a stream that
   * keeps up earns credit, so what piled up while the process was held is not taken for a file.
   */
  heard(ms: number): void {
    this.#aheadMs = this.#aheadNow() + ms
    this.#heardAtMs = this.#nowMs()
  }

  /** The sound comes much faster than it was spoken. */
  get ahead(): boolean {
    return this.#aheadNow() > AHEAD_MS
  }

  #aheadNow(): number {
    const passedMs = this.#heardAtMs === undefined ? 0 : this.#nowMs() - this.#heardAtMs
    return Math.max(-CREDIT_MS, this.#aheadMs - passedMs * LEAK)
  }

  get due(): boolean {
    return this.live && this.#nowMs() >= this.#nextAtMs
  }

  /** The phrase before is finished. */
  newPhrase(): void {
    this.#anchor = undefined
  }

  /** The voice of a new phrase began. */
  voiceBegan(): void {
    this.#voiceAtMs = this.#nowMs()
  }

  /** The sound comes as it is spoken, and somebody waits for what can be known early. */
  get live(): boolean {
    return !this.ahead && this.#nowMs() - this.#voiceAtMs >= FIRST_AFTER_MS
  }

  /** A partial decode begins; `end` sets when the next may. */
  begin(): { end: (done?: { readonly prepared: boolean }) => void } {
    const beganMs = this.#nowMs()
    this.#nextAtMs = beganMs + INTERVAL_MS
    return {
      end: ({ prepared } = { prepared: false }) => {
        this.#nextAtMs = prepared ? this.#nowMs() : Math.max(beganMs + INTERVAL_MS, beganMs + (this.#nowMs() - beganMs) / SHARE)
      },
    }
  }

  plan(phrase: PhraseState): PartialPlan {
    const { start, end, windowMs, head } = phrase
    const lengthMs = (to: number, from: number): number => (to - from) * windowMs
    let known: Anchor | undefined
    if (lengthMs(end, start) > WHOLE_MS && head?.text !== undefined)
      known = { at: head.next, text: head.text }
    if (this.#anchor && (!known || this.#anchor.at > known.at))
      known = this.#anchor
    const from = known?.at ?? start
    const prefix = known?.text ?? ''
    if (lengthMs(end, from) > STRETCH_MS) {
      const windows = (ms: number): number => Math.round(ms / windowMs)
      const dip = phrase.quietest(from + windows(ANCHOR_FROM_MS), from + windows(ANCHOR_TO_MS))
      if (dip !== undefined) {
        return {
          from,
          to: dip + 1,
          prepares: true,
          apply: (text) => {
            this.#anchor = { at: dip + 1, text: continued(prefix, text).replace(/[.,!?…]+$/, '') }
            return undefined
          },
        }
      }
    }
    return { from, to: end, prepares: false, apply: text => continued(prefix, text) }
  }
}

/** A guess put behind what is known: in the middle of a sentence the recogniser's capital is wrong. */
function continued(prefix: string, text: string): string {
  if (prefix === '' || text === '')
    return prefix || text
  const midSentence = !/[.!?…]["”’)]?$/.test(prefix)
  return `${prefix} ${midSentence && !/^I\b/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text}`
}
