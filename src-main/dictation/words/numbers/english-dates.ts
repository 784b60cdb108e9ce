import type { Token } from './tokens'
import { ordinalSuffix, readNumber } from './english-reading'
import { isDigit, isPlain, readRun } from './english-run'
import { COUNTED, DATE_PREPOSITIONS, MERIDIEMS, MONTHS, RATES, SCALES, UNITS, WEEKDAYS } from './english-words'
import { beginsClause, blankWordAt, endsClause, wordAt, wordBefore } from './tokens'

/** A part of the text, and what stands in its place. */
export interface Written {
  readonly to: number
  readonly text: string
}

interface Day extends Written {
  readonly value: number
  readonly kind: 'ordinal' | 'cardinal' | 'literal' | 'literal-ordinal'
}

/** "March fifth nineteen eighty", "the fifth of March" (from "fifth"), "Friday the thirteenth" (from "thirteenth"). */
export function readDate(tokens: readonly Token[], at: number): Written | null {
  return readMonthDay(tokens, at) ?? readDayOfMonth(tokens, at) ?? readWeekdayDay(tokens, at)
}

function readMonthDay(tokens: readonly Token[], at: number): Written | null {
  const month = tokens[at]
  if (month === undefined || !MONTHS.has(month.lower))
    return null
  const the = wordAt(tokens, at + 1) === 'the'
  const dayAt = the ? at + 2 : at + 1
  const day = blankWordAt(tokens, dayAt) === '' ? null : readDay(tokens, dayAt)
  if (day === null)
    return null
  const year = readYearAfter(tokens, day.to)
  const inWords = day.kind === 'ordinal' || year?.inWords === true
  if (!inWords || (day.kind !== 'ordinal' && year === null))
    return null
  if (year === null && day.value < 4 && couldBeVerb(tokens, at))
    return null

  const kept = the || day.kind === 'literal-ordinal'
  if (year === null && goesOn(tokens, day.to))
    return null
  let text = `${capitalized(month.text)}${the ? ' the' : ''} ${kept ? day.text : day.value}`
  if (year !== null)
    return { to: year.to, text: `${text}, ${year.text}` }
  // "March fifth and sixth"
  let to = day.to
  for (;;) {
    const next = DAY_LINKS.has(wordAt(tokens, to)) && wordAt(tokens, to + 1) !== '' ? readDay(tokens, to + 1) : null
    if (next?.kind !== 'ordinal' || the || (next.value < 4 && !endsClause(tokens, next.to)))
      return { to, text }
    text += ` ${tokens[to]?.text} ${next.value}`
    to = next.to
  }
}

/** "March fifth percent" is no date. */
function goesOn(tokens: readonly Token[], to: number): boolean {
  const next = wordAt(tokens, to)
  return next === 'point' || next === 'percent' || COUNTED.has(next) || UNITS.has(next) || RATES.has(next) || SCALES.has(next) || MERIDIEMS.has(next)
}

const DAY_LINKS = new Set(['and', 'or', 'to', 'through', 'until', 'till'])

/** "you may first want to", "march second" */
function couldBeVerb(tokens: readonly Token[], at: number): boolean {
  const month = tokens[at]
  if (month === undefined || (month.lower !== 'may' && month.lower !== 'march'))
    return false
  const lowerCase = month.text === month.lower
  return !DATE_PREPOSITIONS.has(wordBefore(tokens, at)) && (lowerCase || (month.lower === 'may' && beginsClause(tokens, at)))
}

function readDayOfMonth(tokens: readonly Token[], at: number): Written | null {
  const day = readDay(tokens, at)
  if (day === null || (day.kind !== 'ordinal' && day.kind !== 'literal-ordinal') || wordAt(tokens, day.to) !== 'of')
    return null
  const before = wordBefore(tokens, at)
  const month = tokens[day.to + 1]
  if (month === undefined || wordAt(tokens, day.to + 1) === '' || !MONTHS.has(month.lower) || ['a', 'an', 'one'].includes(before))
    return null
  if (month.text === 'may' && before !== 'the' && !DATE_PREPOSITIONS.has(before))
    return null
  const year = readYearAfter(tokens, day.to + 2)
  const date = `${day.text} ${tokens[day.to]?.text} ${capitalized(month.text)}`
  return year?.inWords === true
    ? { to: year.to, text: `${date}${year.separator} ${year.text}` }
    : { to: day.to + 2, text: date }
}

function readWeekdayDay(tokens: readonly Token[], at: number): Written | null {
  const day = wordBefore(tokens, at) === 'the' && WEEKDAYS.has(wordBefore(tokens, at - 1)) ? readDay(tokens, at) : null
  return day?.kind === 'ordinal' ? { to: day.to, text: day.text } : null
}

/** 1 to 31. */
function readDay(tokens: readonly Token[], at: number): Day | null {
  const token = tokens[at]
  const literal = token === undefined ? null : /^(\d{1,2})(st|nd|rd|th)?$/.exec(token.text)
  if (literal !== null) {
    const value = Number(literal[1])
    const kind = literal[2] === undefined ? 'literal' : 'literal-ordinal'
    return value >= 1 && value <= 31 ? { to: at + 1, value, kind, text: literal[0] } : null
  }
  const reading = readNumber(tokens, at)
  if (reading === null || reading.value < 1 || reading.value > 31)
    return null
  const { to, value, ordinal } = reading
  return ordinal ? { to, value, kind: 'ordinal', text: `${value}${ordinalSuffix(value)}` } : { to, value, kind: 'cardinal', text: String(value) }
}

interface YearAfter extends Written {
  readonly separator: '' | ','
  readonly inWords: boolean
}

function readYearAfter(tokens: readonly Token[], at: number): YearAfter | null {
  const gap = tokens[at]?.gap
  const year = gap === 'blank' || gap === 'comma' ? readYear(tokens, at) : null
  return year === null ? null : { ...year, separator: gap === 'comma' ? ',' : '' }
}

/** A year where one is expected, 1000 to 2099. */
function readYear(tokens: readonly Token[], at: number): (Written & { readonly inWords: boolean }) | null {
  const run = readRun(tokens, at)
  const [first, second, third] = run
  const to = run.at(-1)?.to ?? at
  const next = wordAt(tokens, to)
  if (COUNTED.has(next) || UNITS.has(next))
    return null
  if (run.length === 1 && isPlain(first, 1000, 2099)) {
    // "March fifth two thousand people came"
    return first.literal || first.value % 1000 !== 0 || endsClause(tokens, to) ? { to, text: String(first.value), inWords: !first.literal } : null
  }
  const century = isPlain(first, 10, 20) && !first.literal ? first.value : null
  if (century !== null && run.length === 2 && isPlain(second, 10, 99) && !second.literal)
    return { to, text: `${century}${second.value}`, inWords: true }
  if (century !== null && run.length === 3 && second?.kind === 'oh' && isDigit(third))
    return { to, text: `${century}0${third.value}`, inWords: true }
  return null
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
