import type { Snippet } from '@contract'
import { foldedName } from './word-draft'

/** `settings.snippets.problem.<value>` in the locales. */
export type SnippetProblem = 'name' | 'name-long' | 'name-twice' | 'text' | 'text-long'
export type SnippetField = 'name' | 'text'
export type SnippetProblems = Partial<Record<SnippetField, SnippetProblem>>

export const MOST_SNIPPETS = 500
export const MOST_PROFILE_SNIPPETS = 200
const MAX_NAME_CHARS = 60
const MAX_TEXT_CHARS = 10_000

/** What is wrong with it, by field. `others`: the names that are taken. */
export function snippetProblems(draft: Snippet, others: readonly string[]): SnippetProblems {
  const name = draft.name.trim()
  return {
    ...(others.some(other => foldedName(other) === foldedName(name)) && { name: 'name-twice' }),
    ...(name === '' && { name: 'name' }),
    ...(name.length > MAX_NAME_CHARS && { name: 'name-long' }),
    ...(draft.text === '' && { text: 'text' }),
    ...(draft.text.length > MAX_TEXT_CHARS && { text: 'text-long' }),
  }
}

/** Only of a draft without problems. Its text is kept to the letter: blanks at its end may be meant. */
export function snippetOf({ name, text }: Snippet): Snippet {
  return { name: name.trim(), text }
}
