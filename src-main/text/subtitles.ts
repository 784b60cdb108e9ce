import { isUnspaced, joinTexts } from '../lib/join-texts'

/** Text with its place in the sound, in milliseconds from its beginning. */
export interface TimedText {
  readonly startMs: number
  readonly endMs: number
  readonly text: string
}

/** What is on the screen at a time: one line, or two. */
export interface Cue {
  readonly startMs: number
  readonly endMs: number
  readonly lines: readonly string[]
}

/** As broadcasters have it: two lines of 42 columns; signs of Chinese, Japanese and Korean take two columns. */
export const LINE_COLUMNS = 42
/** Shorter than this nobody reads it. */
export const SHORTEST_MS = 700

/** Of a cue's room, what makes an end of it good. A cue that ends early is less of a fault than one that ends inside a thought. */
const AT_SENTENCE = 0.6
const AT_CLAUSE = 0.4
/** A cue of one word at the end looks forlorn. */
const REST_COLUMNS = 16
const FORLORN = -0.5

/** What is not taken apart, and whether a blank stands before it. */
interface Piece {
  readonly text: string
  readonly spaced: boolean
  readonly columns: number
}

/**
 * Phrases as they come, in their order, to cues that never overlap and last 700 ms or more. A phrase is held back until the
 * next is there: one too short to be read, with no pause after it, is shown together with the next.
 */
export class CueMaker {
  #held: TimedText | null = null
  #freeFromMs = 0

  push(phrase: TimedText): Cue[] {
    const text = phrase.text.trim()
    if (text === '')
      return []
    const next = { startMs: phrase.startMs, endMs: Math.max(phrase.startMs, phrase.endMs), text }
    const held = this.#held
    const isTooShort = held !== null && Math.max(held.endMs, next.startMs) - held.startMs < SHORTEST_MS
    this.#held = held && isTooShort ? { startMs: held.startMs, endMs: next.endMs, text: joinTexts([held.text, text]) } : next
    return held && !isTooShort ? this.#cues(held) : []
  }

  end(): Cue[] {
    const held = this.#held
    this.#held = null
    return held ? this.#cues(held) : []
  }

  /** Each gets of the phrase's time what it has of its characters. */
  #cues({ startMs, endMs, text }: TimedText): Cue[] {
    const parts = cueTexts(text)
    const columns = parts.map(lines => lines.reduce((sum, line) => sum + columnsOf(line), 0))
    const all = columns.reduce((sum, count) => sum + count, 0)
    let before = 0
    return parts.map((lines, at) => {
      const from = startMs + (endMs - startMs) * before / all
      before += columns[at] as number
      const cueStartMs = Math.round(Math.max(from, this.#freeFromMs))
      const cueEndMs = Math.max(Math.round(startMs + (endMs - startMs) * before / all), cueStartMs + SHORTEST_MS)
      this.#freeFromMs = cueEndMs
      return { startMs: cueStartMs, endMs: cueEndMs, lines }
    })
  }
}

/** A text as the lines of its cues. Nothing of it is lost: joined by the blanks between the words it is the same. */
export function cueTexts(text: string): (readonly string[])[] {
  const cues: (readonly string[])[] = []
  for (let pieces: readonly Piece[] = piecesOf(text); pieces.length > 0;) {
    const count = cueLength(pieces)
    cues.push(twoLines(pieces.slice(0, count)))
    pieces = pieces.slice(count)
  }
  return cues
}

/** So many pieces are the next cue: all if there is room, else up to the best end that there is room for. */
function cueLength(pieces: readonly Piece[]): number {
  const most = fitting(pieces, fitting(pieces, 0))
  if (most >= pieces.length)
    return pieces.length
  const room = columnsTo(pieces, 0, most)
  let best = { count: most, score: Number.NEGATIVE_INFINITY }
  for (let count = 1; count <= most; count++) {
    const score = columnsTo(pieces, 0, count) / room + endScore(pieces[count - 1] as Piece)
      + (columnsTo(pieces, count, Math.min(pieces.length, count + REST_COLUMNS)) < REST_COLUMNS ? FORLORN : 0)
    if (score >= best.score)
      best = { count, score }
  }
  return best.count
}

function endScore({ text }: Piece): number {
  if (/[.!?…。！？]["'”’»)\]」』]*$/u.test(text))
    return AT_SENTENCE
  return /[,;:、，；：–—]["'”’»)\]」』]*$/u.test(text) ? AT_CLAUSE : 0
}

/** Where the line that begins at `from` ends at the latest. */
function fitting(pieces: readonly Piece[], from: number): number {
  let columns = 0
  for (let at = from; at < pieces.length; at++) {
    const { columns: own, spaced } = pieces[at] as Piece
    columns += own + (spaced && at > from ? 1 : 0)
    if (columns > LINE_COLUMNS)
      return Math.max(at, from + 1)
  }
  return pieces.length
}

/** The lines as even as they can be, and rather a clause apart. */
function twoLines(pieces: readonly Piece[]): string[] {
  if (columnsTo(pieces, 0, pieces.length) <= LINE_COLUMNS)
    return [textOf(pieces)]
  let best = { at: fitting(pieces, 0), score: Number.NEGATIVE_INFINITY }
  for (let at = 1; at < pieces.length; at++) {
    const [first, second] = [columnsTo(pieces, 0, at), columnsTo(pieces, at, pieces.length)]
    if (Math.max(first, second) > LINE_COLUMNS)
      continue
    const score = endScore(pieces[at - 1] as Piece) / 2 - Math.abs(first - second) / LINE_COLUMNS
    if (score > best.score)
      best = { at, score }
  }
  return [textOf(pieces.slice(0, best.at)), textOf(pieces.slice(best.at))]
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map(({ text, spaced }, at) => spaced && at > 0 ? ` ${text}` : text).join('')
}

function columnsTo(pieces: readonly Piece[], from: number, to: number): number {
  let columns = 0
  for (let at = from; at < to; at++) {
    const piece = pieces[at] as Piece
    columns += piece.columns + (piece.spaced && at > from ? 1 : 0)
  }
  return columns
}

/** Words between blanks; those of scripts without blanks where a word of theirs ends, and whatever is too long for a line, anywhere. */
function piecesOf(text: string): Piece[] {
  return text.split(/\s+/u).filter(word => word !== '').flatMap(word =>
    takenApart(word).map((part, at) => ({ text: part, spaced: at === 0, columns: columnsOf(part) })))
}

const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' })
const CHARACTERS = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function takenApart(word: string): string[] {
  if (columnsOf(word) <= LINE_COLUMNS && ![...word].some(isUnspaced))
    return [word]
  const parts: string[] = []
  for (const { segment, isWordLike } of WORDS.segment(word)) {
    // A sign stays with the word before it.
    if (isWordLike === false && parts.length > 0)
      parts[parts.length - 1] += segment
    else
      parts.push(segment)
  }
  return parts.flatMap(part => columnsOf(part) <= LINE_COLUMNS ? [part] : inLines(part))
}

function inLines(part: string): string[] {
  const lines = ['']
  let columns = 0
  for (const { segment } of CHARACTERS.segment(part)) {
    const own = columnsOf(segment)
    if (columns > 0 && columns + own > LINE_COLUMNS) {
      lines.push('')
      columns = 0
    }
    lines[lines.length - 1] += segment
    columns += own
  }
  return lines
}

/** East Asian wide characters, and emoji. */
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u

function columnsOf(text: string): number {
  let columns = 0
  for (const { segment } of CHARACTERS.segment(text))
    columns += WIDE.test(segment) ? 2 : 1
  return columns
}
