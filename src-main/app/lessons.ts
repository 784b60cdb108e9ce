import type { Correction, DictionaryEntry, Settings } from '../contract'
import type { StateHub } from './state-hub'

/** More would not be read. */
const MOST_OFFERED = 10

/** Words that a person corrected: offered, and learned only when the person says so. */
export interface Lessons {
  readonly offer: (corrections: readonly Correction[]) => void
  readonly learn: (correction: Correction) => Promise<void>
  readonly dismiss: (correction: Correction) => void
}

const isSame = (a: Correction, b: Correction): boolean => a.heard === b.heard && a.word === b.word

export function createLessons(hub: StateHub, settings: () => Settings, save: (dictionary: DictionaryEntry[]) => Promise<unknown>): Lessons {
  /** Said no to; as long as the program runs. */
  const refused: Correction[] = []

  function publish(corrections: readonly Correction[]): void {
    hub.publish({ type: 'corrections', corrections: corrections.slice(-MOST_OFFERED).map(one => ({ ...one })) })
  }

  function drop(correction: Correction): void {
    publish(hub.snapshot().corrections.filter(one => !isSame(one, correction)))
  }

  return {
    offer(corrections) {
      const { corrections: offered, settings: { dictation: { dictionary } } } = hub.snapshot()
      const isKnown = ({ heard, word }: Correction): boolean => dictionary.some(entry => entry.word === word && entry.heard.includes(heard))
      const fresh = corrections.filter(one => !isKnown(one) && ![...offered, ...refused].some(other => isSame(one, other)))
      if (fresh.length === 0)
        return
      publish([...offered, ...fresh])
      for (const { heard, word } of fresh)
        hub.notify('info', 'correction', { heard, word })
    },
    async learn(correction) {
      await save(withCorrection(settings().dictation.dictionary, correction))
      drop(correction)
    },
    dismiss(correction) {
      refused.push(correction)
      drop(correction)
    },
  }
}

/** The dictionary with this word heard as that; an entry of the word is extended. */
export function withCorrection(dictionary: readonly DictionaryEntry[], { heard, word }: Correction): DictionaryEntry[] {
  const at = dictionary.findIndex(entry => entry.word === word)
  const former = dictionary[at]
  if (!former)
    return [...dictionary, { word, heard: [heard], soundsLike: false }]
  return dictionary.with(at, { ...former, heard: [...new Set([...former.heard, heard])] })
}
