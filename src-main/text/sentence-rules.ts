/** Where a sentence may end: pure rules over the text before and after a full stop. English first; CJK marks end by themselves. */

/** A full stop after these never ends a sentence: something always follows. */
const NEVER_LAST = new Set([
  'mr',
  'mrs',
  'ms',
  'mx',
  'dr',
  'prof',
  'st',
  'vs',
  'e.g',
  'i.e',
  'eg',
  'ie',
  'cf',
  'ca',
  'viz',
  'approx',
  'gen',
  'col',
  'sgt',
  'capt',
  'cmdr',
  'lt',
  'rev',
  'hon',
  'gov',
  'sen',
  'rep',
  'messrs',
  'mt',
])

/** These are abbreviations only when a number follows: "No. 5", "Fig. 3", "Jan. 1". */
const BEFORE_NUMBER = new Set([
  'no',
  'nos',
  'fig',
  'figs',
  'vol',
  'ch',
  'sec',
  'eq',
  'p',
  'pp',
  'art',
  'jan',
  'feb',
  'mar',
  'apr',
  'jun',
  'jul',
  'aug',
  'sep',
  'sept',
  'oct',
  'nov',
  'dec',
])

const LETTER_OR_DOT = /[\p{L}.]/u

/** Terminators that end a sentence with no space after them. */
export function isFullWidthTerminator(char: string): boolean {
  return char === '。' || char === '！' || char === '？' || char === '｡'
}

export function isTerminator(char: string): boolean {
  return char === '.' || char === '!' || char === '?' || char === '…' || isFullWidthTerminator(char)
}

/** What may stand between the terminator and the space: quotes, brackets, the end of an emphasis. */
export function isCloser(char: string): boolean {
  return '"\'”’»)]}*_~`」』）】》'.includes(char)
}

/** Marks at which a reader takes breath. */
export function isClauseMark(char: string): boolean {
  return ',;:—–，、；：'.includes(char)
}

export function isFullWidthClauseMark(char: string): boolean {
  return '，、；：'.includes(char)
}

/** The letters and dots directly before `end` ("e.g", "Mrs", "U.S"). */
function wordBefore(text: string, end: number): string {
  let start = end
  while (start > 0 && LETTER_OR_DOT.test(text[start - 1] as string))
    start--
  return text.slice(start, end)
}

/**
 * Whether the full stop at `at` ends a sentence, given the first character that follows it after white space.
 * `lineStart` is where its line begins, negative when that is before `text` (a number alone at a line's start is a list marker).
 */
export function fullStopEndsSentence(text: string, at: number, lineStart: number, next: string): boolean {
  if (lineStart >= 0 && /^\s*\d{1,3}$/.test(text.slice(lineStart, at)))
    return false
  const word = wordBefore(text, at)
  const lower = word.toLowerCase().replace(/^\.+/, '')
  if (NEVER_LAST.has(lower))
    return false
  if (BEFORE_NUMBER.has(lower) && /\d/.test(next))
    return false
  // An initial: "J. Smith". "I" and single letters of a list answer ("Plan B.") are rare before a capital.
  if (/^\p{Lu}$/u.test(word) && word !== 'I' && /\p{Lu}/u.test(next) && /(?:^|\p{Lu}\.\s?|[\s(])$/u.test(text.slice(Math.max(0, at - 4), at - 1)) && isNamePart(text, at))
    return false
  return !/\p{Ll}/u.test(next)
}

/** An initial stands at the start, after another initial, or after a capitalised word ("John F. Kennedy"). */
function isNamePart(text: string, at: number): boolean {
  const before = text.slice(0, at - 1).trimEnd()
  return before === '' || /(?:\p{Lu}\.|(?:^|\s)\p{Lu}[\p{L}’']+)$/u.test(before) || /[.!?\n]$/.test(before)
}

/** A new clause, or the part of one that follows its subject, begins with one of these; used only where a piece must be short. */
const CLAUSE_WORDS = new Set([
  'and',
  'but',
  'because',
  'which',
  'who',
  'that',
  'when',
  'where',
  'while',
  'so',
  'or',
  'if',
  'as',
  'since',
  'although',
  'though',
  'until',
  'unless',
  'with',
  'due',
  'for',
  'from',
  'by',
  'in',
  'on',
  'to',
  'at',
  'about',
  'is',
  'are',
  'was',
  'were',
  'has',
  'have',
  'can',
  'will',
  'would',
  'should',
  'does',
  'did',
  'takes',
  'looks',
  'means',
  'needs',
])

/** Words that lean on the next one: nobody pauses after them. */
const LEANING = new Set(['a', 'an', 'the', 'my', 'your', 'his', 'her', 'its', 'our', 'their', 'this', 'that', 'these', 'those', 'some', 'any', 'no', 'every', 'each', 'very', 'more', 'most', 'about', 'approximately', 'nearly', 'around', 'of', 'to', 'in', 'on', 'at', 'by', 'for', 'from', 'with', 'and', 'or', 'but', 'not', 'is', 'are', 'was', 'were', 'be'])

/** Whether a short pause after the last word of `text` would sound wrong: it leans on the next, or is a number or an open bracket. */
export function leansOnNext(text: string): boolean {
  const word = /(\S+)\s*$/.exec(text)?.[1] ?? ''
  return /[\d(]$/.test(word) || LEANING.has(word.toLowerCase())
}

export function startsClause(word: string): boolean {
  return CLAUSE_WORDS.has(word.toLowerCase())
}
