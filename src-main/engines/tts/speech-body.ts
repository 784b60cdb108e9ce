import type { StreamEvent } from '../stream/event-decoder'
import type { SoundBlock } from './wav-stream'
import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { envelopeError, serviceError } from '../connection/service-failure'
import { createEventDecoder } from '../stream/event-decoder'
import { WavStream } from './wav-stream'

export interface SpeechBodyOptions {
  /** Name of the service, for messages. */
  readonly service: string
  /** As in the header, with its parameters (`audio/pcm;rate=24000`); it is believed only where the bytes do not say something else. */
  readonly contentType: string
  /** More sound than this is no answer to the text that was asked for. */
  readonly maxSoundMs: number
}

/** What `response_format: pcm` is by the protocol, when nothing says otherwise: 16 bit, mono, little-endian. */
const PCM_RATE_HZ = 24_000
/** So many bytes tell what they are. */
const PROBE_BYTES = 16
const MAX_JSON_BYTES = 1024 * 1024
/** All the sound of a request may come in one event. */
const MAX_EVENT_CHARS = 48 * 1024 * 1024

/** Forms of sound that are not asked for, by their first bytes: played as samples they would be noise. */
const COMPRESSED: readonly (readonly [name: string, begins: RegExp])[] = [
  ['MP3', /^ID3/],
  ['Ogg', /^OggS/],
  ['FLAC', /^fLaC/],
  ['MP4', /^.{4}ftyp/s],
  // eslint-disable-next-line no-control-regex -- the mark has a control character
  ['WebM', /^\x1A\x45\xDF\xA3/],
]
/** An MP3 or AAC frame has too short a mark to be told from samples without the service saying it too. */
const COMPRESSED_TYPE = /^audio\/(?:mpeg|mp3|aac|x-aac)/
const FRAME_MARK = /^\xFF[\xE2-\xFB]/

const speechEvent = z.looseObject({
  type: z.string().optional(),
  audio: z.string().nullish(),
  delta: z.string().nullish(),
  error: z.unknown().optional(),
})

/** The body of a reply to `/audio/speech`, from bytes to sound, in whichever form it comes. Pure. Throws `AppError`. */
export class SpeechBody {
  readonly #service: string
  readonly #type: string
  readonly #rateHz: number
  readonly #maxSoundMs: number
  readonly #events = createEventDecoder({ maxEventChars: MAX_EVENT_CHARS })
  #form: 'unknown' | 'sound' | 'events' | 'json' = 'unknown'
  #probe = Buffer.alloc(0)
  #json = ''
  readonly #jsonText = new TextDecoder()
  #sound: SoundReader | null = null
  #soundMs = 0
  #done = false

  constructor({ service, contentType, maxSoundMs }: SpeechBodyOptions) {
    this.#service = service
    this.#type = contentType.trim().toLowerCase()
    const rateHz = Number(/;\s*(?:sample[-_]?)?rate=["']?(\d+)/.exec(this.#type)?.[1] ?? Number.NaN)
    this.#rateHz = rateHz >= 4000 && rateHz <= 192_000 ? rateHz : PCM_RATE_HZ
    this.#maxSoundMs = maxSoundMs
    if (/^(?:text\/html|image\/|video\/)/.test(this.#type))
      throw this.#noSound()
  }

  /** The service said that this is all. */
  get done(): boolean {
    return this.#done
  }

  /** Length of what came so far. */
  get soundMs(): number {
    return this.#soundMs
  }

  /** What came before a failure is given out before it is thrown. */
  * push(bytes: Uint8Array): Generator<SoundBlock, void, undefined> {
    if (this.#form === 'unknown') {
      this.#probe = Buffer.concat([this.#probe, bytes])
      if (this.#probe.length >= PROBE_BYTES)
        yield* this.#decide()
      return
    }
    yield* this.#read(bytes)
  }

  /** After the last byte. Without any sound it is a failure, and so is a stream of events without its end. */
  * end(): Generator<SoundBlock, void, undefined> {
    if (this.#form === 'unknown' && this.#probe.length > 0)
      yield* this.#decide()
    if (this.#form === 'json')
      throw this.#errorIn(this.#json + this.#jsonText.decode())
    if (this.#form === 'events') {
      for (const event of this.#events.end())
        yield* this.#event(event)
    }
    yield* this.#flush()
    if (this.#soundMs === 0)
      throw serviceError('service-failed', `${this.#service} sent no sound.`, { service: this.#service })
    if (this.#form === 'events' && !this.#done)
      throw serviceError('service-failed', `${this.#service} broke off in the middle of the sound.`, { service: this.#service })
  }

  * #decide(): Generator<SoundBlock, void, undefined> {
    const start = this.#probe.toString('latin1', 0, PROBE_BYTES)
    const text = start.trimStart()
    const compressed = COMPRESSED.find(([, begins]) => begins.test(start))?.[0] ?? (COMPRESSED_TYPE.test(this.#type) && FRAME_MARK.test(start) ? 'MP3 or AAC' : undefined)
    if (compressed !== undefined)
      throw serviceError('service-reply', `${this.#service} sent ${compressed} instead of samples. Choose another format in the service's settings.`, { service: this.#service })
    if (/^<(?:!doctype|html|\?xml|head|body)/i.test(text))
      throw this.#noSound()
    this.#form = this.#formOf(text)
    const probe = this.#probe
    this.#probe = Buffer.alloc(0)
    yield* this.#read(probe)
  }

  #formOf(start: string): 'sound' | 'events' | 'json' {
    if (/^\{\s*(?:["}]|$)/.test(start))
      return 'json'
    if (/^(?:RIFF|RF64)/.test(start))
      return 'sound'
    if (/^text\/event-stream/.test(this.#type) || /^(?:data|event|id|retry): ?|^: /.test(start))
      return 'events'
    // A text in any other form is an error that somebody wrote by hand: never noise.
    return /^text\/|\bjson\b/.test(this.#type) ? 'json' : 'sound'
  }

  * #read(bytes: Uint8Array): Generator<SoundBlock, void, undefined> {
    if (this.#form === 'sound')
      return yield* this.#samples(bytes)
    if (this.#form === 'json') {
      this.#json += this.#jsonText.decode(bytes, { stream: true })
      if (this.#json.length > MAX_JSON_BYTES)
        throw this.#noSound()
      return
    }
    for (const event of this.#events.push(bytes))
      yield* this.#event(event)
  }

  * #event({ type, data, cut }: StreamEvent): Generator<SoundBlock, void, undefined> {
    if (this.#done || data.trim() === '')
      return
    if (data.trim() === '[DONE]') {
      this.#done = true
      return
    }
    const event = this.#parse(type, data, cut)
    if (event === null)
      return
    if (event.error != null || type === 'error' || event.type === 'error')
      throw envelopeError(event.error ?? event, this.#service)
    const name = event.type ?? type ?? ''
    const audio = event.audio ?? event.delta
    if (typeof audio === 'string')
      yield* this.#samples(Buffer.from(audio, 'base64'))
    if (name.endsWith('.done'))
      this.#done = true
  }

  /** Null: it was cut, as the stream was. */
  #parse(type: string | null, data: string, cut: boolean): z.infer<typeof speechEvent> | null {
    try {
      const value = JSON.parse(data) as unknown
      return typeof value === 'string' ? { error: value } : speechEvent.parse(value)
    }
    catch (error) {
      if (cut)
        return null
      if (type === 'error')
        throw envelopeError(data, this.#service)
      throw serviceError('service-reply', `${this.#service} sent an event that cannot be read.`, { service: this.#service, cause: error })
    }
  }

  * #samples(bytes: Uint8Array): Generator<SoundBlock, void, undefined> {
    this.#sound ??= new SoundReader(this.#rateHz)
    for (const block of this.#sound.push(bytes))
      yield this.#bounded(block)
  }

  * #flush(): Generator<SoundBlock, void, undefined> {
    for (const block of this.#sound?.end() ?? [])
      yield this.#bounded(block)
  }

  #bounded(block: SoundBlock): SoundBlock {
    this.#soundMs += block.samples.length / block.sampleRate * 1000
    if (this.#soundMs > this.#maxSoundMs)
      throw serviceError('too-large', `${this.#service} sent more than ${Math.round(this.#maxSoundMs / 1000)} s of sound for one piece of text.`, { service: this.#service })
    return block
  }

  #errorIn(text: string): Error {
    try {
      const value = JSON.parse(text) as { readonly error?: unknown, readonly message?: unknown, readonly detail?: unknown } | null
      const error = value?.error ?? value?.message ?? value?.detail
      return error == null ? this.#noSound() : envelopeError(error, this.#service)
    }
    catch {
      return this.#noSound()
    }
  }

  #noSound(): Error {
    return serviceError('service-reply', `${this.#service} answered with a text or a page where sound should be. Check its address.`, { service: this.#service })
  }
}

/** Samples with or without a WAV header in front: which of the two is told by the first four bytes. */
class SoundReader {
  readonly #rateHz: number
  #start = Buffer.alloc(0)
  #wav: WavStream | null = null
  #raw = false
  /** Half a sample. */
  #odd: number | null = null

  constructor(rateHz: number) {
    this.#rateHz = rateHz
  }

  push(bytes: Uint8Array): SoundBlock[] {
    if (this.#wav)
      return this.#wav.push(bytes)
    if (this.#raw)
      return this.#read(bytes)
    this.#start = Buffer.concat([this.#start, bytes])
    const probe = this.#start.toString('latin1', 0, 4)
    if (this.#start.length < 4 && ('RIFF'.startsWith(probe) || 'RF64'.startsWith(probe)))
      return []
    const start = this.#start
    this.#start = Buffer.alloc(0)
    if (probe === 'RIFF' || probe === 'RF64') {
      this.#wav = new WavStream()
      return this.#wav.push(start)
    }
    this.#raw = true
    return this.#read(start)
  }

  end(): SoundBlock[] {
    return this.#wav ? this.#wav.end() : this.#read(this.#start)
  }

  #read(bytes: Uint8Array): SoundBlock[] {
    const whole = this.#odd === null ? Buffer.from(bytes) : Buffer.concat([Uint8Array.of(this.#odd), bytes])
    this.#odd = whole.length % 2 === 0 ? null : whole.at(-1) ?? null
    const samples = new Int16Array(whole.length >> 1)
    for (let i = 0; i < samples.length; i++)
      samples[i] = whole.readInt16LE(i * 2)
    return samples.length === 0 ? [] : [{ samples, sampleRate: this.#rateHz }]
  }
}
