import type { Word } from './words'
import { isWrittenTogether } from './number-words'
import { wordChange } from './same-word'
import { ARTICLES, INSERTABLE, JOINS, NEGATIONS, OPENERS, REMOVABLE, SOUND_SAME_PAIRS, SUBJECTS, YOU_KNOW_AFTER, YOU_KNOW_BEFORE } from './word-tables'
import { isEnglish, wordsOf } from './words'

export type Verdict
  = | 'same'
    | 'differs' // a word that carries meaning was dropped, added or replaced
    | 'too-many' // small changes alone, but too many of them
    | 'marks' // signs that nobody said: markup, emoji

export interface Comparison {
  readonly verdict: Verdict
  /** Small words that were put in, taken out or changed; 0 unless it is `same` or `too-many`. */
  readonly smallChanges: number
}

/** So many small changes are grammar; more of them are another text. */
export function allowedChanges(words: number): number {
  return 1 + Math.floor(words / 10)
}

/** Longer texts are compared in pieces. */
const MAX_CELLS = 4_000_000

/**
 * Whether `after` says what `before` says, word by word in the same order: only hesitations, repetitions and openers gone, marks, capitals,
 * spelling, contractions and the writing of numbers changed, and a few small words. What is in no table must be there
 * exactly; so must every number and every negation. `language`: BCP 47, null for English; what is known of words is English,
 * elsewhere all of them must be the same.
 */
export function compare(before: string, after: string, language: string | null): Comparison {
  if (hasNewMarks(before, after))
    return { verdict: 'marks', smallChanges: 0 }
  const spoken = wordsOf(before, language)
  const written = wordsOf(after, language)
  if (spoken.length * written.length > MAX_CELLS)
    return { verdict: 'differs', smallChanges: 0 }
  const changes = isEnglish(language) ? fewestChanges(spoken, written) : exactChanges(spoken, written)
  if (changes === Infinity)
    return { verdict: 'differs', smallChanges: 0 }
  return { verdict: changes <= allowedChanges(spoken.length) ? 'same' : 'too-many', smallChanges: changes }
}

const MARKS = /[^\p{L}\p{M}\p{N}\s.,;:!?…'’‘"“”„‚«»()\-–—%$€£&@°/。，、！？]/gu

function hasNewMarks(before: string, after: string): boolean {
  return (after.match(MARKS) ?? []).some(mark => !before.includes(mark))
}

function exactChanges(spoken: readonly Word[], written: readonly Word[]): number {
  let at = 0
  for (let i = 0; i < spoken.length; i++) {
    const word = spoken[i] as Word
    if (written[at]?.key === word.key)
      at++
    // "die die": a stutter of one word, not of a number.
    else if (word.isNumber || spoken[i + 1]?.key !== word.key)
      return Infinity
  }
  return at === written.length ? 0 : Infinity
}

const MAX_REPEATED_WORDS = 6
const MAX_NUMBERS_TOGETHER = 12

/** The cheapest way from the spoken words to the written ones; Infinity: there is none. */
function fewestChanges(spoken: readonly Word[], written: readonly Word[]): number {
  const width = written.length + 1
  const cost = new Float64Array((spoken.length + 1) * width).fill(Infinity)
  cost[0] = 0
  for (let i = 0; i <= spoken.length; i++) {
    const drops = dropsAt(spoken, i)
    for (let j = 0; j <= written.length; j++) {
      const here = cost[i * width + j] as number
      if (here === Infinity)
        continue
      const go = (di: number, dj: number, by: number): void => {
        const to = (i + di) * width + j + dj
        cost[to] = Math.min(cost[to] as number, here + by)
      }
      for (const { words, changes } of drops)
        go(words, 0, changes)
      // Where the writer began a new sentence, the join before it may go.
      if (spoken[i] && JOINS.has((spoken[i] as Word).key) && written[j]?.startsSentence && j > 0)
        go(1, 0, 1)
      if (written[j] && INSERTABLE.has((written[j] as Word).key))
        go(0, 1, 1)
      matchesAt(spoken, written, i, j, go)
    }
  }
  return cost.at(-1) as number
}

function matchesAt(spoken: readonly Word[], written: readonly Word[], i: number, j: number, go: (di: number, dj: number, by: number) => void): void {
  const from = spoken[i]
  const to = written[j]
  if (!from || !to)
    return
  if (from.isNumber || to.isNumber) {
    if (from.isNumber && to.isNumber)
      numbersAt(spoken, written, i, j, go)
    return
  }
  const change = wordChange(from.key, to.key, spoken[i - 1]?.key)
  if (change !== null)
    go(1, 1, change)
  const next = spoken[i + 1]
  const after = written[j + 1]
  if (next)
    joined(from, next, to, by => go(2, 1, by))
  if (after)
    joined(to, after, from, by => go(1, 2, by))
}

/** "web site" and "website"; "they are" and "their". */
function joined(first: Word, second: Word, whole: Word, go: (by: number) => void): void {
  if (SOUND_SAME_PAIRS.get(`${first.key} ${second.key}`)?.includes(whole.key))
    go(1)
  if (second.isNumber || [first, second, whole].some(({ key }) => NEGATIONS.has(key)) || ARTICLES.has(first.key))
    return
  if (first.key + second.key.replace('\'', '') === whole.key)
    go(0)
}

/** The same number; or several that are written as one, as in years, times and telephone numbers. */
function numbersAt(spoken: readonly Word[], written: readonly Word[], i: number, j: number, go: (di: number, dj: number, by: number) => void): void {
  const from = spoken[i] as Word
  const to = written[j] as Word
  if (from.key === to.key)
    go(1, 1, 0)
  const several = (words: readonly Word[], at: number, whole: string, found: (count: number) => void): void => {
    const parts: string[] = []
    for (let count = 1; count <= MAX_NUMBERS_TOGETHER && words[at + count - 1]?.isNumber; count++) {
      const part = words[at + count - 1] as Word
      if (count > 1 && part.pauseBefore && !/^\d+:?$/.test(part.key))
        break
      parts.push(part.key)
      if (isWrittenTogether(parts, whole))
        found(count)
    }
  }
  several(spoken, i, to.key, count => go(count, 1, 0))
  several(written, j, from.key, count => go(1, count, 0))
}

/** What may go at this place of what was spoken. */
function dropsAt(spoken: readonly Word[], i: number): { words: number, changes: number }[] {
  const word = spoken[i]
  if (!word)
    return []
  const drops: { words: number, changes: number }[] = []
  for (let length = 1; length <= MAX_REPEATED_WORDS; length++) {
    if (isRepeated(spoken, i, length))
      drops.push({ words: length, changes: 0 })
  }
  if (isBrokenOff(word, spoken[i + 1]))
    drops.push({ words: 1, changes: 0 })
  if (isOpener(spoken, i) || (word.key === 'like' && word.pauseBefore && word.pauseAfter && i > 0))
    drops.push({ words: 1, changes: 0 })
  if (isAside(spoken, i))
    drops.push({ words: 2, changes: 0 })
  if (REMOVABLE.has(word.key))
    drops.push({ words: 1, changes: 1 })
  return drops
}

/** Said twice in a row: the first time may go. Digits and spelt letters are said twice because they are there twice. */
function isRepeated(spoken: readonly Word[], i: number, length: number): boolean {
  if (i + 2 * length > spoken.length)
    return false
  let says = false
  for (let k = 0; k < length; k++) {
    const word = spoken[i + k] as Word
    if (word.key !== (spoken[i + length + k] as Word).key)
      return false
    says ||= !word.isNumber && (word.key.length > 1 || word.key === 'i' || word.key === 'a')
  }
  return says
}

function isBrokenOff(word: Word, next: Word | undefined): boolean {
  return word.isCut && !word.isNumber && word.key.length <= 4 && next !== undefined && next.key.length > word.key.length && next.key.startsWith(word.key)
}

function isOpener(spoken: readonly Word[], i: number): boolean {
  const word = spoken[i] as Word
  const next = spoken[i + 1]
  if (!word.startsSentence || !next || next.startsSentence || !OPENERS.has(word.key))
    return false
  // "Right, left, then straight on" has a direction.
  return SUBJECTS.has(next.key) || (word.pauseAfter && word.key !== 'right')
}

/** "You know"; and "I mean" at the beginning of a sentence: inside of one it corrects what was said before. */
function isAside(spoken: readonly Word[], i: number): boolean {
  const first = spoken[i] as Word
  const last = spoken[i + 1]
  if (first.key === 'i' && last?.key === 'mean')
    return first.startsSentence && last.pauseAfter && i + 2 < spoken.length && !(spoken[i + 2] as Word).startsSentence
  if (first.key !== 'you' || last?.key !== 'know')
    return false
  const before = first.startsSentence ? undefined : spoken[i - 1]?.key
  const after = spoken[i + 2]?.key
  if (first.pauseBefore && last.pauseAfter)
    return before !== undefined || after !== undefined
  return (before === undefined || !YOU_KNOW_AFTER.has(before)) && after !== undefined && !last.pauseAfter && !YOU_KNOW_BEFORE.has(after)
}
