import type { Edit } from './tokens'
import { readItems } from './english-items'
import { writeItems } from './english-writing'
import { applyEdits, tokenize } from './tokens'

/** The numbers of an English text, addresses left out. */
export function writeEnglishNumbers(text: string): string {
  const tokens = tokenize(text)
  const edits: readonly Edit[] = writeItems(text, tokens, readItems(tokens))
  return applyEdits(text, edits)
}
