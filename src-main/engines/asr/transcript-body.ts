import type { StreamEvent } from '../stream/event-decoder'
import { z } from 'zod'
import { joinTexts } from '../../lib/join-texts'
import { envelopeError, serviceError } from '../connection/service-failure'
import { createEventDecoder } from '../stream/event-decoder'

export interface TranscriptBodyOptions {
  /** Name of the service, for messages. */
  readonly service: string
  /** It is believed only where the bytes do not say something else. */
  readonly contentType: string
}

/** The text of hours of speech is less. */
const MAX_BODY_CHARS = 4 * 1024 * 1024
const MAX_EVENT_CHARS = 1024 * 1024
const EVENT_FIELD = /^(?:data|event|id|retry):|^:/
/** Enough to tell a page, an event, JSON and plain text from each other. */
const PROBE_CHARS = 16

const transcriptEvent = z.looseObject({
  type: z.string().optional(),
  delta: z.string().nullish(),
  text: z.string().nullish(),
  error: z.unknown().optional(),
})

/** The body of a reply to `/audio/transcriptions`: JSON, plain text or events, whatever was asked for. Pure. Throws `AppError`. */
export class TranscriptBody {
  readonly #service: string
  readonly #contentType: string
  readonly #decoder = createEventDecoder({ maxEventChars: MAX_EVENT_CHARS })
  readonly #characters = new TextDecoder()
  #form: 'unknown' | 'events' | 'whole' = 'unknown'
  #body = ''
  #unread: Uint8Array[] = []
  #live = ''
  #segments: string[] = []
  #segmentChars = 0
  #text: string | null = null
  #terminated = false

  constructor({ service, contentType }: TranscriptBodyOptions) {
    this.#service = service
    this.#contentType = contentType
    if (/^(?:text\/html|image\/|audio\/|video\/)/.test(contentType))
      throw this.#noText()
  }

  /** What was heard so far, while it is still being made. */
  get live(): string {
    return this.#text ?? (this.#segments.length > 0 ? joinTexts(this.#segments) : this.#live)
  }

  /** The service said that this is all. */
  get done(): boolean {
    return this.#text !== null || this.#terminated
  }

  push(bytes: Uint8Array): void {
    if (this.#form === 'events') {
      for (const event of this.#decoder.push(bytes))
        this.#event(event)
      return
    }
    this.#body += this.#characters.decode(bytes, { stream: true })
    if (this.#body.length > MAX_BODY_CHARS)
      throw serviceError('too-large', `${this.#service} sent more than ${MAX_BODY_CHARS} characters.`, { service: this.#service })
    if (this.#form === 'whole')
      return
    this.#unread.push(bytes)
    if (this.#body.trimStart().length >= PROBE_CHARS)
      this.#decide()
  }

  /** After the last byte: the text. A stream of events that has no end was cut, and is a failure. */
  end(): string {
    if (this.#form === 'unknown')
      this.#decide()
    if (this.#form === 'whole')
      return this.#whole(this.#body + this.#characters.decode())
    for (const event of this.#decoder.end())
      this.#event(event)
    if (this.#text !== null)
      return this.#text.trim()
    // Servers that send finished segments close the stream after the last, and say no more.
    if (this.#terminated || this.#segments.length > 0)
      return this.live.trim()
    throw serviceError('service-failed', `${this.#service} broke off in the middle of the text.`, { service: this.#service })
  }

  #decide(): void {
    const start = this.#body.trimStart()
    if (/^<(?:!doctype|html|\?xml|head|body)/i.test(start))
      throw this.#noText()
    // A spoken text may begin with the word "data" as well.
    if (!(this.#contentType.includes('event-stream') ? EVENT_FIELD : /^(?:data: ?[{[]|event: ?\S)/).test(start)) {
      this.#form = 'whole'
      this.#unread = []
      return
    }
    this.#form = 'events'
    this.#body = ''
    const unread = this.#unread
    this.#unread = []
    for (const bytes of unread)
      this.push(bytes)
  }

  #event({ type, data, cut }: StreamEvent): void {
    if (this.#text !== null || data.trim() === '')
      return
    if (data.trim() === '[DONE]') {
      this.#terminated = true
      return
    }
    const event = this.#parse(type, data, cut)
    if (event === null)
      return
    if (event.error != null || type === 'error' || event.type === 'error')
      throw envelopeError(event.error ?? event, this.#service)
    const name = event.type ?? type ?? ''
    if (name.endsWith('.delta'))
      this.#live += event.delta ?? event.text ?? ''
    else if (name.endsWith('.done'))
      this.#text = event.text ?? this.live
    else if (typeof event.text === 'string' && !name.includes('transcript.text'))
      this.#segment(event.text)
    if (this.#live.length + this.#segmentChars > MAX_BODY_CHARS)
      throw serviceError('too-large', `${this.#service} sent more than ${MAX_BODY_CHARS} characters.`, { service: this.#service })
  }

  #segment(text: string): void {
    this.#segments.push(text)
    this.#segmentChars += text.length
  }

  /** Null: it was cut, as the stream was. */
  #parse(type: string | null, data: string, cut: boolean): z.infer<typeof transcriptEvent> | null {
    try {
      const value = JSON.parse(data) as unknown
      return typeof value === 'string' ? { error: value } : transcriptEvent.parse(value)
    }
    catch (error) {
      if (cut)
        return null
      if (type === 'error')
        throw envelopeError(data, this.#service)
      throw serviceError('service-reply', `${this.#service} sent an event that cannot be read.`, { service: this.#service, cause: error })
    }
  }

  #whole(body: string): string {
    const start = body.trim()
    if (start === '') {
      if (this.#contentType.startsWith('text/plain'))
        return ''
      throw serviceError('service-failed', `${this.#service} sent nothing.`, { service: this.#service })
    }
    if (this.#contentType.includes('json') || /^\{\s*["}]/.test(start) || (start.startsWith('"') && isJson(start)))
      return this.#json(start)
    // A stream of which only the first letters came.
    if (this.#contentType.includes('event-stream') && /^(?:d|da|dat|data|e|ev|eve|even|event)$/.test(start))
      throw serviceError('service-failed', `${this.#service} broke off in the middle of the text.`, { service: this.#service })
    return start
  }

  #json(body: string): string {
    let value: unknown
    try {
      value = JSON.parse(body)
    }
    catch (error) {
      throw serviceError('service-reply', `${this.#service} sent JSON that cannot be read.`, { service: this.#service, cause: error })
    }
    if (typeof value === 'string')
      return value.trim()
    const reply = z.looseObject({ text: z.string().nullish(), error: z.unknown().optional(), message: z.string().nullish(), detail: z.unknown().optional() }).safeParse(value).data
    if (reply?.error != null)
      throw envelopeError(reply.error, this.#service)
    if (typeof reply?.text === 'string')
      return reply.text.trim()
    const complaint = reply?.message ?? reply?.detail
    if (typeof complaint === 'string')
      throw envelopeError(complaint, this.#service)
    throw serviceError('service-reply', `${this.#service} sent JSON without a text.`, { service: this.#service })
  }

  #noText(): Error {
    return serviceError('service-reply', `${this.#service} answered with a page or a file instead of a text. Check its address.`, { service: this.#service })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  }
  catch {
    return false
  }
}
