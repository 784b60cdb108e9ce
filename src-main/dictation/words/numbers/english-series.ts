import type { Written } from './english-dates'
import type { Element } from './english-run'
import type { Token } from './tokens'
import { ordinalSuffix } from './english-reading'
import { isDigit, isPlain, readRun } from './english-run'
import { AFTER_OH, CODES, COUNTED, DECADES, PRICE_WORDS, STREETS, UNITS, YEAR_PREPOSITIONS } from './english-words'
import { wordAt, wordBefore } from './tokens'

/** Numbers in a row that are one thing together: a year, a number that is said digit by digit, a room, a house. */
export function readSeries(tokens: readonly Token[], run: readonly Element[]): Written | null {
  return readAddress(tokens, run)
    ?? readNamed(tokens, run)
    ?? readMilitaryHour(tokens, run)
    ?? readTwentyFourSeven(tokens, run)
    ?? readYear(tokens, run)
    ?? readDigits(tokens, run)
}

function endOf(run: readonly Element[]): number {
  return run.at(-1)?.to ?? 0
}

/** Two numbers that are said as one: "two fourteen", "twelve thirty four", "one oh one". */
function joined(run: readonly Element[]): string | null {
  const [first, second, third] = run
  if (run.length === 2 && isPlain(first, 1, 99) && isPlain(second, 10, 99) && !first.literal && !second.literal)
    return `${first.value}${second.value}`
  if (run.length === 3 && isPlain(first, 1, 99) && !first.literal && second?.kind === 'oh' && isDigit(third))
    return `${first.value}0${third.value}`
  return null
}

/** "one twenty three Main Street", "twenty three fifth street" */
function readAddress(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const [first, second] = run
  const to = endOf(run)
  if (run.length === 2 && isPlain(first, 10, 9999) && second?.kind === 'ordinal' && STREETS.has(wordAt(tokens, to)))
    return { to, text: `${first.digits} ${second.value}${ordinalSuffix(second.value)}` }
  const text = joined(run)
  return text !== null && namesStreet(tokens, to) ? { to, text } : null
}

/** One to three words with capitals, and "Street". */
export function namesStreet(tokens: readonly Token[], at: number): boolean {
  for (let i = at; i < at + 4; i++) {
    const word = wordAt(tokens, i)
    if (i > at && STREETS.has(word))
      return true
    if (word === '' || !/^\p{Lu}\p{Ll}/u.test(tokens[i]?.text ?? ''))
      return false
  }
  return false
}

const NAMED_IN_PAIRS = new Set(['room', 'flight', 'suite', 'apartment', 'route', 'highway', 'interstate', 'page', 'channel', 'extension', 'bus', 'gate', 'error', 'exit', 'number'])

/** "room two fourteen", "error four oh four" */
function readNamed(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const to = endOf(run)
  const text = joined(run)
  const next = wordAt(tokens, to)
  if (text === null || COUNTED.has(next) || UNITS.has(next))
    return null
  return NAMED_IN_PAIRS.has(wordBefore(tokens, run[0]?.from ?? 0)) || next === 'error' ? { to, text } : null
}

/** "oh six hundred hours"; "fifteen hundred hours" is a number like any other. */
function readMilitaryHour(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const [zero, hundreds] = run
  const to = endOf(run)
  if (run.length !== 2 || !isPlain(hundreds, 100, 900) || hundreds.literal || hundreds.value % 100 !== 0 || wordAt(tokens, to) !== 'hours')
    return null
  return zero?.kind === 'oh' || (isPlain(zero, 0, 0) && !zero.literal) ? { to, text: `0${hundreds.value}` } : null
}

function readTwentyFourSeven(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const [first, second] = run
  return run.length === 2 && isPlain(first, 24, 24) && isPlain(second, 7, 7) && !first.literal && !second.literal ? { to: second.to, text: '24/7' } : null
}

function readYear(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const [first, second] = run
  const text = joined(run)
  const to = endOf(run)
  if (text === null || !isPlain(first, 10, 20))
    return null
  const before = wordBefore(tokens, first.from)
  const next = wordAt(tokens, to)
  if (COUNTED.has(next) || UNITS.has(next) || PRICE_WORDS.has(before))
    return null
  if (YEAR_PREPOSITIONS.has(before))
    return { to, text }
  if (second?.kind === 'oh')
    return first.value > 12 ? { to, text } : null
  const value = Number(text)
  // "sixteen seventeen" are rather two ages, "twenty twenty" is how well one sees.
  const two = first.value < 19 && value % 100 === first.value + 1
  const sight = value === 2020 && (next === 'vision' || next === 'hindsight' || (before === 'is' && wordBefore(tokens, first.from - 1) === 'hindsight'))
  return first.value >= 16 && !two && !sight ? { to, text } : null
}

/** "nineteen nineties", "the eighteen hundreds" */
export function readDecade(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const [century] = run
  if (run.length !== 1 || !isPlain(century, 11, 2000) || century.literal)
    return null
  const next = wordAt(tokens, century.to)
  const decade = DECADES.get(next)
  const named = ['the', 'early', 'mid', 'late'].includes(wordBefore(tokens, century.from))
  if (decade !== undefined && (century.value === 20 ? named : century.value >= 16 && century.value <= 19))
    return { to: century.to + 1, text: `${century.value}${decade}s` }
  if (next === 'hundreds' && named && century.value < 20)
    return { to: century.to + 1, text: `${century.value}00s` }
  return null
}

/** The lengths of telephone numbers in which "eight hundred" or "twelve" stand between the digits. */
const PHONE_LENGTHS = new Set([7, 10, 11])

/** "five five five one two three four", "double oh seven" */
function readDigits(tokens: readonly Token[], run: readonly Element[]): Written | null {
  let text = ''
  let single = 0
  for (const element of run) {
    const digits = digitsOf(element)
    if (digits === null)
      return null
    text += digits
    single += element.kind === 'number' && !isDigit(element) ? 0 : 1
  }
  const from = run[0]?.from ?? 0
  const to = endOf(run)
  if (run.length < 2 || text.length < 3 || (single < run.length && (single < 3 || !PHONE_LENGTHS.has(text.length))))
    return null
  return isDoubtful(tokens, run, text) && !isSaidInDigits(tokens, from, to) ? null : { to, text }
}

/** "twelve", "eight hundred" and "eight hundred five" may stand among the digits of a telephone number. */
function digitsOf(element: Element): string | null {
  if (element.kind === 'oh')
    return '0'
  if (element.kind === 'repeated')
    return element.text
  if (element.kind !== 'number' || element.literal || !isPlain(element, 0, 909))
    return null
  const { value, from, to } = element
  if (value < 100 || (value % 100 === 0 && to === from + 2))
    return String(value)
  return value % 100 < 10 && to === from + 3 ? `${Math.floor(value / 100)}00${value % 100}` : null
}

/** Counting ("three two one"), a time ("one oh five"), "oh" where it may have been a sigh. */
function isDoubtful(tokens: readonly Token[], run: readonly Element[], text: string): boolean {
  const step = Number(text[1]) - Number(text[0])
  if (Math.abs(step) === 1 && text.length < 7 && Array.from(text).every((digit, i) => i === 0 || Number(digit) - Number(text[i - 1]) === step))
    return true
  if (run.length === 3 && run[1]?.kind === 'oh' && text.length === 3 && text !== '101')
    return true
  const outerOh = run[0]?.kind === 'oh' || run.at(-1)?.kind === 'oh'
  return outerOh && text.length < 4
}

function isSaidInDigits(tokens: readonly Token[], from: number, to: number): boolean {
  const before = wordBefore(tokens, from)
  return CODES.has(before) || wordAt(tokens, to) === 'error' || (before === 'is' && CODES.has(wordBefore(tokens, from - 1)))
}

/** "one nine two dot one six eight dot one dot one", "version two dot one", from the first number on. */
export function readDotted(tokens: readonly Token[], first: readonly Element[]): Written | null {
  const parts: string[] = []
  let run = first
  let to = 0
  for (;;) {
    const text = run.map(element => element.kind === 'oh' ? '0' : element.kind === 'number' && Number.isInteger(element.value) && element.value < 1000 ? String(element.value) : '?').join('')
    if (!/^\d{1,3}$/.test(text) || Number(text) > 255)
      break
    parts.push(text)
    to = endOf(run)
    if (wordAt(tokens, to) !== 'dot' || parts.length === 4)
      break
    run = readRun(tokens, to + 1)
  }
  const version = wordBefore(tokens, first[0]?.from ?? 0) === 'version' && parts.length > 1
  return (parts.length === 4 || version) && !AFTER_OH.has(wordAt(tokens, to)) ? { to, text: parts.join('.') } : null
}
