import { normalizeEnglish } from './english-normalizer.mjs'

/** Lower case, no punctuation: `don't` is `dont`, `600,000` is `600000`, `up-guards` two words. */
export function plainWords(text) {
  return text.toLowerCase().replace(/['’]|(?<=\d),(?=\d{3})/g, '').replace(/[^\p{L}\p{N}\s]/gu, ' ').split(/\s+/).filter(Boolean)
}

/** Substitutions, insertions and deletions between two lists of words (Levenshtein). */
export function editDistance(reference, hypothesis) {
  let row = Array.from({ length: hypothesis.length + 1 }, (_, index) => index)
  for (const [i, word] of reference.entries()) {
    const next = [i + 1]
    for (const [j, other] of hypothesis.entries())
      next.push(Math.min(row[j + 1] + 1, next[j] + 1, row[j] + (word === other ? 0 : 1)))
    row = next
  }
  return row[hypothesis.length]
}

/** `{errors, words}` against the nearer of the references. */
export function wordErrors(references, hypothesis, words = plainWords) {
  const heard = words(hypothesis)
  return references
    .map(words)
    .map(reference => ({ errors: editDistance(reference, heard), words: reference.length }))
    .reduce((best, each) => each.errors / each.words < best.errors / best.words ? each : best)
}

/** As above, after the normalisation that published figures use. */
export function normalizedWordErrors(references, hypothesis) {
  return wordErrors(references, hypothesis, text => normalizeEnglish(text).split(' ').filter(Boolean))
}
