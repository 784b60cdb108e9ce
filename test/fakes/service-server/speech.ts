import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../../../src-main/lib/app-error'
import type { Answer } from './answer'
import type { Listening, ListenOptions } from './listen'
import { Buffer } from 'node:buffer'
import { sendAnswer } from './answer'
import { listen } from './listen'

/** What a speech service sends, by name: every shape that real services were seen to send, written by us. */
export interface SpeechScript {
  readonly contentType: string
  readonly body: Uint8Array
  /** The sound it is, and at which rate; what came before a failure, when there is one. */
  readonly means: { readonly samples: Int16Array, readonly sampleRate: number }
  readonly failure?: ErrorCode
}

/** A sound whose samples are all different from their neighbours: a lost or doubled byte changes it. */
export function tone(count: number, seed = 7): Int16Array {
  return Int16Array.from({ length: count }, (_, i) => Math.round(9000 * Math.sin(i * 0.05 + seed)) + (i % 17))
}

function bytesOf(samples: Int16Array): Buffer {
  const bytes = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, i * 2))
  return bytes
}

export interface WavOptions {
  readonly rate?: number
  readonly channels?: number
  readonly bits?: 8 | 16 | 24 | 32
  readonly tag?: number
  readonly extensible?: boolean
  /** As it stands in the header; absent: the true size. */
  readonly size?: number
  readonly before?: readonly Buffer[]
}

export function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

/** A WAV file around `data`. */
export function wav(data: Buffer, { rate = 22_050, channels = 1, bits = 16, tag = 1, extensible = false, size, before = [] }: WavOptions = {}): Buffer {
  const format = Buffer.alloc(extensible ? 40 : 16)
  format.writeUInt16LE(extensible ? 0xFFFE : tag, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt32LE(rate * channels * bits / 8, 8)
  format.writeUInt16LE(channels * bits / 8, 12)
  format.writeUInt16LE(bits, 14)
  if (extensible) {
    format.writeUInt16LE(22, 16)
    format.writeUInt16LE(bits, 18)
    format.writeUInt16LE(tag, 24)
  }
  const head = Buffer.alloc(12)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(size ?? 36 + data.length, 4)
  head.write('WAVE', 8, 'latin1')
  const sound = chunk('data', data)
  sound.writeUInt32LE(size ?? data.length, 4)
  return Buffer.concat([head, chunk('fmt ', format), ...before, sound])
}

function audioEvents(parts: readonly Buffer[], done = true): Buffer {
  const events = parts.map(part => ({ type: 'speech.audio.delta', audio: part.toString('base64') }) as Record<string, unknown>)
  if (done)
    events.push({ type: 'speech.audio.done', usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 } })
  return Buffer.from(events.map(event => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join(''))
}

function cutAt(bytes: Buffer, ...places: number[]): Buffer[] {
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length))
}

const SOUND = tone(2400)
const PCM = bytesOf(SOUND)
const SSE = 'text/event-stream'
const heard = (samples: Int16Array, sampleRate: number): SpeechScript['means'] => ({ samples, sampleRate })
const nothing = heard(new Int16Array(0), 0)
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

const stereo = Buffer.concat([...SOUND].map(sample => bytesOf(Int16Array.of(sample, sample))))
function wide(bytes: 3 | 4): Buffer {
  return Buffer.concat([...SOUND].map((sample) => {
    const wideSample = Buffer.alloc(bytes)
    wideSample.writeIntLE(sample * 2 ** ((bytes - 2) * 8), 0, bytes)
    return wideSample
  }))
}
const eight = Buffer.from([...SOUND].map(sample => Math.floor(sample / 256) + 128))
const EIGHT_SOUND = Int16Array.from(SOUND, sample => Math.floor(sample / 256) * 256)
const float = Buffer.concat([...SOUND].map((sample) => {
  const value = Buffer.alloc(4)
  value.writeFloatLE(sample / 32768)
  return value
}))
const tags = chunk('LIST', Buffer.from('INFOISFT\x05\0\0\0Lavf\0'))

export const SPEECH_SCRIPTS: Readonly<Record<string, SpeechScript>> = {
  'pcm': { contentType: 'audio/pcm', body: PCM, means: heard(SOUND, 24_000) },
  'pcm called bytes': { contentType: 'application/octet-stream', body: PCM, means: heard(SOUND, 24_000) },
  'pcm called MP3': { contentType: 'audio/mpeg', body: PCM, means: heard(SOUND, 24_000) },
  'pcm without a type': { contentType: '', body: PCM, means: heard(SOUND, 24_000) },
  'pcm with its rate in the type': { contentType: 'audio/pcm; rate=16000; channels=1', body: PCM, means: heard(SOUND, 16_000) },
  'pcm with an odd byte at the end': { contentType: 'audio/pcm', body: Buffer.concat([PCM, Buffer.of(9)]), means: heard(SOUND, 24_000) },
  'pcm of one sample': { contentType: 'audio/pcm', body: PCM.subarray(0, 2), means: heard(SOUND.subarray(0, 1), 24_000) },
  'WAV where pcm was asked for': { contentType: 'audio/pcm', body: wav(PCM), means: heard(SOUND, 22_050) },
  'WAV': { contentType: 'audio/wav', body: wav(PCM), means: heard(SOUND, 22_050) },
  'WAV of size 0xFFFFFFFF': { contentType: 'audio/wav', body: wav(PCM, { size: 0xFFFFFFFF }), means: heard(SOUND, 22_050) },
  'WAV of size 0x7FFFFFFF': { contentType: 'audio/wav', body: wav(PCM, { size: 0x7FFFFFFF, rate: 44_100 }), means: heard(SOUND, 44_100) },
  'WAV of size 0': { contentType: 'audio/wav', body: wav(PCM, { size: 0, rate: 16_000 }), means: heard(SOUND, 16_000) },
  'WAV, extensible': { contentType: 'audio/wav', body: wav(PCM, { extensible: true }), means: heard(SOUND, 22_050) },
  'WAV with tags before and after': { contentType: 'audio/wav', body: Buffer.concat([wav(PCM, { before: [tags, chunk('fact', Buffer.alloc(4))] }), tags]), means: heard(SOUND, 22_050) },
  'WAV, stereo': { contentType: 'audio/wav', body: wav(stereo, { channels: 2, size: 0xFFFFFFFF }), means: heard(SOUND, 22_050) },
  'WAV, 8 bit': { contentType: 'audio/wav', body: wav(eight, { bits: 8 }), means: heard(EIGHT_SOUND, 22_050) },
  'WAV, 24 bit': { contentType: 'audio/wav', body: wav(wide(3), { bits: 24, extensible: true }), means: heard(SOUND, 22_050) },
  'WAV, 32 bit': { contentType: 'audio/wav', body: wav(wide(4), { bits: 32 }), means: heard(SOUND, 22_050) },
  'WAV, float': { contentType: 'audio/x-wav', body: wav(float, { bits: 32, tag: 3 }), means: heard(SOUND, 22_050) },
  'WAV with an odd byte at the end': { contentType: 'audio/wav', body: Buffer.concat([wav(PCM, { size: 0xFFFFFFFF }), Buffer.of(1)]), means: heard(SOUND, 22_050) },
  'WAV header again with each part': { contentType: 'audio/wav', body: Buffer.concat(cutAt(PCM, 1000, 1500, 4000).map(part => wav(part))), means: heard(SOUND, 22_050) },
  'WAV header again, sizes unknown': { contentType: 'audio/wav', body: Buffer.concat(cutAt(PCM, 1000, 1500, 4000).map(part => wav(part, { size: 0xFFFFFFFF }))), means: heard(SOUND, 22_050) },
  'WAV header again after half a sample': { contentType: 'audio/wav', body: Buffer.concat([wav(PCM.subarray(0, 1000), { size: 0xFFFFFFFF }), Buffer.of(5), wav(PCM.subarray(1000), { size: 0 })]), means: heard(SOUND, 22_050) },
  'WAV with the size of its first part alone': { contentType: 'audio/wav', body: wav(PCM, { size: 1000 }), means: heard(SOUND, 22_050) },
  'WAV cut inside of its size': { contentType: 'audio/wav', body: wav(PCM, { size: 9000 }), means: heard(SOUND, 22_050) },
  'WAV header again, and a broken one': { contentType: 'audio/wav', body: Buffer.concat([wav(PCM, { size: 0 }), wav(PCM, { tag: 0x55 })]), means: heard(SOUND, 22_050), failure: 'service-reply' },
  'events': { contentType: SSE, body: audioEvents(cutAt(PCM, 960, 1920)), means: heard(SOUND, 24_000) },
  'events cut at odd bytes': { contentType: SSE, body: audioEvents(cutAt(PCM, 961, 1003, 2000)), means: heard(SOUND, 24_000) },
  'events, all in one': { contentType: SSE, body: audioEvents([PCM]), means: heard(SOUND, 24_000) },
  'events with WAV headers': { contentType: SSE, body: audioEvents(cutAt(PCM, 960, 1920).map(part => wav(part))), means: heard(SOUND, 22_050) },
  'events called bytes': { contentType: 'application/octet-stream', body: audioEvents([PCM]), means: heard(SOUND, 24_000) },
  'events ended by DONE': { contentType: SSE, body: Buffer.concat([audioEvents([PCM], false), Buffer.from('data: [DONE]')]), means: heard(SOUND, 24_000) },
  'events with comments and an empty one': { contentType: SSE, body: Buffer.concat([Buffer.from(': keep-alive\n\ndata:\n\n'), audioEvents([PCM])]), means: heard(SOUND, 24_000) },
  'events after the end': { contentType: SSE, body: Buffer.concat([audioEvents([PCM]), audioEvents([PCM])]), means: heard(SOUND, 24_000) },
  'events without their end': { contentType: SSE, body: audioEvents([PCM], false), means: heard(SOUND, 24_000), failure: 'service-failed' },
  'events cut in the middle of one': { contentType: SSE, body: Buffer.concat([audioEvents([PCM], false), Buffer.from('data: {"type":"speech.audio.delta","audio":"AAA')]), means: heard(SOUND, 24_000), failure: 'service-failed' },
  'an error as an event': { contentType: SSE, body: Buffer.concat([audioEvents([PCM], false), Buffer.from('event: error\ndata: {"error":{"message":"Overloaded","code":503}}\n\n')]), means: heard(SOUND, 24_000), failure: 'service-failed' },
  'an error by the event\'s type, no JSON': { contentType: SSE, body: Buffer.from('event: error\ndata: upstream went away\n\n'), means: nothing, failure: 'service-failed' },
  'an error in a data event': { contentType: SSE, body: Buffer.from('data: {"error":{"message":"slow down","code":429}}\n\n'), means: nothing, failure: 'service-busy' },
  'invalid JSON in an event': { contentType: SSE, body: Buffer.concat([audioEvents([PCM], false), Buffer.from('data: {"type": }\n\n')]), means: heard(SOUND, 24_000), failure: 'service-reply' },
  'events without sound': { contentType: SSE, body: audioEvents([]), means: nothing, failure: 'service-failed' },
  'an error as the body': { contentType: 'application/json', body: json({ error: { message: 'No such voice', code: 404 } }), means: nothing, failure: 'service-refused' },
  'an error as the body, called sound': { contentType: 'audio/mpeg', body: json({ error: { message: 'quota', type: 'insufficient_quota' } }), means: nothing, failure: 'service-busy' },
  'JSON that is no error': { contentType: 'application/json', body: json({ ok: true }), means: nothing, failure: 'service-reply' },
  'a text': { contentType: 'text/plain', body: Buffer.from('quota exceeded, come back tomorrow'), means: nothing, failure: 'service-reply' },
  'WAV called JSON': { contentType: 'application/json', body: wav(PCM), means: heard(SOUND, 22_050) },
  'events called JSON': { contentType: 'application/json', body: audioEvents([PCM]), means: heard(SOUND, 24_000) },
  'HTML': { contentType: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html><title>502</title>'), means: nothing, failure: 'service-reply' },
  'HTML called sound': { contentType: 'audio/wav', body: Buffer.from('\n<html><body>Sign in</body></html>'), means: nothing, failure: 'service-reply' },
  'MP3': { contentType: 'audio/mpeg', body: Buffer.concat([Buffer.from('ID3\x04'), PCM]), means: nothing, failure: 'service-reply' },
  'MP3 without tags': { contentType: 'audio/mpeg', body: Buffer.concat([Buffer.of(0xFF, 0xFB, 0x90, 0x64), PCM]), means: nothing, failure: 'service-reply' },
  'Opus in Ogg': { contentType: 'audio/ogg', body: Buffer.concat([Buffer.from('OggS\0'), PCM]), means: nothing, failure: 'service-reply' },
  'WAV of a compressed sound': { contentType: 'audio/wav', body: wav(PCM, { tag: 0x55 }), means: nothing, failure: 'service-reply' },
  'an empty body': { contentType: 'audio/pcm', body: Buffer.alloc(0), means: nothing, failure: 'service-failed' },
  'a WAV header and no sound': { contentType: 'audio/wav', body: wav(Buffer.alloc(0)), means: nothing, failure: 'service-failed' },
  'half a WAV header': { contentType: 'audio/wav', body: wav(PCM).subarray(0, 30), means: nothing, failure: 'service-failed' },
}

export interface SpeechRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
}

/** What is sent for a request; a function sees the request. */
export type SpeechAnswer = Answer | ((request: SpeechRequest) => Answer)

export interface SpeechServer extends Omit<Listening, 'server'> {
  readonly baseUrl: string
  readonly seen: readonly SpeechRequest[]
  /** What the next requests get, in order; the last one stays. */
  serve: (...answers: readonly SpeechAnswer[]) => void
}

/** A speech service on a loopback socket. */
export async function startSpeechServer(options: ListenOptions = {}): Promise<SpeechServer> {
  const seen: SpeechRequest[] = []
  let answers: SpeechAnswer[] = []
  const listening = await listen((request, response) => {
    void (async () => {
      const blocks: Buffer[] = []
      for await (const block of request)
        blocks.push(block as Buffer)
      const asked: SpeechRequest = { path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(blocks).toString('utf8')) as Record<string, unknown> }
      seen.push(asked)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer)
        await sendAnswer(response, typeof answer === 'function' ? answer(asked) : answer)
    })()
  }, options)
  return {
    ...listening,
    baseUrl: `${listening.origin}/v1`,
    seen,
    serve(...next) {
      answers = [...next]
    },
  }
}
