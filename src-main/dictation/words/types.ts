import type { TextContext } from '../../ports/text-context'

export interface DictionaryRule {
  /** As it is to be written: `Parley`, `PostgreSQL`. */
  readonly word: string
  /** What the recogniser writes for it: `post gres`. */
  readonly heard: readonly string[]
  /** Replace what sounds like it, too. */
  readonly soundsLike: boolean
}

export interface Snippet {
  /** Said alone, it is replaced by the text. */
  readonly name: string
  readonly text: string
}

/** The last insertion, for programs that do not tell what stands at the cursor. */
export interface PreviousInsertion {
  readonly text: string
  readonly ageMs: number
  /** It went where this one goes, and nothing was typed or clicked there since. */
  readonly sameTarget: boolean
}

export interface FormatOptions {
  /** BCP 47; empty: English. */
  readonly language: string
  /** The text around the cursor; null: not known. */
  readonly context: TextContext | null
  /** "comma", "new line", "open quote" are signs, not words. */
  readonly spokenPunctuation: boolean
  /** "um", "uh" and stutters are left out. */
  readonly fillers: boolean
  /** Writes numbers, dates and addresses as people write them; null: they stay as they are. */
  readonly numbers: ((text: string) => string) | null
  readonly dictionary: readonly DictionaryRule[]
  readonly snippets: readonly Snippet[]
  /** "scratch that" takes back. */
  readonly scratchThat: boolean
  /** Null: there was none. */
  readonly previous: PreviousInsertion | null
}

export interface FormattedDictation {
  /** To be inserted as it is; empty: nothing. */
  readonly text: string
  /** `undo`: the last insertion is to be taken back; the text is empty then. */
  readonly command: null | 'undo'
  /** The name of the snippet that the text is; null: it is none. */
  readonly snippet: string | null
}
