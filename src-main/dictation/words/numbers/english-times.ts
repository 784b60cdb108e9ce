import type { Written } from './english-dates'
import type { Element } from './english-run'
import type { Token } from './tokens'
import { isDigit, isPlain, readRun } from './english-run'
import { COUNTED, HOUR_PREPOSITIONS, MERIDIEMS, MONTHS, RATES, TIME_PREPOSITIONS, UNITS } from './english-words'
import { blankWordAt, wordAt, wordBefore } from './tokens'

interface Clock {
  readonly hour: number
  readonly to: number
  readonly text: string
}

/** "three thirty" where it is a time of the day: what follows or stands before says so. */
export function readTime(tokens: readonly Token[], run: readonly Element[]): Written | null {
  const clock = readClock(run)
  const from = run[0]?.from ?? 0
  if (clock === null || MONTHS.has(wordBefore(tokens, from)))
    return null
  if (clock.hour <= 12 && (saysTime(tokens, clock.to) || beginsSpan(tokens, clock.to)))
    return withMeridiem(tokens, clock)
  const before = wordBefore(tokens, from)
  const next = wordAt(tokens, clock.to)
  if (!TIME_PREPOSITIONS.has(before) || RATES.has(next) || COUNTED.has(next) || UNITS.has(next))
    return null
  // "until nineteen fifty" and "at twenty twenty" are years.
  return clock.hour <= 12 || (before === 'at' && clock.hour !== 20) ? clock : null
}

function readClock(run: readonly Element[]): Clock | null {
  const [first, second, third] = run
  if (!isPlain(first, 1, 23))
    return null
  if (run.length === 2 && isPlain(second, 0, 59) && (second.literal ? second.digits.length === 2 : second.value >= 10))
    return { hour: first.value, to: second.to, text: `${first.value}:${String(second.value).padStart(2, '0')}` }
  if (run.length === 3 && second?.kind === 'oh' && isDigit(third) && third.value > 0)
    return { hour: first.value, to: third.to, text: `${first.value}:0${third.value}` }
  return null
}

/** "pm", "p m", "in the morning": what stands at `at` makes a time of what stands before. */
function saysTime(tokens: readonly Token[], at: number): boolean {
  const next = blankWordAt(tokens, at)
  return saysHour(tokens, at) || saysPartOfDay(tokens, at) || next === 'sharp'
}

/** What makes even a lone number an hour. */
export function saysHour(tokens: readonly Token[], at: number): boolean {
  const next = wordAt(tokens, at)
  return MERIDIEMS.has(next) || isSpelledMeridiem(tokens, at) || next === 'o\'clock'
}

function saysPartOfDay(tokens: readonly Token[], at: number): boolean {
  const next = blankWordAt(tokens, at)
  if (next === 'at')
    return wordAt(tokens, at + 1) === 'night'
  return next === 'in' && wordAt(tokens, at + 1) === 'the' && ['morning', 'afternoon', 'evening'].includes(wordAt(tokens, at + 2))
}

/** "at seven in the morning" */
export function isHourOfDay(tokens: readonly Token[], from: number, to: number): boolean {
  return HOUR_PREPOSITIONS.has(wordBefore(tokens, from)) && saysPartOfDay(tokens, to)
}

/** "three thirty to four pm" */
function beginsSpan(tokens: readonly Token[], at: number): boolean {
  if (!['to', 'until', 'till', 'and', 'or', 'through'].includes(wordAt(tokens, at)))
    return false
  const run = readRun(tokens, at + 1)
  const [hour] = run
  const end = readClock(run) ?? (run.length === 1 && isPlain(hour, 1, 12) ? hour : null)
  return end !== null && saysTime(tokens, end.to)
}

function isSpelledMeridiem(tokens: readonly Token[], at: number): boolean {
  return /^[ap]$/.test(blankWordAt(tokens, at)) && blankWordAt(tokens, at + 1) === 'm'
}

/** The time, with "p m" drawn together. */
export function withMeridiem(tokens: readonly Token[], time: Written): Written {
  return isSpelledMeridiem(tokens, time.to)
    ? { to: time.to + 2, text: `${time.text} ${tokens[time.to]?.text ?? ''}${tokens[time.to + 1]?.text ?? ''}` }
    : { to: time.to, text: time.text }
}
