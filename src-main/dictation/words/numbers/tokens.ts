/**
 * What stands between a token and the one before it. `blank` and `hyphen` may be inside of a number, `comma` between
 * the items of a list; `break` is any other sign, a line's end among them: no rule reaches over it.
 */
export type Gap = 'start' | 'blank' | 'hyphen' | 'comma' | 'break'

/** A word, a plain number in digits, or anything else that is never looked into ("$5", "10:30", "e.g"). */
export interface Token {
  readonly kind: 'word' | 'number' | 'other'
  readonly text: string
  /** In lower case, with a straight apostrophe. */
  readonly lower: string
  readonly start: number
  readonly end: number
  readonly gap: Gap
}

/** In place of the characters from `start` to before `end`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

const OPENING = new Set('"\'“”‘’«»([{¿¡*…—–')
const CLOSING = new Set('"\'“”‘’«»)]}.,;:!?*…—–-')
const NUMBER = /^(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/
const WORD = /^[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*$/u
/** Of a chunk that is words and numbers held together by hyphens ("F-16"); others are one token, whatever is inside. */
const PART = /^(?:[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*|[$€£]?[\d,.]+(?:%|s|st|nd|rd|th)?|\d{1,2}:\d\d)$/u

export function tokenize(text: string): Token[] {
  const tokens: Token[] = []

  function add(kind: Token['kind'], start: number, end: number): void {
    const before = tokens.at(-1)
    const written = text.slice(start, end)
    const gap = before === undefined ? 'start' : gapOf(text.slice(before.end, start))
    tokens.push({ kind, text: written, lower: written.toLowerCase().replaceAll('’', '\''), start, end, gap })
  }

  for (const chunk of text.matchAll(/[^\s—…]+/g)) {
    let start = chunk.index
    let end = start + chunk[0].length
    while (start < end && OPENING.has(text.charAt(start)))
      start++
    while (end > start && CLOSING.has(text.charAt(end - 1)))
      end--
    const core = text.slice(start, end)
    const parts = core.split('-')
    if (!parts.every(part => PART.test(part)) || !parts.some(part => WORD.test(part)))
      parts.splice(0, parts.length, core)
    for (const part of parts) {
      if (part !== '')
        add(WORD.test(part) ? 'word' : NUMBER.test(part) ? 'number' : 'other', start, start + part.length)
      start += part.length + 1
    }
  }
  return tokens
}

function gapOf(between: string): Gap {
  if (between === '-')
    return 'hyphen'
  if (/^[ \t\u00A0]+$/.test(between))
    return 'blank'
  return /^,[ \t\u00A0]+$/.test(between) ? 'comma' : 'break'
}

/** `edits` in the order of the text, none over another. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let at = 0
  const pieces: string[] = []
  for (const edit of edits) {
    pieces.push(text.slice(at, edit.start), edit.text)
    at = edit.end
  }
  pieces.push(text.slice(at))
  return pieces.join('')
}

/** The word at `at` when nothing but a blank or a hyphen stands before it; else ''. */
export function wordAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  return token !== undefined && (token.gap === 'blank' || token.gap === 'hyphen') ? token.lower : ''
}

/** The same, with a blank only. */
export function blankWordAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  return token?.gap === 'blank' ? token.lower : ''
}

/** The word before `at` when nothing but a blank or a hyphen stands between; else ''. */
export function wordBefore(tokens: readonly Token[], at: number): string {
  return wordAt(tokens, at) === '' ? '' : tokens[at - 1]?.lower ?? ''
}

/** Whether the token at `at` begins a text or follows a sign. */
export function beginsClause(tokens: readonly Token[], at: number): boolean {
  return wordAt(tokens, at) === ''
}

/** Whether what ends before `at` is the end of the text or is followed by a sign. */
export function endsClause(tokens: readonly Token[], at: number): boolean {
  return beginsClause(tokens, at)
}
