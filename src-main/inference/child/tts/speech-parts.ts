/** How a part ends, and so how long the voice pauses after it. */
export type PartEnd = 'sentence' | 'clause' | 'none'

export interface SpeechPart {
  readonly text: string
  readonly end: PartEnd
}

export interface PartLimits {
  /** Most characters of the very first part: somebody is waiting for it. Only a clause's end shortens it. */
  readonly firstChars: number
  /** Most characters of any part: making one cannot be stopped. */
  readonly maxChars: number
}

const SENTENCE_END = /[.!?。！？…][\p{Pe}\p{Pf}"']*$/u
const CLAUSE_END = /[,;:，、；：—–)][\p{Pe}\p{Pf}"']*$/u

/** Whether there is anything to pronounce: a letter or a digit of any script. */
export function isPronounceable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

/** A piece cut into parts that are made one after the other; put together they are the piece. */
export function cutParts(text: string, limits: PartLimits): SpeechPart[] {
  const parts: SpeechPart[] = []
  let rest = text
  while (rest !== '') {
    const first = parts.length === 0
    const at = first ? firstCut(rest, limits) : cutBefore(rest, limits.maxChars)
    parts.push({ text: rest.slice(0, at), end: endOf(rest.slice(0, at)) })
    rest = rest.slice(at)
  }
  return parts
}

function firstCut(text: string, limits: PartLimits): number {
  if (text.length > limits.firstChars) {
    const clause = breaks(text, limits.firstChars).filter(at => endOf(text.slice(0, at)) !== 'none').at(-1)
    if (clause !== undefined && clause * 4 > limits.firstChars)
      return clause
  }
  return cutBefore(text, limits.maxChars)
}

/** The best place at or before `most`: a sentence's or clause's end, white space, or anywhere but inside a character. */
function cutBefore(text: string, most: number): number {
  if (text.length <= most)
    return text.length
  const places = breaks(text, most).filter(at => at * 3 > most)
  const good = places.filter(at => endOf(text.slice(0, at)) !== 'none').at(-1) ?? places.at(-1)
  if (good !== undefined)
    return good
  const insidePair = /[\uD800-\uDBFF]/.test(text.charAt(most - 1))
  return insidePair && most > 1 ? most - 1 : most
}

/** Positions after white space, and after the marks of scripts that write without it. */
function breaks(text: string, most: number): number[] {
  const places: number[] = []
  for (const match of text.slice(0, most).matchAll(/\s+|[。！？，、；：]/gu))
    places.push(match.index + match[0].length)
  return places
}

function endOf(text: string): PartEnd {
  const trimmed = text.trimEnd()
  if (SENTENCE_END.test(trimmed))
    return 'sentence'
  return CLAUSE_END.test(trimmed) ? 'clause' : 'none'
}
