import type { RealtimeDialect } from '../../../src-main/engines/asr/realtime-dialect'
import { Buffer } from 'node:buffer'
import { hear } from './spoken-words'

export interface RealtimeCoreOptions {
  readonly dialect?: RealtimeDialect
  /** The server says which item a commit became. */
  readonly acknowledges?: boolean
  /** It sends words one by one before the text. */
  readonly deltas?: boolean
  /** It cuts by itself at each silence of so long, whatever it was asked. */
  readonly cutsAtMs?: number
}

type Message = Readonly<Record<string, unknown>>

/** What a realtime transcription server does, without a socket: messages in, messages out. It hears `spoken-words`. */
export class RealtimeCore {
  readonly #dialect: RealtimeDialect
  readonly #acknowledges: boolean
  readonly #deltas: boolean
  readonly #cutsAtMs: number | null
  readonly #name: string
  #configured = false
  #started = false
  #buffer: Int16Array[] = []
  #items = 0

  constructor(name: string, { dialect = 'openai', acknowledges = dialect !== '16k', deltas = true, cutsAtMs }: RealtimeCoreOptions = {}) {
    this.#name = name
    this.#dialect = dialect
    this.#acknowledges = acknowledges
    this.#deltas = deltas
    this.#cutsAtMs = cutsAtMs ?? null
  }

  get rateHz(): number {
    return this.#dialect === '16k' ? 16_000 : 24_000
  }

  greeting(): string {
    return JSON.stringify({ type: this.#dialect === 'openai-beta' ? 'transcription_session.created' : 'session.created', session: { id: this.#name } })
  }

  /** Answers at once, and what comes later: one list for each item, which may be sent in any order. */
  receive(text: string): { readonly now: string[], readonly later: string[][] } {
    const message = JSON.parse(text) as Message
    switch (message['type']) {
      case 'session.update': return this.#configure(this.#dialect !== 'openai-beta' && this.#isSetUp(message))
      case 'transcription_session.update': return this.#configure(this.#dialect === 'openai-beta')
      case 'input_audio_buffer.append': return this.#append(String(message['audio']))
      case 'input_audio_buffer.commit': return this.#dialect === '16k' ? this.#commit16k(message) : this.#commit()
      default: return this.#error(`Unknown event type: ${String(message['type'])}`, 'unknown_event')
    }
  }

  #isSetUp(message: Message): boolean {
    if (this.#dialect === '16k')
      return typeof message['model'] === 'string'
    const session = message['session'] as { readonly type?: string, readonly audio?: { readonly input?: { readonly format?: { readonly rate?: number }, readonly turn_detection?: unknown, readonly transcription?: { readonly model?: string } } } } | undefined
    const input = session?.audio?.input
    return session?.type === 'transcription' && input?.format?.rate === 24_000 && input.turn_detection === null && typeof input.transcription?.model === 'string'
  }

  #configure(isGood: boolean): { now: string[], later: string[][] } {
    if (!isGood)
      return this.#error('Invalid session', 'invalid_session')
    this.#configured = true
    return { now: [JSON.stringify({ type: 'session.updated' })], later: [] }
  }

  #append(audio: string): { now: string[], later: string[][] } {
    if (!this.#configured || (this.#dialect === '16k' && !this.#started))
      return this.#error('The session is not set up', 'not_configured')
    const bytes = Buffer.from(audio, 'base64')
    this.#buffer.push(Int16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readInt16LE(i * 2)))
    const at = this.#cutsAtMs === null ? -1 : this.#pauseEnd(this.#cutsAtMs)
    return at < 0 ? { now: [], later: [] } : this.#makeItem(this.#take())
  }

  #pauseEnd(ms: number): number {
    const all = Int16Array.from(this.#buffer.flatMap(block => [...block]))
    const tail = all.subarray(-Math.round(ms / 1000 * this.rateHz))
    return tail.length >= Math.round(ms / 1000 * this.rateHz) && tail.every(sample => Math.abs(sample) < 300) && hear(all, this.rateHz).length > 0 ? all.length : -1
  }

  #take(): Int16Array {
    const all = Int16Array.from(this.#buffer.flatMap(block => [...block]))
    this.#buffer = []
    return all
  }

  #commit(): { now: string[], later: string[][] } {
    const sound = this.#take()
    if (sound.length / this.rateHz * 1000 < 100)
      return { now: [JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code: 'input_audio_buffer_commit_empty', message: 'Error committing input audio buffer: buffer too small.' } })], later: [] }
    return this.#makeItem(sound)
  }

  #makeItem(sound: Int16Array): { now: string[], later: string[][] } {
    const id = `item_${this.#name}_${this.#items++}`
    const words = hear(sound, this.rateHz)
    const prefix = 'conversation.item.input_audio_transcription'
    const text = words.join(' ')
    return {
      now: this.#acknowledges
        ? [JSON.stringify({ type: 'input_audio_buffer.committed', item_id: id }), JSON.stringify({ type: 'conversation.item.created', item: { id, type: 'message' } })]
        : [],
      later: [[
        ...(this.#deltas ? words.map((word, i) => JSON.stringify({ type: `${prefix}.delta`, item_id: id, content_index: 0, delta: i === 0 ? word : ` ${word}` })) : []),
        JSON.stringify({ type: `${prefix}.completed`, item_id: id, content_index: 0, transcript: text }),
      ]],
    }
  }

  #commit16k(message: Message): { now: string[], later: string[][] } {
    if (!this.#configured)
      return this.#error('Model not validated', 'model_not_validated')
    if (message['final'] !== true) {
      this.#started = true
      return { now: [], later: [] }
    }
    this.#started = false
    const words = hear(this.#take(), this.rateHz)
    return {
      now: [],
      later: [[
        ...words.map((word, i) => JSON.stringify({ type: 'transcription.delta', delta: i === 0 ? word : ` ${word}` })),
        JSON.stringify({ type: 'transcription.done', text: words.join(' '), usage: { total_tokens: 1 } }),
      ]],
    }
  }

  #error(message: string, code: string): { now: string[], later: string[][] } {
    const error = this.#dialect === '16k' ? { type: 'error', error: message, code } : { type: 'error', error: { type: 'invalid_request_error', code, message } }
    return { now: [JSON.stringify(error)], later: [] }
  }
}
