/**
 * What a sign does with its neighbours and with the recogniser's own signs next to its name.
 * - `mark`: `,` `.` `?`: hangs on the word before; swallows the signs on both sides.
 * - `open`: `(`: hangs on the word behind; keeps the signs before it.
 * - `close`: `)`: hangs on the word before; keeps the signs behind it, and the end of a sentence before it.
 * - `join`: `/` `-` `_`: no blank on either side.
 * - `spaced`: `&` `=`: a blank on both sides.
 * - `prefix`: `#` `$`; `suffix`: `%`: like `open` and `close`, but only one word belongs to it.
 * - `at`: `@`: joins when an address follows, else a prefix.
 * - `line`: white space of its own.
 * - `item`: a numbered list's next number, on a line of its own.
 */
export type SignKind = 'mark' | 'open' | 'close' | 'join' | 'spaced' | 'prefix' | 'suffix' | 'at' | 'line' | 'item'

/** What is said about the words that follow and is no sign itself. */
export type SignModifier = 'caps-on' | 'caps-off' | 'cap' | 'no-space'

export interface SpokenSign {
  /** All that is said for it, lower-case, words parted by blanks. */
  readonly names: readonly string[]
  readonly kind: SignKind | SignModifier
  /** What is written; empty for a modifier. */
  readonly text: string
  /** A capital follows. */
  readonly endsSentence?: boolean
  /**
   * It may be part of a spoken number or address ("example dot com slash about", "twenty percent sign"): it is looked for
   * only after numbers and addresses have been written.
   */
  readonly late?: boolean
  /** A sign only when its other half is said as well: "quote … unquote". */
  readonly paired?: 'first' | 'second'
  /** No sign directly behind one of these words. */
  readonly notBehind?: ReadonlySet<string>
  /** The same, but at the end of a clause it is one after all, when neither determiner nor preposition stands before the word. */
  readonly hardlyBehind?: ReadonlySet<string>
  /** No sign directly before one of these words. */
  readonly notBefore?: ReadonlySet<string>
}

export interface SignTable {
  readonly signs: readonly SpokenSign[]
  /** Behind these a name is a noun: "a comma", "my new line". */
  readonly determiners: ReadonlySet<string>
  /** These may also end a clause ("I like this comma but"): with a noun only before a verb ("this comma is wrong"). */
  readonly demonstratives: ReadonlySet<string>
  /** Two words that end a clause whatever the second may be elsewhere: "scratch that". */
  readonly clauseEnds: ReadonlySet<string>
  /** Between a determiner and a name: "the first comma". */
  readonly adjectives: ReadonlySet<string>
  /** "in that period": see `hardlyBehind`. */
  readonly prepositions: ReadonlySet<string>
  /** Before these a name is a noun: "comma key", "question mark of". */
  readonly nounFollowers: ReadonlySet<string>
  /** At the start of a sentence, before one of these, it is a noun: "Comma is a sign". */
  readonly verbs: ReadonlySet<string>
  /** What a written number leaves of a name: of "twenty percent sign", "20% sign". */
  readonly afterNumbers: RegExp | null
  /** Makes the name that follows a word. */
  readonly escapes: ReadonlySet<string>
  /** An adjective between determiner and name, as far as its form tells; null: it does not. */
  readonly adjectiveForm: RegExp | null
}

export function set(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/u).filter(word => word !== ''))
}
