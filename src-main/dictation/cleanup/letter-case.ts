export type LetterCase
  = | 'upper'
    | 'lower'
    | 'title' // each word but the small ones
    | 'words' // each word
    | 'sentence' // the first of each sentence
    | 'first' // the first letter alone

const SMALL = new Set(['a', 'an', 'the', 'and', 'but', 'or', 'nor', 'for', 'of', 'on', 'in', 'to', 'at', 'by', 'as', 'from', 'with', 'into', 'via', 'vs'])
const WORD = /\p{L}[\p{L}\p{M}\p{N}'’]*/gu

export function changeCase(text: string, to: LetterCase): string {
  switch (to) {
    case 'upper': return text.toUpperCase()
    case 'lower': return text.toLowerCase()
    case 'title': return titled(text)
    case 'words': return text.replaceAll(WORD, capital)
    case 'sentence': return sentenceCase(text)
    case 'first': return text.replace(/\p{L}/u, letter => letter.toUpperCase())
  }
}

function capital(word: string): string {
  const [first = ''] = word
  return first.toUpperCase() + word.slice(first.length)
}

/** What is written in capitals altogether loses them; `iPhone` and `GmbH` keep theirs, and so does `NASA` among small letters. */
function titled(text: string): string {
  const source = isShouted(text) ? text.toLowerCase() : text
  const words = source.match(WORD)?.length ?? 0
  let at = 0
  return source.replaceAll(WORD, (word, offset: number) => {
    at++
    const begins = at === 1 || at === words || /[.:!?\n]\s*$/.test(source.slice(Math.max(0, offset - 4), offset))
    if (/^.+\p{Lu}/u.test(word))
      return word
    if (!begins && SMALL.has(word.toLowerCase()))
      return word.toLowerCase()
    return capital(word)
  })
}

/** Capitals inside a word are its own; those at a word's beginning go, but for `I`. */
function sentenceCase(text: string): string {
  const source = isShouted(text) ? text.toLowerCase() : text
  return source
    .replaceAll(WORD, word => /^I(?:['’]|$)/.test(word) || /^\p{Lu}.*\p{Lu}/u.test(word) ? word : word.toLowerCase() === 'i' ? 'I' : lowerFirst(word))
    .replaceAll(/(^|[.!?…]["”’)]*\s+|\n\s*)(["“(]*)(\p{L})/gu, (_, before: string, marks: string, letter: string) => before + marks + letter.toUpperCase())
}

function lowerFirst(word: string): string {
  const [first = ''] = word
  return first.toLowerCase() + word.slice(first.length)
}

function isShouted(text: string): boolean {
  return /\p{Lu}/u.test(text) && !/\p{Ll}/u.test(text)
}
