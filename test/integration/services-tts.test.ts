import type { ServiceEndpoint } from '../../src-main/ports/service'
import type { SpeechChunk, SpeechPiece } from '../../src-main/ports/tts-engine'
import type { SpeechServer } from '../fakes/service-server/speech'
import { Buffer } from 'node:buffer'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { createSpeechEngine } from '../../src-main/engines/tts/speech'
import { abortReason } from '../../src-main/lib/abort'
import { toAppError } from '../../src-main/lib/app-error'
import { systemClock } from '../../src-main/ports/clock'
import { SPEECH_SCRIPTS, startSpeechServer, tone, wav } from '../fakes/service-server/speech'
import { describeTtsConformance } from '../support/engine-conformance'

const KEY = 'sk-test-1234567890'
let server: SpeechServer

beforeEach(async () => {
  server = await startSpeechServer()
})
afterEach(async () => {
  await server.close()
})

type EngineOptions = Partial<Parameters<typeof createSpeechEngine>[0]>

function engineFor(baseUrl: string, options: EngineOptions = {}, endpoint: Partial<ServiceEndpoint> = {}) {
  const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl, privacy: 'machine', caFile: null, key: () => KEY, ...endpoint }, clock: systemClock })
  return createSpeechEngine({ client, clock: systemClock, model: 'tts-1', voice: 'alloy', ...options })
}

async function* pieces(...texts: string[]): AsyncGenerator<SpeechPiece> {
  for (const [index, text] of texts.entries())
    yield { index, text }
}

interface Spoken {
  readonly chunks: readonly SpeechChunk[]
  readonly samples: readonly number[]
  readonly error: ReturnType<typeof toAppError> | null
}

async function speak(texts: readonly string[] = ['Hello.'], engine = engineFor(server.baseUrl), speed?: number): Promise<Spoken> {
  const chunks: SpeechChunk[] = []
  let error: Spoken['error'] = null
  try {
    for await (const chunk of engine.synthesize(pieces(...texts), { signal: new AbortController().signal, ...(speed !== undefined && { speed }) }))
      chunks.push(chunk)
  }
  catch (thrown) {
    error = toAppError(thrown)
  }
  return { chunks, samples: chunks.flatMap(({ samples }) => [...samples]), error }
}

function script(name: string): { contentType: string, body: Uint8Array } {
  const found = SPEECH_SCRIPTS[name]
  if (!found)
    throw new Error(`no script called ${name}`)
  return found
}

describe('speech over a real socket', () => {
  it.each(Object.entries(SPEECH_SCRIPTS))('%s: is what the script means', async (_, { means, failure, ...answer }) => {
    server.serve(answer)
    const { chunks, samples, error } = await speak()
    expect({ samples, code: error?.code }).toEqual({ samples: [...means.samples], code: failure })
    expect(new Set(chunks.filter(chunk => chunk.samples.length > 0).map(({ sampleRate }) => sampleRate))).toEqual(new Set(means.samples.length > 0 ? [means.sampleRate] : []))
    expect(chunks.filter(({ last }) => last)).toHaveLength(failure === undefined ? 1 : 0)
  })

  it('asks as the protocol says, with the key in its header alone', async () => {
    server.serve(script('pcm'))
    await speak(['Hello there.'])
    await speak(['Hello.'], engineFor(server.baseUrl, { format: 'wav' }), 1.5)
    await speak(['Hello.'], engineFor(server.baseUrl, { format: 'sse' }))
    expect(server.seen.map(({ path, body }) => ({ path, ...body }))).toEqual([
      { path: '/v1/audio/speech', model: 'tts-1', voice: 'alloy', input: 'Hello there.', response_format: 'pcm' },
      { path: '/v1/audio/speech', model: 'tts-1', voice: 'alloy', input: 'Hello.', response_format: 'wav', speed: 1.5 },
      { path: '/v1/audio/speech', model: 'tts-1', voice: 'alloy', input: 'Hello.', response_format: 'pcm', stream_format: 'sse' },
    ])
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(Array.from({ length: 3 }).fill(`Bearer ${KEY}`))
    expect(JSON.stringify(server.seen.map(({ body }) => body))).not.toContain(KEY)
  })

  it('begins at the first 40 ms, long before the end is made', async () => {
    let release = (): void => {}
    const until = new Promise<void>((resolve) => {
      release = resolve
    })
    const sound = tone(24_000)
    server.serve({ contentType: 'audio/pcm', body: Buffer.from(sound.buffer), fault: { type: 'hold', atByte: 40 * 48, until } })
    const chunks = engineFor(server.baseUrl).synthesize(pieces('A long sentence.'), { signal: new AbortController().signal })[Symbol.asyncIterator]()
    const first = await chunks.next()
    expect(first.value).toMatchObject({ samples: sound.slice(0, 960), sampleRate: 24_000, last: false })
    release()
    const rest: number[] = []
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      rest.push(...next.value.samples)
    expect(rest).toEqual([...sound.slice(960)])
  })

  it('no chunk but the last of a piece is shorter than 40 ms, however the bytes drip', async () => {
    server.serve({ contentType: 'audio/pcm', body: Buffer.from(tone(4800).buffer), fault: { type: 'drip', bytes: 101 } })
    const { chunks, samples } = await speak()
    expect(samples).toEqual([...tone(4800)])
    expect(chunks.slice(0, -1).every(chunk => chunk.samples.length >= 960)).toBe(true)
    expect(chunks.length).toBeGreaterThan(3)
  })

  it('each piece is a request, in order', async () => {
    server.serve(({ body }) => ({ contentType: 'audio/wav', body: wav(Buffer.from(tone(2000, String(body['input']).length).buffer), { rate: 16_000 }) }))
    const { chunks } = await speak(['One.', '', 'Three!', '…'])
    expect(server.seen.map(({ body }) => body['input'])).toEqual(['One.', 'Three!'])
    expect(chunks.filter(({ last }) => last).map(({ pieceIndex }) => pieceIndex)).toEqual([0, 1, 2, 3])
    expect(chunks.filter(({ pieceIndex }) => pieceIndex === 2).flatMap(({ samples }) => [...samples])).toEqual([...tone(2000, 'Three!'.length)])
  })

  it('pulls no piece before the one in front of it is spoken', async () => {
    let pulled = 0
    async function* counted(): AsyncGenerator<SpeechPiece> {
      for (const text of ['One.', 'Two.', 'Three.']) {
        pulled++
        yield { index: pulled - 1, text }
      }
    }
    server.serve(script('pcm'))
    const chunks = engineFor(server.baseUrl).synthesize(counted(), { signal: new AbortController().signal })[Symbol.asyncIterator]()
    await chunks.next()
    expect(pulled).toBe(1)
    await chunks.return?.()
  })

  it('a text over 4096 characters is several requests, cut between words, and one sound', async () => {
    const text = Array.from({ length: 1200 }, (_, i) => `word${i}`).join(' ')
    server.serve(({ body }) => ({ contentType: 'audio/pcm', body: Buffer.from(tone(1000, String(body['input']).length % 50).buffer) }))
    const { chunks, samples } = await speak([text])
    const inputs = server.seen.map(({ body }) => String(body['input']))
    expect(inputs.join('')).toBe(text)
    expect(inputs.length).toBeGreaterThan(2)
    expect(inputs.every(input => input.length <= 4096)).toBe(true)
    expect(inputs.flatMap(input => input.trim().split(' '))).toEqual(text.split(' '))
    expect(samples).toEqual(inputs.flatMap(input => [...tone(1000, input.length % 50)]))
    expect(chunks.filter(({ last }) => last)).toHaveLength(1)
  })

  it.each([
    [401, 'service-key', false],
    [404, 'service-refused', false],
    [429, 'service-busy', true],
    [503, 'service-failed', true],
  ] as const)('status %d is %s', async (status, code, retryable) => {
    server.serve({ ...script('pcm'), fault: { type: 'status', status, body: '{"error":{"message":"no"}}' } })
    expect((await speak()).error).toMatchObject({ code, retryable, params: { service: 'Test', status, detail: 'no' } })
  })

  it('a reset before the first byte and one in the middle are told, after what came', async () => {
    server.serve({ ...script('pcm'), fault: { type: 'reset', atByte: 0 } })
    expect(await speak()).toMatchObject({ samples: [], error: { code: 'service-unreachable', retryable: true } })
    server.serve({ ...script('pcm'), fault: { type: 'reset', atByte: 1001 } })
    const { samples, chunks, error } = await speak()
    expect(error).toMatchObject({ code: 'service-unreachable', retryable: true })
    expect(samples).toEqual([...(SPEECH_SCRIPTS['pcm']?.means.samples.slice(0, 500) ?? [])])
    expect(chunks.some(({ last }) => last)).toBe(false)
  })

  it('a stall before the first byte and one in the middle end at their own deadline, and the socket is closed', async () => {
    server.serve({ ...script('pcm'), fault: { type: 'stall', atByte: 0 } })
    expect((await speak(['Hello.'], engineFor(server.baseUrl, { firstByteMs: 150 }))).error).toMatchObject({ code: 'timeout', params: { deadline: 'firstByte' } })
    server.serve({ ...script('pcm'), fault: { type: 'stall', atByte: 3000 } })
    const closed = server.nextClose()
    expect(await speak(['Hello.'], engineFor(server.baseUrl, { betweenMs: 150 }))).toMatchObject({ samples: { length: 1500 }, error: { code: 'timeout', params: { deadline: 'between' } } })
    await closed
  })

  it('an abort closes the socket within 50 ms, as the server sees it', async () => {
    server.serve({ ...script('pcm'), fault: { type: 'stall', atByte: 3000 } })
    const controller = new AbortController()
    const chunks = engineFor(server.baseUrl).synthesize(pieces('Hello.'), { signal: controller.signal })[Symbol.asyncIterator]()
    await chunks.next()
    const closed = server.nextClose()
    const pull = chunks.next()
    const reason = abortReason('enough')
    const abortedAtMs = performance.now()
    controller.abort(reason)
    await expect(pull).rejects.toBe(reason)
    await closed
    expect(performance.now() - abortedAtMs).toBeLessThan(50)
  })

  it('breaking off closes the socket; sound that was heard to its end leaves it for the next', async () => {
    const engine = engineFor(server.baseUrl)
    server.serve(script('events'))
    for (let i = 0; i < 5; i++)
      await speak(['Hello.'], engine)
    expect(server.accepted()).toBeLessThanOrEqual(2)
    server.serve({ ...script('pcm'), fault: { type: 'stall', atByte: 3000 } })
    const closed = server.nextClose()
    const chunks = engine.synthesize(pieces('Hello.'), { signal: new AbortController().signal })[Symbol.asyncIterator]()
    await chunks.next()
    await chunks.return?.()
    await closed
  })
})

describe('conformance over a socket', () => {
  let shared: SpeechServer
  beforeAll(async () => {
    shared = await startSpeechServer()
    shared.serve(({ body }) => ({ contentType: 'audio/pcm', body: Buffer.from(tone(String(body['input']).length * 200).buffer), fault: { type: 'drip', bytes: 2000 } }))
  })
  afterAll(async () => {
    await shared.close()
  })
  for (const format of ['pcm', 'wav', 'sse'] as const)
    describeTtsConformance(`speech service, ${format}`, { engine: () => engineFor(shared.baseUrl, { format }) })
})
