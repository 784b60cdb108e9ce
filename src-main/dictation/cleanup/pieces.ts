/** A stretch of a text, and what stands between it and the next one. Put together they are the text. */
export interface Piece {
  readonly text: string
  readonly separator: string
}

/** An end of a sentence, with what closes it and the white space after it. */
const SENTENCE_END = /[.!?…]["'”’»)\]]*\s+|[。！？]["”’」』）]*\s*/gu

/**
 * Cuts a text for a model that reads little at a time: at each line break, else behind sentences, about `words` words a piece;
 * a sentence that is far longer is cut at a comma or between words.
 */
export function piecesOf(text: string, words: number): Piece[] {
  const pieces: Piece[] = []
  for (const { text: line, separator } of split(text, /\s*\n\s*/g)) {
    const before = pieces.length
    for (const part of grouped(line, words))
      pieces.push(part)
    const last = pieces.at(-1)
    if (last && pieces.length > before)
      pieces[pieces.length - 1] = { text: last.text, separator: last.separator + separator }
    else
      pieces.push({ text: line, separator })
  }
  return pieces
}

function split(text: string, at: RegExp): Piece[] {
  const parts: Piece[] = []
  let from = 0
  for (const match of text.matchAll(at)) {
    const end = match.index + match[0].length
    const white = /\s*$/.exec(match[0])?.[0].length ?? 0
    parts.push({ text: text.slice(from, end - white), separator: text.slice(end - white, end) })
    from = end
  }
  if (from < text.length || parts.length === 0)
    parts.push({ text: text.slice(from), separator: '' })
  return parts
}

function grouped(line: string, words: number): Piece[] {
  const groups: { text: string, separator: string, words: number }[] = []
  for (const sentence of split(line, SENTENCE_END).flatMap(part => shortened(part, words))) {
    const size = countWords(sentence.text)
    const last = groups.at(-1)
    if (last && last.words + size <= words) {
      last.text += last.separator + sentence.text
      last.separator = sentence.separator
      last.words += size
    }
    else {
      groups.push({ ...sentence, words: size })
    }
  }
  return groups.map(({ text, separator }) => ({ text, separator }))
}

/** Longer than one and a half pieces: at commas, and where there are none either between words. */
function shortened(part: Piece, words: number): Piece[] {
  if (countWords(part.text) <= words * 1.5)
    return [part]
  const pieces: Piece[] = []
  for (const clause of split(part.text, /[,;:，、；]\s+/g)) {
    const blank = countWords(clause.text) <= words * 1.5 ? [clause] : everyWords(clause, words)
    pieces.push(...blank)
  }
  const last = pieces.at(-1)
  if (last)
    pieces[pieces.length - 1] = { text: last.text, separator: last.separator + part.separator }
  return pieces
}

function everyWords(clause: Piece, words: number): Piece[] {
  const pieces: Piece[] = []
  let from = 0
  let count = 0
  for (const match of clause.text.matchAll(/\s+/g)) {
    if (++count < words)
      continue
    pieces.push({ text: clause.text.slice(from, match.index), separator: match[0] })
    from = match.index + match[0].length
    count = 0
  }
  return [...pieces, { text: clause.text.slice(from), separator: clause.separator }]
}

/** Of a script that writes no blanks, two characters count as a word. */
export function countWords(text: string): number {
  const unspaced = text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0
  return (text.match(/\S+/g)?.length ?? 0) + Math.floor(unspaced / 2)
}
