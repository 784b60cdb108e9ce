import { isCommonEnglish } from './common-words'
import { soundAlike } from './phonetic'
import { plain } from './tokens'

export interface ProposedCorrection {
  /** What was inserted. */
  readonly heard: string
  /** What it was corrected to. */
  readonly word: string
}

/** Longer texts are not compared word by word; nothing is proposed. */
const MOST_CELLS = 4_000_000
/** A phrase of so many words at most is taken for one name. */
const MOST_PHRASE = 3
/** A text of which more was changed was rewritten, not corrected. */
const MOST_CHANGED = 0.5
const MOST_PROPOSALS = 5

/** Words as they are written, without the signs around them. */
function wordsOf(text: string): string[] {
  return text.normalize('NFC').match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’.@+#&_-]*/gu)?.map(word => word.replace(/(?:['’.@&_-]|['’]s)+$/u, '')) ?? []
}

interface Change {
  readonly from: readonly string[]
  readonly to: readonly string[]
}

/** What was put in the place of what. `corrected` may have more before and behind: the rest of its field. */
function changes(inserted: readonly string[], corrected: readonly string[]): Change[] {
  const width = corrected.length + 1
  // Length of the longest common sequence of the ends of both.
  const common = new Uint32Array((inserted.length + 1) * width)
  for (let i = inserted.length - 1; i >= 0; i--) {
    for (let j = corrected.length - 1; j >= 0; j--) {
      common[i * width + j] = inserted[i] === corrected[j]
        ? (common[(i + 1) * width + j + 1] as number) + 1
        : Math.max(common[(i + 1) * width + j] as number, common[i * width + j + 1] as number)
    }
  }
  const all: Change[] = []
  let [fromI, fromJ, i, j] = [0, 0, 0, 0]
  const close = (): void => {
    if (i > fromI && j > fromJ)
      all.push({ from: inserted.slice(fromI, i), to: corrected.slice(fromJ, j) })
  }
  while (i < inserted.length && j < corrected.length) {
    if (inserted[i] === corrected[j]) {
      close()
      i++
      j++
      fromI = i
      fromJ = j
    }
    else if ((common[(i + 1) * width + j] as number) >= (common[i * width + j + 1] as number)) {
      i++
    }
    else {
      j++
    }
  }
  i = inserted.length
  j = corrected.length
  close()
  return all
}

/** Where both have as many words, word by word: two names side by side are two corrections. */
function pairs({ from, to }: Change): Change[] {
  const isWordByWord = from.length === to.length && from.every((word, i) => word === to[i] || soundAlike(word, to[i] as string))
  return isWordByWord ? from.flatMap((word, i) => word === to[i] ? [] : [{ from: [word], to: [to[i] as string] }]) : [{ from, to }]
}

/** Its own spelling or capital is what a dictionary is for. */
function isWorthLearning({ from, to }: Change, isFirst: boolean): boolean {
  const [heard, word] = [from.join(' '), to.join(' ')]
  if (from.length > MOST_PHRASE || to.length > MOST_PHRASE || heard === word || !/\p{L}{2}/u.test(word) || !soundAlike(heard, word))
    return false
  // An everyday word means itself everywhere else; so does one that it was corrected to.
  if (to.every(isCommonEnglish) || (from.length === 1 && from.every(isCommonEnglish)))
    return false
  if (plain(heard) === plain(word))
    return /\p{Ll}.*\p{Lu}|\p{Lu}{2}/u.test(word) || (!isFirst && /^\p{Lu}/u.test(word))
  return true
}

/**
 * What the user's corrections say about how the recogniser should have written a name: `inserted` as it was dictated,
 * `corrected` what its field has now. Only words or short phrases that were replaced by what sounds like them.
 */
export function proposeCorrections(inserted: string, corrected: string): ProposedCorrection[] {
  const from = wordsOf(inserted)
  const to = wordsOf(corrected)
  if (from.length === 0 || from.length * to.length > MOST_CELLS)
    return []
  const changed = changes(from, to)
  const changedWords = changed.reduce((sum, change) => sum + change.from.length, 0)
  if (changedWords > MOST_PHRASE && changedWords / from.length > MOST_CHANGED)
    return []
  const proposals = new Map<string, ProposedCorrection>()
  for (const change of changed.flatMap(pairs)) {
    const proposal = { heard: change.from.join(' '), word: change.to.join(' ') }
    if (isWorthLearning(change, change.from[0] === from[0]))
      proposals.set(plain(proposal.heard), proposal)
  }
  return [...proposals.values()].slice(0, MOST_PROPOSALS)
}
