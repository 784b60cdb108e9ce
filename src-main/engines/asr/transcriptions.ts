import type { AsrEngine, AsrEvent, AsrOptions } from '../../ports/asr-engine'
import type { AudioFrame } from '../../ports/audio-frame'
import type { Clock } from '../../ports/clock'
import type { ServiceClient } from '../connection/service-client'
import type { TakePart } from './take-cutter'
import { abortReason } from '../../lib/abort'
import { BoundedQueue } from '../../lib/bounded-queue'
import { joinTexts } from '../../lib/join-texts'
import { pullFrom } from '../../lib/pull-from'
import { WAV_HEADER_BYTES } from '../../lib/wav-format'
import { ASR_RATE_HZ } from '../../ports/audio-frame'
import { PieceUpload } from './piece-upload'
import { TakeCutter } from './take-cutter'
import { isLoud, lengthMs, RateConverter } from './take-sound'

export interface TranscriptionsEngineOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly model: string
  /** The text comes as it is made (`stream=true`), and is told as partial texts. */
  readonly stream?: boolean
  /** The sound is sent while it is spoken. Not every server takes a body, or a WAV, whose size is not said beforehand. */
  readonly uploadWhileSpeaking?: boolean
  /** From the last byte of the sound to the first of the text; half of the sound's length is granted besides. */
  readonly firstByteMs?: number
  readonly betweenMs?: number
  /** From the deadline of the first byte to the last one; half of the sound's length is granted besides. */
  readonly wholeMs?: number
  /** Of a whole request. Longer takes are sent in pieces. */
  readonly maxFileBytes?: number
}

/** What the protocol takes; servers count all of the request. */
const MAX_FILE_BYTES = 25 * 1024 * 1024
/** What stands around the sound: its header, and the other fields of the form. */
const FORM_BYTES = WAV_HEADER_BYTES + 4096
const FIRST_BYTE_MS = 20_000
const BETWEEN_MS = 15_000
const WHOLE_MS = 30_000
/** Partial texts that nobody has taken yet; the oldest are of no use any more. */
const MOST_EVENTS = 1024

/**
 * A recogniser by any service that speaks OpenAI's `POST /audio/transcriptions`. One attempt. It has no voice detector,
 * so it tells neither `speech-start` nor `speech-end`; a take in which nothing rises above silence is not sent.
 */
export function createTranscriptionsEngine(options: TranscriptionsEngineOptions): AsrEngine {
  return {
    id: `${options.client.endpoint.id}:${options.model}`,
    async* transcribe(frames, asr) {
      asr.signal.throwIfAborted()
      const take = new UploadedTake(options, asr)
      try {
        yield* take.events(frames)
      }
      finally {
        take.close()
      }
    },
  }
}

class UploadedTake {
  readonly #options: TranscriptionsEngineOptions
  readonly #asr: AsrOptions
  readonly #controller = new AbortController()
  readonly #onAbort: () => void
  readonly #events = new BoundedQueue<AsrEvent>(MOST_EVENTS)
  readonly #converter = new RateConverter(ASR_RATE_HZ)
  readonly #cutter: TakeCutter
  readonly #pieces: PieceUpload[] = []
  #open: PieceUpload | null = null
  #speechMs = 0
  #told = ''

  constructor(options: TranscriptionsEngineOptions, asr: AsrOptions) {
    this.#options = options
    this.#asr = asr
    this.#onAbort = () => this.#controller.abort(asr.signal.reason)
    asr.signal.addEventListener('abort', this.#onAbort, { once: true })
    const { maxFileBytes = MAX_FILE_BYTES } = options
    this.#cutter = new TakeCutter({ rateHz: ASR_RATE_HZ, maxMs: (maxFileBytes - FORM_BYTES) / 2 / ASR_RATE_HZ * 1000 })
  }

  async* events(frames: AsyncIterable<AudioFrame>): AsyncGenerator<AsrEvent, void, undefined> {
    this.#run(frames).then(() => this.#events.end(), (error: unknown) => this.#events.fail(error))
    yield* this.#events.consume(this.#asr.signal)
  }

  close(): void {
    this.#asr.signal.removeEventListener('abort', this.#onAbort)
    this.#controller.abort(abortReason('the take is over'))
  }

  async #run(frames: AsyncIterable<AudioFrame>): Promise<void> {
    for await (const frame of pullFrom(frames, this.#controller.signal)) {
      if (isLoud(frame.samples))
        this.#speechMs += lengthMs(frame)
      this.#give(this.#cutter.push(this.#converter.push(frame)))
    }
    this.#give(this.#cutter.push(this.#converter.flush()))
    this.#give(this.#cutter.end())
    await this.#tell()
  }

  #give(parts: readonly TakePart[]): void {
    for (const { samples, last } of parts) {
      this.#open ??= this.#begin()
      this.#open.push(samples)
      if (!last)
        continue
      this.#open.finish()
      this.#open = null
    }
  }

  #begin(): PieceUpload {
    const { client, clock, model, stream = false, uploadWhileSpeaking = false, firstByteMs = FIRST_BYTE_MS, betweenMs = BETWEEN_MS, wholeMs = WHOLE_MS } = this.#options
    const piece = new PieceUpload({
      client,
      clock,
      model,
      language: this.#asr.language,
      stream,
      whileSpeaking: uploadWhileSpeaking,
      firstByteMs,
      betweenMs,
      wholeMs,
      rateHz: ASR_RATE_HZ,
      signal: this.#controller.signal,
      onText: () => this.#tellPartial(),
    })
    this.#pieces.push(piece)
    // One that fails ends the take at once: nobody waits for the others in vain.
    piece.text.catch((error: unknown) => this.#events.fail(error))
    return piece
  }

  /** In the order of the pieces: what a later one has heard waits for the earlier one. */
  #tellPartial(): void {
    const doneCount = this.#pieces.findIndex(({ done }) => !done)
    const told = doneCount < 0 ? this.#pieces : this.#pieces.slice(0, doneCount + 1)
    const text = joinTexts(told.map(({ live }) => live))
    if (text === this.#told)
      return
    this.#told = text
    const stable = joinTexts(told.filter(({ done }) => done).map(({ live }) => live))
    this.#events.push({ type: 'partial', text, stableChars: stable.length, settled: false })
  }

  async #tell(): Promise<void> {
    const texts: string[] = []
    let startMs = 0
    for (const piece of this.#pieces) {
      const text = (await piece.text).trim()
      const endMs = startMs + piece.lengthMs
      if (text !== '')
        this.#events.push({ type: 'phrase', text, index: texts.length, startMs, endMs })
      if (text !== '')
        texts.push(text)
      startMs = endMs
    }
    this.#events.push({ type: 'final', text: joinTexts(texts), speechMs: this.#speechMs })
  }
}
