/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303F\uFF00-\uFFEF]/u

/** Texts of consecutive parts of a take as one; an empty one leaves no trace. What is joined already does not change when more is joined to it. */
export function joinTexts(texts: readonly string[]): string {
  let joined = ''
  for (const text of texts) {
    const next = text.trim()
    if (next === '')
      continue
    const spaced = joined !== '' && !(isUnspaced(joined.at(-1)) && isUnspaced(next[0]))
    joined += spaced ? ` ${next}` : next
  }
  return joined
}

/** A character of a script that is written without spaces. */
export function isUnspaced(character: string | undefined): boolean {
  return character !== undefined && UNSPACED.test(character)
}
