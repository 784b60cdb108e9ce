export interface HeardSplit {
  readonly heard: string
  readonly unheard: string
}

/** Characters of the reply that may be passed over to find the next heard one: markdown signs, an address read as "link". */
const MAX_SKIPPED_CHARS = 120

function isWordChar(char: string): boolean {
  return /[\p{L}\p{N}]/u.test(char)
}

/** The next place at or after `from`, within the bound, where `word` stands as a whole word in `text`; -1 when there is none. */
function findWord(text: string, word: string, from: number): number {
  for (let found = text.indexOf(word, from); found >= 0 && found - from <= MAX_SKIPPED_CHARS; found = text.indexOf(word, found + 1)) {
    if (!isWordChar(text[found - 1] ?? ' ') && !isWordChar(text[found + word.length] ?? ' '))
      return found
  }
  return -1
}

/**
 * Where in a reply hearing stopped. What was heard may lack the signs of markdown and may say some things in other words, so
 * the words are matched one after another; one that is not found is passed over.
 */
export function splitHeard(reply: string, heard: string): HeardSplit {
  if (heard !== '' && reply.startsWith(heard))
    return { heard, unheard: reply.slice(heard.length) }
  let end = 0
  for (const word of heard.match(/[\p{L}\p{N}]+/gu) ?? []) {
    const found = findWord(reply, word, end)
    if (found >= 0)
      end = found + word.length
  }
  if (end === 0)
    return { heard: '', unheard: reply }
  // Closing signs belong to the word before them.
  while (end < reply.length && !/\s/.test(reply[end] ?? '') && !isWordChar(reply[end] ?? ''))
    end += 1
  return { heard: reply.slice(0, end), unheard: reply.slice(end) }
}
