import { readNumber } from './number-words'
import { EXPANSIONS, HESITATIONS, HESITATIONS_ELSEWHERE, SIGNS } from './word-tables'

/** A word as a guard compares it: without capitals and punctuation, contractions written out, signs and numbers as what they say. */
export interface Word {
  /** Lower case; of a number its digits. */
  readonly key: string
  readonly isNumber: boolean
  /** The first of its sentence. */
  readonly startsSentence: boolean
  /** A comma, another mark, a hesitation or the edge of the text is before or after it. */
  readonly pauseBefore: boolean
  readonly pauseAfter: boolean
  /** Broken off: "th- the". */
  readonly isCut: boolean
  /** Written with a capital where no sentence begins. */
  readonly isName: boolean
}

interface Raw {
  key: string
  text: string
  startsSentence: boolean
  pauseBefore: boolean
  pauseAfter: boolean
  isCut: boolean
}

const UNSPACED = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const TOKEN = new RegExp([
  '(?<number>\\d+(?:[.,]\\d+)*)(?<ordinal>(?:st|nd|rd|th)(?!\\p{L}))?',
  `(?<unspaced>[${UNSPACED}]\\p{M}*)`,
  '(?<acronym>(?:\\p{L}\\.){2,})',
  '(?<word>[\\p{L}\\p{M}]+(?:[\'’][\\p{L}\\p{M}]+)*)',
  '(?<dot>(?<=[\\p{L}\\p{N}])\\.(?=\\p{Ll}))',
  '(?<minus>(?<![\\p{L}\\p{N}])[\\-−](?=\\d))',
  '(?<sign>[\\p{S}@%&_#*\\\\])',
].join('|'), 'gu')

export function isEnglish(language: string | null): boolean {
  return language === null || /^en\b/i.test(language)
}

/** The words of a text in their order, hesitations left out. */
export function wordsOf(text: string, language: string | null): Word[] {
  const raw = rawWords(text.normalize('NFKC').replaceAll('’', '\''))
  const english = isEnglish(language)
  const spoken = withoutHesitations(raw, english ? HESITATIONS : HESITATIONS_ELSEWHERE)
  return withNumbers(english ? spoken.flatMap(expand) : spoken)
}

function rawWords(text: string): Raw[] {
  const words: Raw[] = []
  let at = 0
  let sentenceStarts = true
  for (const match of text.matchAll(TOKEN)) {
    const between = text.slice(at, match.index)
    const before = words.at(-1)
    const pause = /[,;:.!?…()"“”\n。，、！？–—]/u.test(between)
    if (before && pause)
      before.pauseAfter = true
    // "th- the" and "w-we"; "re-read" is one word.
    if (before && (/^-\s/.test(between) || (between === '-' && before.key.length === 1)))
      before.isCut = true
    sentenceStarts ||= /[.!?…\n。！？]/u.test(between)
    words.push({ ...tokenOf(match), startsSentence: sentenceStarts, pauseBefore: pause || !before, pauseAfter: false, isCut: false })
    // "p.m." may end its sentence; nothing else of a token is an end.
    sentenceStarts = false
    at = match.index + match[0].length
  }
  const last = words.at(-1)
  if (last)
    last.pauseAfter = true
  return postponeCurrency(words)
}

function tokenOf({ 0: text, groups = {} }: RegExpMatchArray): { key: string, text: string } {
  const { number, acronym, dot, minus, sign } = groups
  if (number !== undefined)
    return { key: plainFigure(number), text }
  if (acronym !== undefined)
    return { key: acronym.replaceAll('.', '').toLowerCase(), text }
  if (dot !== undefined)
    return { key: 'dot', text }
  if (minus !== undefined)
    return { key: 'minus', text }
  return { key: sign === undefined ? text.toLowerCase() : SIGNS.get(sign) ?? text, text }
}

/** `1,250` is 1250; what is no group of thousands stays as it is. */
function plainFigure(figure: string): string {
  return /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(figure) ? figure.replaceAll(',', '') : figure
}

/** `$5` is said "five dollars". */
function postponeCurrency(words: Raw[]): Raw[] {
  for (let at = 0; at + 1 < words.length; at++) {
    const sign = words[at] as Raw
    const figure = words[at + 1] as Raw
    if (/^[$€£]$/.test(sign.text) && /^\d/.test(figure.key)) {
      const scale = words[at + 2]
      const last = scale && /^(?:hundred|thousand|million|billion)$/.test(scale.key) ? at + 2 : at + 1
      words.splice(at, 1)
      words.splice(last, 0, { ...sign, startsSentence: false, pauseBefore: false, pauseAfter: (words[last - 1] as Raw).pauseAfter })
      figure.startsSentence = sign.startsSentence
      at++
    }
  }
  return words
}

function withoutHesitations(words: readonly Raw[], hesitations: ReadonlySet<string>): Raw[] {
  const kept: Raw[] = []
  let starts = false
  let pause = false
  for (const word of words) {
    // "five oh five" has no hesitation; "US" and "ER" are written with capitals.
    // "5 mm" has a unit.
    const before = kept.at(-1)
    const isUnit = /^(?:mm|ah)$/.test(word.key) && before !== undefined && !word.pauseBefore && readNumber([before.key]) !== null
    if (hesitations.has(word.key) && !isUnit && !/^\p{Lu}{2}/u.test(word.text)) {
      if (before)
        before.pauseAfter = true
      starts ||= word.startsSentence
      pause = true
      continue
    }
    kept.push({ ...word, startsSentence: word.startsSentence || starts, pauseBefore: word.pauseBefore || pause })
    starts = false
    pause = false
  }
  return kept
}

const ENDINGS = new Map([['ll', 'will'], ['ve', 'have'], ['re', 'are'], ['m', 'am'], ['d', '\'d'], ['s', '\'s']])

function expand(word: Raw): Raw[] {
  const known = EXPANSIONS.get(word.key)
  return spread(word, known ?? expandContraction(word.key))
}

function expandContraction(key: string): readonly string[] {
  const at = key.lastIndexOf('\'')
  if (at <= 0)
    return [key]
  if (key.endsWith('n\'t'))
    return [key.slice(0, -3), 'not']
  const ending = ENDINGS.get(key.slice(at + 1))
  return ending === undefined ? [key] : [key.slice(0, at), ending]
}

function spread(word: Raw, keys: readonly string[]): Raw[] {
  if (keys.length === 1)
    return [{ ...word, key: keys[0] as string }]
  return keys.map((key, index) => ({
    ...word,
    key,
    text: index === 0 ? word.text : key,
    startsSentence: index === 0 && word.startsSentence,
    pauseBefore: index === 0 && word.pauseBefore,
    pauseAfter: index === keys.length - 1 && word.pauseAfter,
  }))
}

function withNumbers(words: readonly Raw[]): Word[] {
  const result: Word[] = []
  for (let at = 0; at < words.length;) {
    const word = words[at] as Raw
    // A pause ends a number: "five, six" are two.
    let end = at + 1
    while (end < words.length && end - at < 24 && !(words[end] as Raw).pauseBefore)
      end++
    const run = words.slice(at, end)
    const read = readNumber(run.map(({ key }) => key))
    const zero = word.key === 'oh' && (result.at(-1)?.isNumber ?? false)
    const used = read?.used ?? 1
    const last = run[used - 1] ?? word
    result.push({
      key: zero ? '0' : read?.digits ?? word.key,
      isNumber: zero || read !== null,
      startsSentence: word.startsSentence,
      pauseBefore: word.pauseBefore,
      pauseAfter: last.pauseAfter,
      isCut: word.isCut,
      isName: !word.startsSentence && /^\p{Lu}/u.test(word.text) && word.key !== 'i',
    })
    at += used
  }
  return result
}
