import { editDistance } from './word-errors.mjs'

/**
 * How often a word that was marked stable is another one in the end. A word counts as it was when it was first marked;
 * the words of a phrase are compared with what the final text has in their place.
 */
export function createStableWords() {
  const sum = { marked: 0, revised: 0, retouched: 0, shown: 0, shownStable: 0, takenBack: 0 }

  return {
    /** The events of a whole take. */
    add(events) {
      const final = wordsIn(events.at(-1).text)
      let told = 0
      let marked = []
      let before = []
      for (const event of events) {
        if (event.type === 'partial') {
          const stable = wordsIn(event.text.slice(0, event.stableChars)).slice(told)
          if (stable.length > marked.length)
            marked = [...marked, ...stable.slice(marked.length)]
          // At a settled text, which is final if nothing more is said, stable words may become others.
          if (!event.settled) {
            sum.shown += Math.max(0, wordsIn(event.text).length - told)
            sum.shownStable += stable.length
            sum.takenBack += before.filter((word, index) => stable[index] !== word).length
          }
          before = stable
        }
        if (event.type === 'phrase') {
          const there = final.slice(told, told + marked.length + SLACK)
          sum.marked += marked.length
          sum.retouched += prefixDistance(marked, there)
          sum.revised += prefixDistance(marked.map(plain), there.map(plain))
          told += wordsIn(event.text).length
          marked = []
          before = []
        }
      }
    },
    /**
     * `stableRevisedPercent`: other words; `stableRetouchedPercent`: other words, capitals or punctuation;
     * `stableTakenBack`: words that stopped being stable, or changed, while their phrase was spoken;
     * `stableSharePercent`: of the words of the running phrase that a partial showed, those marked stable.
     */
    summary() {
      const percent = (part, whole) => whole === 0 ? null : Number((100 * part / whole).toFixed(2))
      return {
        stableWords: sum.marked,
        stableRevisedPercent: percent(sum.revised, sum.marked),
        stableRetouchedPercent: percent(sum.retouched, sum.marked),
        stableTakenBack: sum.takenBack,
        stableSharePercent: percent(sum.shownStable, sum.shown),
      }
    },
  }
}

/** Words the final text may have more than were marked. */
const SLACK = 4

function wordsIn(text) {
  return text.split(' ').filter(Boolean)
}

function plain(word) {
  return word.toLowerCase().replace(/[^\p{L}\p{N}']/gu, '')
}

/** Edit distance to the beginning of `words` that is nearest. */
function prefixDistance(prefix, words) {
  let best = prefix.length
  for (let length = 0; length <= words.length; length++)
    best = Math.min(best, editDistance(prefix, words.slice(0, length)))
  return best
}
