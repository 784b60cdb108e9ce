import type { Token } from './tokens'
import { DIGITS, ORDINAL_DIGITS, ORDINAL_SCALES, ORDINAL_TEENS, ORDINAL_TENS, SCALES, TEENS, TENS } from './english-words'
import { wordAt } from './tokens'

/** A number in words: the tokens from `from` to before `to`. */
export interface NumberReading {
  readonly from: number
  readonly to: number
  readonly value: number
  readonly ordinal: boolean
  /** "a hundred": nothing follows the word that "a" counts. */
  readonly bareArticle: boolean
  /** Of "twenty million": 20, and the token "million". A thousand is written out. */
  readonly scaled: { readonly count: number, readonly at: number } | null
}

interface Part {
  readonly value: number
  readonly to: number
  readonly ordinal: boolean
}

/** `and` false: "one hundred and five" is read up to "and". */
export function readNumber(tokens: readonly Token[], from: number, and = true): NumberReading | null {
  const first = tokens[from]
  if (first?.kind !== 'word')
    return null
  const article = first.lower === 'a'
  if (article && !['hundred', 'thousand'].includes(wordAt(tokens, from + 1)))
    return null

  let value = 0
  let to = from
  let below = Number.POSITIVE_INFINITY
  let scaled: NumberReading['scaled'] = null
  for (let at = from; ;) {
    const group = at === from && article ? readArticle(tokens, from, and) : readGroup(tokens, at, and)
    if (group === null)
      break
    const scale = group.ordinal ? undefined : SCALES.get(wordAt(tokens, group.to))
    const ordinalScale = group.ordinal ? undefined : ORDINAL_SCALES.get(wordAt(tokens, group.to))
    if (scale === undefined && ordinalScale === undefined) {
      // "two thousand, three": only a group that goes on belongs to it.
      if (tokens[at]?.gap === 'comma' && at !== from && group.value < 100)
        break
      return { from, to: group.to, value: value + group.value, ordinal: group.ordinal, bareArticle: article && value === 0 && group.to === from + 2, scaled: null }
    }
    if ((scale ?? ordinalScale ?? 0) >= below || group.value >= 1000)
      break
    if (ordinalScale !== undefined)
      return { from, to: group.to + 1, value: value + group.value * ordinalScale, ordinal: true, bareArticle: false, scaled: null }
    if (scale === undefined)
      break
    scaled = value === 0 && scale >= 1e6 ? { count: group.value, at: group.to } : null
    value += group.value * scale
    below = scale
    to = group.to + 1
    const rest = and && wordAt(tokens, to) === 'and' ? readRest(tokens, to + 1) : null
    if (rest !== null)
      return { from, to: rest.to, value: value + rest.value, ordinal: rest.ordinal, bareArticle: false, scaled: null }
    at = to
    if (wordAt(tokens, at) === '' && tokens[at]?.gap !== 'comma')
      break
  }
  return to === from ? null : { from, to, value, ordinal: false, bareArticle: article && to <= from + 3, scaled }
}

/** "a hundred and five", "a thousand", "a hundred thousand": "a" is one. */
function readArticle(tokens: readonly Token[], from: number, and: boolean): Part {
  return wordAt(tokens, from + 1) === 'hundred' ? readHundreds(tokens, 1, from + 2, and) : { value: 1, to: from + 1, ordinal: false }
}

/** Below a thousand, or "nineteen hundred". */
function readGroup(tokens: readonly Token[], at: number, and: boolean): Part | null {
  const base = readBelowHundred(tokens, at)
  if (base === null || base.ordinal)
    return base
  if (base.value < 10 || (base.value > 10 && base.value % 10 !== 0)) {
    if (wordAt(tokens, base.to) === 'hundred')
      return readHundreds(tokens, base.value, base.to + 1, and)
    // "one hundredth" is a fraction.
    if (wordAt(tokens, base.to) === 'hundredth' && base.value > 1)
      return { value: base.value * 100, to: base.to + 1, ordinal: true }
  }
  return base
}

/** What follows "hundred" at `to`. */
function readHundreds(tokens: readonly Token[], hundreds: number, to: number, and: boolean): Part {
  const hasAnd = and && wordAt(tokens, to) === 'and'
  const at = hasAnd ? to + 1 : to
  const rest = wordAt(tokens, at) === '' ? null : readBelowHundred(tokens, at)
  // "one hundred and two hundred" are two numbers.
  if (rest === null || ['hundred', 'hundredth'].includes(wordAt(tokens, rest.to)))
    return { value: hundreds * 100, to, ordinal: false }
  return { value: hundreds * 100 + rest.value, to: rest.to, ordinal: rest.ordinal }
}

/** After "thousand and": "two thousand and three thousand" are two numbers. */
function readRest(tokens: readonly Token[], at: number): Part | null {
  const rest = wordAt(tokens, at) === '' ? null : readBelowHundred(tokens, at)
  const next = rest === null ? '' : wordAt(tokens, rest.to)
  return next === 'hundred' || next === 'hundredth' || SCALES.has(next) || ORDINAL_SCALES.has(next) ? null : rest
}

function readBelowHundred(tokens: readonly Token[], at: number): Part | null {
  const word = tokens[at]?.lower ?? ''
  const plain = DIGITS.get(word) ?? TEENS.get(word)
  if (plain !== undefined)
    return { value: plain, to: at + 1, ordinal: false }
  const ordinal = ORDINAL_DIGITS.get(word) ?? ORDINAL_TEENS.get(word) ?? ORDINAL_TENS.get(word)
  if (ordinal !== undefined)
    return { value: ordinal, to: at + 1, ordinal: true }
  const tens = TENS.get(word)
  if (tens === undefined)
    return null
  const next = wordAt(tokens, at + 1)
  const digit = DIGITS.get(next)
  if (digit !== undefined && !bindsToNext(tokens, at + 1))
    return { value: tens + digit, to: at + 2, ordinal: false }
  const ordinalDigit = ORDINAL_DIGITS.get(next)
  if (ordinalDigit !== undefined)
    return { value: tens + ordinalDigit, to: at + 2, ordinal: true }
  return { value: tens, to: at + 1, ordinal: false }
}

/** "twenty two-bedroom flats": the hyphen holds closer than the blank. */
function bindsToNext(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1]
  return tokens[at]?.gap === 'blank' && next?.gap === 'hyphen' && next.lower !== 'hundred' && !SCALES.has(next.lower)
}

/** 1234 → "1234", 12345 → "12,345"; `from`: the least value with commas. */
export function grouped(value: number, from = 10_000): string {
  const digits = String(value)
  return value < from ? digits : digits.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

export function ordinalSuffix(value: number): string {
  if (value % 100 >= 11 && value % 100 <= 13)
    return 'th'
  return ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th'
}
