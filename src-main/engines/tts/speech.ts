import type { Clock } from '../../ports/clock'
import type { SpeechChunk, SpeechPiece, TtsEngine, TtsOptions } from '../../ports/tts-engine'
import type { Deadlines } from '../connection/deadlines'
import type { ServiceClient, ServiceReply } from '../connection/service-client'
import type { SoundBlock } from './wav-stream'
import { pullFrom } from '../../lib/pull-from'
import { SpeechBody } from './speech-body'
import { cutAtWords } from './text-cuts'

export interface SpeechEngineOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly model: string
  readonly voice: string
  /** How the sound is asked for; what comes is told by its bytes. `sse`: samples inside of server-sent events. */
  readonly format?: 'pcm' | 'wav' | 'sse'
  readonly firstByteMs?: number
  readonly betweenMs?: number
}

/** By the protocol no request may have more. */
export const MAX_REQUEST_CHARS = 4096
const FIRST_BYTE_MS = 15_000
/** Longer than any voice needs for a sentence on a laptop's processor; until then the listener has silence. */
const BETWEEN_MS = 4_000
/** So much sound is enough to begin with; less is not given out, unless it is the last. */
const FIRST_SOUND_MS = 40
/** Voices say a character in about 66 ms; digits and abbreviations are several words. */
const LONGEST_MS_PER_CHAR = 300
const LONGEST_PAUSE_MS = 30_000
/** What a piece without a sound is said to have. */
const USUAL_RATE_HZ = 24_000

/**
 * A voice by any service that speaks OpenAI's `POST /audio/speech`: one request a piece, in order. One attempt each.
 * A stream that is cut throws after what came; a reply without sound is a failure.
 */
export function createSpeechEngine(options: SpeechEngineOptions): TtsEngine {
  const { client, model, voice } = options
  return {
    id: `${client.endpoint.id}:${model}:${voice}`,
    async* synthesize(pieces, tts) {
      tts.signal.throwIfAborted()
      for await (const piece of pullFrom(pieces, tts.signal))
        yield* speak(options, piece, tts)
    },
  }
}

async function* speak(options: SpeechEngineOptions, { index, text }: SpeechPiece, tts: TtsOptions): AsyncGenerator<SpeechChunk, void, undefined> {
  const joined = new ChunkJoiner(index)
  for (const part of cutAtWords(text, MAX_REQUEST_CHARS)) {
    if (!isPronounceable(part))
      continue
    try {
      for await (const block of soundOf(options, part, tts)) {
        yield* joined.push(block)
        tts.signal.throwIfAborted()
      }
    }
    catch (error) {
      if (!tts.signal.aborted)
        yield* joined.rest()
      throw error
    }
  }
  yield joined.last()
}

/** The sound of one request. */
async function* soundOf(options: SpeechEngineOptions, text: string, { signal, speed = 1 }: TtsOptions): AsyncGenerator<SoundBlock, void, undefined> {
  const maxSoundMs = LONGEST_PAUSE_MS + text.length * LONGEST_MS_PER_CHAR / speed
  using reply = await request(options, text, speed, signal, maxSoundMs)
  const body = new SpeechBody({ service: options.client.endpoint.name, contentType: reply.header('content-type') ?? '', maxSoundMs })
  for await (const bytes of reply.chunks()) {
    yield* body.push(bytes)
    if (body.done) {
      reply.release()
      break
    }
  }
  yield* body.end()
}

async function request(options: SpeechEngineOptions, text: string, speed: number, signal: AbortSignal, maxSoundMs: number): Promise<ServiceReply> {
  const { client, model, voice, format = 'pcm' } = options
  const asEvents = format === 'sse'
  const body = JSON.stringify({
    model,
    voice,
    input: text,
    response_format: asEvents ? 'pcm' : format,
    ...(asEvents && { stream_format: 'sse' }),
    ...(speed !== 1 && { speed }),
  })
  return await client.request({
    method: 'POST',
    path: '/audio/speech',
    headers: { 'content-type': 'application/json' },
    body,
    accept: asEvents ? 'text/event-stream, audio/*' : 'audio/*, application/octet-stream',
    signal,
    deadlines: deadlinesFor(options, maxSoundMs),
  })
}

function deadlinesFor({ firstByteMs = FIRST_BYTE_MS, betweenMs = BETWEEN_MS }: SpeechEngineOptions, maxSoundMs: number): Deadlines {
  // It may be read as slowly as it is heard.
  return { firstByteMs, betweenMs, wholeMs: firstByteMs + betweenMs + maxSoundMs }
}

/** Sound in chunks of 40 ms or more: enough to begin with, and never held longer than that. */
class ChunkJoiner {
  readonly #pieceIndex: number
  #held: Int16Array[] = []
  #heldSamples = 0
  #sampleRate = USUAL_RATE_HZ

  constructor(pieceIndex: number) {
    this.#pieceIndex = pieceIndex
  }

  * push({ samples, sampleRate }: SoundBlock): Generator<SpeechChunk, void, undefined> {
    if (sampleRate !== this.#sampleRate)
      yield* this.rest()
    this.#sampleRate = sampleRate
    this.#held.push(samples)
    this.#heldSamples += samples.length
    if (this.#heldSamples / sampleRate * 1000 >= FIRST_SOUND_MS)
      yield* this.rest()
  }

  * rest(): Generator<SpeechChunk, void, undefined> {
    if (this.#heldSamples > 0)
      yield this.#take(false)
  }

  last(): SpeechChunk {
    return this.#take(true)
  }

  #take(last: boolean): SpeechChunk {
    const samples = new Int16Array(this.#heldSamples)
    let at = 0
    for (const part of this.#held) {
      samples.set(part, at)
      at += part.length
    }
    this.#held = []
    this.#heldSamples = 0
    return { samples, sampleRate: this.#sampleRate, pieceIndex: this.#pieceIndex, last }
  }
}

/** Anything a voice could say: a letter, a digit, or a sign that has a name. */
function isPronounceable(text: string): boolean {
  return /[\p{L}\p{N}\p{S}]/u.test(text)
}
