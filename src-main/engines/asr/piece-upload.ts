import type { Clock } from '../../ports/clock'
import type { Deadlines } from '../connection/deadlines'
import type { ServiceClient, ServiceReply } from '../connection/service-client'
import { Buffer } from 'node:buffer'
import { abortReason } from '../../lib/abort'
import { AppError } from '../../lib/app-error'
import { BoundedQueue } from '../../lib/bounded-queue'
import { pcmBytes, wavHeader } from '../../lib/wav-format'
import { createMultipart } from './multipart'
import { isLoud } from './take-sound'
import { TranscriptBody } from './transcript-body'

export interface PieceUploadOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly model: string
  readonly language: string | undefined
  /** The text is asked for as it is made. */
  readonly stream: boolean
  /** The piece is sent while it is spoken, its size unsaid. */
  readonly whileSpeaking: boolean
  readonly firstByteMs: number
  readonly betweenMs: number
  readonly wholeMs: number
  readonly rateHz: number
  readonly signal: AbortSignal
  /** More of the text is there. */
  readonly onText: () => void
}

/** Recognisers on a slow processor need so much of the sound's length. */
const WORK_SHARE = 0.5
/** setTimeout counts to 2³¹. */
const NEVER_MS = 2_000_000_000
/** 20 ms: how loudness is looked for. */
const WINDOW_MS = 20
/** Of a take no bytes are dropped: a queue that could fill would be a take of days. */
const MOST_PARTS = 1_000_000

/** One request to `/audio/transcriptions`: a piece of a take in, its text out. Silence is not sent. */
export class PieceUpload {
  /** Rejects with the signal's reason or an `AppError`; without a listener nothing happens. */
  readonly text: Promise<string>
  readonly #options: PieceUploadOptions
  readonly #controller = new AbortController()
  #parts: Int16Array[] = []
  #samples = 0
  #loud = false
  #body: TranscriptBody | null = null
  #final: string | null = null
  #queue: BoundedQueue<Uint8Array> | null = null
  #finished = false
  #over = false
  #cancelNear = (): void => {}
  #cancelWhole = (): void => {}
  #settle: { readonly resolve: (text: string) => void, readonly reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} }

  constructor(options: PieceUploadOptions) {
    this.#options = options
    this.text = new Promise((resolve, reject) => {
      const settle = (text: string): void => {
        this.#final = text
        resolve(text)
      }
      this.#settle = { resolve: settle, reject }
    })
    this.text.catch(() => {})
  }

  /** What was heard so far. */
  get live(): string {
    return this.#final ?? this.#body?.live ?? ''
  }

  get done(): boolean {
    return this.#final !== null
  }

  get lengthMs(): number {
    return this.#samples / this.#options.rateHz * 1000
  }

  push(samples: Int16Array): void {
    this.#samples += samples.length
    this.#loud ||= hasVoice(samples, this.#options.rateHz)
    if (this.#queue) {
      this.#queue.push(pcmBytes(samples))
      return
    }
    this.#parts.push(samples)
    if (this.#options.whileSpeaking && this.#loud)
      this.#open()
  }

  /** The piece is whole. */
  finish(): void {
    if (!this.#loud) {
      this.#settle.resolve('')
      return
    }
    if (this.#queue) {
      this.#queue.end()
      this.#finished = true
      if (!this.#over)
        this.#watchFromHere()
      return
    }
    const parts = this.#take()
    const form = this.#form()
    const body = Buffer.concat([form.head, wavHeader(this.#samples * 2, this.#options.rateHz), ...parts.map(pcmBytes), form.tail])
    this.#ask(body, form.contentType, this.#deadlines())
  }

  #open(): void {
    const queue = new BoundedQueue<Uint8Array>(MOST_PARTS, 'reject')
    this.#queue = queue
    const form = this.#form()
    queue.push(form.head)
    queue.push(wavHeader(Infinity, this.#options.rateHz))
    for (const part of this.#take())
      queue.push(pcmBytes(part))
    const signal = this.#signal()
    const { permit } = this.#options.client
    async function* body(): AsyncGenerator<Uint8Array> {
      for await (const bytes of queue.consume(signal)) {
        // What may be sent can change while one speaks.
        permit()
        yield bytes
      }
      yield form.tail
    }
    // As long as it is spoken nothing can be late; then the deadlines are kept here.
    this.#ask(body(), form.contentType, { firstByteMs: NEVER_MS, betweenMs: NEVER_MS, wholeMs: NEVER_MS })
  }

  #take(): Int16Array[] {
    const parts = this.#parts
    this.#parts = []
    return parts
  }

  #form(): ReturnType<typeof createMultipart> {
    const { model, language, stream } = this.#options
    return createMultipart({
      fields: {
        model,
        response_format: 'json',
        ...(language !== undefined && { language: baseLanguage(language) }),
        ...(stream && { stream: 'true' }),
      },
      file: { field: 'file', name: 'take.wav', type: 'audio/wav' },
    })
  }

  #deadlines(): Deadlines {
    const { firstByteMs, betweenMs, wholeMs } = this.#options
    const firstMs = firstByteMs + this.lengthMs * WORK_SHARE
    return { firstByteMs: firstMs, betweenMs, wholeMs: firstMs + wholeMs + this.lengthMs * WORK_SHARE }
  }

  #watchFromHere(): void {
    const { firstByteMs, wholeMs } = this.#deadlines()
    this.#cancelNear = this.#expireAfter(firstByteMs, 'firstByte')
    this.#cancelWhole = this.#expireAfter(wholeMs, 'whole')
  }

  #expireAfter(ms: number, deadline: 'firstByte' | 'between' | 'whole'): () => void {
    const { clock, client } = this.#options
    const service = client.endpoint.name
    return clock.after(ms, () => this.#controller.abort(
      new AppError('timeout', `${service} was not done within ${Math.round(ms)} ms.`, { retryable: true, params: { service, deadline } }),
    ))
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#options.signal, this.#controller.signal])
  }

  #ask(body: Uint8Array | AsyncIterable<Uint8Array>, contentType: string, deadlines: Deadlines): void {
    const { client, stream } = this.#options
    client.request({
      method: 'POST',
      path: '/audio/transcriptions',
      headers: { 'content-type': contentType },
      body,
      accept: stream ? 'text/event-stream, application/json' : 'application/json, text/plain',
      signal: this.#signal(),
      deadlines,
    }).then(async reply => await this.#read(reply)).then(this.#settle.resolve, this.#settle.reject).finally(() => {
      this.#over = true
      this.#cancelNear()
      this.#cancelWhole()
      // Nothing more of the body is wanted.
      this.#controller.abort(abortReason('the piece is over'))
    })
  }

  async #read(reply: ServiceReply): Promise<string> {
    using open = reply
    const body = new TranscriptBody({ service: this.#options.client.endpoint.name, contentType: open.contentType })
    this.#body = body
    let live = ''
    for await (const bytes of open.chunks()) {
      this.#cancelNear()
      if (this.#finished)
        this.#cancelNear = this.#expireAfter(this.#options.betweenMs, 'between')
      body.push(bytes)
      if (body.done) {
        open.release()
        break
      }
      if (body.live !== live) {
        live = body.live
        this.#options.onText()
      }
    }
    return body.end()
  }
}

function hasVoice(samples: Int16Array, rateHz: number): boolean {
  const window = Math.max(1, Math.round(rateHz * WINDOW_MS / 1000))
  for (let at = 0; at < samples.length; at += window) {
    if (isLoud(samples.subarray(at, at + window)))
      return true
  }
  return false
}

/** The protocol takes ISO 639-1 (`en`), settings hold BCP 47 (`en-GB`). */
function baseLanguage(language: string): string {
  return language.split(/[-_]/, 1)[0]?.toLowerCase() ?? language
}
