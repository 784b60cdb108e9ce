import type { FormatOptions, FormattedDictation } from '../../../../src-main/dictation/words/types'
import { formatDictation } from '../../../../src-main/dictation/words/format'

export const PLAIN: FormatOptions = {
  language: 'en',
  context: null,
  spokenPunctuation: false,
  fillers: true,
  numbers: null,
  dictionary: [],
  snippets: [],
  scratchThat: true,
  previous: null,
}

export function format(rawText: string, options: Partial<FormatOptions> = {}): FormattedDictation {
  return formatDictation(rawText, { ...PLAIN, ...options })
}

export function textOf(rawText: string, options: Partial<FormatOptions> = {}): string {
  return format(rawText, options).text
}

/** The text around a cursor that is written as `|`. */
export function at(field: string): Partial<FormatOptions> {
  const [before = '', after = ''] = field.split('|')
  return { context: { before, after, selected: '', isSecret: false } }
}
