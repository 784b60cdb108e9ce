export type Replacement
  = | { readonly type: 'done', readonly text: string }
  /** "Replace X with Y", and X is not in the text. */
    | { readonly type: 'not-found' }

const COURTESY = /^(?:(?:okay|ok|so|now|please|just|can you|could you|would you)[ ,]+)+/i
const REPLACE = /^(replace|substitute|change) (?:(?:every|each|all|the words?|the name) )*/i
/** "Change it to French" is about the whole. */
const ALL_OF_IT = /^(?:this|that|it|these|them|all|everything|(?:the |this )?(?:text|selection|sentence|paragraph|list|lines?|words?))$/i
const WITH = / (?:with|by|to|for) /gi

/** "Replace X with Y": each whole X, capitals no matter, with its capital kept. Null: this is no such instruction. */
export function replacement(text: string, instruction: string): Replacement | null {
  const plain = instruction.trim().replaceAll(/\s+/g, ' ').replace(COURTESY, '').replace(/[.,!?]*(?: please[.!?]*)?$/i, '')
  const match = REPLACE.exec(plain)
  if (!match)
    return null
  const rest = plain.slice(match[0].length)
  // "Change the tone to formal" may mean anything, as long as "the tone" is not in the text.
  const isPlain = match[1]?.toLowerCase() !== 'change'
  // X and Y may have such a word themselves: the longest X that is in the text is meant.
  let isInstruction = false
  for (const at of [...rest.matchAll(WITH)].reverse()) {
    const from = spoken(rest.slice(0, at.index))
    const to = spoken(rest.slice(at.index + at[0].length).replace(/\s+(?:everywhere|throughout|in (?:this|it|the text|all of it))$/i, ''))
    if (from === '' || to === '' || ALL_OF_IT.test(from))
      continue
    isInstruction = isPlain
    const result = replaced(text, from, to)
    if (result !== null)
      return { type: 'done', text: result }
  }
  return isInstruction ? { type: 'not-found' } : null
}

/** Without the quotation marks that the recogniser may have put. */
function spoken(words: string): string {
  return words.trim().replace(/^["“'‘](.+)["”'’]$/s, '$1').replace(/[,;]$/, '').trim()
}

function replaced(text: string, from: string, to: string): string | null {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_])${from.split(/\s+/).map(escaped).join('\\s+')}(?![\\p{L}\\p{N}_])`, 'giu')
  let found = false
  const result = text.replaceAll(pattern, (match) => {
    found = true
    return withCase(to, match, from)
  })
  return found ? result : null
}

function escaped(word: string): string {
  return word.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}

/** "replace cat with dog": `Cat` becomes `Dog`, `CAT` becomes `DOG`. What was said with capitals keeps them. */
function withCase(to: string, match: string, from: string): string {
  if (/\p{Lu}/u.test(to) || match === from)
    return to
  if (/\p{Lu}.*\p{Lu}/u.test(match) && !/\p{Ll}/u.test(match))
    return to.toUpperCase()
  const [first = ''] = to
  return /^\p{Lu}/u.test(match) ? first.toUpperCase() + to.slice(first.length) : to
}
