import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../../../src-main/lib/app-error'
import type { Answer } from './answer'
import type { Listening, ListenOptions } from './listen'
import { Buffer } from 'node:buffer'
import { sendAnswer } from './answer'
import { listen } from './listen'
import { hear } from './spoken-words'

/** What a transcription service sends, by name: every shape that real services were seen to send, written by us. */
export interface TranscriptScript {
  readonly contentType: string
  readonly body: string
  readonly means: string
  /** Instead of a text. */
  readonly failure?: ErrorCode
}

const SSE = 'text/event-stream'
const JSON_TYPE = 'application/json'
/** With what is hard to cut: combining marks, surrogates, other scripts. */
const SAID = 'Bonjour — déjà vu 🗼👩‍👩‍👧, 漢字.'
const DELTAS = ['Bonjour', ' —', ' déjà', ' vu', ' 🗼👩‍👩‍👧,', ' 漢字.']

function events(...list: readonly unknown[]): string {
  return list.map(event => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('')
}
const delta = (text: string): unknown => ({ type: 'transcript.text.delta', delta: text })
const done = { type: 'transcript.text.done', text: SAID, usage: { type: 'tokens', total_tokens: 9 } }

export const TRANSCRIPT_SCRIPTS: Readonly<Record<string, TranscriptScript>> = {
  'JSON': { contentType: JSON_TYPE, body: JSON.stringify({ text: SAID }), means: SAID },
  'JSON with usage and segments': { contentType: JSON_TYPE, body: JSON.stringify({ task: 'transcribe', language: 'french', duration: 2.1, text: ` ${SAID}\n`, segments: [{ id: 0, text: SAID }], usage: { seconds: 3 } }, null, 2), means: SAID },
  'JSON called text': { contentType: 'text/plain', body: JSON.stringify({ text: SAID }), means: SAID },
  'JSON called a stream': { contentType: SSE, body: `\n${JSON.stringify({ text: SAID })}`, means: SAID },
  'JSON with an error that is null': { contentType: JSON_TYPE, body: JSON.stringify({ text: SAID, error: null }), means: SAID },
  'a JSON string': { contentType: JSON_TYPE, body: JSON.stringify(SAID), means: SAID },
  'an empty text': { contentType: JSON_TYPE, body: '{"text":""}', means: '' },
  'plain text': { contentType: 'text/plain', body: `${SAID}\n`, means: SAID },
  'plain text without a type': { contentType: '', body: SAID, means: SAID },
  'plain text that begins like a field': { contentType: 'text/plain', body: 'data: that is what we need', means: 'data: that is what we need' },
  'plain text, nothing': { contentType: 'text/plain', body: '\n', means: '' },
  'events': { contentType: SSE, body: events(...DELTAS.map(delta), done), means: SAID },
  'events with names': { contentType: SSE, body: `event: transcript.text.delta\ndata: {"delta":"Bonjour"}\n\nevent: transcript.text.done\ndata: {"text":"Bonjour."}\n\n`, means: 'Bonjour.' },
  'events called JSON': { contentType: JSON_TYPE, body: events(...DELTAS.map(delta), done), means: SAID },
  'events with CRLF and comments': { contentType: SSE, body: `: keep-alive\r\n\r\n${events(...DELTAS.map(delta), done).replaceAll('\n', '\r\n')}`, means: SAID },
  'events ended by DONE': { contentType: SSE, body: `${events(...DELTAS.map(delta))}data: [DONE]`, means: SAID },
  'the end without a text': { contentType: SSE, body: events(...DELTAS.map(delta), { type: 'transcript.text.done' }), means: SAID },
  'the text differs from its parts': { contentType: SSE, body: events(delta('Bon jour'), done), means: SAID },
  'events after the end': { contentType: SSE, body: events(done, delta('More'), '[DONE]'), means: SAID },
  'finished segments as events': { contentType: SSE, body: events({ text: 'Bonjour.' }, { text: ' Ça va?' }), means: 'Bonjour. Ça va?' },
  'the end not ended': { contentType: SSE, body: `${events(delta('Bon'))}data: ${JSON.stringify(done)}`, means: SAID },
  'events without their end': { contentType: SSE, body: events(...DELTAS.map(delta)), means: '', failure: 'service-failed' },
  'events cut in the middle of one': { contentType: SSE, body: `${events(delta('Bonjour'))}data: {"type":"transcript.text.do`, means: '', failure: 'service-failed' },
  'the first letters of an event': { contentType: SSE, body: 'dat', means: '', failure: 'service-failed' },
  'only comments': { contentType: SSE, body: ': keep-alive\n\n: keep-alive\n\n', means: '', failure: 'service-failed' },
  'an error as the body': { contentType: JSON_TYPE, body: JSON.stringify({ error: { message: 'No such model', type: 'invalid_request_error', code: 404 } }), means: '', failure: 'service-refused' },
  'an error as a string': { contentType: JSON_TYPE, body: JSON.stringify({ error: 'the decoder crashed' }), means: '', failure: 'service-failed' },
  'an error as an event': { contentType: SSE, body: events(delta('Bonjour'), { error: { message: 'Overloaded', code: 503 } }), means: '', failure: 'service-failed' },
  'an error by the event\'s type, no JSON': { contentType: SSE, body: 'event: error\ndata: upstream went away\n\n', means: '', failure: 'service-failed' },
  'an error of type error': { contentType: SSE, body: events({ type: 'error', message: 'slow down', code: 429 }), means: '', failure: 'service-busy' },
  'a complaint': { contentType: JSON_TYPE, body: JSON.stringify({ detail: 'Not ready' }), means: '', failure: 'service-failed' },
  'JSON without a text': { contentType: JSON_TYPE, body: '{"ok":true}', means: '', failure: 'service-reply' },
  'half of a JSON': { contentType: JSON_TYPE, body: '{"text":"Bonj', means: '', failure: 'service-reply' },
  'half of a JSON called text': { contentType: 'text/plain', body: '{"text":"Bonj', means: '', failure: 'service-reply' },
  'invalid JSON in an event': { contentType: SSE, body: `${events(delta('Bonjour'))}data: {"type": }\n\n`, means: '', failure: 'service-reply' },
  'HTML': { contentType: 'text/html', body: '<!doctype html><title>502</title>', means: '', failure: 'service-reply' },
  'HTML called JSON': { contentType: JSON_TYPE, body: '\n<html><body>Sign in</body></html>', means: '', failure: 'service-reply' },
  'nothing': { contentType: JSON_TYPE, body: '', means: '', failure: 'service-failed' },
}

export interface TranscriptionRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly fields: Readonly<Record<string, string>>
  readonly fileBytes: number
  /** As a server hears it that takes the header at its word, where it says a size. */
  readonly words: readonly string[]
  readonly durationMs: number
}

export type TranscriptionAnswer = Answer | ((request: TranscriptionRequest) => Answer)

export interface TranscriptionServer extends Omit<Listening, 'server'> {
  readonly baseUrl: string
  readonly seen: readonly TranscriptionRequest[]
  /** Bytes of bodies that have come so far. */
  readonly received: () => number
  /** What the next requests get, in order; the last one stays. */
  serve: (...answers: readonly TranscriptionAnswer[]) => void
}

/** Answers with the words it hears. */
export function heardAnswer({ words, fields }: TranscriptionRequest): Answer {
  const text = words.join(' ')
  if (fields['stream'] !== 'true')
    return { contentType: JSON_TYPE, body: Buffer.from(JSON.stringify({ text })) }
  const parts = words.map((word, i) => delta(i === 0 ? word : ` ${word}`))
  return { contentType: SSE, body: Buffer.from(events(...parts, { type: 'transcript.text.done', text })) }
}

/** A transcription service on a loopback socket. */
export async function startTranscriptionServer(options: ListenOptions = {}): Promise<TranscriptionServer> {
  const seen: TranscriptionRequest[] = []
  let received = 0
  let answers: TranscriptionAnswer[] = [heardAnswer]
  const listening = await listen((request, response) => {
    void (async () => {
      const blocks: Buffer[] = []
      try {
        for await (const block of request) {
          blocks.push(block as Buffer)
          received += (block as Buffer).length
        }
      }
      catch {
        return
      }
      const asked = readRequest(request, Buffer.concat(blocks))
      seen.push(asked)
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? heardAnswer
      await sendAnswer(response, typeof answer === 'function' ? answer(asked) : answer)
    })()
  }, options)
  return {
    ...listening,
    baseUrl: `${listening.origin}/v1`,
    seen,
    received: () => received,
    serve(...next) {
      answers = [...next]
    },
  }
}

function readRequest(request: IncomingMessage, body: Buffer): TranscriptionRequest {
  const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? ''
  const fields: Record<string, string> = {}
  let file = Buffer.alloc(0)
  const mark = Buffer.from(`--${boundary}`)
  for (let at = body.indexOf(mark); at >= 0;) {
    const next = body.indexOf(mark, at + mark.length)
    if (next < 0)
      break
    const part = body.subarray(at + mark.length + 2, next - 2)
    const split = part.indexOf('\r\n\r\n')
    const head = part.toString('utf8', 0, split)
    const name = /name="([^"]+)"/.exec(head)?.[1] ?? ''
    if (head.includes('filename='))
      file = Buffer.from(part.subarray(split + 4))
    else
      fields[name] = part.toString('utf8', split + 4)
    at = next
  }
  const samples = wavSamples(file)
  return { path: request.url ?? '', headers: request.headers, fields, fileBytes: file.length, words: hear(samples, 16_000), durationMs: samples.length / 16 }
}

function wavSamples(file: Buffer): Int16Array {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.readUInt32LE(24) !== 16_000 || file.readUInt16LE(22) !== 1)
    return new Int16Array(0)
  const size = file.readUInt32LE(40)
  const bytes = size >= 0x7FFFFF00 ? file.length - 44 : Math.min(size, file.length - 44)
  return Int16Array.from({ length: bytes >> 1 }, (_, i) => file.readInt16LE(44 + i * 2))
}
