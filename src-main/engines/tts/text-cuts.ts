const words = new Intl.Segmenter(undefined, { granularity: 'word' })
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * A text in pieces of at most `maxChars` UTF-16 units (never fewer than the characters a service counts), cut at white
 * space, else between words, else between characters. Put together the pieces are the text.
 */
export function cutAtWords(text: string, maxChars: number): string[] {
  const pieces: string[] = []
  let rest = text
  while (rest.length > maxChars) {
    const at = lastCut(rest, maxChars)
    pieces.push(rest.slice(0, at))
    rest = rest.slice(at)
  }
  return [...pieces, rest]
}

function lastCut(text: string, maxChars: number): number {
  const window = text.slice(0, maxChars)
  const space = window.search(/\s\S*$/)
  // White space right at the border: the word before it is whole.
  if (/\s/.test(text.charAt(maxChars)))
    return maxChars
  if (space >= 0)
    return space + 1
  return lastStart(words, text, maxChars) || lastStart(graphemes, text, maxChars) || maxChars
}

/** Begin of the segment that reaches over `maxChars`; 0 when it is the first one. */
function lastStart(segmenter: Intl.Segmenter, text: string, maxChars: number): number {
  return segmenter.segment(text.slice(0, maxChars + MARGIN)).containing(maxChars)?.index ?? 0
}

/** So far a segment may go on beyond the cut and still be seen whole. */
const MARGIN = 256
