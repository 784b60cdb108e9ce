import { quotedUntil } from './stray-marks'

/**
 * Local agreement: words at the beginning of a growing phrase on which hypotheses in a row agree are stable.
 * Stable words stay as they are whatever later hypotheses say, until a decode of the whole phrase replaces them.
 */
export interface Agreement {
  /** Takes the next hypothesis; returns it with the stable words in the place of its own. */
  update: (text: string) => AgreedText
  /** Takes what a decode of the whole phrase says: it replaces the stable words by as many of its own, and no half of a quote. */
  replace: (text: string) => AgreedText
  /** What is being agreed on belongs to another phrase now. */
  reset: () => void
}

export interface AgreedText {
  readonly text: string
  /** Leading characters of it that are stable. */
  readonly stableChars: number
}

export interface AgreementOptions {
  /** Hypotheses in a row that must agree, two or more. */
  readonly rounds: number
  /** Words at the end of a hypothesis that are not trusted: guesses at cut-off sound. */
  readonly holdBack: number
}

export function createAgreement({ rounds, holdBack }: AgreementOptions): Agreement {
  let stable: string[] = []
  /** What the last hypotheses said after the stable words. */
  let rests: string[][] = []

  function agreed(rest: readonly string[]): AgreedText {
    return { text: [...stable, ...rest].join(' '), stableChars: stable.join(' ').length }
  }

  return {
    update(text) {
      const words = wordsIn(text)
      const rest = words.slice(placeAfter(stable, words))
      rests = [...rests, rest].slice(-rounds)
      let count = 0
      const limit = rests.length < rounds ? 0 : Math.min(...rests.map(each => each.length - holdBack))
      while (count < limit && rests.every(each => each[count] === rest[count]))
        count++
      stable = [...stable, ...rest.slice(0, count)]
      rests = rests.map(each => each.slice(count))
      return agreed(rest.slice(count))
    },
    replace(text) {
      const words = wordsIn(text)
      // Guesses have no quotation marks: half a quote would never be closed.
      stable = words.slice(0, quotedUntil(words, stable.length))
      rests = [words.slice(stable.length)]
      return agreed(words.slice(stable.length))
    },
    reset() {
      stable = []
      rests = []
    },
  }
}

function wordsIn(text: string): string[] {
  return text.split(' ').filter(Boolean)
}

/** Where `words` goes on after `prefix`, which it may have with other, more or fewer words: the nearest by edit distance. */
function placeAfter(prefix: readonly string[], words: readonly string[]): number {
  if (prefix.every((word, index) => words[index] === word))
    return prefix.length
  let row = Array.from({ length: words.length + 1 }, (_, index) => index)
  for (const [index, word] of prefix.entries()) {
    const next = [index + 1]
    for (const [at, other] of words.entries())
      next.push(Math.min((row[at] as number) + (word === other ? 0 : 1), (row[at + 1] as number) + 1, (next[at] as number) + 1))
    row = next
  }
  let best = Math.min(prefix.length, words.length)
  for (const [at, distance] of row.entries()) {
    if (distance < (row[best] as number))
      best = at
  }
  return best
}
