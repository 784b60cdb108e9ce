import type { SignTable } from './table'
import { isFunctionWord, isLowerInMidSentence } from '../common-words'
import { baseLanguage, tokenize } from '../tokens'
import { german } from './de'
import { english } from './en'
import { spanish } from './es'
import { french } from './fr'
import { findSaidSigns } from './recognise'
import { writeSigns } from './write'

const TABLES: Readonly<Record<string, SignTable>> = { en: english, de: german, fr: french, es: spanish }

/**
 * Writes the names of signs as signs. `late` false: those that are never part of a number or an address; true: the rest,
 * once numbers and addresses are written. A language without a table stays as it is.
 */
export function writeSpokenSigns(text: string, language: string, late: boolean): string {
  const table = TABLES[baseLanguage(language)]
  if (table === undefined)
    return text
  const source = late && table.afterNumbers !== null ? text.replace(table.afterNumbers, '') : text
  const tokens = tokenize(source)
  const said = findSaidSigns(tokens, table, late, word => isFunctionWord(word, language))
  if (said.signs.size === 0 && said.escapes.size === 0)
    return source
  const trailing = (/\s*$/u.exec(text) as RegExpExecArray)[0]
  return leading(text) + writeSigns(tokens, said, (word, next) => isLowerInMidSentence(word, next, language)) + trailing
}

/** White space that an earlier sign was written for. */
function leading(text: string): string {
  return (/^\s*/u.exec(text) as RegExpExecArray)[0]
}
