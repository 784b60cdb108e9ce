import type { Snippet } from './types'
import { baseLanguage, plain } from './tokens'

/** "insert my email signature": what may be said before a snippet's name. */
const REQUEST: Readonly<Record<string, RegExp>> = {
  en: /^(?:please )?(?:insert|type|paste|add) (?:(?:my|the|a|an) )?/u,
  de: /^(?:bitte )?(?:füge?|einfügen|schreibe?) (?:(?:mein|meine|meinen|die|den|das|eine|einen|ein) )?/u,
  fr: /^(?:insère|insérez|insérer|ajoute|ajoutez|colle|collez) (?:(?:mon|ma|mes|le|la|les|l'|un|une) ?)?/u,
  es: /^(?:inserta|insertar|añade|añadir|pega|pegar) (?:(?:mi|mis|el|la|los|las|un|una) )?/u,
}
const OWNER: Readonly<Record<string, RegExp>> = { en: /^my /u, de: /^(?:mein|meine) /u, fr: /^(?:mon|ma) /u, es: /^mi /u }

/** Words with one blank between, without signs. */
function words(text: string): string {
  return plain(text.normalize('NFC')).replace(/(?<!\p{L})'|'(?!\p{L})|[^\p{L}\p{M}\p{N}']+/gu, ' ').replace(/ {2,}/gu, ' ').trim()
}

function without(text: string, beginning: RegExp | undefined): string {
  return beginning === undefined ? text : text.replace(beginning, '')
}

/** "e-mail" and "email", "sign off" and "signoff" are one name. */
function name(text: string): string {
  return text.replaceAll(' ', '')
}

/** The snippet whose name is all that was said; of several, the one whose name needs the least left away. */
export function findSnippet(text: string, snippets: readonly Snippet[], language: string): Snippet | null {
  if (snippets.length === 0 || text.length > 200)
    return null
  const said = words(text)
  const base = baseLanguage(language)
  const requested = without(said, REQUEST[base])
  const forms = new Set([said, without(said, OWNER[base]), requested])
  for (const form of forms) {
    const found = form === '' ? undefined : snippets.find(snippet => name(words(snippet.name)) === name(form))
    if (found !== undefined)
      return found
  }
  if (requested === said)
    return null
  return snippets.find(snippet => name(without(words(snippet.name), OWNER[base])) === name(requested)) ?? null
}
