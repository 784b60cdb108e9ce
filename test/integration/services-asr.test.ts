import type { AsrEngine, AsrEvent } from '../../src-main/ports/asr-engine'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { TranscriptionServer } from '../fakes/service-server/transcriptions'
import { Buffer } from 'node:buffer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTranscriptionsEngine } from '../../src-main/engines/asr/transcriptions'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { abortReason } from '../../src-main/lib/abort'
import { AppError, toAppError } from '../../src-main/lib/app-error'
import { BoundedQueue } from '../../src-main/lib/bounded-queue'
import { systemClock } from '../../src-main/ports/clock'
import { createManualClock } from '../fakes/manual-clock'
import { speak, WORDS } from '../fakes/service-server/spoken-words'
import { heardAnswer, startTranscriptionServer, TRANSCRIPT_SCRIPTS } from '../fakes/service-server/transcriptions'
import { describeAsrConformance } from '../support/engine-conformance'

const KEY = 'sk-test-1234567890'
const SPEECH = speak([200, 'one', 'two', 'three', 300])
let server: TranscriptionServer

beforeEach(async () => {
  server = await startTranscriptionServer()
})
afterEach(async () => {
  await server.close()
})

function engineFor(baseUrl: string, options: Partial<Parameters<typeof createTranscriptionsEngine>[0]> = {}): AsrEngine {
  const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl, privacy: 'machine', caFile: null, key: () => KEY }, clock: systemClock })
  return createTranscriptionsEngine({ client, clock: systemClock, model: 'whisper-1', ...options })
}

async function* listed(frames: readonly AudioFrame[]): AsyncGenerator<AudioFrame> {
  yield* frames
}

async function transcribe(engine: AsrEngine, frames: readonly AudioFrame[] = SPEECH, language?: string): Promise<{ events: AsrEvent[], text: string | undefined, error: ReturnType<typeof toAppError> | null }> {
  const events: AsrEvent[] = []
  let error: ReturnType<typeof toAppError> | null = null
  try {
    for await (const event of engine.transcribe(listed(frames), { signal: new AbortController().signal, ...(language !== undefined && { language }) }))
      events.push(event)
  }
  catch (thrown) {
    error = toAppError(thrown)
  }
  const last = events.at(-1)
  return { events, text: last?.type === 'final' ? last.text : undefined, error }
}

describe('transcription over a real socket', () => {
  it.each(Object.entries(TRANSCRIPT_SCRIPTS))('%s: is what the script means', async (_, { contentType, body, means, failure }) => {
    server.serve({ contentType, body: Buffer.from(body) })
    const { text, error } = await transcribe(engineFor(server.baseUrl, { stream: true }))
    expect({ text, code: error?.code }).toEqual({ text: failure === undefined ? means : undefined, code: failure })
  })

  it.each([
    ['at the end', { uploadWhileSpeaking: false }],
    ['while speaking', { uploadWhileSpeaking: true }],
  ])('sends what was spoken as a form with a WAV, %s', async (_, options) => {
    const { events } = await transcribe(engineFor(server.baseUrl, options), SPEECH, 'en-GB')
    expect(events).toEqual([
      { type: 'phrase', text: 'one two three', index: 0, startMs: 0, endMs: 860 },
      { type: 'final', text: 'one two three', speechMs: 240 },
    ])
    expect(server.seen).toEqual([expect.objectContaining({
      path: '/v1/audio/transcriptions',
      fields: { model: 'whisper-1', response_format: 'json', language: 'en' },
      words: ['one', 'two', 'three'],
      durationMs: 860,
      headers: expect.objectContaining({ authorization: `Bearer ${KEY}` }) as unknown,
    })])
    expect('content-length' in (server.seen[0]?.headers ?? {})).toBe(!options.uploadWhileSpeaking)
  })

  it('tells the text as it is made, and the final once', async () => {
    server.serve(request => ({ ...heardAnswer(request), fault: { type: 'drip', bytes: 40 } }))
    const { events } = await transcribe(engineFor(server.baseUrl, { stream: true }))
    expect(server.seen[0]?.fields).toEqual({ model: 'whisper-1', response_format: 'json', stream: 'true' })
    const partials = events.flatMap(event => event.type === 'partial' ? [event.text] : [])
    expect(partials.length).toBeGreaterThan(1)
    expect(partials.every(text => 'one two three'.startsWith(text))).toBe(true)
    expect(events.filter(({ type }) => type === 'final')).toEqual([{ type: 'final', text: 'one two three', speechMs: 240 }])
  })

  it('the sound is on its way while it is spoken', async () => {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    async function* spoken(): AsyncGenerator<AudioFrame> {
      yield* SPEECH
      await ended
    }
    const engine = engineFor(server.baseUrl, { uploadWhileSpeaking: true })
    const all = (async () => {
      const events: AsrEvent[] = []
      for await (const event of engine.transcribe(spoken(), { signal: new AbortController().signal }))
        events.push(event)
      return events.at(-1)
    })()
    await expect.poll(() => server.received()).toBeGreaterThan(SPEECH.length * 640)
    expect(server.seen).toEqual([])
    end()
    expect(await all).toMatchObject({ type: 'final', text: 'one two three' })
  })

  it.each([{ uploadWhileSpeaking: false }, { uploadWhileSpeaking: true }])('silence is not sent: %o', async (options) => {
    const { events } = await transcribe(engineFor(server.baseUrl, options), speak([3000]))
    expect(events).toEqual([{ type: 'final', text: '', speechMs: 0 }])
    expect(server.accepted()).toBe(0)
  })

  it.each([{ uploadWhileSpeaking: false }, { uploadWhileSpeaking: true }])('a take over the limit is sent in pieces cut at pauses, their texts in order: %o', async (options) => {
    const words = Array.from({ length: 40 }, (_, i) => WORDS[i % WORDS.length] ?? 'zero')
    const frames = speak(words.flatMap((word, i) => i % 5 === 4 ? [word, 400] : [word]))
    const maxFileBytes = 96_000
    // The first answer comes last.
    let release = (): void => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    let answers = 0
    server.serve((request) => {
      answers++
      if (answers > 1)
        release()
      return answers === 1 ? { ...heardAnswer(request), fault: { type: 'hold', atByte: 0, until } } : heardAnswer(request)
    })
    const { text, events } = await transcribe(engineFor(server.baseUrl, { ...options, maxFileBytes }), frames)
    expect(text).toBe(words.join(' '))
    expect(server.seen.length).toBeGreaterThan(2)
    expect(server.seen.every(({ fileBytes }) => fileBytes <= maxFileBytes)).toBe(true)
    expect(events.flatMap(event => event.type === 'phrase' ? [event.index] : [])).toEqual(server.seen.map((_, i) => i))
  })

  it('a take of more than 25 MiB is sent in pieces, each request below it', async () => {
    const words = WORDS.slice(0, 15)
    const frames = speak(words.flatMap(word => [word, 60_000]))
    expect(frames.length * 640).toBeGreaterThan(25 * 1024 * 1024)
    const { text, events } = await transcribe(engineFor(server.baseUrl), frames)
    expect(text).toBe(words.join(' '))
    expect(server.seen.map(({ headers }) => Number(headers['content-length']) <= 25 * 1024 * 1024)).toEqual([true, true])
    expect(server.seen.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(frames.length * 20)
    expect(events.filter(({ type }) => type === 'phrase')).toHaveLength(2)
  })

  it('what may not be used any more gets no more of the sound', async () => {
    let allowed = true
    const permit = (): void => {
      if (!allowed)
        throw new AppError('no-service', '"Local only" is on.')
    }
    const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl: server.baseUrl, privacy: 'machine', caFile: null, key: () => KEY }, clock: systemClock, permit })
    let received = 0
    async function* spoken(): AsyncGenerator<AudioFrame> {
      yield* SPEECH
      await expect.poll(() => server.received()).toBeGreaterThan(SPEECH.length * 640)
      received = server.received()
      allowed = false
      yield* speak(['four', 'five'])
    }
    const events = createTranscriptionsEngine({ client, clock: systemClock, model: 'whisper-1', uploadWhileSpeaking: true }).transcribe(spoken(), { signal: new AbortController().signal })
    await expect((async () => {
      for await (const _ of events);
    })()).rejects.toMatchObject({ code: 'no-service' })
    await expect.poll(() => server.sockets()).toBe(0)
    expect(server.received()).toBe(received)
    expect(server.seen).toEqual([])
  })

  it.each([false, true])('signs of life are no answer: the whole has its deadline; while speaking: %s', async (uploadWhileSpeaking) => {
    server.serve({ contentType: 'text/event-stream', body: Buffer.from(': keep-alive\n\n'.repeat(100_000)), fault: { type: 'drip', bytes: 14 } })
    const { error } = await transcribe(engineFor(server.baseUrl, { uploadWhileSpeaking, stream: true, firstByteMs: 100, wholeMs: 100 }), speak(['one']))
    expect(error).toMatchObject({ code: 'timeout', params: { deadline: 'whole' } })
    await expect.poll(() => server.sockets()).toBe(0)
  })

  it('nothing is late while one speaks', async () => {
    const text = TRANSCRIPT_SCRIPTS['events']
    const microphone = new BoundedQueue<AudioFrame>(1000)
    SPEECH.forEach(frame => microphone.push(frame))
    const clock = createManualClock()
    const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl: server.baseUrl, privacy: 'machine', caFile: null, key: () => KEY }, clock })
    server.serve({ contentType: 'text/event-stream', body: Buffer.from(text?.body ?? '') })
    const engine = createTranscriptionsEngine({ client, clock, model: 'whisper-1', uploadWhileSpeaking: true, stream: true })
    const all = (async () => {
      const events: AsrEvent[] = []
      for await (const event of engine.transcribe(microphone.consume(), { signal: new AbortController().signal }))
        events.push(event)
      return events.at(-1)
    })()
    await expect.poll(() => server.received()).toBeGreaterThan(SPEECH.length * 640)
    clock.advance(3_600_000)
    microphone.end()
    expect(await all).toMatchObject({ type: 'final', text: text?.means })
    await expect.poll(() => clock.pending).toBe(0)
  })

  it.each([
    [401, 'service-key', false],
    [413, 'service-refused', false],
    [429, 'service-busy', true],
    [500, 'service-failed', true],
  ] as const)('status %d is %s', async (status, code, retryable) => {
    server.serve({ contentType: '', body: Buffer.alloc(0), fault: { type: 'status', status } })
    for (const uploadWhileSpeaking of [false, true])
      expect((await transcribe(engineFor(server.baseUrl, { uploadWhileSpeaking }))).error).toMatchObject({ code, retryable, params: { status } })
  })

  it('a reset, a stall before the first byte and one in the middle are told; no text is final', async () => {
    const body = Buffer.from(TRANSCRIPT_SCRIPTS['events']?.body ?? '')
    const answer = { contentType: 'text/event-stream', body }
    server.serve({ ...answer, fault: { type: 'reset', atByte: 0 } })
    expect(await transcribe(engineFor(server.baseUrl))).toMatchObject({ text: undefined, error: { code: 'service-unreachable', retryable: true } })
    server.serve({ ...answer, fault: { type: 'reset', atByte: 120 } })
    expect(await transcribe(engineFor(server.baseUrl, { stream: true }))).toMatchObject({ text: undefined, error: { code: 'service-unreachable' } })
    for (const uploadWhileSpeaking of [false, true]) {
      server.serve({ ...answer, fault: { type: 'stall', atByte: 0 } })
      expect(await transcribe(engineFor(server.baseUrl, { uploadWhileSpeaking, firstByteMs: 50 }), speak(['one']))).toMatchObject({ error: { code: 'timeout', params: { deadline: 'firstByte' } } })
      server.serve({ ...answer, fault: { type: 'stall', atByte: 120 } })
      expect(await transcribe(engineFor(server.baseUrl, { uploadWhileSpeaking, stream: true, betweenMs: 100 }), speak(['one']))).toMatchObject({ text: undefined, error: { code: 'timeout', params: { deadline: 'between' } } })
    }
  })

  it.each([false, true])('an abort closes the socket within 50 ms, as the server sees it; while speaking: %s', async (uploadWhileSpeaking) => {
    server.serve({ contentType: 'application/json', body: Buffer.from('{}'), fault: { type: 'stall', atByte: 0 } })
    const controller = new AbortController()
    const events = engineFor(server.baseUrl, { uploadWhileSpeaking }).transcribe(listed(SPEECH), { signal: controller.signal })[Symbol.asyncIterator]()
    const pull = events.next()
    const settled = pull.catch((error: unknown) => error)
    await expect.poll(() => server.seen.length).toBe(1)
    const closed = server.nextClose()
    const abortedAtMs = performance.now()
    controller.abort(abortReason('enough'))
    expect(await settled).toBe(controller.signal.reason)
    await closed
    expect(performance.now() - abortedAtMs).toBeLessThan(50)
  })

  it('frames that fail end the upload that was begun', async () => {
    const broken = new Error('no more frames')
    async function* failing(): AsyncGenerator<AudioFrame> {
      yield* SPEECH
      await expect.poll(() => server.received()).toBeGreaterThan(0)
      throw broken
    }
    const events = engineFor(server.baseUrl, { uploadWhileSpeaking: true }).transcribe(failing(), { signal: new AbortController().signal })
    await expect((async () => {
      for await (const _ of events);
    })()).rejects.toBe(broken)
    await expect.poll(() => server.sockets()).toBe(0)
  })
})

describe('conformance over a socket', () => {
  let shared: TranscriptionServer
  beforeAll(async () => {
    shared = await startTranscriptionServer()
  })
  afterAll(async () => {
    await shared.close()
  })
  const speech = (): AudioFrame[] => speak([100, 'one', 'two', 'three', 'four', 100])
  describeAsrConformance('upload', { engine: () => engineFor(shared.baseUrl), speech, heard: /^one two three four$/ })
  describeAsrConformance('upload, streamed', { engine: () => engineFor(shared.baseUrl, { stream: true }), speech, heard: /^one two three four$/ })
  describeAsrConformance('upload while speaking', { engine: () => engineFor(shared.baseUrl, { uploadWhileSpeaking: true }), speech, heard: /^one two three four$/ })
})
