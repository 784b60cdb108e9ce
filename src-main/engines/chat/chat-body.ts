import type { ChatEvent } from '../../ports/chat-engine'
import { serviceError } from '../connection/service-failure'
import { createEventDecoder } from '../stream/event-decoder'
import { ChatReply } from './chat-reply'

export interface ChatBodyOptions {
  /** Name of the service, for messages. */
  readonly service: string
  /** As the service says; it is believed only where the bytes do not say something else. */
  readonly contentType: string
}

/** A whole MiB of text is more than any model writes in one reply. */
const MAX_REPLY_CHARS = 1024 * 1024
const MAX_EVENT_CHARS = 1024 * 1024
const MAX_BODY_BYTES = 8 * 1024 * 1024
const NO_REPLY = /^(?:text\/html|image\/|audio\/|video\/)/

/** The body of a chat reply, from bytes to events, whether it is a stream or not. Pure. Throws `AppError`. */
export class ChatBody {
  readonly #service: string
  readonly #reply: ChatReply
  readonly #ids = new Set<string>()
  #lastId = ''
  #decoder = createEventDecoder({ maxEventChars: MAX_EVENT_CHARS })
  /** Another request goes on with the stream, and nothing of it has come yet. */
  #resuming = false
  readonly #json = new TextDecoder()
  #form: 'unknown' | 'stream' | 'whole' = 'unknown'
  #text = ''
  #bytes = 0
  #unread: Uint8Array[] = []

  constructor({ service, contentType }: ChatBodyOptions) {
    this.#service = service
    this.#reply = new ChatReply({ service, maxChars: MAX_REPLY_CHARS })
    if (NO_REPLY.test(contentType))
      throw this.#noReply()
  }

  get reply(): Pick<ChatReply, 'terminated' | 'finished' | 'textOver'> {
    return this.#reply
  }

  /** What another request goes on from. Null: the service gives no ids, or the reply is over. */
  get resumeFrom(): { readonly lastEventId: string, readonly retryMs: number | null } | null {
    return this.#form !== 'stream' || this.#reply.textOver || this.#lastId === '' ? null : { lastEventId: this.#lastId, retryMs: this.#decoder.retryMs }
  }

  /** The bytes of another reply follow, which goes on where this one broke off; half an event is dropped, since it comes again. False: it is no stream. */
  resume(contentType: string): boolean {
    this.#decoder = createEventDecoder({ maxEventChars: MAX_EVENT_CHARS })
    this.#resuming = true
    return contentType.startsWith('text/event-stream')
  }

  get isStream(): boolean {
    return this.#form === 'stream'
  }

  /** What came before a failure is given out before it is thrown. */
  * push(bytes: Uint8Array): Generator<ChatEvent, void, undefined> {
    if (this.#form === 'stream')
      return yield* this.#stream(bytes)
    this.#bytes += bytes.byteLength
    if (this.#bytes > MAX_BODY_BYTES)
      throw serviceError('too-large', `${this.#service} sent more than ${MAX_BODY_BYTES} bytes.`, { service: this.#service })
    this.#text += this.#json.decode(bytes, { stream: true })
    if (this.#form === 'whole')
      return
    this.#unread.push(bytes)
    const start = this.#text.trimStart()
    if (start === '')
      return
    if (start.startsWith('<'))
      throw this.#noReply()
    if (/^[{["]/.test(start)) {
      this.#form = 'whole'
      this.#unread = []
      return
    }
    this.#form = 'stream'
    this.#text = ''
    const unread = this.#unread
    this.#unread = []
    for (const earlier of unread)
      yield* this.#stream(earlier)
  }

  /** After the last byte. */
  * end(): Generator<ChatEvent, void, undefined> {
    if (this.#form === 'stream') {
      for (const event of this.#decoder.end())
        yield* this.#reply.push(event)
    }
    if (this.#form === 'whole')
      yield* this.#reply.whole(this.#text + this.#json.decode())
    yield* this.#reply.end()
  }

  * #stream(bytes: Uint8Array): Generator<ChatEvent, void, undefined> {
    for (const event of this.#decoder.push(bytes)) {
      this.#checkId(event.id)
      yield* this.#reply.push(event)
    }
  }

  /** A service that gives ids and does not keep them begins anew: what was shown must not come twice. */
  #checkId(id: string | null): void {
    if (this.#resuming && (id === null || this.#ids.has(id)))
      throw serviceError('service-reply', `${this.#service} began again instead of going on.`, { service: this.#service })
    this.#resuming = false
    if (id !== null) {
      this.#ids.add(id)
      this.#lastId = id
    }
  }

  #noReply(): Error {
    return serviceError('service-reply', `${this.#service} answered with a page or a file instead of a reply. Check its address.`, { service: this.#service })
  }
}
