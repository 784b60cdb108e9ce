import type { AddressName } from './english-address-parts'
import type { Edit, Token } from './tokens'
import { readDigits, readName } from './english-address-parts'
import { AFTER_DOT_COM, MAIL_LINKS, MAIL_WORDS, MAILBOXES, NO_MAILBOXES, NO_NAMES } from './english-address-words'
import { applyEdits, blankWordAt, tokenize, wordBefore } from './tokens'

interface Address {
  readonly to: number
  readonly text: string
}

/** E-mail addresses, URLs and names of files that were spelled out; all else as it was. */
export function writeEnglishAddresses(text: string): string {
  const tokens = tokenize(text)
  const edits: Edit[] = []
  for (let at = 0; at < tokens.length;) {
    const address = tokens[at]?.gap === 'hyphen' ? null : readAddress(tokens, at)
    const [first, last] = [tokens[at], tokens[(address?.to ?? 0) - 1]]
    if (address !== null && first !== undefined && last !== undefined)
      edits.push({ start: first.start, end: last.end, text: address.text })
    at = address?.to ?? at + 1
  }
  return applyEdits(text, edits)
}

function readAddress(tokens: readonly Token[], from: number): Address | null {
  const url = readUrl(tokens, from)
  if (url !== null)
    return url
  const name = readName(tokens, from)
  if (name === null)
    return null
  return readMail(tokens, from, name) ?? readSite(tokens, from, name) ?? readFile(tokens, from, name)
}

/** "https colon slash slash example dot com slash docs" */
function readUrl(tokens: readonly Token[], from: number): Address | null {
  const scheme = readScheme(tokens, from)
  if (scheme === null || blankWordAt(tokens, scheme.to) !== 'colon' || readSlash(tokens, scheme.to + 1) === null)
    return null
  const slashes = readSlash(tokens, readSlash(tokens, scheme.to + 1) ?? 0)
  const host = slashes === null || blankWordAt(tokens, slashes) === '' ? null : readName(tokens, slashes)
  if (host === null)
    return null
  const { to, text } = host.domain ?? host
  return withPath(tokens, { to, text: `${scheme.text}://${text.toLowerCase()}` })
}

/** "https", or its letters one by one. */
function readScheme(tokens: readonly Token[], from: number): Address | null {
  let text = tokens[from]?.lower ?? ''
  let to = from + 1
  for (; text.length < 5 && 'https'.startsWith(text) && /^[a-z]$/.test(blankWordAt(tokens, to)); to++)
    text += tokens[to]?.lower ?? ''
  return text === 'http' || text === 'https' ? { to, text } : null
}

/** Where a "slash", or "forward slash", at `at` ends. */
function readSlash(tokens: readonly Token[], at: number): number | null {
  if (blankWordAt(tokens, at) === 'slash')
    return at + 1
  return blankWordAt(tokens, at) === 'forward' && blankWordAt(tokens, at + 1) === 'slash' ? at + 2 : null
}

function readSite(tokens: readonly Token[], from: number, { domain }: AddressName): Address | null {
  if (domain === null)
    return null
  if (!domain.written && (!isName(tokens, from, domain.text) || (domain.text.toLowerCase().endsWith('.com') && AFTER_DOT_COM.has(blankWordAt(tokens, domain.to)))))
    return null
  const site = withPath(tokens, { to: domain.to, text: domain.text.toLowerCase() })
  // It was written already.
  return site.to === from + 1 ? null : site
}

/** With a port and what "slash" stands before. */
function withPath(tokens: readonly Token[], host: Address): Address {
  let { to, text } = host
  const port = blankWordAt(tokens, to) === 'colon' && blankWordAt(tokens, to + 1) !== '' ? readDigits(tokens, to + 1) : null
  if (port !== null && port.text.length <= 5) {
    to = port.to
    text += `:${port.text}`
  }
  for (;;) {
    const at = readSlash(tokens, to)
    if (at === null)
      return { to, text }
    const segment = blankWordAt(tokens, at) === '' ? null : readName(tokens, at)
    if (segment === null)
      return blankWordAt(tokens, at) === '' ? { to: at, text: `${text}/` } : { to, text }
    to = segment.file?.to ?? segment.to
    text += `/${(segment.file?.text ?? segment.text).toLowerCase()}`
  }
}

/** "john dot smith at example dot com" */
function readMail(tokens: readonly Token[], from: number, name: AddressName): Address | null {
  if (blankWordAt(tokens, name.to) !== 'at' || blankWordAt(tokens, name.to + 1) === '')
    return null
  const { domain } = readName(tokens, name.to + 1) ?? { domain: null }
  if (domain === null || !isMailbox(tokens, from, name, domain.to))
    return null
  return { to: domain.to, text: `${name.text}@${domain.text}`.toLowerCase() }
}

/** Whether it is one, and not "look at example dot com": a lone name needs another sign of a mail address. */
function isMailbox(tokens: readonly Token[], from: number, name: AddressName, end: number): boolean {
  const first = tokens[from]?.lower ?? ''
  if (!isName(tokens, from, name.text) || name.domain !== null || name.file !== null || !/^[a-z]/i.test(name.text))
    return false
  if (name.connected || MAILBOXES.has(first))
    return true
  if (NO_MAILBOXES.has(first))
    return false
  const before = wordBefore(tokens, from)
  return (from === 0 && end === tokens.length) || MAIL_WORDS.has(before) || (MAIL_LINKS.has(before) && speaksOfMail(tokens, from))
}

/** "the" begins no name; "underscore" is said in nothing else. */
function isName(tokens: readonly Token[], from: number, text: string): boolean {
  return !NO_NAMES.has(tokens[from]?.lower ?? '') || text.includes('_')
}

const LOOK_BACK = 6

function speaksOfMail(tokens: readonly Token[], from: number): boolean {
  for (let at = from - 1; at >= 0 && at >= from - LOOK_BACK; at--) {
    if (MAIL_WORDS.has(tokens[at]?.lower ?? ''))
      return true
    if (tokens[at]?.gap === 'break')
      return false
  }
  return false
}

/** "readme dot md" */
function readFile(tokens: readonly Token[], from: number, { file }: AddressName): Address | null {
  return file !== null && isName(tokens, from, file.text) ? file : null
}
