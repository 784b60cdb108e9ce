import { createParser } from 'eventsource-parser'
import { AppError } from '../../lib/app-error'

export interface StreamEvent {
  /** The `event:` field; null when there is none. */
  readonly type: string | null
  readonly data: string
  /** As of this event: an id stays until there is another. Null: the server gives none. */
  readonly id: string | null
  /** The stream ended in the middle of it: no blank line came. Its data may be cut. */
  readonly cut: boolean
}

export interface EventDecoderOptions {
  /** Longest event, in UTF-16 units, comments and unfinished lines included. */
  readonly maxEventChars: number
}

/** Server-sent events out of bytes, however they are split. Linear in the bytes. */
export interface EventDecoder {
  /** Throws `too-large` on an event over the bound, after those before it were given out. */
  push: (bytes: Uint8Array) => StreamEvent[]
  /** What was unfinished; some servers end `[DONE]` without a blank line. */
  end: () => StreamEvent[]
  /** The server's `retry:`; null when it sent none. */
  readonly retryMs: number | null
}

export function createEventDecoder({ maxEventChars }: EventDecoderOptions): EventDecoder {
  const text = new TextDecoder() // strips one byte order mark; keeps half a character for the next bytes
  let events: StreamEvent[] = []
  let lastEventId: string | null = null
  let retryMs: number | null = null
  let ending = false
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent({ event, data, id }) {
      lastEventId = id ?? lastEventId
      tooLarge ||= data.length > maxEventChars
      if (!tooLarge)
        events.push({ type: event ?? null, data, id: lastEventId, cut: ending })
    },
    onRetry(value) {
      retryMs = value
    },
    // Unknown fields are skipped, as the specification says.
    onError({ type }) {
      tooLarge ||= type === 'max-buffer-size-exceeded'
    },
  })

  function take(): StreamEvent[] {
    if (tooLarge && events.length === 0)
      throw new AppError('too-large', `The service sent an event of more than ${maxEventChars} characters.`)
    const taken = events
    events = []
    return taken
  }

  return {
    push(bytes) {
      if (!tooLarge)
        parser.feed(text.decode(bytes, { stream: true }))
      return take()
    },
    end() {
      ending = true
      // A line end and a blank line: dispatches what is there, and nothing when nothing is.
      if (!tooLarge)
        parser.feed(`${text.decode()}\n\n`)
      return take()
    },
    get retryMs() {
      return retryMs
    },
  }
}
