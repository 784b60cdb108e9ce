import type { SpeechSegment, SpeechText } from '../ports/speech-text'
import type { SpokenPhrases } from './speakable'
import {
  fullStopEndsSentence,
  isClauseMark,
  isCloser,
  isFullWidthClauseMark,
  isFullWidthTerminator,
  isTerminator,
  leansOnNext,
  startsClause,
} from './sentence-rules'
import { ENGLISH_PHRASES, speakable } from './speakable'

/**
 * How long a piece may get, in characters (about 15 are spoken in a second, 80 to 100 are written). The first one is a
 * few words, so that the voice starts early; each of the next may be longer, and is still ready before the one before
 * it ends; later ones are whole sentences, which sound better.
 */
interface PieceLimits {
  /** A clause mark ends the piece from here on. */
  readonly clause: number
  /** A word that begins a clause ends it from here on. */
  readonly conjunction: number
  /** Any space ends it from here on. */
  readonly space: number
}

const RAMP: readonly PieceLimits[] = [
  { clause: 8, conjunction: 8, space: 28 },
  { clause: 20, conjunction: 32, space: 64 },
  { clause: 40, conjunction: 80, space: 130 },
]
const LATER: PieceLimits = { clause: 160, conjunction: 220, space: 260 }
/** Even a word without a space, or an unclosed bracket, ends somewhere. */
const HARD_LIMIT = 400

type Step = 'wait' | 'next' | { readonly cutAt: number, readonly spoken?: string }

const FENCE = /^ {0,3}(`{3,}|~{3,})/

/**
 * The streaming segmenter: reads the reply a character at a time. A decision that needs what follows waits for it,
 * so the pieces are the same however the tokens were cut.
 */
export function createSpeechText(phrases: SpokenPhrases = ENGLISH_PHRASES): SpeechText {
  /** What is not yet part of a piece, or passed over; `base` is where it begins in the reply. */
  let text = ''
  let base = 0
  let ended = false
  /** The next character to look at. */
  let at = 0
  /** Where in the reply the present piece's source begins (before `base` when something was passed over). */
  let start = 0
  /** Where the line begins, relative to `text`; negative when it began in an earlier piece. */
  let lineStart = 0
  let lineKnown = false
  let fence: string | null = null
  let tableRow = false
  /** Inside a code span, a link's text or a URL's brackets: where it began, or -1. */
  let protectedFrom = -1
  let protectedBy = ''
  let count = 0
  let idleAt = -1

  const limits = (): PieceLimits => RAMP[count] ?? LATER

  function drop(to: number): void {
    text = text.slice(to)
    base += to
    at = Math.max(0, at - to)
    lineStart -= to
    protectedFrom = protectedFrom < to ? -1 : protectedFrom - to
  }

  function newLine(): void {
    lineStart = at
    lineKnown = false
    tableRow = false
    protectedFrom = -1
  }

  /** Reads what kind of line begins here; false while that cannot be told yet. */
  function readLineKind(): Step | 'known' {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? undefined : end)
    if (fence !== null) {
      if (end < 0 && !ended)
        return 'wait'
      const closing = FENCE.exec(line)?.[1]
      if (closing?.startsWith(fence) && line.trim() === closing)
        fence = null
      at = end < 0 ? text.length : end + 1
      newLine()
      drop(at)
      return 'next'
    }
    const head = line.trimStart()
    if (end < 0 && !ended && (head.length < 3 && /^(?:`{0,2}|~{0,2}|\|)$/.test(head)))
      return 'wait'
    const opening = FENCE.exec(line)?.[1]
    if (opening) {
      if (end < 0 && !ended)
        return 'wait'
      fence = opening
      at = end < 0 ? text.length : end + 1
      newLine()
      return { cutAt: at, spoken: phrases.codeBlock }
    }
    tableRow = head.startsWith('|')
    lineKnown = true
    return 'known'
  }

  /** Keeps track of brackets in which nothing is cut; true while inside. */
  function isProtected(char: string): boolean {
    if (protectedFrom >= 0) {
      if (at - protectedFrom > HARD_LIMIT / 2 || char === protectedBy)
        protectedFrom = -1
      if (char === ']' && text[at + 1] === '(') {
        protectedFrom = at
        protectedBy = ')'
      }
      return true
    }
    if (char === '`' || char === '[') {
      protectedFrom = at
      protectedBy = char === '`' ? '`' : ']'
      return true
    }
    return false
  }

  /** A terminator at `at`: the cut behind it, nothing, or wait for what decides it. */
  function afterTerminator(char: string): Step {
    let after = at + 1
    let quoted = false
    for (; after < text.length; after++) {
      const follower = text[after] as string
      if (isCloser(follower))
        quoted ||= '"”’»\''.includes(follower)
      else if (!isTerminator(follower))
        break
    }
    if (after >= text.length)
      return ended ? { cutAt: text.length } : 'wait'
    if (isFullWidthTerminator(char))
      return { cutAt: after }
    if (!/\s/.test(text[after] as string))
      return 'next'
    const rest = /^[^\S\n]*/.exec(text.slice(after))?.[0].length ?? 0
    const next = text[after + rest]
    if (next === '\n')
      return 'next' // the line's end cuts
    if (next === undefined)
      return ended ? { cutAt: text.length } : 'wait'
    // A mark in front of the next sentence says nothing about its case.
    const lower = /\p{Ll}/u.test(next)
    const ends = char === '.' ? fullStopEndsSentence(text, at, lineStart, next) : char === '…' || quoted ? !lower : true
    return ends ? { cutAt: after + rest } : 'next'
  }

  function afterClauseMark(char: string): Step {
    const next = text[at + 1]
    if (next === undefined)
      return ended ? 'next' : 'wait'
    if (isFullWidthClauseMark(char))
      return { cutAt: at + 1 }
    return next === ' ' ? { cutAt: at + 2 } : 'next'
  }

  /** At a space in a piece that is long enough: cut before a word that begins a clause, or anywhere when it is too long. */
  function atSpace(length: number): Step {
    const before = text.slice(0, at)
    if (length >= limits().space && (!leansOnNext(before) || length >= limits().space * 2))
      return { cutAt: at + 1 }
    const word = /^ (\p{L}+)(?=\P{L})/u.exec(text.slice(at, at + 24))
    if (word)
      return startsClause(word[1] as string) && !/[,;:]$/.test(before) && !leansOnNext(before) ? { cutAt: at + 1 } : 'next'
    return !ended && /^ \p{L}*$/u.test(text.slice(at)) && text.length - at < 24 ? 'wait' : 'next'
  }

  function step(): Step {
    if (!lineKnown) {
      const kind = readLineKind()
      if (kind !== 'known')
        return kind
      if (at >= text.length)
        return 'wait'
    }
    const char = text[at] as string
    if (char === '\n') {
      at++
      newLine()
      return { cutAt: at }
    }
    const length = at
    if (length >= HARD_LIMIT && !/[\uDC00-\uDFFF]/.test(char))
      return { cutAt: at }
    if (protectedBy === ']' && char === ']' && at + 1 >= text.length && !ended)
      return 'wait'
    if (tableRow || isProtected(char))
      return 'next'
    if (isTerminator(char))
      return afterTerminator(char)
    if (isClauseMark(char) && length >= limits().clause)
      return afterClauseMark(char)
    if (char === ' ' && length >= limits().conjunction)
      return atSpace(length)
    return 'next'
  }

  /** Ends the piece before `to`; null when there is nothing to say in it. */
  function cut(to: number, spoken?: string): SpeechSegment | null {
    const source = text.slice(0, to)
    const words = [speakable(spoken === undefined ? source : textBeforeFence(source)), spoken ?? '']
      .filter(part => part !== '')
      .join(' ')
    at = Math.max(at, to)
    drop(to)
    if (words === '')
      return null
    const segment = { text: words, sourceStart: start, sourceEnd: base }
    start = base
    count++
    return segment
  }

  function drain(): SpeechSegment[] {
    const segments: SpeechSegment[] = []
    while (at < text.length) {
      const result = step()
      if (result === 'wait')
        break
      if (result === 'next') {
        if (lineKnown)
          at++
        continue
      }
      const segment = cut(result.cutAt, result.spoken)
      if (segment)
        segments.push(segment)
    }
    return segments
  }

  /** Where a piece may end when nothing more comes for a while, or -1. */
  function idleCut(): number {
    const trimmed = text.trimEnd()
    if (/[!?…。！？]["'”’»)\]*_]*$/u.test(trimmed))
      return text.length
    if (/[^\d\s]\.["'”’»)\]*_]*$/u.test(trimmed) && fullStopEndsSentence(text, trimmed.lastIndexOf('.'), lineStart, ' '))
      return text.length
    return /^.*[,;:—](?=\s)/su.exec(text)?.[0].length ?? -1
  }

  return {
    push(delta) {
      text += delta
      return drain()
    },
    flushIdle() {
      if (ended || fence !== null || text === '')
        return []
      const again = idleAt === base + text.length
      idleAt = base + text.length
      // The second time the last, perhaps unfinished, word is said as well: a stalled stream keeps nobody waiting.
      const to = again ? text.length : idleCut()
      if (to <= 0)
        return []
      protectedFrom = -1
      const segment = cut(to)
      return segment ? [segment] : []
    },
    end() {
      ended = true
      const segments = drain()
      const rest = text !== '' && fence === null ? cut(text.length) : null
      return rest ? [...segments, rest] : segments
    },
  }
}

function textBeforeFence(source: string): string {
  const lines = source.split('\n')
  const opening = lines.findLastIndex(line => FENCE.test(line))
  return lines.slice(0, opening).join('\n')
}
