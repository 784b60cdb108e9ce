/** What can be chosen without typing: what the speech models of services commonly know. BCP 47. */
const CODES = ['ar', 'bg', 'ca', 'cs', 'da', 'de', 'el', 'en', 'en-GB', 'en-US', 'es', 'et', 'fa', 'fi', 'fr', 'he', 'hi', 'hr', 'hu', 'id', 'it', 'ja', 'ko', 'lt', 'lv', 'ms', 'nb', 'nl', 'pl', 'pt', 'pt-BR', 'ro', 'ru', 'sk', 'sl', 'sr', 'sv', 'th', 'tr', 'uk', 'ur', 'vi', 'zh'] as const

/** The name of a language in the language of the window; a code that is none is shown as it is. */
export function languageName(code: string, locale: string): string {
  try {
    const name = new Intl.DisplayNames([locale], { type: 'language' }).of(code) ?? code
    return name.slice(0, 1).toLocaleUpperCase(locale) + name.slice(1)
  }
  catch {
    return code
  }
}

/** The languages by name. `current`: is among them, whatever it is. */
export function languageChoices(current: string, locale: string): { readonly value: string, readonly label: string }[] {
  return [...new Set([...CODES, ...(current === '' ? [] : [current])])]
    .map(value => ({ value, label: languageName(value, locale) }))
    .sort((a, b) => a.label.localeCompare(b.label, locale))
}
