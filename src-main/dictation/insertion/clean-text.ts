import type { AppKind } from './chords'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** What a person sees as one character each, and what the cursor keys pass in one step. */
export function graphemes(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment)
}

/** Every character is one code point: whoever deletes by code points deletes the same. */
export function isPlain(characters: readonly string[]): boolean {
  return characters.every(character => character.length === 1 || [...character].length === 1)
}

/** How many of the first elements are the same. */
export function commonLength(a: readonly string[], b: readonly string[]): number {
  const limit = Math.min(a.length, b.length)
  let length = 0
  while (length < limit && a[length] === b[length])
    length++
  return length
}

const LINE_BREAKS = /\r\n|[\r\n\v\f\u0085\u2028\u2029]/g
/** Sequences that a terminal obeys (ECMA-48: CSI, and the strings OSC, DCS, SOS, PM, APC). */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const ESCAPE_SEQUENCES = /(?:\u001B\[|\u009B)[\x30-\x3F]*[\x20-\x2F]*[\x40-\x7E]|\u001B[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)/g
/** Control characters but line breaks and tabs; halves of surrogate pairs, which no encoding can carry. */
const UNSENDABLE = /[^\P{Cc}\n\t]|\p{Cs}/gu
/** They make a text read otherwise than it is (embeddings, overrides, isolates); marks of direction are left, they are part of writing. */
const BIDI_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/g

/**
 * The text as it may be sent to such a program.
 *
 * Escape sequences, control characters and bidi overrides are left out: a terminal would obey them (ESC alone ends a
 * bracketed paste, ^C stops a program, ^M submits), and nobody dictates them; a model may write them.
 * A tab completes in a terminal and leaves the field when it is typed: there it is a blank.
 * Line breaks that may submit become single blanks, and none at either end, unless they are wished.
 */
export function cleanForTarget(text: string, kind: AppKind, mayInsertNewlines: boolean, way: 'paste' | 'type' = 'paste'): string {
  const clean = text
    .replace(LINE_BREAKS, '\n')
    .replace(ESCAPE_SEQUENCES, '')
    .replace(UNSENDABLE, '')
    .replace(BIDI_CONTROLS, '')
  const plain = kind === 'terminal' || way === 'type' ? clean.replaceAll('\t', ' ') : clean
  // Typed Return sends in any chat, and chats in a browser cannot be told from other pages.
  const submits = kind === 'terminal' || kind === 'line' || way === 'type'
  return submits && !mayInsertNewlines ? withoutLineBreaks(plain) : plain
}

function withoutLineBreaks(text: string): string {
  const lines = text.split('\n')
  const last = lines.length - 1
  if (last === 0)
    return text
  return lines.map((line, at) => {
    const start = at === 0 ? line : line.trimStart()
    return at === last ? start : start.trimEnd()
  }).filter(line => line !== '').join(' ')
}
