import type { Chain } from './english-chain'
import type { Item } from './english-items'
import type { NumberElement } from './english-run'
import type { Edit, Token } from './tokens'
import { readChains } from './english-chain'
import { amountText, moneyText, readMoney } from './english-money'
import { writeOrdinal } from './english-ordinals'
import { isPlain } from './english-run'
import { namesStreet } from './english-series'
import { isHourOfDay, saysHour, withMeridiem } from './english-times'
import { BEFORE_VALUE, DETERMINERS, DIGITS, LABELS, OWNERS, SCALES, TEENS, TENS, UNITS } from './english-words'
import { beginsClause, wordAt, wordBefore } from './tokens'

/** A text in place of some tokens. */
interface Change {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** What is written in place of the numbers, in the order of the text. */
export function writeItems(text: string, tokens: readonly Token[], items: readonly Item[]): Edit[] {
  return readChains(tokens, items)
    .flatMap(chain => writeChain(text, tokens, chain))
    .flatMap(({ from, to, text }) => {
      const [first, last] = [tokens[from], tokens[to - 1]]
      return first === undefined || last === undefined ? [] : [{ start: first.start, end: last.end, text }]
    })
}

function writeChain(text: string, tokens: readonly Token[], { items, links }: Chain): Change[] {
  const numbers = items.flatMap(item => item.kind === 'amount' ? [item.number] : [])
  const last = numbers.at(-1)
  const listed = items.length > 2 || (items.length === 2 && links[0] !== 'comma')
  const forced = numbers.some(number => isForced(text, tokens, number))
  const inDigits = listed && (forced || numbers.some(isWrittenInDigits))
  // "five to ten dollars": each has the sign.
  const sign = listed && last !== undefined ? readMoney(text, tokens, last)?.sign ?? null : null
  const ordinalsInDigits = items.some(item => item.kind === 'ordinal' && item.value >= 10)

  return items.flatMap((item) => {
    switch (item.kind) {
      case 'kept':
        return []
      case 'written':
        return [{ from: item.from, to: item.to, text: item.text }]
      case 'ordinal':
        return writeOrdinal(tokens, item, ordinalsInDigits)
      case 'amount': {
        const pronoun = isPronoun(tokens, item.number, items.length === 2 && !(links[0] === 'or' && forced) ? links[0] : undefined)
        const money = sign !== null && item.number !== last && !pronoun ? sign + (last?.scaleAt === null ? moneyText(tokens, item.number) : amountText(tokens, item.number)) : null
        return writeAmount(text, tokens, item.number, inDigits && !pronoun, money)
      }
      default:
        return item satisfies never
    }
  })
}

/** "one" that is no number, in a list or beside one other number: "no one and ten more". */
function isPronoun(tokens: readonly Token[], number: NumberElement, link: Chain['links'][number] | undefined): boolean {
  if (number.value !== 1 || number.literal)
    return false
  const before = wordBefore(tokens, number.from)
  return DETERMINERS.has(before) || wordAt(tokens, number.to) === 'of' || (link !== undefined && ['or', 'and', 'comma-and'].includes(link) && before !== 'between')
}

function writeAmount(text: string, tokens: readonly Token[], number: NumberElement, listed: boolean, listedMoney: string | null): Change[] {
  const minus = readMinus(text, tokens, number, listed)
  const from = minus === '' ? number.from : number.from - 1
  const money = readMoney(text, tokens, number)
  if (money !== null)
    return [{ from, to: money.to, text: minus + money.text }]
  const percent = percentEnd(tokens, number)
  if (percent !== null)
    return [{ from, to: percent, text: `${minus}${number.digits}%` }]
  if (listedMoney !== null)
    return [{ from, to: number.to, text: minus + listedMoney }]
  if (isHour(tokens, number)) {
    const time = withMeridiem(tokens, { to: number.to, text: number.digits })
    return number.literal && time.to === number.to ? [] : [{ from, ...time }]
  }
  if (number.bareArticle || !(minus !== '' || isWrittenInDigits(number) || listed || isForced(text, tokens, number)))
    return []
  // The word "million" stays where it is.
  return number.literal && minus === '' ? [] : [{ from, to: number.scaleAt ?? number.to, text: minus + number.digits }]
}

/** By its own size. */
function isWrittenInDigits(number: NumberElement): boolean {
  return number.literal || number.inDigits === true || number.decimal || Number(number.digits.replaceAll(',', '')) >= 10
}

/** By what stands beside it, however small it is. */
function isForced(text: string, tokens: readonly Token[], number: NumberElement): boolean {
  const { from, to } = number
  return readMoney(text, tokens, number) !== null
    || percentEnd(tokens, number) !== null
    || isHour(tokens, number)
    || (isPlain(number, 1, 12) && isHourOfDay(tokens, from, to))
    || isMeasured(tokens, number)
    || isLabelled(tokens, number)
    || (!beginsClause(tokens, to) && namesStreet(tokens, to))
}

function percentEnd(tokens: readonly Token[], number: NumberElement): number | null {
  if (number.scaleAt !== null)
    return null
  const next = wordAt(tokens, number.to)
  if (next === 'percent')
    return number.to + 1
  return next === 'per' && wordAt(tokens, number.to + 1) === 'cent' ? number.to + 2 : null
}

function isHour(tokens: readonly Token[], number: NumberElement): boolean {
  return isPlain(number, 1, 12) && saysHour(tokens, number.to)
}

function isMeasured(tokens: readonly Token[], { from, to }: NumberElement): boolean {
  return UNITS.has(wordAt(tokens, to)) && !OWNERS.has(wordBefore(tokens, from))
}

function isLabelled(tokens: readonly Token[], { from, to }: NumberElement): boolean {
  return LABELS.has(wordBefore(tokens, from)) && !DETERMINERS.has(wordBefore(tokens, from - 1)) && wordAt(tokens, to) !== 'of'
}

const DEGREES = new Set(['degree', 'degrees', 'celsius', 'fahrenheit', 'percent'])

/** "-" where "minus" belongs to the number: "minus five degrees", "it is minus twenty"; "ten minus five" stays. */
function readMinus(text: string, tokens: readonly Token[], number: NumberElement, listed: boolean): '' | '-' {
  const before = wordBefore(tokens, number.from)
  const at = number.from - 1
  if ((before !== 'minus' && before !== 'negative') || number.bareArticle)
    return ''
  const measured = DEGREES.has(wordAt(tokens, number.to))
  const span = wordAt(tokens, number.to) === 'to' && ['minus', 'negative'].includes(wordAt(tokens, number.to + 1))
  const apart = beginsClause(tokens, at) || BEFORE_VALUE.has(wordBefore(tokens, at))
  if (apart)
    return measured || span || listed || isWrittenInDigits(number) || isForced(text, tokens, number) ? '-' : ''
  return measured && !/\d/.test(tokens[at - 1]?.text ?? '') && !isNumberWord(tokens[at - 1]) ? '-' : ''
}

function isNumberWord(token: Token | undefined): boolean {
  return token !== undefined && (DIGITS.has(token.lower) || TEENS.has(token.lower) || TENS.has(token.lower) || SCALES.has(token.lower) || token.lower === 'hundred' || UNITS.has(token.lower))
}
