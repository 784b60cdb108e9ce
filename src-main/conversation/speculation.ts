import type { Clock } from '../ports/clock'
import type { Reply } from './reply-stream'

/**
 * A voice that is heard again for longer than this is going on. Shorter is the click of a key, a breath, a chair:
 * it changes no text, and must not cost the reply that is ready.
 */
export const GOING_ON_MS = 300

/**
 * A reply begun on what was said so far, while the key is still held. It stays unseen and unheard; when the final text
 * is the same it is taken over, in every other case it is thrown away.
 */
export interface Speculation {
  /** What was said so far; `settled`: the voice is silent and this is all it said. */
  heard: (text: string, settled: boolean) => void
  /** The voice began, or fell silent. */
  voice: (active: boolean) => void
  /** The turn is over, or nobody listens any more. */
  dismiss: () => void
  /** Hands the reply over when it was begun on exactly this text and is sound; else throws it away. */
  claim: (text: string) => Reply | null
}

/** `begin` starts a reply to a question; null when that is not possible yet. */
export function createSpeculation(clock: Clock, begin: (text: string) => Reply | null): Speculation {
  let current: { readonly text: string, readonly reply: Reply } | null = null
  let cancelGoingOn = (): void => {}

  function dismiss(): void {
    cancelGoingOn()
    current?.reply.abort()
    current = null
  }

  return {
    heard(text, settled) {
      const question = text.trim()
      if (current?.text === question && !current.reply.spoilt)
        return
      dismiss()
      const reply = settled && question !== '' ? begin(question) : null
      current = reply && { text: question, reply }
    },
    voice(active) {
      cancelGoingOn()
      if (active && current)
        cancelGoingOn = clock.after(GOING_ON_MS, dismiss)
    },
    dismiss,
    claim(text) {
      if (current?.text !== text.trim() || current.reply.spoilt) {
        dismiss()
        return null
      }
      cancelGoingOn()
      const { reply } = current
      current = null
      return reply
    },
  }
}
