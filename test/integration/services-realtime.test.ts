import type { RealtimeEngineOptions } from '../../src-main/engines/asr/realtime'
import type { RealtimeDialect } from '../../src-main/engines/asr/realtime-dialect'
import type { AsrEngine, AsrEvent } from '../../src-main/ports/asr-engine'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { ServiceEndpoint } from '../../src-main/ports/service'
import type { RealtimeServer } from '../fakes/service-server/realtime'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createRealtimeEngine } from '../../src-main/engines/asr/realtime'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { abortReason } from '../../src-main/lib/abort'
import { AppError, toAppError } from '../../src-main/lib/app-error'
import { systemClock } from '../../src-main/ports/clock'
import { startRealtimeServer } from '../fakes/service-server/realtime'
import { speak } from '../fakes/service-server/spoken-words'
import { describeAsrConformance } from '../support/engine-conformance'

const KEY = 'sk-test-1234567890'
const SPEECH = speak([200, 'one', 'two', 'three', 300])
const engines: AsyncDisposable[] = []
let server: RealtimeServer

beforeEach(async () => {
  server = await startRealtimeServer()
})
afterEach(async () => {
  for (const engine of engines.splice(0))
    await engine[Symbol.asyncDispose]()
  await server.close()
})

interface Given extends Partial<Omit<RealtimeEngineOptions, 'client'>> {
  readonly endpoint?: Partial<ServiceEndpoint>
  readonly permit?: () => void
}

function engineFor(baseUrl: string, { endpoint, permit, ...options }: Given = {}): AsrEngine & AsyncDisposable {
  const client = createServiceClient({
    endpoint: { id: 'test', name: 'Test', baseUrl, privacy: 'machine', caFile: null, key: () => KEY, ...endpoint },
    clock: systemClock,
    ...(permit && { permit }),
  })
  const engine = createRealtimeEngine({ client, clock: systemClock, model: 'heard-1', random: () => 0, ...options })
  engines.push(engine)
  return engine
}

/** Frames in the hands of the test. */
class Microphone {
  #frames: AudioFrame[] = []
  #ended = false
  #wake = (): void => {}

  say(...words: (string | number)[]): void {
    this.#frames.push(...speak(words))
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async* frames(): AsyncGenerator<AudioFrame> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame)
        yield frame
      else if (this.#ended)
        return
      else
        await new Promise<void>(resolve => this.#wake = resolve)
    }
  }
}

interface Heard {
  readonly events: AsrEvent[]
  readonly text: string | undefined
  readonly error: AppError | null
}

async function transcribe(engine: AsrEngine, frames: AsyncIterable<AudioFrame> = listed(SPEECH), language?: string): Promise<Heard> {
  const events: AsrEvent[] = []
  let error: AppError | null = null
  try {
    for await (const event of engine.transcribe(frames, { signal: new AbortController().signal, ...(language !== undefined && { language }) }))
      events.push(event)
  }
  catch (thrown) {
    error = toAppError(thrown)
  }
  const last = events.at(-1)
  return { events, text: last?.type === 'final' ? last.text : undefined, error }
}

async function* listed(frames: readonly AudioFrame[]): AsyncGenerator<AudioFrame> {
  yield* frames
}

/** Of sound, by the first connection: 20 ms are 960. */
function bytesHeard(): number {
  return (server.connections[0]?.messages ?? []).reduce((sum, { audio }) => sum + (typeof audio === 'string' ? atob(audio).length : 0), 0)
}

const DIALECTS: readonly RealtimeDialect[] = ['openai', 'openai-beta', '16k']

describe('realtime transcription over a real socket', () => {
  it.each(DIALECTS)('%s: is heard while it is spoken, and committed at the end', async (dialect) => {
    server.serve({ dialect })
    const microphone = new Microphone()
    const all = transcribe(engineFor(server.baseUrl, { dialect }), microphone.frames(), 'en-GB')
    const appended = server.nextMessage('input_audio_buffer.append')
    microphone.say('one', 'two')
    await appended
    expect(server.connections[0]?.messages.some(message => message['type'] === 'input_audio_buffer.commit' && message['final'] !== false)).toBe(false)
    microphone.say('three')
    microphone.end()
    const { text, events } = await all
    expect(text).toBe('one two three')
    expect(events.flatMap(event => event.type === 'partial' ? [event.text] : []).every(partial => 'one two three'.startsWith(partial))).toBe(true)
    expect(server.connections).toHaveLength(1)
    expect(server.connections[0]).toMatchObject({ path: '/v1/realtime?intent=transcription', headers: { authorization: `Bearer ${KEY}` } })
    expect(server.connections[0]?.headers['openai-beta']).toBe(dialect === 'openai-beta' ? 'realtime=v1' : undefined)
    expect(JSON.stringify(server.connections[0]?.messages[0])).toContain('"language":"en"')
    expect(JSON.stringify(server.connections[0]?.messages)).not.toContain(KEY)
  })

  it('what is spoken during the handshake is not lost', async () => {
    let open = (): void => {}
    server.serve({ handshake: new Promise<void>((resolve) => {
      open = resolve
    }) })
    const microphone = new Microphone()
    const all = transcribe(engineFor(server.baseUrl), microphone.frames())
    microphone.say('one', 'two', 'three')
    await expect.poll(() => server.sockets()).toBe(1)
    microphone.say('four')
    open()
    microphone.end()
    expect((await all).text).toBe('one two three four')
  })

  it('the connection is kept for the next take, and is set up once', async () => {
    const engine = engineFor(server.baseUrl)
    for (const words of [['one'], ['two', 'three'], ['four']])
      expect((await transcribe(engine, listed(speak(words)))).text).toBe(words.join(' '))
    expect(server.accepted()).toBe(1)
    expect(server.connections[0]?.messages.filter(({ type }) => type === 'session.update')).toHaveLength(1)
  })

  it.each(DIALECTS)('%s: takes one after the other on one connection', async (dialect) => {
    server.serve({ dialect })
    const engine = engineFor(server.baseUrl, { dialect })
    for (const words of [['one'], ['two', 'three']])
      expect((await transcribe(engine, listed(speak(words)))).text).toBe(words.join(' '))
    expect(server.accepted()).toBe(1)
  })

  it('a connection that nobody uses is closed after a while, and one that broke meanwhile is made again', async () => {
    const engine = engineFor(server.baseUrl, { idleMs: 60 })
    await transcribe(engine)
    const closed = server.nextClose()
    await closed
    expect((await transcribe(engine)).text).toBe('one two three')
    server.breakAll()
    await expect.poll(() => server.sockets()).toBe(0)
    expect((await transcribe(engine)).text).toBe('one two three')
    expect(server.accepted()).toBe(3)
  })

  it('an idle connection is kept alive by pings; one that does not answer is given up', async () => {
    const engine = engineFor(server.baseUrl, { pingMs: 20, pongMs: 500 })
    await transcribe(engine)
    await expect.poll(() => server.connections[0]?.pings() ?? 0).toBeGreaterThan(3)
    expect(server.sockets()).toBe(1)
    server.serve({ deaf: true })
    const deaf = engineFor(server.baseUrl, { pingMs: 20, pongMs: 60 })
    await transcribe(deaf)
    await server.nextClose()
    expect(server.sockets()).toBe(1)
  })

  it('a warm connection that is dead without having said so is found out, and what was sent into it is sent again', async () => {
    server.serve({ deaf: true, freezesAfter: 1 }, {})
    const engine = engineFor(server.baseUrl, { pongMs: 100 })
    expect((await transcribe(engine, listed(speak(['four'])))).text).toBe('four')
    expect((await transcribe(engine)).text).toBe('one two three')
    expect(server.connections).toHaveLength(2)
    await expect.poll(() => server.sockets()).toBe(1)
  })

  it.each([
    ['before the first sound is answered', { breakAt: { type: 'append', count: 1 } }],
    ['in the middle of the sound', { breakAt: { type: 'append', count: 2 } }],
    ['with a closing frame', { breakAt: { type: 'append', count: 2, how: 'close' } }],
    ['at the commit', { breakAt: { type: 'commit', count: 1 } }],
    ['in the middle of the text', { breakAfterSent: 5 }],
  ] as const)('a connection that breaks %s is made again, and no word is lost and none comes twice', async (_, behaviour) => {
    server.serve(behaviour, {})
    const { text, events } = await transcribe(engineFor(server.baseUrl))
    expect(text).toBe('one two three')
    expect(events.filter(({ type }) => type === 'phrase')).toEqual([expect.objectContaining({ text: 'one two three', index: 0 })])
    expect(server.connections).toHaveLength(2)
  })

  it('what had its text before the break is not sent again', async () => {
    const options = { commitAtPause: { afterMs: 200, pauseMs: 200 } }
    server.serve({ breakAt: { type: 'commit', count: 2 } }, {})
    const microphone = new Microphone()
    const engine = engineFor(server.baseUrl, options)
    const events: AsrEvent[] = []
    const all = (async () => {
      for await (const event of engine.transcribe(microphone.frames(), { signal: new AbortController().signal }))
        events.push(event)
    })()
    microphone.say('one', 'two', 400)
    await expect.poll(() => events.some(({ type }) => type === 'phrase')).toBe(true)
    microphone.say('three', 'four')
    microphone.end()
    await all
    expect(events.at(-1)).toMatchObject({ type: 'final', text: 'one two three four' })
    const [first, second] = server.connections.map(({ messages }) => messages.filter(({ type }) => String(type).endsWith('append')).reduce((sum, { audio }) => sum + atob(String(audio)).length, 0))
    expect(second).toBeLessThan((first ?? 0) * 0.8)
  })

  it('one that breaks each time is given up with something retryable', async () => {
    server.serve({ breakAt: { type: 'append', count: 2 } })
    const { error, text } = await transcribe(engineFor(server.baseUrl))
    expect(error).toMatchObject({ code: 'service-unreachable', retryable: true, params: { service: 'Test' } })
    expect(text).toBeUndefined()
    expect(server.accepted()).toBe(3)
  })

  it('a session that is over by its age goes on in a new one', async () => {
    server.serve({ atFirstAppend: [JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', code: 'session_expired', message: 'Your session hit the maximum duration of 60 minutes.' } })] }, {})
    expect((await transcribe(engineFor(server.baseUrl))).text).toBe('one two three')
    expect(server.connections).toHaveLength(2)
  })

  it('completions out of order are put in order', async () => {
    server.serve({ reverse: 3 })
    const { text } = await transcribe(engineFor(server.baseUrl, { commitAtPause: { afterMs: 200, pauseMs: 200 } }), listed(speak(['one', 'two', 400, 'three', 'four', 400, 'five', 'six'])))
    expect(text).toBe('one two three four five six')
  })

  it.each([
    [{ type: 'error', error: { message: 'The server had an error', type: 'server_error' } }, 'service-failed', true],
    [{ type: 'error', error: 'something broke', code: 'processing_error' }, 'service-failed', true],
    [{ type: 'conversation.item.input_audio_transcription.failed', item_id: 'x', error: { message: 'could not', code: 429 } }, 'service-busy', true],
    [{ error: { message: 'Incorrect API key', code: 'invalid_api_key' } }, 'service-key', false],
  ])('%j ends the take', async (message, code, retryable) => {
    server.serve({ instead: [JSON.stringify(message)] })
    const { error } = await transcribe(engineFor(server.baseUrl))
    expect(error).toMatchObject({ code, retryable })
    await expect.poll(() => server.sockets()).toBe(0)
  })

  it('a message that cannot be read ends the take', async () => {
    server.serve({ instead: ['{"type":'] })
    expect((await transcribe(engineFor(server.baseUrl))).error).toMatchObject({ code: 'service-reply' })
  })

  it('no answer to the commit ends at its deadline', async () => {
    server.serve({ mute: true })
    const { error } = await transcribe(engineFor(server.baseUrl, { answerMs: 50 }))
    expect(error).toMatchObject({ code: 'timeout', retryable: true })
    await expect.poll(() => server.sockets()).toBe(0)
  })

  it.each([
    [401, 'service-key', false],
    [404, 'service-refused', false],
    [301, 'service-refused', false],
    [200, 'service-reply', false],
    [429, 'service-busy', true],
    [503, 'service-failed', true],
  ] as const)('status %d to the handshake is %s', async (status, code, retryable) => {
    server.serve({ refuse: { status, body: JSON.stringify({ error: { message: `Key ${KEY} it is` } }), headers: { 'retry-after-ms': '70' } } })
    const { error } = await transcribe(engineFor(server.baseUrl))
    expect(error).toMatchObject({ code, retryable, params: { status } })
    expect(error?.params['detail']).toBe(status >= 400 ? 'Key … it is' : undefined)
    expect(error?.params['retryAfterMs']).toBe(status >= 400 ? 70 : undefined)
    expect(server.accepted()).toBe(1)
  })

  it('says that nothing listens there, and that a handshake takes too long', async () => {
    server.serve({ handshake: new Promise(() => {}) })
    expect((await transcribe(engineFor(server.baseUrl, { connectMs: 80 }))).error).toMatchObject({ code: 'timeout', retryable: true })
    await server.close()
    expect((await transcribe(engineFor(server.baseUrl))).error).toMatchObject({ code: 'service-unreachable', retryable: true })
  })

  it('signs of life are no answer: the whole has its deadline', async () => {
    server.serve({ mute: true, chatters: true })
    const { error } = await transcribe(engineFor(server.baseUrl, { answerMs: 100, wholeMs: 150 }))
    expect(error).toMatchObject({ code: 'timeout', params: { deadline: 'whole' } })
    await expect.poll(() => server.sockets()).toBe(0)
  })

  it('what is said in the packet that opens the connection is heard', async () => {
    server.serve({ atOpen: [JSON.stringify({ type: 'error', error: { code: 'invalid_api_key', message: 'Incorrect API key' } })] })
    expect((await transcribe(engineFor(server.baseUrl))).error).toMatchObject({ code: 'service-key', retryable: false })
    expect(server.accepted()).toBe(1)
  })

  it('a connection that is closed as soon as it is open is made again', async () => {
    server.serve({ atOpen: [] }, {})
    expect((await transcribe(engineFor(server.baseUrl))).text).toBe('one two three')
    expect(server.accepted()).toBe(2)
  })

  it('silence ends at once, with nothing sent', async () => {
    const { events } = await transcribe(engineFor(server.baseUrl), listed(speak([2000])))
    expect(events).toEqual([{ type: 'final', text: '', speechMs: 0 }])
    expect(server.connections.flatMap(({ messages }) => messages).filter(({ type }) => String(type).startsWith('input_audio_buffer'))).toEqual([])
  })

  it('an abort closes the socket within 50 ms, as the server sees it', async () => {
    server.serve({ mute: true })
    const controller = new AbortController()
    const committed = server.nextMessage('input_audio_buffer.commit')
    const pull = engineFor(server.baseUrl).transcribe(listed(SPEECH), { signal: controller.signal })[Symbol.asyncIterator]().next()
    const settled = pull.catch((error: unknown) => error)
    await committed
    const closed = server.nextClose()
    const abortedAtMs = performance.now()
    controller.abort(abortReason('enough'))
    expect(await settled).toBe(controller.signal.reason)
    await closed
    expect(performance.now() - abortedAtMs).toBeLessThan(50)
  })

  it('an abort during the handshake closes the socket', async () => {
    server.serve({ handshake: new Promise(() => {}) })
    const controller = new AbortController()
    const pull = engineFor(server.baseUrl).transcribe(new Microphone().frames(), { signal: controller.signal })[Symbol.asyncIterator]().next()
    const settled = pull.catch((error: unknown) => error)
    await expect.poll(() => server.sockets()).toBe(1)
    const closed = server.nextClose()
    controller.abort(abortReason('enough'))
    expect(await settled).toBe(controller.signal.reason)
    await closed
  })

  it('what may not be used is not opened, and a warm connection is not even pinged', async () => {
    let allowed = true
    const permit = (): void => {
      if (!allowed)
        throw new AppError('no-service', '"Local only" is on.')
    }
    const engine = engineFor(server.baseUrl, { permit, pingMs: 20 })
    await transcribe(engine)
    await expect.poll(() => server.connections[0]?.pings() ?? 0).toBeGreaterThan(0)
    allowed = false
    await expect.poll(() => server.sockets()).toBe(0)
    expect((await transcribe(engine)).error).toMatchObject({ code: 'no-service' })
    expect(server.accepted()).toBe(1)
  })

  it('what may not be used any more gets no more of the sound', async () => {
    let allowed = true
    const permit = (): void => {
      if (!allowed)
        throw new AppError('no-service', '"Local only" is on.')
    }
    const microphone = new Microphone()
    const all = transcribe(engineFor(server.baseUrl, { permit }), microphone.frames())
    const appended = server.nextMessage('input_audio_buffer.append')
    microphone.say('one', 'two')
    await appended
    // What is left is inside the resampler.
    await expect.poll(() => bytesHeard()).toBeGreaterThan((speak(['one', 'two']).length - 1) * 960)
    const bytes = bytesHeard()
    const closed = server.nextClose()
    allowed = false
    microphone.say('three')
    expect((await all).error).toMatchObject({ code: 'no-service' })
    await closed
    expect(bytesHeard()).toBe(bytes)
    expect(server.accepted()).toBe(1)
  })

  it('two takes at once have a connection each, and one of them is kept', async () => {
    const engine = engineFor(server.baseUrl)
    const both = await Promise.all([['one', 'two'], ['three', 'four']].map(words => transcribe(engine, listed(speak(words)))))
    expect(both.map(({ text }) => text)).toEqual(['one two', 'three four'])
    expect(server.accepted()).toBe(2)
    await expect.poll(() => server.sockets()).toBe(1)
  })

  it('closing the engine ends a take that is running, and its connection', async () => {
    const engine = engineFor(server.baseUrl)
    const microphone = new Microphone()
    const all = transcribe(engine, microphone.frames())
    const appended = server.nextMessage('input_audio_buffer.append')
    microphone.say('one', 'two')
    await appended
    const closed = server.nextClose()
    await engine[Symbol.asyncDispose]()
    expect((await all).error).toMatchObject({ code: 'service-unreachable', retryable: true })
    await closed
    expect((await transcribe(engine)).error).toMatchObject({ code: 'service-unreachable' })
    expect(server.accepted()).toBe(1)
  })

  it('closing the engine closes its warm connection', async () => {
    const engine = engineFor(server.baseUrl)
    await transcribe(engine)
    expect(server.sockets()).toBe(1)
    const closed = server.nextClose()
    await engine[Symbol.asyncDispose]()
    await closed
  })
})

describe('conformance over a socket', () => {
  const shared = new Map<RealtimeDialect, { readonly server: RealtimeServer, readonly engine: AsrEngine & AsyncDisposable }>()
  beforeAll(async () => {
    for (const dialect of DIALECTS) {
      const own = await startRealtimeServer()
      own.serve({ dialect })
      const client = createServiceClient({ endpoint: { id: 'test', name: 'Test', baseUrl: own.baseUrl, privacy: 'machine', caFile: null, key: () => null }, clock: systemClock })
      shared.set(dialect, { server: own, engine: createRealtimeEngine({ client, clock: systemClock, model: 'heard-1', dialect }) })
    }
  })
  afterAll(async () => {
    for (const { server: own, engine } of shared.values()) {
      await engine[Symbol.asyncDispose]()
      await own.close()
    }
  })
  for (const dialect of DIALECTS) {
    describeAsrConformance(`realtime, ${dialect}`, {
      engine: () => shared.get(dialect)?.engine as AsrEngine,
      speech: () => speak([100, 'one', 'two', 'three', 'four', 100]),
      heard: /^one two three four$/,
    })
  }
})
