import type { TextContext } from '../../ports/text-context'
import type { PreviousInsertion } from './types'
import { fullStopEndsSentence } from '../../text/sentence-rules'
import { isLowerInMidSentence } from './common-words'
import { capitalize, hasOwnCase, plain, uncapitalize } from './tokens'

/** An older insertion says nothing of where the cursor is now. */
const PREVIOUS_COUNTS_MS = 60_000
/** A fragment is at most so many words. */
const FRAGMENT_WORDS = 3

/** Scripts that are written without blanks between words. */
const NO_BLANKS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u
const WORD_CHAR = /[\p{L}\p{M}\p{N}]/u
/** Hangs on what stands before it. */
const HANGS_BEFORE = /^(?:[,.;:!?…)\]}”»%°、。，！？；：）」』]|['’](?:[stdm]|re|ve|ll)\b)/u
/** Behind these no blank is wanted: brackets, signs that join, opening quotes. */
const TAKES_NEXT = /[([{<“„«‘‚¿¡/\\@#$€£_~^`（「『【]$/u
const CLOSERS = /["'”’»)\]}*_`」』）】]*$/u

/** What is known of the place where the text goes. */
export interface Place {
  readonly context: TextContext | null
  readonly previous: PreviousInsertion | null
  readonly language: string
  /** The first word is written as the user wishes it. */
  readonly keepsFirst: boolean
}

type SentencePlace = 'start' | 'middle' | 'unknown'

function lastChar(text: string): string {
  return Array.from(text.slice(-2)).at(-1) ?? ''
}

function firstChar(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 32)
}

/** A straight quote at the end of `before`: opening when it has no partner in its line. */
function endsInOpenQuote(before: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  if (line.endsWith('"'))
    return (line.split('"').length - 1) % 2 === 1
  return /(?:^|[\s([{"“])'$/u.test(line)
}

function isJoiningDash(before: string): boolean {
  return /[\p{L}\p{N}][-‐‑—]$/u.test(before)
}

function wantsBlankBefore(before: string, text: string): boolean {
  if (before === '' || /\s$/u.test(before) || /^\s/u.test(text) || HANGS_BEFORE.test(text))
    return false
  return !(TAKES_NEXT.test(before) || endsInOpenQuote(before) || isJoiningDash(before)
    || NO_BLANKS.test(lastChar(before)) || NO_BLANKS.test(firstChar(text)))
}

function wantsBlankBehind(text: string, after: string): boolean {
  const next = firstChar(after)
  if (after === '' || /\s$/u.test(text) || !(WORD_CHAR.test(next) || /[([{“„«¿¡]/u.test(next)))
    return false
  return !(TAKES_NEXT.test(text) || isJoiningDash(text) || NO_BLANKS.test(lastChar(text)) || NO_BLANKS.test(next))
}

/** Whether a sentence begins at the end of `before`. */
function sentencePlace(before: string): SentencePlace {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  if (/^\s*(?:[-*•–+]\s+|\d{1,3}[.)]\s+|#{1,6}\s+|>\s+)?$/u.test(line))
    return 'start'
  const text = before.trimEnd()
  const open = /["'“„«‘([{¿¡]+$/u.exec(text)
  if (open !== null && (endsInOpenQuote(text) || /[“„«‘([{¿¡]$/u.test(text))) {
    const outside = sentencePlace(text.slice(0, open.index))
    // What is quoted after a comma may begin with a capital or not.
    return outside === 'middle' && !/[([{]$/u.test(text) ? 'unknown' : outside
  }
  const bare = text.replace(CLOSERS, '')
  const end = lastChar(bare)
  if (/[!?。！？｡]/u.test(end))
    return 'start'
  if (end === '.')
    return bare.endsWith('..') ? 'unknown' : (fullStopEndsSentence(bare, bare.length - 1, -1, 'A') ? 'start' : 'unknown')
  return /[\p{L}\p{M}\p{N},;&\-–—/]/u.test(end) ? 'middle' : 'unknown'
}

function withCase(text: string, place: SentencePlace, language: string): string {
  const [, lead = '', word = '', gap = '', next = ''] = /^([^\p{L}\p{N}]*)(\S*)(\s*)(\S*)/u.exec(text) ?? []
  // Behind a line break or a bullet of its own the text has its own beginning.
  if (word === '' || /[\n.!?]/u.test(lead))
    return text
  const core = word.replace(/[^\p{L}\p{M}\p{N}]+$/u, '')
  const nextCore = /^[^\n]*$/u.test(gap) && core === word ? next.replace(/^[^\p{L}\p{N}]+/u, '') : ''
  const rest = text.slice(lead.length)
  if (place === 'start')
    return hasOwnCase(core) ? text : lead + capitalize(rest)
  if (place === 'middle' && !hasOwnCase(core) && isLowerInMidSentence(core, nextCore, language))
    return lead + uncapitalize(rest)
  return text
}

/** Words that say something of somebody: with one of them three words may be a sentence. */
const SAYS_SOMETHING = /^(?:i|you|he|she|it|we|they|this|that|is|are|was|were|am|do|does|did|has|have|had|can|will|would|should|yes|no|let|.*'(?:[smdt]|re|ll|ve))$/u

function isFragment(text: string): boolean {
  const words = text.split(/\s+/u).map(word => plain(word.replace(/[^\p{L}\p{N}'’]/gu, '')))
  return words.length <= FRAGMENT_WORDS && !/[!?;:…\n]|\.\s/u.test(text) && !words.some(word => SAYS_SOMETHING.test(word))
}

/** The recogniser's last full stop goes where the sentence goes on behind the cursor. */
function withoutUnwantedStop(text: string, place: SentencePlace, after: string): string {
  if (!/[^.\s]\.$/u.test(text) || /\b(?:\p{L}\.){2,}$|\b(?:etc|Mr|Mrs|Ms|Dr|Inc|Ltd|vs)\.$/u.test(text))
    return text
  const line = after.split('\n', 1)[0] as string
  const next = firstChar(line.trimStart())
  if (line.trim() === '')
    return text
  const goesOn = /^[.,;:!?…]/u.test(line) || /\p{Ll}/u.test(next)
    || (place === 'middle' && (/[)\]}]/u.test(next) || (/[\p{L}\p{N}]/u.test(next) && isFragment(text))))
  return goesOn ? text.slice(0, -1) : text
}

/** A list item begins a line of its own. A number with a point is one only after another: alone it may be what was heard of something else. */
function withOwnLine(text: string, before: string): string {
  const isItem = text.startsWith('- ') || (/^\d{1,3}\. /u.test(text) && /(?:^|\n)\d{1,3}\. [^\n]*$/u.test(before))
  return isItem && !/(?:^|\n)\s*$/u.test(before) ? `\n${text}` : text
}

function withContext(text: string, context: TextContext, place: Place): string {
  const { before, after } = context
  const sentence = sentencePlace(before)
  const stopped = withoutUnwantedStop(text, sentence, after)
  const cased = place.keepsFirst ? stopped : withCase(stopped, sentence, place.language)
  const whole = withOwnLine(cased, before)
  return (wantsBlankBefore(before, whole) ? ' ' : '') + whole + (wantsBlankBehind(whole, after) ? ' ' : '')
}

/** Fits the text to where it goes: blanks, the capital of the first word, the full stop of the last. Never a blank at the end but before a word. */
export function fitToPlace(text: string, place: Place): string {
  const trimmed = text.replace(/^ +| +$/gu, '')
  if (trimmed === '')
    return ''
  // Nothing was read of a protected field: what was inserted before says nothing of it either.
  if (place.context?.isSecret === true)
    return trimmed
  if (place.context !== null)
    return withContext(trimmed, place.context, place)
  const { previous } = place
  if (previous === null || !previous.sameTarget || previous.ageMs > PREVIOUS_COUNTS_MS)
    return trimmed
  const whole = withOwnLine(trimmed, previous.text)
  return (wantsBlankBefore(previous.text, whole) ? ' ' : '') + whole
}
