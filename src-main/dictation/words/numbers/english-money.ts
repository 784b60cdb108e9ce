import type { Written } from './english-dates'
import type { NumberElement } from './english-run'
import type { Token } from './tokens'
import { grouped } from './english-reading'
import { isPlain, readRun } from './english-run'
import { endsClause, wordAt } from './tokens'

export interface Money {
  readonly sign: string
  /** "$5", "$2 million" */
  readonly text: string
  readonly to: number
}

const CURRENCIES: ReadonlyMap<string, { readonly sign: string, readonly cents: readonly string[] }> = new Map([
  ['dollar', { sign: '$', cents: ['cent', 'cents'] }],
  ['dollars', { sign: '$', cents: ['cent', 'cents'] }],
  ['euro', { sign: '€', cents: ['cent', 'cents'] }],
  ['euros', { sign: '€', cents: ['cent', 'cents'] }],
  ['pound', { sign: '£', cents: ['penny', 'pence'] }],
  ['pounds', { sign: '£', cents: ['penny', 'pence'] }],
])

/** The amount with what it is of. Pounds are money only where pence or "sterling" follow: they may be a weight. */
export function readMoney(text: string, tokens: readonly Token[], number: NumberElement): Money | null {
  const at = number.to
  const sign = CURRENCIES.get(wordAt(tokens, at))?.sign
  // "five dollars' worth"
  if (sign === undefined || /^['’]/.test(text.charAt(tokens[at]?.end ?? 0)))
    return null
  if (sign === '£' && wordAt(tokens, at + 1) !== 'sterling')
    return null
  return { sign, to: sign === '£' ? at + 2 : at + 1, text: `${sign}${moneyText(tokens, number)}` }
}

/** "five dollars and twenty cents" */
export function readMoneyWithCents(tokens: readonly Token[], number: NumberElement): Written | null {
  const currency = CURRENCIES.get(wordAt(tokens, number.to))
  if (currency === undefined || number.scaleAt !== null || !Number.isInteger(number.value))
    return null
  const cents = readCents(tokens, number.to + 1, currency.cents)
  return cents === null ? null : { to: cents.to, text: `${currency.sign}${moneyDigits(number)}.${String(cents.value).padStart(2, '0')}` }
}

/** "and twenty cents", "twenty cents", "twenty" at the end. */
function readCents(tokens: readonly Token[], at: number, names: readonly string[]): { readonly value: number, readonly to: number } | null {
  const and = wordAt(tokens, at) === 'and'
  const from = and ? at + 1 : at
  const run = wordAt(tokens, from) === '' ? [] : readRun(tokens, from)
  const [cents] = run
  if (run.length !== 1 || !isPlain(cents, 1, 99))
    return null
  if (names.includes(wordAt(tokens, cents.to)))
    return { value: cents.value, to: cents.to + 1 }
  return !and && !cents.literal && cents.value >= 10 && endsClause(tokens, cents.to) ? { value: cents.value, to: cents.to } : null
}

/** The amount without its sign: "1,500", "3.50", "2 million". */
export function moneyText(tokens: readonly Token[], number: NumberElement): string {
  return number.scaleAt === null ? moneyDigits(number) : amountText(tokens, number)
}

/** As it would be written if it were no money: of "1.2 to 1.5 million", "1.2". */
export function amountText(tokens: readonly Token[], number: NumberElement): string {
  return number.scaleAt === null ? number.digits : `${number.digits} ${tokens[number.scaleAt]?.text ?? ''}`
}

/** Money has commas from 1,000 on, and two decimals or none. */
function moneyDigits(number: NumberElement): string {
  if (number.decimal)
    return /\.\d$/.test(number.digits) ? `${number.digits}0` : number.digits
  return number.literal ? number.digits : grouped(number.value, 1000)
}
