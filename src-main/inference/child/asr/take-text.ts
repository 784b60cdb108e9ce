import type { AgreedText } from './agreement'

/** The text of a take: phrases are decoded in any order and told in the order in which they were spoken. */

export interface FinishedPhrase {
  readonly text: string
  readonly index: number
  readonly startMs: number
  readonly endMs: number
}

export interface PhraseSlot {
  /** What is known of it until it is decoded. */
  readonly hypothesis: AgreedText
  readonly startMs: number
  readonly endMs: number
  readonly voiceMs: number
}

interface Slot extends PhraseSlot {
  text: string | undefined
}

export class TakeText {
  #committed = ''
  #index = 0
  #speechMs = 0
  #open: Slot[] = []
  readonly #onPhrase: (phrase: FinishedPhrase) => void

  constructor(onPhrase: (phrase: FinishedPhrase) => void) {
    this.#onPhrase = onPhrase
  }

  /** The text of the phrases told so far: it will not change. */
  get committed(): string {
    return this.#committed
  }

  /** Voice in the phrases that have a text. */
  get speechMs(): number {
    return this.#speechMs
  }

  /** Phrases cut and not yet told. */
  get openCount(): number {
    return this.#open.length
  }

  /** The whole text with `tail`, the text of the phrase being spoken. Stable is what is so from its beginning on. */
  withTail(tail: AgreedText): AgreedText {
    let text = this.#committed
    let stableChars = text.length
    for (const part of [...this.#open.map(slot => slot.text === undefined ? slot.hypothesis : whole(slot.text)), tail]) {
      if (part.text === '')
        continue
      const from = text === '' ? 0 : text.length + 1
      if (stableChars === text.length && part.stableChars > 0)
        stableChars = from + part.stableChars
      text = join(text, part.text)
    }
    return { text, stableChars }
  }

  /** Takes a place in the order; the returned function gives the phrase its text, once. */
  open(slot: PhraseSlot): (text: string) => void {
    const entry: Slot = { ...slot, text: undefined }
    this.#open.push(entry)
    return (text) => {
      entry.text ??= text
      this.#tell()
    }
  }

  #tell(): void {
    for (let slot = this.#open[0]; slot?.text !== undefined; slot = this.#open[0]) {
      this.#open.shift()
      if (slot.text === '')
        continue
      this.#committed = join(this.#committed, slot.text)
      this.#speechMs += slot.voiceMs
      this.#onPhrase({ text: slot.text, index: this.#index++, startMs: slot.startMs, endMs: slot.endMs })
    }
  }
}

/** A text of which nothing will change. */
export function whole(text: string): AgreedText {
  return { text, stableChars: text.length }
}

function join(...parts: string[]): string {
  return parts.filter(Boolean).join(' ')
}
