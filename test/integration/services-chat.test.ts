import type { ChatEvent } from '../../src-main/ports/chat-engine'
import type { ChatScript } from '../fakes/service-server/chat-scripts'
import type { ChatServer } from '../fakes/service-server/chat-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOpenAiChat } from '../../src-main/engines/chat/openai-chat'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { abortReason } from '../../src-main/lib/abort'
import { toAppError } from '../../src-main/lib/app-error'
import { systemClock } from '../../src-main/ports/clock'
import { CHAT_SCRIPTS, joined, WORDS } from '../fakes/service-server/chat-scripts'
import { startChatServer } from '../fakes/service-server/chat-server'
import { describeChatConformance } from '../support/engine-conformance'

const KEY = 'sk-test-1234567890'
const MESSAGES = [{ role: 'user', content: 'What is the capital of France?' }] as const
const plain = CHAT_SCRIPTS['plain']
const SAID = WORDS.join('')

let server: ChatServer

beforeEach(async () => {
  server = await startChatServer()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function engineFor(baseUrl: string, options: { readonly firstByteMs?: number, readonly betweenMs?: number, readonly kind?: 'stream' | 'complete' } = {}) {
  const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl, privacy: 'machine', caFile: null, key: () => KEY }, clock: systemClock })
  return createOpenAiChat({ client, clock: systemClock, model: 'router', ...options })
}

async function ask(engine = engineFor(server.baseUrl), signal = new AbortController().signal): Promise<{ events: ChatEvent[], error: ReturnType<typeof toAppError> | null }> {
  const events: ChatEvent[] = []
  try {
    for await (const event of engine.complete(MESSAGES, { signal, maxTokens: 64 }))
      events.push(event)
    return { events: joined(events), error: null }
  }
  catch (error) {
    return { events: joined(events), error: toAppError(error) }
  }
}

describe('chat over a real socket', () => {
  it.each(Object.entries(CHAT_SCRIPTS))('%s: is what the script means', async (_, script) => {
    server.serve({ script })
    const { events, error } = await ask()
    expect({ events, code: error?.code }).toEqual({ events: script.means, code: script.failure })
  })

  it('asks as the protocol says, with the key in its header alone', async () => {
    server.serve({ script: CHAT_SCRIPTS['plain'] ?? {} as never })
    await ask()
    const [request] = server.seen
    expect(request).toMatchObject({
      path: '/v1/chat/completions',
      headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: { model: 'router', messages: MESSAGES, stream: true, stream_options: { include_usage: true }, max_tokens: 64 },
    })
    expect(JSON.stringify(request?.body)).not.toContain(KEY)
  })

  it('asks again without stream_options where they are refused, and remembers it', async () => {
    server.serve({ fault: { type: 'status', status: 400, body: '{"error":{"message":"Unknown field stream_options"}}' } }, { script: CHAT_SCRIPTS['plain'] ?? {} as never })
    const engine = engineFor(server.baseUrl)
    expect((await ask(engine)).error).toBeNull()
    expect((await ask(engine)).error).toBeNull()
    expect(server.seen.map(({ body }) => 'stream_options' in body)).toEqual([true, false, false])
  })

  it('a service marked as answering whole is asked for a route', async () => {
    server.serve({ script: CHAT_SCRIPTS['plain JSON'] ?? {} as never })
    const { events } = await ask(engineFor(server.baseUrl, { kind: 'complete' }))
    expect(events[0]).toEqual({ type: 'text', text: SAID })
    expect(server.seen[0]).toMatchObject({ path: '/v1/auto/route' })
    expect(server.seen[0]?.body).not.toHaveProperty('stream')
  })

  describe('a stream whose events have ids', () => {
    const text = (content: string, id: number): string => `id: ${id}\nretry: 1\ndata: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
    const END = 'id: 9\ndata: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    const stream = (body: string): { script: ChatScript } => ({ script: { contentType: 'text/event-stream', body, means: [] } })
    const whole = { events: [{ type: 'text', text: 'one two three' }, { type: 'finish', reason: 'stop' }], error: null }

    it('is gone on with after a reset, from the last event that was whole', async () => {
      const body = text('one', 1) + text(' two', 2) + text(' three', 3)
      server.serve({ ...stream(body), fault: { type: 'reset', atByte: body.length - 5 } }, stream(text(' three', 3) + END))
      expect(await ask()).toEqual(whole)
      expect(server.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2'])
      expect(server.seen[1]?.body).toEqual(server.seen[0]?.body)
    })

    it('is gone on with when it is over without its end, more than once', async () => {
      server.serve(stream(text('one', 1)), stream(text(' two', 2)), stream(text(' three', 3) + END))
      expect(await ask()).toEqual(whole)
    })

    it('is not shown twice by a service that begins again', async () => {
      const body = text('one', 1) + text(' two', 2)
      server.serve(stream(body))
      const { events, error } = await ask()
      expect(events).toEqual([{ type: 'text', text: 'one two' }])
      expect(error?.code).toBe('service-reply')
      expect(server.seen).toHaveLength(2)
    })

    it.each([
      ['204', { fault: { type: 'status', status: 204 } }],
      ['no stream', { script: { contentType: 'application/json', body: '{}', means: [] } }],
      ['a fault', { fault: { type: 'status', status: 500 } }],
    ] as const)('ends as it broke off when it is answered with %s', async (_, answer) => {
      const body = text('one', 1)
      server.serve({ ...stream(body), fault: { type: 'reset', atByte: body.length } }, answer)
      const { events, error } = await ask()
      expect(events).toEqual([{ type: 'text', text: 'one' }])
      expect(error?.code).toBe('service-unreachable')
      expect(server.seen).toHaveLength(2)
    })
  })

  it.each([
    [401, 'service-key', false],
    [403, 'service-key', false],
    [400, 'service-refused', false],
    [404, 'service-refused', false],
    [307, 'service-refused', false],
    [408, 'service-failed', true],
    [409, 'service-failed', true],
    [429, 'service-busy', true],
    [500, 'service-failed', true],
    [503, 'service-failed', true],
  ] as const)('status %d is %s', async (status, code, retryable) => {
    server.serve({ fault: { type: 'status', status, headers: status === 307 ? { location: 'http://127.0.0.1:9/' } : {} } })
    const { error } = await ask(engineFor(server.baseUrl, { kind: 'complete' }))
    expect(error).toMatchObject({ code, retryable, params: { service: 'Test', status } })
  })

  it.each([
    [{ 'retry-after-ms': '120' }, 120],
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '7', 'retry-after-ms': '80' }, 80],
    [{ 'retry-after': 'soon' }, undefined],
  ])('%o is honoured', async (headers, expected) => {
    server.serve({ fault: { type: 'status', status: 429, headers: headers as Record<string, string> } })
    expect((await ask()).error?.params['retryAfterMs']).toBe(expected)
  })

  it('a date in Retry-After is honoured', async () => {
    server.serve({ fault: { type: 'status', status: 503, headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() } } })
    const waitMs = (await ask()).error?.params['retryAfterMs']
    expect(waitMs).toBeGreaterThan(50_000)
    expect(waitMs).toBeLessThan(61_000)
  })

  it('never repeats the key that a refusal quotes', async () => {
    server.serve({ fault: { type: 'status', status: 401, body: JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}` } }) } })
    const { error } = await ask()
    expect(error?.params['detail']).toBe('Incorrect API key provided: …')
    expect(JSON.stringify(error) + String(error?.stack)).not.toContain(KEY)
  })

  it('says that nothing listens there', async () => {
    const { baseUrl } = server
    await server[Symbol.asyncDispose]()
    expect((await ask(engineFor(baseUrl))).error).toMatchObject({ code: 'service-unreachable', retryable: true })
  })

  it('a reset before the first byte and one in the middle are told, after what came', async () => {
    const cutAt = new TextEncoder().encode(plain?.body.slice(0, plain.body.indexOf('capital'))).length
    server.serve({ script: plain as never, fault: { type: 'reset', atByte: 0 } })
    expect(await ask()).toMatchObject({ events: [], error: { code: 'service-unreachable' } })
    server.serve({ script: plain as never, fault: { type: 'reset', atByte: cutAt } })
    expect(await ask()).toMatchObject({ events: [{ type: 'text', text: 'Paris is the' }], error: { code: 'service-unreachable' } })
  })

  it('a stall before the first byte and one in the middle end at their own deadline, and the socket is closed', async () => {
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: 0 } })
    expect(await ask(engineFor(server.baseUrl, { firstByteMs: 150 }))).toMatchObject({ events: [], error: { code: 'timeout', params: { deadline: 'firstByte' } } })
    const cutAt = new TextEncoder().encode(plain?.body.slice(0, plain.body.indexOf('capital'))).length
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: cutAt } })
    const closed = server.nextClose()
    expect(await ask(engineFor(server.baseUrl, { betweenMs: 150 }))).toMatchObject({ events: [{ type: 'text' }], error: { code: 'timeout', params: { deadline: 'between' } } })
    await closed
  })

  it('one byte at a time means the same', async () => {
    const script = CHAT_SCRIPTS['think tags over deltas'] as never
    server.serve({ script, fault: { type: 'drip', everyMs: 0 } })
    expect((await ask()).events).toEqual(CHAT_SCRIPTS['think tags over deltas']?.means)
  })

  it('an abort closes the socket within 50 ms, as the server sees it', async () => {
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: 400 } })
    const controller = new AbortController()
    const events = engineFor(server.baseUrl).complete(MESSAGES, { signal: controller.signal })[Symbol.asyncIterator]()
    await events.next()
    const closed = server.nextClose()
    const pull = (async () => {
      while (!(await events.next()).done);
    })()
    const reason = abortReason('enough')
    const abortedAtMs = performance.now()
    controller.abort(reason)
    await expect(pull).rejects.toBe(reason)
    await closed
    expect(performance.now() - abortedAtMs).toBeLessThan(50)
  })

  it('breaking off closes the socket; a reply that was read leaves it for the next', async () => {
    const engine = engineFor(server.baseUrl)
    server.serve({ script: plain as never })
    // The end of a reply is read off while the next question is already on its way: two sockets take turns.
    for (let i = 0; i < 6; i++)
      await ask(engine)
    expect(server.accepted()).toBeLessThanOrEqual(2)
    expect(server.openSockets()).toBe(server.accepted())
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: 400 } })
    const closed = server.nextClose()
    const events = engine.complete(MESSAGES, { signal: new AbortController().signal })[Symbol.asyncIterator]()
    expect((await events.next()).value).toMatchObject({ type: 'text' })
    await events.return?.()
    await closed
    expect(server.openSockets()).toBe(server.accepted() - 1)
  })

  it('waits for nothing after DONE, and not long for usage after the finish', async () => {
    const body = plain?.body ?? ''
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: new TextEncoder().encode(body).length } })
    expect((await ask(engineFor(server.baseUrl, { betweenMs: 60_000 }))).events.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
    const toFinish = body.slice(0, body.lastIndexOf('data: ', body.indexOf('"choices":[],')))
    server.serve({ script: plain as never, fault: { type: 'stall', atByte: new TextEncoder().encode(toFinish).length } })
    expect((await ask(engineFor(server.baseUrl, { betweenMs: 60_000 }))).events.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
  })
})

describe.each([
  ['streamed', 'stream', 'plain'],
  ['whole', 'complete', 'plain JSON'],
] as const)('conformance over a socket, %s', (name, kind, script) => {
  let shared: ChatServer
  let engine: ReturnType<typeof engineFor>
  beforeAll(async () => {
    shared = await startChatServer()
    shared.serve({ script: CHAT_SCRIPTS[script] as ChatScript, fault: { type: 'drip', everyMs: 0 } })
    engine = engineFor(shared.baseUrl, { kind })
  })
  afterAll(async () => {
    await shared[Symbol.asyncDispose]()
  })
  describeChatConformance(`OpenAI-compatible, ${name}`, { engine: () => engine, messages: MESSAGES })
})
