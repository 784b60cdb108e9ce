import type { FormatOptions, FormattedDictation, Snippet } from './types'
import { applyDictionary } from './dictionary'
import { withoutFillers } from './fillers'
import { fitToPlace } from './joint'
import { withoutNoise } from './noise'
import { applyScratches, isScratchCommand } from './scratch'
import { findSnippet } from './snippets'
import { writeSpokenSigns } from './spoken-signs'

/** In place of a dictionary's word until all is written, where a later step would change it. Not said by any recogniser: `withoutNoise` drops them. */
const FIRST_PLACEHOLDER = 0xE000
const MOST_PLACEHOLDERS = 0x1000

const NOTHING: FormattedDictation = { text: '', command: null, snippet: null }

/** From the words as they were recognised to the text as it is inserted. Pure; the steps and their order are in the README. */
export function formatDictation(rawText: string, options: FormatOptions): FormattedDictation {
  const { language } = options
  const heard = withoutNoise(rawText)
  const fluent = options.fillers ? withoutFillers(heard, language) : heard
  if (fluent === '')
    return NOTHING
  if (options.scratchThat && (isScratchCommand(heard, language) || isScratchCommand(fluent, language)))
    return { text: '', command: 'undo', snippet: null }
  const known = applyDictionary(fluent, options.dictionary)
  const snippet = snippetOf([heard, fluent, known.text], options)
  if (snippet !== null)
    return { text: snippet.text, command: null, snippet: snippet.name }

  const keeper = new WordKeeper(options)
  let text = keeper.hide(known.text, known.ranges)
  if (options.spokenPunctuation)
    text = writeSpokenSigns(text, language, false)
  if (options.scratchThat)
    text = applyScratches(text, language)
  if (options.numbers !== null)
    text = options.numbers(text)
  if (options.spokenPunctuation)
    text = writeSpokenSigns(text, language, true)
  const keepsFirst = keeper.startsWithKept(text) || known.ranges[0]?.[0] === 0
  return { ...NOTHING, text: fitToPlace(keeper.show(text), { ...options, keepsFirst }) }
}

function snippetOf(texts: readonly string[], options: FormatOptions): Snippet | null {
  if (options.snippets.length === 0)
    return null
  const asNumbers = options.numbers === null ? [] : texts.filter(text => text.length <= 200).map(options.numbers)
  for (const text of new Set([...texts, ...asNumbers])) {
    const found = findSnippet(text, options.snippets, options.language)
    if (found !== null)
      return found
  }
  return null
}

/** Keeps the dictionary's words from the steps behind it: a user's "Slash" or "Web Three" is neither a sign nor a number. */
class WordKeeper {
  readonly #kept: string[] = []
  readonly #changes = new Map<string, boolean>()
  readonly #options: FormatOptions

  constructor(options: FormatOptions) {
    this.#options = options
  }

  hide(text: string, ranges: readonly (readonly [number, number])[]): string {
    const parts: string[] = []
    let done = 0
    for (const [start, end] of ranges) {
      const word = text.slice(start, end)
      if (this.#kept.length >= MOST_PLACEHOLDERS || !this.#isChanged(word))
        continue
      parts.push(text.slice(done, start), String.fromCharCode(FIRST_PLACEHOLDER + this.#kept.length))
      this.#kept.push(word)
      done = end
    }
    return parts.length === 0 ? text : parts.join('') + text.slice(done)
  }

  show(text: string): string {
    return this.#kept.length === 0 ? text : text.replace(/[\uE000-\uEFFF]/gu, char => this.#kept[char.charCodeAt(0) - FIRST_PLACEHOLDER] ?? '')
  }

  startsWithKept(text: string): boolean {
    return /^[\uE000-\uEFFF]/u.test(text)
  }

  #isChanged(word: string): boolean {
    const known = this.#changes.get(word)
    if (known !== undefined)
      return known
    const { language, numbers, spokenPunctuation } = this.#options
    const isChanged = (numbers !== null && numbers(word) !== word)
      || (spokenPunctuation && [false, true].some(late => writeSpokenSigns(`a1 ${word}`, language, late) !== `a1 ${word}`))
    this.#changes.set(word, isChanged)
    return isChanged
  }
}
