import type { Token } from './tokens'
import { grouped, readNumber } from './english-reading'
import { AFTER_OH, DIGITS, SCALES } from './english-words'
import { beginsClause, wordAt } from './tokens'

/** What is said in one breath as a number: the tokens from `from` to before `to`. */
export type Element
  = | NumberElement
    | { readonly kind: 'ordinal', readonly from: number, readonly to: number, readonly value: number }
  /** "oh", and "o" between digits. */
    | { readonly kind: 'oh', readonly from: number, readonly to: number }
  /** "double seven" */
    | { readonly kind: 'repeated', readonly from: number, readonly to: number, readonly text: string }
  /** "two point oh point one" */
    | { readonly kind: 'dotted', readonly from: number, readonly to: number, readonly text: string }

export interface NumberElement {
  readonly kind: 'number'
  readonly from: number
  readonly to: number
  readonly value: number
  /** In digits, as it is written: "12,345", "3.14"; of "twenty million": "20". */
  readonly digits: string
  /** It was recognised in digits. */
  readonly literal: boolean
  /** It was said otherwise than in words that count: digit by digit, a year, a room. */
  readonly inDigits?: boolean
  readonly decimal: boolean
  /** "a hundred", which stays. */
  readonly bareArticle: boolean
  /** The token "million" of "twenty million". */
  readonly scaleAt: number | null
}

/** The numbers that follow each other with nothing but blanks or hyphens between, beginning at `from`. */
export function readRun(tokens: readonly Token[], from: number, and = true): Element[] {
  const run: Element[] = []
  for (let at = from; at === from || wordAt(tokens, at) !== '';) {
    const element = readElement(tokens, at, run.length > 0, and)
    if (element === null)
      break
    run.push(element)
    at = element.to
    if (element.kind === 'ordinal')
      break
  }
  return run
}

function readElement(tokens: readonly Token[], at: number, inside: boolean, and: boolean): Element | null {
  const token = tokens[at]
  if (token === undefined)
    return null
  if (token.lower === 'oh' || (token.lower === 'o' && inside))
    return isOh(tokens, at) ? { kind: 'oh', from: at, to: at + 1 } : null
  if (token.lower === 'double' || token.lower === 'triple') {
    const digit = readDigit(tokens, at + 1)
    return digit === null ? null : { kind: 'repeated', from: at, to: at + 2, text: digit.repeat(token.lower === 'double' ? 2 : 3) }
  }
  const whole = readWhole(tokens, at, and)
  return whole?.kind === 'number' && whole.scaleAt === null ? readPoint(tokens, whole) ?? withScale(tokens, whole) : whole
}

function readWhole(tokens: readonly Token[], at: number, and: boolean): Element | null {
  const token = tokens[at]
  if (token?.kind === 'number') {
    return {
      kind: 'number',
      from: at,
      to: at + 1,
      value: Number(token.text.replaceAll(',', '')),
      digits: token.text,
      literal: true,
      decimal: token.text.includes('.'),
      bareArticle: false,
      scaleAt: null,
    }
  }
  if (token?.lower === 'zero')
    return { kind: 'number', from: at, to: at + 1, value: 0, digits: '0', literal: false, decimal: false, bareArticle: false, scaleAt: null }
  const reading = readNumber(tokens, at, and)
  if (reading === null)
    return null
  const { from, to, value, ordinal, bareArticle, scaled } = reading
  if (ordinal)
    return { kind: 'ordinal', from, to, value }
  return { kind: 'number', from, to, value, digits: grouped(scaled?.count ?? value), literal: false, decimal: false, bareArticle, scaleAt: scaled?.at ?? null }
}

/** "1.5" or "5" in digits, or a decimal, before "million". */
function withScale(tokens: readonly Token[], number: NumberElement): NumberElement {
  const scale = SCALES.get(wordAt(tokens, number.to)) ?? 0
  if (scale < 1e6 || !(number.literal || number.decimal))
    return number
  return { ...number, to: number.to + 1, value: number.value * scale, scaleAt: number.to }
}

/** "three point one four", "two point oh point one". */
function readPoint(tokens: readonly Token[], whole: NumberElement): Element | null {
  if (whole.decimal || whole.bareArticle)
    return null
  const parts: string[] = []
  let to = whole.to
  while (wordAt(tokens, to) === 'point') {
    const part = readAfterPoint(tokens, to + 1)
    if (part === null)
      break
    parts.push(part.text)
    to = part.to
  }
  const [decimals] = parts
  if (decimals === undefined)
    return null
  if (parts.length > 1)
    return { kind: 'dotted', from: whole.from, to, text: [whole.digits, ...parts].join('.') }
  const digits = `${whole.digits}.${decimals}`
  return withScale(tokens, { ...whole, to, value: Number(digits.replaceAll(',', '')), digits, literal: false, decimal: true })
}

/** Digit by digit, or "point twenty five". */
export function readAfterPoint(tokens: readonly Token[], at: number): { readonly text: string, readonly to: number } | null {
  let text = ''
  let to = at
  for (; wordAt(tokens, to) !== ''; to++) {
    const digit = tokens[to]?.lower === 'oh' && !isOh(tokens, to) ? null : readDigit(tokens, to)
    if (digit === null || isMultiplied(tokens, to + 1))
      break
    text += digit
  }
  if (text !== '')
    return text === '1' && wordAt(tokens, to) === 'of' ? null : { text, to }
  const token = tokens[at]
  if (wordAt(tokens, at) !== '' && token?.kind === 'number' && /^\d{1,2}$/.test(token.text))
    return { text: token.text, to: at + 1 }
  const reading = wordAt(tokens, at) === '' ? null : readNumber(tokens, at)
  if (reading === null || reading.ordinal || reading.bareArticle)
    return null
  // "one point twenty million"
  const value = reading.scaled?.count ?? reading.value
  return value < 10 || value > 99 ? null : { text: String(value), to: reading.scaled?.at ?? reading.to }
}

function isMultiplied(tokens: readonly Token[], at: number): boolean {
  const word = wordAt(tokens, at)
  return word === 'hundred' || word === 'thousand'
}

function readDigit(tokens: readonly Token[], at: number): string | null {
  const word = wordAt(tokens, at)
  if (word === 'oh' || word === 'o' || word === 'zero')
    return '0'
  const digit = DIGITS.get(word)
  return digit === undefined ? null : String(digit)
}

function isOh(tokens: readonly Token[], at: number): boolean {
  return beginsClause(tokens, at + 1) ? !beginsClause(tokens, at) : !AFTER_OH.has(tokens[at + 1]?.lower ?? '')
}

/** A digit alone, 0 to 9 in words. */
export function isDigit(element: Element | undefined): element is NumberElement {
  return element?.kind === 'number' && !element.literal && !element.decimal && element.value < 10 && element.to === element.from + 1
}

/** A whole number in words or digits, as small as a clock's or a year's half. */
export function isPlain(element: Element | undefined, from: number, to: number): element is NumberElement {
  return element?.kind === 'number' && !element.decimal && !element.bareArticle && element.value >= from && element.value <= to && !element.digits.includes(',')
}
