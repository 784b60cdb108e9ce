import type { Written } from './english-dates'
import type { Element, NumberElement } from './english-run'
import type { Token } from './tokens'
import { readDate } from './english-dates'
import { readMoneyWithCents } from './english-money'
import { readNumber } from './english-reading'
import { isPlain, readAfterPoint, readRun } from './english-run'
import { readDecade, readDotted, readSeries } from './english-series'
import { readTime } from './english-times'
import { BEFORE_VALUE, DIGITS, DURATIONS, FRACTIONS, SCALES, UNITS } from './english-words'
import { beginsClause, wordAt, wordBefore } from './tokens'

/** A number of the text: the tokens from `from` to before `to`. */
export type Item = { readonly from: number, readonly to: number } & (
  | { readonly kind: 'amount', readonly number: NumberElement }
  | { readonly kind: 'ordinal', readonly value: number }
  /** Nothing around it changes how it is written. */
  | { readonly kind: 'written', readonly text: string }
  /** It stays as it was said. */
  | { readonly kind: 'kept' }
)

export function readItems(tokens: readonly Token[]): Item[] {
  const items: Item[] = []
  for (let at = 0; at < tokens.length;) {
    const item = readItem(tokens, at, items.at(-1)?.to ?? 0)
    if (item !== null)
      items.push(item)
    at = item?.to ?? at + 1
  }
  return items
}

/** `free`: the first token that is not part of the item before. */
function readItem(tokens: readonly Token[], from: number, free: number): Item | null {
  const date = readDate(tokens, from)
  if (date !== null)
    return { kind: 'written', from, ...date }
  const half = readBarePoint(tokens, from)
  if (half !== null)
    return { kind: 'amount', from, to: half.to, number: half }
  const run = readRunAfter(tokens, from)
  const [first] = run
  if (first === undefined)
    return null
  const written = readWritten(tokens, run)
  if (written !== null)
    return asAmount(from, written) ?? { kind: 'written', from, ...written }
  const to = run.at(-1)?.to ?? from
  if (run.length > 1)
    return { kind: 'kept', from, to }
  if (first.kind === 'dotted')
    return { kind: 'written', from, to, text: first.text }
  if (first.kind === 'ordinal')
    return { kind: 'ordinal', from, to, value: first.value }
  const cents = first.kind === 'number' ? readMoneyWithCents(tokens, first) : null
  if (cents !== null)
    return { kind: 'written', from, ...cents }
  return first.kind === 'number' && !staysInWords(tokens, first, free) ? { kind: 'amount', from, to, number: first } : { kind: 'kept', from, to }
}

/** What is written as a plain number is one: "room 101 and 12 others". */
function asAmount(from: number, { to, text }: Written): Item | null {
  if (!/^\d+$/.test(text))
    return null
  return { kind: 'amount', from, to, number: { kind: 'number', from, to, value: Number(text), digits: text, literal: false, inDigits: true, decimal: false, bareArticle: false, scaleAt: null } }
}

function readWritten(tokens: readonly Token[], run: readonly Element[]): Written | null {
  return readDotted(tokens, run) ?? readTime(tokens, run) ?? readDecade(tokens, run) ?? (run.length > 1 ? readSeries(tokens, run) : null)
}

/** In "between one hundred and five", "and" belongs to "between" unless another one follows. */
function readRunAfter(tokens: readonly Token[], from: number): Element[] {
  const run = readRun(tokens, from)
  const to = run.at(-1)?.to ?? from
  if (run.length === 0 || wordBefore(tokens, from) !== 'between' || (wordAt(tokens, to) === 'and' && readRun(tokens, to + 1).length > 0))
    return run
  return readRun(tokens, from, false)
}

/** "up by point five percent"; "at this point five percent" is something else. */
function readBarePoint(tokens: readonly Token[], from: number): NumberElement | null {
  if (tokens[from]?.lower !== 'point' || !(beginsClause(tokens, from) || BEFORE_VALUE.has(wordBefore(tokens, from))))
    return null
  const decimals = DIGITS.has(wordAt(tokens, from + 1)) || wordAt(tokens, from + 1) === 'oh' ? readAfterPoint(tokens, from + 1) : null
  const next = decimals === null ? '' : wordAt(tokens, decimals.to)
  if (decimals === null || Number(decimals.text) === 0 || !(next === 'percent' || UNITS.has(next)))
    return null
  return { kind: 'number', from, to: decimals.to, value: Number(`0.${decimals.text}`), digits: `0.${decimals.text}`, literal: false, decimal: true, bareArticle: false, scaleAt: null }
}

const AFTER_WORDS = new Set(['something', 'somethings', 'niner', 'niners', 'commandments'])

/** A number in words that is part of a saying, a fraction or a time told in words. */
function staysInWords(tokens: readonly Token[], number: NumberElement, free: number): boolean {
  if (number.literal)
    return false
  const { from, to } = number
  const next = wordAt(tokens, to)
  return FRACTIONS.has(next) || AFTER_WORDS.has(next) || isMixed(tokens, to) || isToldInWords(tokens, number) || isAfterScale(tokens, from, free)
    || (wordBefore(tokens, from) === 'in' && wordBefore(tokens, from - 1) === 'one' && !DURATIONS.has(next))
}

/** "three and a half", "five and three quarters" */
function isMixed(tokens: readonly Token[], to: number): boolean {
  if (wordAt(tokens, to) !== 'and')
    return false
  const count = wordAt(tokens, to + 1)
  return count === 'half' || ((count === 'a' || DIGITS.has(count)) && FRACTIONS.has(wordAt(tokens, to + 2)))
}

/** "half past ten", "quarter to ten", "ten past five" */
function isToldInWords(tokens: readonly Token[], number: NumberElement): boolean {
  const { from, to } = number
  const before = wordBefore(tokens, from)
  if (isPlain(number, 1, 12) && (before === 'past' || (['to', 'of', 'till'].includes(before) && wordBefore(tokens, from - 1) === 'quarter')))
    return true
  const hour = isPlain(number, 1, 29) && wordAt(tokens, to) === 'past' ? readNumber(tokens, to + 1) : null
  return hour !== null && !hour.ordinal && hour.value <= 12
}

/** "a few hundred and fifty": it goes on from a word that is no number by itself. */
function isAfterScale(tokens: readonly Token[], from: number, free: number): boolean {
  const at = wordBefore(tokens, from) === 'and' ? from - 2 : from - 1
  if (at < free || wordAt(tokens, from) === '')
    return false
  const word = tokens[at]?.lower ?? ''
  return (word === 'hundred' || SCALES.has(word)) && (at === from - 1 || wordAt(tokens, at + 1) !== '')
}
