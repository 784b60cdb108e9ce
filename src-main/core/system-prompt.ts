/**
 * What the model is told first. Short: it is in the context of every turn. The reply is heard, so it is asked for as
 * plain sentences; a user's own prompt is added, not put in its place, so that the answer stays speakable.
 */
const BASE = 'You are Parley, a friendly voice assistant. Your answer is read aloud: reply in one to three short, plain sentences, with no lists, no markdown and no emoji, unless you are asked for more.'

export function systemPrompt(own: string): string {
  const added = own.trim()
  return added === '' ? BASE : `${BASE}\n${added}`
}
