import type { FillerWords } from './languages/fillers'
import type { Token } from './tokens'
import { fillerWords } from './languages/fillers'
import { capitalize, endsSentence, isCapitalized, plain, tokenize, untokenize } from './tokens'

/** More than one full stop is a pause, not the end of a sentence. */
function sentenceEnd(signs: string): string {
  return /^(?:…|\.{2,})/u.test(signs) ? '' : (/[.!?]+/u.exec(signs)?.[0] ?? '')
}

function isAllCapitals(word: string): boolean {
  return /\p{Lu}.*\p{Lu}/u.test(word) && word === word.toUpperCase()
}

/** Quoted, bracketed or joined to something: it is spoken of, or part of a name. */
function standsFree(token: Token): boolean {
  return token.lead === '' && /^[,;:.!?…—–-]*$/u.test(token.tail)
}

function isFiller(tokens: readonly Token[], at: number, table: FillerWords): boolean {
  const token = tokens[at] as Token
  const word = plain(token.word)
  if (!table.interjections.has(word) || !standsFree(token) || isAllCapitals(token.word))
    return false
  const before = tokens[at - 1]
  const next = tokens[at + 1]
  // "5 mm"; "the word um"; "uh oh", "mm hmm".
  if (before !== undefined && before.tail === '' && (/\p{N}$/u.test(before.word) || table.spokenOf.has(plain(before.word))))
    return false
  if (next !== undefined && token.tail === '' && table.completes.has(plain(next.word)))
    return false
  return !(before !== undefined && before.tail === '' && table.completes.has(word) && table.interjections.has(plain(before.word)))
}

/** What is left of the signs around a filler: one comma at most, the end of a sentence always. */
function closeGap(before: Token, filler: Token, table: FillerWords): void {
  const end = sentenceEnd(filler.tail)
  if (end !== '' && !endsSentence(before.tail)) {
    before.tail = before.tail.replace(/[,;:—–-]+$/u, '') + end
    return
  }
  if (/^[,…]/u.test(before.tail) && table.neverBeforeComma.has(plain(before.word)))
    before.tail = before.tail.replace(/^[,…]+/u, '')
}

function dropFillers(tokens: readonly Token[], table: FillerWords): Token[] {
  const kept: Token[] = []
  let capitalNext = false
  let space: string | null = null
  for (const [i, token] of tokens.entries()) {
    const before = kept.at(-1)
    if (isFiller(tokens, i, table)) {
      const startsSentence = before === undefined || endsSentence(before.tail) || token.space.includes('\n')
      if (startsSentence)
        capitalNext ||= isCapitalized(token.word)
      else
        closeGap(before, token, table)
      space ??= token.space
      continue
    }
    const isLooseDash = token.word === '' && /^[—–-]+$/u.test(token.tail)
    if (isLooseDash && space !== null && (before === undefined || endsSentence(before.tail) || before.tail === token.tail))
      continue
    const next = { ...token, space: space?.includes('\n') === true ? space : token.space }
    if (capitalNext && next.word !== '') {
      next.word = capitalize(next.word)
      capitalNext = false
    }
    space = null
    kept.push(next)
  }
  return kept
}

/** A word broken off before it is said whole: "th- the", "wh- what". */
function isBrokenOff(before: Token, token: Token): boolean {
  const part = plain(before.word)
  const whole = plain(token.word)
  return /^(?:[\-—–]|--)$/u.test(before.tail) && before.lead === '' && token.lead === ''
    && part.length <= 4 && /^\p{L}+$/u.test(part) && whole.length > part.length && whole.startsWith(part)
}

function isRepetition(before: Token, token: Token, table: FillerWords): boolean {
  const word = plain(token.word)
  return plain(before.word) === word && table.stuttered.has(word)
    && token.lead === '' && /^(?:[,—–…]|-{1,2}|\.{3})?$/u.test(before.tail)
    // "A A batteries", "The The": as names.
    && (!isCapitalized(token.word) || /^I(?:$|['’])/u.test(token.word))
}

/** "in the in the house", "I was I was going". */
function isRepeatedPair(kept: readonly Token[], token: Token, table: FillerWords): boolean {
  const [first, second, again] = kept.slice(-3) as [Token, Token, Token]
  return kept.length >= 3 && first.tail === '' && again.tail === '' && /^,?$/u.test(second.tail) && token.lead === ''
    && plain(first.word) === plain(again.word) && plain(second.word) === plain(token.word)
    && table.pairs.some(([heads, ends]) => heads.has(plain(first.word)) && ends.has(plain(second.word)))
}

/** "th-the", "I-I", "w-w-well": only where the whole is one of the words that people stumble over ("t-test" is a word). */
function withoutJoinedStutter(word: string, table: FillerWords): string {
  const parts = word.split('-')
  const whole = parts.at(-1) as string
  const isStutter = parts.length > 1 && table.stuttered.has(plain(whole))
    && parts.slice(0, -1).every(part => part !== '' && plain(whole).startsWith(plain(part)))
  if (!isStutter)
    return word
  return isCapitalized(word) ? capitalize(whole) : whole
}

function dropStutters(tokens: readonly Token[], table: FillerWords): Token[] {
  const kept: Token[] = []
  for (const token of tokens) {
    const before = kept.at(-1)
    if (before === undefined) {
      kept.push({ ...token, word: withoutJoinedStutter(token.word, table) })
    }
    else if (isRepetition(before, token, table)) {
      before.tail = token.tail
    }
    else if (isBrokenOff(before, token)) {
      before.word = isCapitalized(before.word) ? capitalize(token.word) : token.word
      before.tail = token.tail
    }
    else if (isRepeatedPair(kept, token, table)) {
      kept.pop()
      ;(kept.at(-1) as Token).tail = token.tail
    }
    else {
      kept.push({ ...token, word: withoutJoinedStutter(token.word, table) })
    }
  }
  return kept
}

/** Leaves out what was only breath: "So, um, I I think" becomes "So, I think". Words that can mean something stay. */
export function withoutFillers(text: string, language: string): string {
  const table = fillerWords(language)
  return table === null ? text : untokenize(dropStutters(dropFillers(tokenize(text), table), table))
}
