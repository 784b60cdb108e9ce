import { writeEnglishAddresses } from './english-addresses'
import { writeEnglishNumbers } from './english-numbers'

export interface NumberOptions {
  /** BCP 47; only the language itself counts (`en`, `en-GB`). */
  readonly language: string
}

/** Addresses first: a number inside of one is part of it. */
const WRITERS: ReadonlyMap<string, (text: string) => string> = new Map([
  ['en', text => writeEnglishNumbers(writeEnglishAddresses(text))],
])

/**
 * What was said as people write it: "twenty three" is 23, "five dollars" $5, "john dot smith at example dot com" an
 * address (the rules: README). Everything else is returned as it was, character for character; so is a text in a
 * language without rules, and a text that was written already.
 */
export function writeNumbers(text: string, { language }: NumberOptions): string {
  const write = WRITERS.get(language.toLowerCase().split(/[-_]/)[0] ?? '')
  return write === undefined ? text : settled(text, write)
}

const MOST_PASSES = 5

/**
 * One pass is enough for what people say. What one rule has written may be what another waits for all the same, in odd
 * rows of numbers ("fifty and nine hundredth"); then the text would change when it is written once more, later.
 */
function settled(text: string, write: (text: string) => string): string {
  let before = text
  let after = write(text)
  for (let pass = 1; pass < MOST_PASSES && after !== before; pass++) {
    before = after
    after = write(before)
  }
  return after
}
