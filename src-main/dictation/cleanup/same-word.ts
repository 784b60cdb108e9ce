import { AGREEMENTS, ARTICLES, NEGATIONS, SOUND_SAME } from './word-tables'

/** What a contraction's ending may stand for. */
const ENDINGS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['\'s', new Set(['is', 'has', 'us'])],
  ['\'d', new Set(['would', 'had'])],
])

/** They are verbs after these, so that their ending is grammar: "he need", "they needs". */
const PRONOUNS = new Set(['i', 'you', 'he', 'she', 'it', 'we', 'they', 'who', 'which', 'that', 'this'])
const MODALS = new Set(['could', 'would', 'should', 'might', 'must', 'may'])

/**
 * Whether `after` is `before`, written otherwise: 0 the same word, 1 a small change of grammar, null another word.
 * `previous` is the word before it.
 */
export function wordChange(before: string, after: string, previous: string | undefined): 0 | 1 | null {
  if (before === after)
    return 0
  if (NEGATIONS.has(before) || NEGATIONS.has(after))
    return null
  if (ENDINGS.get(before)?.has(after) || ENDINGS.get(after)?.has(before))
    return 0
  if (ARTICLES.has(before) && ARTICLES.has(after))
    return before !== 'the' && after !== 'the' ? 0 : 1
  if (areTogether(AGREEMENTS, before, after) || areTogether(SOUND_SAME, before, after))
    return 1
  if (before === 'of' && after === 'have' && previous !== undefined && MODALS.has(previous))
    return 1
  if (previous !== undefined && PRONOUNS.has(previous) && (isThirdPerson(before, after) || isThirdPerson(after, before)))
    return 1
  return isSpelling(before, after) ? 0 : null
}

function areTogether(groups: readonly ReadonlySet<string>[], a: string, b: string): boolean {
  return groups.some(group => group.has(a) && group.has(b))
}

function isThirdPerson(plain: string, withS: string): boolean {
  return plain.length >= 2 && (withS === `${plain}s` || withS === `${plain}es` || (plain.endsWith('y') && withS === `${plain.slice(0, -1)}ies`))
}

/** British and American, accents, doubled letters, a vowel that is not heard. */
export function isSpelling(a: string, b: string): boolean {
  const [first, second] = [spellingKey(a), spellingKey(b)]
  if (first === second)
    return true
  const shorter = Math.min(a.length, b.length)
  if (shorter >= LONG_LETTERS && first.replaceAll(/(\p{L})\1/gu, '$1') === second.replaceAll(/(\p{L})\1/gu, '$1'))
    return true
  // A single vowel of a long word: its sound is the same, its beginning and its end are.
  return shorter >= LONG_LETTERS + 1
    && first.slice(0, 2) === second.slice(0, 2)
    && first.at(-1) === second.at(-1)
    && skeleton(first) === skeleton(second)
    && differsByOneLetter(first, second)
}

/** Shorter words have neighbours that mean something else: "desert", "dinner", "angle". */
const LONG_LETTERS = 7

function spellingKey(word: string): string {
  const plain = word.normalize('NFD').replaceAll(/\p{M}/gu, '')
  if (plain.length < 5)
    return plain
  return plain
    .replace(/our(?=$|s$|ed$|ing$|ful|ite|able|less|hood)/, 'or')
    .replace(/is(?=(?:e|es|ed|ing|er|ers|ation|ations)$)/, 'iz')
    .replace(/ys(?=(?:e|es|ed|ing)$)/, 'yz')
    .replace(/([^aeiou])re(s?)$/, '$1er$2')
    .replace(/ogue(s?)$/, 'og$1')
    .replace(/ence$/, 'ense')
    .replaceAll('ei', 'ie')
}

function skeleton(word: string): string {
  return word.replaceAll(/[aeiouy]/g, '')
}

function differsByOneLetter(a: string, b: string): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  if (long.length - short.length > 1)
    return false
  let start = 0
  while (start < short.length && long[start] === short[start])
    start++
  let end = 0
  while (end < short.length - start && long[long.length - 1 - end] === short[short.length - 1 - end])
    end++
  return Math.max(long.length, short.length) - start - end <= 1
}
