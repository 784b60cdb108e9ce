import type { ChatMessage } from '../ports/chat-engine'
import type { StoredTurn } from '../ports/conversation-store'

/** The engine trims by tokens; this bounds what is read and sent at all. */
export const HISTORY_TURNS = 24
export const TITLE_CHARS = 60

const BROKEN_OFF = /(?:…|\.\.\.)$/
const SPACES = /\s+/g
const TRAILING_MARKS = /[\s,;:–-]+$/

/**
 * What the model is told of what went before: of an interrupted reply only what was heard, ended by an ellipsis, which
 * even a small model reads as a sentence that was broken off. Turns that have no question, or of whose answer nothing
 * was heard, are left out: two questions in a row make small models answer both, and after an answer that is nothing
 * but an ellipsis they answer the next question with one too.
 */
export function historyMessages(systemPrompt: string, turns: readonly StoredTurn[]): ChatMessage[] {
  const system: ChatMessage[] = systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }]
  const past = turns
    .map(turn => ({ question: turn.userText.trim(), answer: rememberedReply(turn) }))
    .filter(({ question, answer }) => question !== '' && answer !== '')
    .slice(-HISTORY_TURNS)
  return [...system, ...past.flatMap(({ question, answer }): ChatMessage[] => [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ])]
}

/** The reply as the person knows it; empty: as if the turn had not been. */
export function rememberedReply(turn: StoredTurn): string {
  switch (turn.end) {
    case 'complete': return turn.replyText.trim()
    case 'truncated':
    case 'failed': return brokenOff(turn.replyText)
    // A take that was thrown away before it was answered says `aborted`.
    case 'interrupted': return turn.errorCode === null ? brokenOff(turn.heardText ?? turn.replyText) : ''
    case 'pending': return ''
  }
}

function brokenOff(text: string): string {
  const said = text.trim()
  return said === '' ? '' : BROKEN_OFF.test(said) ? said : `${said}…`
}

/** The first words of the first question, at most `TITLE_CHARS` characters, cut at a word. */
export function titleOf(question: string): string {
  const words = question.trim().replace(SPACES, ' ')
  if (words.length <= TITLE_CHARS)
    return words
  const cut = words.lastIndexOf(' ', TITLE_CHARS - 1)
  const head = cut > 0 ? words.slice(0, cut) : firstCharacters(words, TITLE_CHARS - 1)
  return `${head.replace(TRAILING_MARKS, '')}…`
}

/** Never half of a surrogate pair. */
function firstCharacters(text: string, count: number): string {
  let head = ''
  for (const character of text) {
    if (head.length + character.length > count)
      break
    head += character
  }
  return head
}
