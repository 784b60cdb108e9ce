import type { DictionaryEntry } from '@contract'

/** A word of the dictionary as it stands in the form. `heard`: one a line, as it was typed. */
export interface WordDraft {
  word: string
  heard: string
  soundsLike: boolean
}

/** `settings.words.problem.<value>` in the locales. */
export type WordProblem = 'word' | 'word-long' | 'word-twice' | 'heard-long' | 'heard-many'
export type WordField = 'word' | 'heard'
export type WordProblems = Partial<Record<WordField, WordProblem>>

export const MOST_WORDS = 2_000
const MAX_CHARS = 100
const MOST_HEARD = 20

export function draftOfWord(entry: DictionaryEntry | null): WordDraft {
  return entry === null ? { word: '', heard: '', soundsLike: true } : { word: entry.word, heard: entry.heard.join('\n'), soundsLike: entry.soundsLike }
}

/** Capitals do not make another word, and neither does how an accent is written. */
export function foldedName(text: string): string {
  return text.trim().normalize('NFC').toLowerCase()
}

/** By line or comma; each once. */
export function heardOf(text: string): string[] {
  const seen = new Set<string>()
  return text.split(/[\n,]/).map(heard => heard.trim()).filter((heard) => {
    const name = foldedName(heard)
    return name !== '' && !seen.has(name) && seen.add(name)
  })
}

/** What is wrong with it, by field. `others`: the words that are in the dictionary besides. */
export function wordProblems(draft: WordDraft, others: readonly string[]): WordProblems {
  const word = draft.word.trim()
  const heard = heardOf(draft.heard)
  const name = foldedName(word)
  return {
    ...(others.some(other => foldedName(other) === name) && { word: 'word-twice' }),
    ...(word === '' && { word: 'word' }),
    ...(word.length > MAX_CHARS && { word: 'word-long' }),
    ...(heard.length > MOST_HEARD && { heard: 'heard-many' }),
    ...(heard.some(one => one.length > MAX_CHARS) && { heard: 'heard-long' }),
  }
}

/** Only of a draft without problems. */
export function wordOf({ word, heard, soundsLike }: WordDraft): DictionaryEntry {
  return { word: word.trim(), heard: heardOf(heard), soundsLike }
}

/** The words in which these letters are, also among what is heard for them; with their places in the dictionary, sorted by word. */
export function wordsWith(dictionary: readonly DictionaryEntry[], search: string): { readonly entry: DictionaryEntry, readonly index: number }[] {
  const wanted = foldedName(search)
  return dictionary
    .map((entry, index) => ({ entry, index }))
    .filter(({ entry }) => wanted === '' || [entry.word, ...entry.heard].some(text => foldedName(text).includes(wanted)))
    .sort((a, b) => a.entry.word.localeCompare(b.entry.word))
}
