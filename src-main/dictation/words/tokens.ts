/** A piece of text between two white spaces, taken apart: `space` + `lead` + `word` + `tail` is the text again. */
export interface Token {
  /** The white space in front. */
  space: string
  /** Signs in front of the word. */
  lead: string
  /** From the first letter or digit to the last; empty: the piece has signs alone, in `tail`. */
  word: string
  /** Signs behind the word. */
  tail: string
}

const PIECE = /(\s*)(\S+)/gu
// Private-use characters stand for words that are kept from the later steps.
const LEAD = /^[^\p{L}\p{N}\uE000-\uEFFF]*/u
const TAIL = /[^\p{L}\p{M}\p{N}\uE000-\uEFFF]*$/u

export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  for (const [, space = '', piece = ''] of text.matchAll(PIECE)) {
    const lead = (LEAD.exec(piece) as RegExpExecArray)[0]
    if (lead.length === piece.length) {
      tokens.push({ space, lead: '', word: '', tail: piece })
      continue
    }
    const tail = (TAIL.exec(piece) as RegExpExecArray)[0]
    tokens.push({ space, lead, word: piece.slice(lead.length, piece.length - tail.length), tail })
  }
  return tokens
}

/** White space behind the last word is not kept. */
export function untokenize(tokens: readonly Token[]): string {
  return tokens.map((token, i) => (i === 0 ? '' : token.space) + token.lead + token.word + token.tail).join('')
}

/** A word as it is compared: without capitals, with one kind of apostrophe. */
export function plain(word: string): string {
  const lower = word.toLowerCase()
  return lower.includes('’') ? lower.replaceAll('’', '\'') : lower
}

export function endsSentence(signs: string): boolean {
  return /[.!?…。！？｡]/u.test(signs)
}

export function isCapitalized(word: string): boolean {
  return /^\p{Lu}/u.test(word)
}

export function capitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32)
  return text === '' ? '' : first.toUpperCase() + text.slice(first.length)
}

export function uncapitalize(text: string): string {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 32)
  return text === '' ? '' : first.toLowerCase() + text.slice(first.length)
}

/** More than its first letter is a capital, or a digit or a sign is in it: `iPhone`, `NATO`, `Web3`, `a@b.c`. */
export function hasOwnCase(word: string): boolean {
  return /\p{L}.*\p{Lu}/u.test(word) || /[\p{N}@._/]/u.test(word)
}

/** `de-AT` is `de`; empty is English. */
export function baseLanguage(language: string): string {
  return (language.split(/[-_]/, 1)[0] as string).toLowerCase() || 'en'
}
