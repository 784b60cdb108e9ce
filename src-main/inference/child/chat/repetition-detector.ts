/**
 * Finds a reply that goes round in circles, as small models do. Looks at the end of the text only, word by word and
 * in its lines; what it finds is a loop and not emphasis ("no, no, no"), a refrain or a list.
 */
export interface RepetitionDetector {
  /** True once the text so far ends in a loop. */
  push: (text: string) => boolean
}

/** Words looked back at, and so the longest loop found: a third of it. */
const MAX_WORDS = 240
const MAX_PERIOD = 60
/** A loop of `period` words must come at least this often in a row, and fill so many words in all. */
const MIN_ROUNDS = 3
const MIN_LOOP_WORDS = 18
/** The same sentence, not in a row, among the last ones. */
const MAX_SENTENCES = 24
const MIN_SENTENCE_WORDS = 4
const SAME_SENTENCES = 4
/** A run without white space: so many characters of a period of at most `MAX_CHARACTER_PERIOD`. */
const CHARACTER_RUN = 96
const MAX_CHARACTER_PERIOD = 12

export function createRepetitionDetector(): RepetitionDetector {
  const words: string[] = []
  const sentences: string[] = []
  let word = ''
  let sentence: string[] = []

  function endSentence(): boolean {
    const text = sentence.join(' ')
    const long = sentence.length >= MIN_SENTENCE_WORDS
    sentence = []
    if (!long)
      return false
    sentences.push(text)
    if (sentences.length > MAX_SENTENCES)
      sentences.shift()
    return sentences.filter(each => each === text).length >= SAME_SENTENCES
  }

  function endWord(): boolean {
    const folded = fold(word)
    const ends = /[.!?。！？]["')\]]*$/.test(word)
    word = ''
    if (folded !== '') {
      words.push(folded)
      sentence.push(folded)
      if (words.length > MAX_WORDS)
        words.shift()
    }
    return (ends && endSentence()) || (folded !== '' && endsInLoop(words))
  }

  return {
    push(text) {
      let found = false
      for (const character of text) {
        if (/\s/.test(character)) {
          if (word !== '')
            found = endWord() || found
          if (character === '\n')
            found = endSentence() || found
          continue
        }
        word += character
        if (word.length >= CHARACTER_RUN && isCharacterLoop(word.slice(-CHARACTER_RUN)))
          found = true
        if (word.length > 4 * CHARACTER_RUN)
          word = word.slice(-2 * CHARACTER_RUN)
      }
      return found
    },
  }
}

/** Case and punctuation do not make a word another one; a word of punctuation alone counts for nothing. */
function fold(word: string): string {
  return word.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}

function isNumber(word: string): boolean {
  return /^\p{N}+$/u.test(word)
}

/** Counting is no loop; a loop whose only change is its numbers ("3. yes 4. yes") is. */
function sameWord(a: string, b: string): boolean {
  return a === b || (isNumber(a) && isNumber(b))
}

function endsInLoop(words: readonly string[]): boolean {
  const end = words.length
  for (let period = 1; period <= MAX_PERIOD && period * MIN_ROUNDS <= end; period++) {
    const needed = Math.max(period * MIN_ROUNDS, MIN_LOOP_WORDS)
    if (needed > end)
      continue
    let matched = period
    while (matched < needed && sameWord(words[end - 1 - matched] as string, words[end - 1 - matched + period] as string))
      matched++
    if (matched >= needed && words.slice(end - period).some(word => !isNumber(word)))
      return true
  }
  return false
}

function isCharacterLoop(run: string): boolean {
  if (!/\p{L}/u.test(run))
    return /^(.)\1*$/u.test(run) && !/[-=_*#.]/.test(run.charAt(0))
  for (let period = 1; period <= MAX_CHARACTER_PERIOD; period++) {
    let i = period
    while (i < run.length && run[i] === run[i - period])
      i++
    if (i === run.length)
      return true
  }
  return false
}
