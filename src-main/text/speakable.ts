/**
 * Makes a piece of a written reply speakable: what stands for the eye alone (markdown marks, URLs, emoji, code,
 * tables) is dropped or put into words. Pure; one whole piece at a time, since its marks never reach across a piece.
 */

export interface SpokenPhrases {
  /** Said in place of a block of code. */
  readonly codeBlock: string
}

export const ENGLISH_PHRASES: SpokenPhrases = { codeBlock: 'The code is on the screen.' }

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: '\'',
  nbsp: ' ',
  hellip: '…',
  mdash: '—',
  ndash: '–',
}

const URL = /\b(?:https?:\/\/|www\.)[^\s<>()]+[^\s<>().,;:!?'"”’*_\]]/giu

/** The host of a URL is what a person would say of it. */
function speakUrl(url: string): string {
  const host = /^(?:https?:\/\/)?(?:www\.)?([^/:?#]+)/i.exec(url)?.[1]
  return host ?? ''
}

function speakTableRow(line: string): string {
  const cells = line.trim().replace(/^\|/, '').replace(/\|$/, '').split('|').map(cell => cell.trim())
  if (cells.every(cell => /^:?-+:?$/.test(cell) || cell === ''))
    return ''
  const row = cells.filter(cell => cell !== '').join(', ')
  return /[.!?]$/.test(row) ? row : `${row}.`
}

function speakLine(line: string): string {
  if (/^\s*\|.*\|\s*$/.test(line))
    return speakTableRow(line)
  if (/^\s*(?:[-*_]\s*){3,}$/.test(line) || /^\s*={3,}\s*$/.test(line))
    return ''
  return line
    .replace(/^\s*(?:>\s?)+/, '')
    .replace(/^\s*#{1,6}\s+/, '')
    .replace(/\s+#+\s*$/, '')
    .replace(/^\s*[-*+•]\s+(?:\[[ x]\]\s+)?/i, '')
    .replace(/^\s*(\d{1,3})[.)]\s+/, '$1, ')
}

function speakInline(text: string): string {
  return text
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/<(https?:\/\/[^>\s]+)>/gi, (_, url: string) => speakUrl(url))
    .replace(URL, url => speakUrl(url))
    .replace(/`+([^`]*)`+/g, (_, code: string) => code.replace(/_/g, ' ').replace(/\(\)/g, ''))
    .replace(/<\/?[a-z][^<>]*>/gi, ' ')
    .replace(/&(\w+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replace(/\\[()[\]]/g, ' ')
    .replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/g, '$1 over $2')
    .replace(/\\(?:times|cdot)\b/g, ' times ')
}

function dropMarks(text: string): string {
  return text
    // Emphasis stands against a word; a mark with spaces around it is arithmetic.
    .replace(/(?<=\s|^)\*(?=\s)/g, 'times')
    .replace(/[*`]+|~{2,}/g, '')
    .replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, '')
    .replace(/_/g, ' ')
}

function dropEmoji(text: string): string {
  return text
    .replace(/[0-9#*]\uFE0F?\u20E3/gu, '')
    .replace(/[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu, '')
    // What joins emoji or asks for their coloured form.
    .replace(/\u200D/g, '')
    .replace(/[\uFE0F\u20E3]/g, '')
}

function speakSymbols(text: string): string {
  return text
    .replace(/\s*(?:->|→|=>|⇒)\s*/g, ' to ')
    .replace(/(?<=\s)<=(?=\s)|≤/g, ' at most ')
    .replace(/(?<=\s)>=(?=\s)|≥/g, ' at least ')
    .replace(/(?<=\s)<(?=\s)/g, 'less than')
    .replace(/(?<=\s)>(?=\s)/g, 'greater than')
    .replace(/(?<=[\p{L}\p{N}]\s+)&(?=\s)/gu, 'and')
    .replace(/(?<=\s)=(?=\s)/g, 'equals')
    .replace(/(?<=\s)\+(?=\s)/g, 'plus')
    .replace(/×/g, ' times ')
    .replace(/÷/g, ' divided by ')
    .replace(/(?<!\p{L})~(?=\d)/gu, 'about ')
    .replace(/#(?=\d)/g, 'number ')
    .replace(/[{}[\]|\\^<>]/g, ' ')
}

/** Whether there is anything in it that a voice can say. */
export function isPronounceable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

/** The words to say for `source`; empty when there is nothing to say. Not for blocks of code (see `SpokenPhrases`). */
export function speakable(source: string): string {
  const lines = source.split('\n').map(line => speakLine(line)).filter(line => line.trim() !== '')
  const spoken = speakSymbols(dropMarks(dropEmoji(speakInline(lines.join('\n')))))
    .replace(/\s+/g, ' ')
    .replace(/\s+([,.;:!?])/g, '$1')
    .trim()
  return isPronounceable(spoken) ? spoken : ''
}
