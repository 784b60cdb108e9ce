import type { Candidate, RoutePolicy } from '../../../../src-main/engines/router/candidates'
import type { RouteReport } from '../../../../src-main/ports/route'
import type { SpeechChunk, SpeechPiece, TtsEngine } from '../../../../src-main/ports/tts-engine'
import type { FakeTtsCall, FakeTtsEngine } from '../../../fakes/fake-engines'
import type { ManualClock } from '../../../fakes/manual-clock'
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { RouteMemory } from '../../../../src-main/engines/router/route-memory'
import { createRoutedTts } from '../../../../src-main/engines/router/routed-tts'
import { abortReason } from '../../../../src-main/lib/abort'
import { AppError } from '../../../../src-main/lib/app-error'
import { systemClock } from '../../../../src-main/ports/clock'
import { LOCAL_SERVICE } from '../../../../src-main/ports/route'
import { createFakeTts } from '../../../fakes/fake-engines'
import { createManualClock } from '../../../fakes/manual-clock'
import { collect, describeTtsConformance, endless } from '../../../support/engine-conformance'
import { target } from './simulation'
import { settle } from './stream-stage'

const RATE_HZ = 10_000
const failed = new AppError('service-failed', 'no', { retryable: true })

function candidate(serviceId: string, engine: TtsEngine, more: Partial<Candidate<TtsEngine>> = {}): Candidate<TtsEngine> {
  return { ...target(serviceId), engine, ...more }
}

/** Fails each piece before its sound. */
function breaking(): TtsEngine {
  return {
    id: 'breaking',
    async* synthesize(pieces, { signal }) {
      for await (const { index } of pieces) {
        signal.throwIfAborted()
        if (index < 0)
          yield sound(0)
        fail()
      }
    },
  }
}

function fail(): never {
  throw failed
}

function sound(ms: number, pieceIndex = 0, last = false, level = 8_000): SpeechChunk {
  return { samples: new Int16Array(ms * RATE_HZ / 1000).fill(level), sampleRate: RATE_HZ, pieceIndex, last }
}

for (const [name, list] of [
  ['one candidate', () => [candidate('a', createFakeTts())]],
  ['the built-in one', () => [candidate(LOCAL_SERVICE, createFakeTts(), { privacy: 'machine' })]],
  ['the first failing before its sound', () => [candidate('a', breaking()), candidate('b', createFakeTts())]],
] as const) {
  describeTtsConformance(`router, ${name}`, {
    engine: () => createRoutedTts({ candidates: list, policy: () => DEFAULT_POLICY, memory: new RouteMemory({ clock: systemClock }), clock: systemClock }),
  })
}

interface Stage {
  readonly clock: ManualClock
  readonly controller: AbortController
  readonly memory: RouteMemory
  readonly a: FakeTtsEngine
  readonly b: FakeTtsEngine
  readonly chunks: SpeechChunk[]
  readonly reports: RouteReport[]
  /** `ended`, or what it failed with. */
  readonly over: Promise<unknown>
  /** The call that was asked for this text, in the order in which they were asked. */
  readonly asked: () => string[]
}

interface StageOptions {
  readonly policy?: Partial<RoutePolicy>
  readonly local?: boolean
  /** Pulls by hand when false. */
  readonly drain?: boolean
}

function createStage(texts: readonly string[], { policy = { hedge: false }, local = false, drain = true }: StageOptions = {}): Stage & { readonly stream: AsyncIterator<SpeechChunk, void> } {
  const clock = createManualClock()
  const controller = new AbortController()
  const memory = new RouteMemory({ clock })
  const [a, b] = [createFakeTts({ timing: 'manual' }), createFakeTts({ timing: 'manual' })]
  const order = local ? [LOCAL_SERVICE, 'b'] : ['a', 'b']
  const engine = createRoutedTts({
    candidates: () => [candidate(local ? LOCAL_SERVICE : 'a', a, local ? { privacy: 'machine' } : {}), candidate('b', b)],
    policy: () => ({ ...DEFAULT_POLICY, order, ...policy }),
    memory,
    clock,
    random: () => 0.5,
  })
  const chunks: SpeechChunk[] = []
  const reports: RouteReport[] = []
  async function* pieces(): AsyncGenerator<SpeechPiece> {
    yield* texts.map((text, index) => ({ index, text }))
  }
  const stream = engine.synthesize(pieces(), { signal: controller.signal, onRoute: report => reports.push(report) })[Symbol.asyncIterator]()
  const over = (async () => {
    if (drain) {
      for await (const chunk of { [Symbol.asyncIterator]: () => stream })
        chunks.push(chunk)
    }
    return 'ended'
  })().catch((error: unknown) => error)
  return {
    clock,
    controller,
    memory,
    a,
    b,
    chunks,
    reports,
    over,
    stream,
    asked: () => [...a.calls.map(call => `a:${textOf(call)}`), ...b.calls.map(call => `b:${textOf(call)}`)],
  }
}

function textOf(call: FakeTtsCall): string {
  return call.pieces.map(({ text }) => text).join('')
}

/** What was heard: `0:120` for 120 ms of piece 0, `0.` for its end. */
function heard(chunks: readonly SpeechChunk[]): string[] {
  return chunks.map(({ samples, sampleRate, pieceIndex, last }) => `${pieceIndex}${samples.length > 0 ? `:${samples.length / sampleRate * 1000}` : ''}${last ? '.' : ''}`)
}

describe('pieces', () => {
  it('two ahead of the one that is heard are on their way, and sound comes in order', async () => {
    const stage = createStage(['One.', 'Two.', 'Three.', 'Four.'])
    await settle()
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.', 'a:Three.'])
    stage.a.calls[1]?.emit(sound(20, 1), sound(0, 1, true))
    await settle()
    expect(stage.chunks).toEqual([])
    stage.a.calls[0]?.emit(sound(10, 0))
    await settle()
    expect(heard(stage.chunks)).toEqual(['0:10'])
    stage.a.calls[0]?.emit(sound(10, 0, true))
    await settle()
    expect(heard(stage.chunks)).toEqual(['0:10', '0:10.', '1:20', '1.'])
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.', 'a:Three.', 'a:Four.'])
    stage.a.calls[2]?.emit(sound(10, 2, true))
    stage.a.calls[3]?.emit(sound(10, 3, true))
    for (const call of stage.a.calls)
      call.end()
    expect(await stage.over).toBe('ended')
    expect(stage.reports.at(-1)).toMatchObject({ part: 'tts', servedBy: 'a', why: 'order', attempts: [{ serviceId: 'a', outcome: 'served' }] })
    expect(stage.a.calls.map(({ outcome }) => outcome)).toEqual(['ended', 'ended', 'ended', 'ended'])
    expect(getEventListeners(stage.controller.signal, 'abort')).toHaveLength(0)
    expect(stage.clock.pending).toBe(0)
  })

  it('the built-in voice makes one after the other', async () => {
    const stage = createStage(['One.', 'Two.'], { local: true })
    await settle()
    expect(stage.asked()).toEqual(['a:One.'])
    stage.a.calls[0]?.emit(sound(10, 0, true))
    stage.a.calls[0]?.end()
    await settle()
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.'])
    stage.a.calls[1]?.emit(sound(10, 1, true))
    stage.a.calls[1]?.end()
    expect(await stage.over).toBe('ended')
  })

  it('what cannot be pronounced is no request', async () => {
    const stage = createStage(['…', '😀'])
    expect(await stage.over).toBe('ended')
    expect(heard(stage.chunks)).toEqual(['0.', '1.'])
    expect(stage.asked()).toEqual([])
    expect(stage.reports).toEqual([])
  })
})

describe('a voice that fails', () => {
  it('before its sound: the next one speaks the piece, and those after it, also what was on its way', async () => {
    const stage = createStage(['One.', 'Two.', 'Three.', 'Four.'])
    await settle()
    stage.a.calls[0]?.fail(failed)
    await settle()
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.', 'a:Three.', 'b:One.', 'b:Two.', 'b:Three.'])
    expect(stage.a.calls.map(({ signal }) => signal.aborted)).toEqual([true, true, true])
    for (const [index, call] of stage.b.calls.entries())
      call.emit(sound(10, index, true))
    await settle()
    expect(stage.asked().at(-1)).toBe('b:Four.')
    stage.b.calls[3]?.emit(sound(10, 3, true))
    for (const call of stage.b.calls)
      call.end()
    expect(await stage.over).toBe('ended')
    expect(heard(stage.chunks)).toEqual(['0:10.', '1:10.', '2:10.', '3:10.'])
    expect(stage.reports.at(-1)).toMatchObject({
      servedBy: 'b',
      why: 'fallback',
      attempts: [{ serviceId: 'a', outcome: 'failed', errorCode: 'service-failed' }, { serviceId: 'b', outcome: 'served' }],
    })
    // It failed in one turn, however many pieces were on their way.
    expect(stage.memory.breaker('a', 'tts')).toEqual({ kind: 'closed' })
  })

  it('in the middle: the next one goes on at the next word, at once, with one end of the piece', async () => {
    const stage = createStage(['The quick brown fox jumps over the lazy dog.', 'Then it sleeps.'])
    await settle()
    // Nothing but silence first: it is not counted as speech.
    stage.a.calls[0]?.emit(sound(500, 0, false, 0), sound(600, 0))
    await settle()
    stage.a.calls[0]?.fail(failed)
    await settle()
    expect(stage.clock.nowMs()).toBe(0)
    expect(stage.asked()).toEqual(['a:The quick brown fox jumps over the lazy dog.', 'a:Then it sleeps.', 'b:fox jumps over the lazy dog.', 'b:Then it sleeps.'].sort((x, y) => x[0]!.localeCompare(y[0]!)))
    const rest = stage.b.calls.find(call => textOf(call).startsWith('fox'))
    const second = stage.b.calls.find(call => textOf(call).startsWith('Then'))
    rest?.emit(sound(900, 0), sound(0, 0, true))
    second?.emit(sound(300, 1, true))
    rest?.end()
    second?.end()
    expect(await stage.over).toBe('ended')
    expect(heard(stage.chunks)).toEqual(['0:500', '0:600', '0:900', '0.', '1:300.'])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'b', attempts: [{ serviceId: 'a', outcome: 'failed', firstOutputMs: 0 }, { serviceId: 'b', outcome: 'served' }] })
  })

  it('in the middle, after a piece that taught its speed', async () => {
    const stage = createStage(['Good morning to you all.', 'The quick brown fox jumps over the lazy dog.'])
    await settle()
    stage.a.calls[0]?.emit(sound(24 * 40, 0, true))
    stage.a.calls[1]?.emit(sound(16 * 40, 1))
    await settle()
    stage.a.calls[1]?.fail(failed)
    await settle()
    expect(stage.asked().at(-1)).toBe('b:fox jumps over the lazy dog.')
    stage.controller.abort(abortReason('test'))
    await stage.over
  })

  it('at the very end of a piece: nothing is left to say', async () => {
    const stage = createStage(['Yes.'])
    await settle()
    stage.a.calls[0]?.emit(sound(900, 0))
    await settle()
    stage.a.calls[0]?.fail(failed)
    expect(await stage.over).toBe('ended')
    expect(heard(stage.chunks)).toEqual(['0:900', '0.'])
    expect(stage.b.calls).toHaveLength(0)
  })

  it('a sound that ends without its last chunk was cut', async () => {
    const stage = createStage(['The quick brown fox.'])
    await settle()
    stage.a.calls[0]?.emit(sound(300, 0))
    stage.a.calls[0]?.end()
    await settle()
    expect(stage.asked().at(-1)).toMatch(/^b:.+fox\.$/)
    stage.b.calls[0]?.emit(sound(300, 0, true))
    stage.b.calls[0]?.end()
    expect(await stage.over).toBe('ended')
  })

  it('when none is left the error comes after the sound of the pieces before', async () => {
    const refused = new AppError('service-refused', 'no')
    const stage = createStage(['One.', 'Two.'])
    await settle()
    stage.a.calls[0]?.emit(sound(10, 0, true))
    stage.a.calls[1]?.fail(refused)
    await settle()
    stage.b.calls[0]?.fail(failed)
    for (let i = 0; i < 20; i++) {
      await settle()
      stage.clock.advance(4_000)
      for (const call of stage.b.calls)
        call.fail(failed)
    }
    expect(await stage.over).toBe(refused)
    expect(heard(stage.chunks)).toEqual(['0:10.'])
    expect(stage.clock.pending).toBe(0)
  })
})

describe('a voice that is late', () => {
  it('the second one speaks the reply when it is sooner, all of it', async () => {
    const stage = createStage(['One.', 'Two.'], { policy: { hedge: true } })
    await settle()
    stage.clock.advance(1_000)
    await settle()
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.', 'b:One.'])
    stage.b.calls[0]?.emit(sound(10, 0, true))
    await settle()
    expect(stage.asked()).toEqual(['a:One.', 'a:Two.', 'b:One.', 'b:Two.'])
    expect(stage.a.calls.map(({ signal }) => signal.aborted)).toEqual([true, true])
    stage.b.calls[1]?.emit(sound(10, 1, true))
    for (const call of stage.b.calls)
      call.end()
    expect(await stage.over).toBe('ended')
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'b', why: 'hedge', attempts: [{ serviceId: 'a', outcome: 'lost' }, { serviceId: 'b', outcome: 'served', hedge: true }] })
    expect(stage.clock.pending).toBe(0)
  })
})

describe('the consumer', () => {
  it('that plays slowly holds the making up, and loses nothing', async () => {
    const stage = createStage(['A long one.'], { drain: false })
    const first = stage.stream.next()
    await settle()
    const call = stage.a.calls[0]
    for (let i = 0; i < 40; i++)
      call?.emit(sound(1_000))
    call?.emit(sound(0, 0, true))
    call?.end()
    await first
    await settle()
    expect(call?.waiting).toBeGreaterThan(5)
    let ms = 1_000
    for await (const { samples } of { [Symbol.asyncIterator]: () => stage.stream })
      ms += samples.length / RATE_HZ * 1000
    expect(ms).toBe(40_000)
  })

  it('that leaves, or stops, closes every request', async () => {
    for (const how of ['leave', 'stop'] as const) {
      const stage = createStage(['One.', 'Two.', 'Three.'], { drain: false })
      const first = stage.stream.next()
      await settle()
      stage.a.calls[0]?.emit(sound(10, 0))
      await first
      if (how === 'leave') {
        await stage.stream.return?.()
      }
      else {
        stage.controller.abort(abortReason('test'))
        await expect(stage.stream.next()).rejects.toBe(stage.controller.signal.reason)
      }
      await settle()
      expect(stage.a.calls.map(({ outcome }) => outcome)).not.toContain('open')
      expect(stage.a.calls).toHaveLength(3)
      expect(stage.reports.at(-1)).toMatchObject({ servedBy: 'a', attempts: [{ outcome: 'stopped' }] })
      expect(getEventListeners(stage.controller.signal, 'abort')).toHaveLength(0)
      expect(stage.clock.pending).toBe(0)
    }
  })

  it('is not kept waiting by pieces that never come', async () => {
    const controller = new AbortController()
    const input = endless<SpeechPiece>()
    const engine = createRoutedTts({ candidates: () => [], policy: () => DEFAULT_POLICY, memory: new RouteMemory({ clock: systemClock }), clock: systemClock })
    const outcome = collect(engine.synthesize(input.source, { signal: controller.signal })).catch((error: unknown) => error)
    controller.abort(abortReason('test'))
    expect(await outcome).toBe(controller.signal.reason)
    await input.released
  })

  it('hears that there is no voice', async () => {
    const engine = createRoutedTts({ candidates: () => [], policy: () => DEFAULT_POLICY, memory: new RouteMemory({ clock: systemClock }), clock: systemClock })
    async function* one(): AsyncGenerator<SpeechPiece> {
      yield { index: 0, text: 'Hello.' }
    }
    await expect(collect(engine.synthesize(one(), { signal: new AbortController().signal }))).rejects.toMatchObject({ code: 'no-service' })
  })
})
