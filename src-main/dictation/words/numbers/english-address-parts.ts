import type { Token } from './tokens'
import { CONNECTORS, FILE_EXTENSIONS, SECOND_DOMAINS, TOP_DOMAINS } from './english-address-words'
import { readNumber } from './english-reading'
import { DIGITS } from './english-words'
import { blankWordAt } from './tokens'

/** Words and the signs said between them: "john dot smith", "mail dot example dot org". */
export interface AddressName {
  readonly to: number
  readonly text: string
  /** Whether a sign was said, or is written, inside. */
  readonly connected: boolean
  /** Where a domain, or a file's name, ends that begins with it; the longest. */
  readonly domain: { readonly to: number, readonly text: string, readonly written: boolean } | null
  readonly file: { readonly to: number, readonly text: string } | null
}

/** Addresses have no more parts; the bound keeps a text of nothing but "dot" linear. */
const MOST_PARTS = 12
const WRITTEN_PART = /^(?=.*[a-z])[a-z0-9](?:[\w.+-]*[a-z0-9])?$/i

interface Part {
  readonly text: string
  readonly to: number
  /** Nothing but a number, in words or digits. */
  readonly number: boolean
}

export function readName(tokens: readonly Token[], from: number): AddressName | null {
  const first = readPart(tokens, from)
  if (first === null)
    return null
  let { to, text } = first
  let connected = /[._]/.test(text)
  let onlyHost = !first.number
  let domain: AddressName['domain'] = onlyHost && endsDomain(text) ? { to, text, written: to === from + 1 } : null
  let file: AddressName['file'] = null
  for (let parts = 1; parts < MOST_PARTS; parts++) {
    const sign = CONNECTORS.get(blankWordAt(tokens, to))
    const part = sign === undefined || blankWordAt(tokens, to + 1) === '' ? null : readPart(tokens, to + 1, sign === '.')
    if (sign === undefined || part === null)
      break
    text += sign + part.text
    to = part.to
    connected ||= sign !== '+'
    onlyHost &&= sign === '.' || sign === '-'
    if (onlyHost && sign !== '-' && endsDomain(text))
      domain = { to, text, written: false }
    if (!first.number && sign === '.' && FILE_EXTENSIONS.has(part.text.toLowerCase()))
      file = { to, text: text.slice(0, -part.text.length) + part.text.toLowerCase() }
  }
  return { to, text, connected, domain, file }
}

/** "example.com", "example.co.uk"; "uk" needs another one before. */
function endsDomain(text: string): boolean {
  const labels = text.toLowerCase().split('.')
  const [last, before, third] = [labels.at(-1) ?? '', labels.at(-2) ?? '', labels.at(-3)]
  if (labels.length < 2 || labels.includes('') || !TOP_DOMAINS.has(last) || /^[\d,]+$/.test(before) || text.includes('_') || text.includes('+'))
    return false
  return last.length > 2 || !SECOND_DOMAINS.has(before) || third !== undefined
}

/** A word ("well-known" is one), letters that were spelled ("w w w"), or a number; digits may follow a word. `last`: it follows a dot. */
function readPart(tokens: readonly Token[], from: number, last = false): Part | null {
  const token = tokens[from]
  if (token === undefined)
    return null
  const digits = readDigits(tokens, from)
  if (digits !== null)
    return { ...digits, number: true }
  if (token.kind === 'other' ? !WRITTEN_PART.test(token.text) : !/^[a-z]+$/i.test(token.text))
    return null
  let text = token.text
  let to = from + 1
  if (text.length === 1) {
    // "dot u k": spelled, with nothing else among the letters.
    for (; to < from + 8 && /^[a-z]$/.test(blankWordAt(tokens, to)); to++)
      text += tokens[to]?.text ?? ''
  }
  for (; tokens[to]?.gap === 'hyphen' && /^[a-z]+$/i.test(tokens[to]?.text ?? '') && to < from + MOST_PARTS; to++)
    text += `-${tokens[to]?.text ?? ''}`
  const number = last && (TOP_DOMAINS.has(text.toLowerCase()) || FILE_EXTENSIONS.has(text.toLowerCase())) ? null : readDigits(tokens, to)
  // Only where the address goes on: "example dot com two times".
  if (number !== null && blankWordAt(tokens, to) !== '' && (CONNECTORS.has(blankWordAt(tokens, number.to)) || ['at', 'slash', 'colon'].includes(blankWordAt(tokens, number.to))))
    return { text: text + number.text, to: number.to, number: false }
  return { text, to, number: false }
}

/** Numbers in a row, their digits joined: "nineteen eighty four", "oh seven", "99". */
export function readDigits(tokens: readonly Token[], from: number): { readonly text: string, readonly to: number } | null {
  let text = ''
  let to = from
  for (let numbers = 0; numbers < MOST_PARTS && (to === from || blankWordAt(tokens, to) !== ''); numbers++) {
    const token = tokens[to]
    if (token?.kind === 'number' && /^\d+$/.test(token.text)) {
      text += token.text
      to++
      continue
    }
    if (token !== undefined && (token.lower === 'zero' || (token.lower === 'oh' && (text !== '' || DIGITS.has(blankWordAt(tokens, to + 1)))))) {
      text += '0'
      to++
      continue
    }
    const reading = token?.lower === 'a' ? null : readNumber(tokens, to, false)
    if (reading === null || reading.ordinal)
      break
    text += String(reading.value)
    to = reading.to
  }
  return text === '' ? null : { text, to }
}
