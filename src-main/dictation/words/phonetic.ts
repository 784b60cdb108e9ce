/**
 * What two words have in common when they are heard, not read: a key after the ideas of Metaphone (Philips, 1990), with the
 * places of the vowels kept (`*`), so that "parley" and "parole" differ. English spelling; other Latin script works roughly.
 */

const VOWEL = 'aeiouy'

interface Rule {
  readonly letters: string
  readonly sound: string
  /** What must follow, and what must stand before. */
  readonly before?: RegExp
  readonly after?: RegExp
}

/** The first that fits at a place counts. Sounds that recognisers mix up share a letter: s/z, f/v. */
const RULES: readonly Rule[] = [
  { letters: 'tch', sound: 'X' },
  { letters: 'sch', sound: 'SK' },
  { letters: 'sh', sound: 'X' },
  { letters: 'ch', sound: 'K', before: /^[rl]/u },
  { letters: 'ch', sound: 'X' },
  { letters: 'ph', sound: 'F' },
  { letters: 'th', sound: '0' },
  { letters: 'wh', sound: 'W' },
  { letters: 'gh', sound: '', after: /[aeiou]$/u },
  { letters: 'gh', sound: 'K' },
  { letters: 'kn', sound: 'N', after: /^$/u },
  { letters: 'gn', sound: 'N', after: /^$/u },
  { letters: 'pn', sound: 'N', after: /^$/u },
  { letters: 'ps', sound: 'S', after: /^$/u },
  { letters: 'wr', sound: 'R', after: /^$/u },
  { letters: 'mb', sound: 'M', before: /^$/u },
  { letters: 'ck', sound: 'K' },
  { letters: 'cq', sound: 'K' },
  { letters: 'tion', sound: 'X*N' },
  { letters: 'sion', sound: 'X*N' },
  { letters: 'cia', sound: 'X*' },
  { letters: 'sc', sound: 'S', before: /^[iey]/u },
  { letters: 'dg', sound: 'J', before: /^[iey]/u },
  { letters: 'c', sound: 'S', before: /^[iey]/u },
  { letters: 'c', sound: 'K' },
  { letters: 'g', sound: 'J', before: /^[iey]/u },
  { letters: 'g', sound: 'K' },
  { letters: 'qu', sound: 'KW' },
  { letters: 'q', sound: 'K' },
  { letters: 'x', sound: 'S', after: /^$/u },
  { letters: 'x', sound: 'KS' },
  { letters: 'z', sound: 'S' },
  { letters: 'v', sound: 'F' },
  { letters: 'd', sound: 'T' },
  { letters: 'w', sound: 'W', before: /^[aeiouy]/u },
  { letters: 'w', sound: '' },
  { letters: 'y', sound: 'Y', after: /^$/u, before: /^[aeiou]/u },
  { letters: 'h', sound: 'H', before: /^[aeiouy]/u, after: /^$|[aeiouy]$/u },
  { letters: 'h', sound: '' },
  ...'bfjklmnprst'.split('').map(letter => ({ letters: letter, sound: letter.toUpperCase() })),
]

const RULES_BY_LETTER = new Map<string, Rule[]>()
for (const rule of RULES) {
  const first = rule.letters.charAt(0)
  RULES_BY_LETTER.set(first, [...RULES_BY_LETTER.get(first) ?? [], rule])
}

/** The letters alone, lower-case, without accents. */
export function lettersOf(text: string): string {
  return text.normalize('NFD').toLowerCase().replace(/ß/gu, 'ss').replace(/[^\p{L}\p{N}]/gu, '')
}

/** The key of a word or of several together; empty: no sound is known (another script, digits). */
export function soundKey(text: string): string {
  const letters = lettersOf(text).replace(/(?<=[^aeiouy])e$/u, '')
  let key = ''
  for (let i = 0; i < letters.length;) {
    const letter = letters.charAt(i)
    const rule = (RULES_BY_LETTER.get(letter) ?? []).find(rule => letters.startsWith(rule.letters, i)
      && (rule.before?.test(letters.slice(i + rule.letters.length, i + rule.letters.length + 1)) ?? true)
      && (rule.after?.test(letters.slice(Math.max(0, i - 1), i)) ?? true))
    const sound = rule?.sound ?? (VOWEL.includes(letter) ? '*' : '')
    for (const part of sound) {
      if (!key.endsWith(part))
        key += part
    }
    i += rule?.letters.length ?? 1
  }
  return key
}

/** So many letters have to be changed, added or left out; at most `limit` + 1 is told. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit)
    return limit + 1
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    if (Math.min(...next) > limit)
      return limit + 1
    row = next
  }
  return row[b.length] as number
}

/** Two spellings that may stand for one another. `a` and `b`: words or short phrases. */
export function soundAlike(a: string, b: string): boolean {
  const [lettersA, lettersB] = [lettersOf(a), lettersOf(b)]
  const length = Math.max(lettersA.length, lettersB.length)
  if (Math.min(lettersA.length, lettersB.length) < 3)
    return false
  const [keyA, keyB] = [soundKey(a), soundKey(b)]
  return keyA !== '' && keyB !== ''
    && editDistance(keyA, keyB, Math.floor(Math.max(keyA.length, keyB.length) / 4)) <= Math.floor(Math.max(keyA.length, keyB.length) / 4)
    && editDistance(lettersA, lettersB, Math.ceil(length * 0.5)) <= Math.ceil(length * 0.5)
}
