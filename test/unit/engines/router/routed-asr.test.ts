import type { Candidate, RoutePolicy } from '../../../../src-main/engines/router/candidates'
import type { AsrEngine, AsrEvent } from '../../../../src-main/ports/asr-engine'
import type { AudioFrame } from '../../../../src-main/ports/audio-frame'
import type { RouteReport } from '../../../../src-main/ports/route'
import type { FakeAsrEngine } from '../../../fakes/fake-engines'
import type { ManualClock } from '../../../fakes/manual-clock'
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { RouteMemory } from '../../../../src-main/engines/router/route-memory'
import { createRoutedAsr } from '../../../../src-main/engines/router/routed-asr'
import { abortReason } from '../../../../src-main/lib/abort'
import { AppError } from '../../../../src-main/lib/app-error'
import { BoundedQueue } from '../../../../src-main/lib/bounded-queue'
import { systemClock } from '../../../../src-main/ports/clock'
import { LOCAL_SERVICE } from '../../../../src-main/ports/route'
import { createFakeAsr } from '../../../fakes/fake-engines'
import { createManualClock } from '../../../fakes/manual-clock'
import { describeAsrConformance } from '../../../support/engine-conformance'
import { target } from './simulation'
import { settle } from './stream-stage'

const failed = new AppError('service-failed', 'no', { retryable: true })

function candidate(serviceId: string, engine: AsrEngine, more: Partial<Candidate<AsrEngine>> = {}): Candidate<AsrEngine> {
  return { ...target(serviceId), engine, ...more }
}

function own(engine: AsrEngine): Candidate<AsrEngine> {
  return candidate(LOCAL_SERVICE, engine, { privacy: 'machine' })
}

function frameOf(index: number): AudioFrame {
  return { samples: new Int16Array(320), sampleRate: 16_000, capturedAtMs: index * 20 }
}

/** Fails when its frames have ended, as a service does that is sent the whole take. */
function failing(): AsrEngine {
  return {
    id: 'failing',

    async* transcribe(frames, { signal }) {
      for await (const frame of frames)
        void frame
      signal.throwIfAborted()
      throw failed
    },
  }
}

const speech = (): readonly AudioFrame[] => Array.from({ length: 20 }, (_, index) => frameOf(index))
for (const [name, list] of [
  ['the built-in one alone', () => [own(createFakeAsr())]],
  ['a service alone', () => [candidate('a', createFakeAsr())]],
  ['a service, and the built-in one behind it', () => [candidate('a', createFakeAsr()), own(createFakeAsr({ hears: 'not this' }))]],
  ['a service that fails, and the built-in one', () => [candidate('a', failing()), own(createFakeAsr())]],
  ['a service that fails, and another', () => [candidate('a', failing()), candidate('b', createFakeAsr())]],
] as const) {
  describeAsrConformance(`router, ${name}`, {
    engine: () => createRoutedAsr({ candidates: list, policy: () => ({ ...DEFAULT_POLICY, order: ['a', 'b', LOCAL_SERVICE] }), memory: new RouteMemory({ clock: systemClock }), clock: systemClock }),
    speech,
    heard: /^hello$/,
  })
}

interface Stage {
  readonly clock: ManualClock
  readonly controller: AbortController
  readonly memory: RouteMemory
  readonly microphone: BoundedQueue<AudioFrame>
  readonly a: FakeAsrEngine
  readonly b: FakeAsrEngine
  readonly local: FakeAsrEngine
  readonly events: AsrEvent[]
  readonly reports: RouteReport[]
  readonly over: Promise<unknown>
  speak: (count: number) => void
}

interface StageOptions {
  readonly who?: readonly ('a' | 'b' | 'local')[]
  readonly policy?: Partial<RoutePolicy>
  readonly mostFrames?: number
}

function createStage({ who = ['a', 'local'], policy = {}, mostFrames }: StageOptions = {}): Stage {
  const clock = createManualClock()
  const controller = new AbortController()
  const memory = new RouteMemory({ clock })
  const engines = { a: createFakeAsr({ timing: 'manual' }), b: createFakeAsr({ timing: 'manual' }), local: createFakeAsr({ timing: 'manual' }) }
  const microphone = new BoundedQueue<AudioFrame>(10_000)
  const engine = createRoutedAsr({
    candidates: () => who.map(id => id === 'local' ? own(engines.local) : candidate(id, engines[id])),
    policy: () => ({ ...DEFAULT_POLICY, hedge: false, order: who.map(id => id === 'local' ? LOCAL_SERVICE : id), ...policy }),
    memory,
    clock,
    random: () => 0.5,
    deadlineMs: () => 1_000,
    ...(mostFrames !== undefined && { mostFrames }),
  })
  const events: AsrEvent[] = []
  const reports: RouteReport[] = []
  let spoken = 0
  const over = (async () => {
    for await (const event of engine.transcribe(microphone.consume(controller.signal), { signal: controller.signal, language: 'en', onRoute: report => reports.push(report) }))
      events.push(event)
    return 'ended'
  })().catch((error: unknown) => error)
  return {
    clock,
    controller,
    memory,
    microphone,
    ...engines,
    events,
    reports,
    over,
    speak(count) {
      for (let i = 0; i < count; i++)
        microphone.push(frameOf(spoken++))
    },
  }
}

function partial(text: string, settled = false): AsrEvent {
  return { type: 'partial', text, stableChars: text.length, settled }
}

function phrase(text: string, index: number): AsrEvent {
  return { type: 'phrase', text, index, startMs: 0, endMs: 100 }
}

async function closed({ controller, clock, a, b, local }: Stage): Promise<void> {
  await settle()
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
  expect(clock.pending).toBe(0)
  expect([a, b, local].flatMap(({ calls }) => calls.map(({ outcome }) => outcome))).not.toContain('open')
}

describe('a service with the built-in recogniser behind it', () => {
  it('both hear every frame; the voice and the first text are the built-in one\'s, the final text is the service\'s', async () => {
    const stage = createStage()
    const [a, local] = [await stage.a.nextCall(), await stage.local.nextCall()]
    stage.speak(10)
    local.emit({ type: 'speech-start', atMs: 0 }, partial('hello'), phrase('hello', 0))
    a.emit(phrase('Hello', 0))
    await settle()
    expect(stage.events).toEqual([{ type: 'speech-start', atMs: 0 }, { type: 'partial', text: 'hello', stableChars: 0, settled: false }])
    local.emit({ type: 'speech-end', atMs: 200 })
    stage.microphone.end()
    await settle()
    expect([a.frames.length, local.frames.length]).toEqual([10, 10])
    stage.clock.advance(300)
    a.emit(phrase('world.', 1))
    a.finish('Hello world.')
    expect(await stage.over).toBe('ended')
    expect(stage.events.slice(2)).toEqual([{ type: 'speech-end', atMs: 200 }, phrase('Hello', 0), phrase('world.', 1), { type: 'final', text: 'Hello world.', speechMs: 1000 }])
    expect(a.options).toMatchObject({ language: 'en' })
    expect(stage.reports.at(-1)).toMatchObject({ part: 'asr', servedBy: 'a', why: 'order', attempts: [{ serviceId: 'a', outcome: 'served', delivery: null }] })
    await closed(stage)
    expect(stage.memory.rank('asr', [candidate('a', stage.a)], DEFAULT_POLICY, { turn: false }).expectedMs).toBe(300)
  })

  it('the built-in one answers when the service is later than the deadline', async () => {
    const stage = createStage()
    const [a, local] = [await stage.a.nextCall(), await stage.local.nextCall()]
    stage.speak(50)
    stage.microphone.end()
    await settle()
    stage.clock.advance(100)
    local.emit(phrase('hello', 0))
    local.finish('hello')
    a.emit(phrase('Hello there.', 0))
    await settle()
    // A second of sound adds 50 ms.
    stage.clock.advance(949)
    await settle()
    expect(stage.events).toEqual([])
    stage.clock.advance(1)
    expect(await stage.over).toBe('ended')
    expect(stage.events).toEqual([phrase('hello', 0), { type: 'final', text: 'hello', speechMs: 1000 }])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: LOCAL_SERVICE, why: 'hedge', attempts: [{ serviceId: 'a', outcome: 'lost' }, { serviceId: LOCAL_SERVICE, outcome: 'served', hedge: true }] })
    await closed(stage)
    expect(stage.memory.rank('asr', [own(stage.local)], DEFAULT_POLICY, { turn: false }).expectedMs).toBe(100)
    expect(stage.memory.rank('asr', [candidate('a', stage.a)], DEFAULT_POLICY, { turn: false }).expectedMs).toBe(1_050)
  })

  it('the service may still win after the deadline when the built-in one is slower yet', async () => {
    const stage = createStage()
    const [a] = [await stage.a.nextCall(), await stage.local.nextCall()]
    stage.microphone.end()
    await settle()
    stage.clock.advance(2_000)
    await settle()
    a.finish('Hello.')
    expect(await stage.over).toBe('ended')
    expect(stage.events).toEqual([{ type: 'final', text: 'Hello.', speechMs: 1000 }])
    await closed(stage)
  })

  it('the built-in one answers when the service fails, at once, and with nothing of the service in it', async () => {
    const stage = createStage()
    const [a, local] = [await stage.a.nextCall(), await stage.local.nextCall()]
    stage.speak(5)
    a.emit(partial('Hello wor'), phrase('Hello wor', 0))
    await settle()
    a.fail(failed)
    await settle()
    local.emit(partial('hello'), partial('hello world how', false))
    await settle()
    stage.speak(5)
    stage.microphone.end()
    await settle()
    local.emit(phrase('hello world how are you', 0))
    local.finish('hello world how are you')
    expect(await stage.over).toBe('ended')
    expect(stage.clock.nowMs()).toBe(0)
    expect(stage.events).toEqual([partial('Hello wor'), partial('hello world how'), phrase('hello world how are you', 0), { type: 'final', text: 'hello world how are you', speechMs: 1000 }])
    expect(local.frames.map(({ capturedAtMs }) => capturedAtMs / 20)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: LOCAL_SERVICE, why: 'fallback', attempts: [{ serviceId: 'a', outcome: 'failed', errorCode: 'service-failed' }, { serviceId: LOCAL_SERVICE, outcome: 'served', hedge: false }] })
    await closed(stage)
  })

  it('the service goes on alone when the built-in one is lost', async () => {
    const stage = createStage()
    const [a, local] = [await stage.a.nextCall(), await stage.local.nextCall()]
    local.fail(new AppError('inference-child-lost', 'no', { retryable: true }))
    await settle()
    a.emit({ type: 'speech-start', atMs: 0 })
    stage.microphone.end()
    await settle()
    a.finish('Hello.')
    expect(await stage.over).toBe('ended')
    expect(stage.events.map(({ type }) => type)).toEqual(['speech-start', 'final'])
    await closed(stage)
  })

  it('the built-in one hears the take again when it was lost before it was needed', async () => {
    const stage = createStage()
    const [a, local] = [await stage.a.nextCall(), await stage.local.nextCall()]
    stage.speak(7)
    await settle()
    local.fail(new AppError('inference-child-lost', 'no', { retryable: true }))
    await settle()
    a.fail(failed)
    const again = await stage.local.nextCall()
    stage.microphone.end()
    await settle()
    expect(again.frames).toHaveLength(7)
    again.finish('hello')
    expect(await stage.over).toBe('ended')
    await closed(stage)
  })
})

describe('services without a built-in recogniser', () => {
  it('the next one hears the take from its beginning', async () => {
    const stage = createStage({ who: ['a', 'b'] })
    const a = await stage.a.nextCall()
    stage.speak(30)
    await settle()
    a.emit(partial('Hello'))
    await settle()
    a.fail(failed)
    const b = await stage.b.nextCall()
    stage.speak(3)
    b.emit(partial('He'), partial('Hello you'))
    stage.microphone.end()
    await settle()
    expect(b.frames.map(({ capturedAtMs }) => capturedAtMs / 20)).toEqual(Array.from({ length: 33 }, (_, index) => index))
    b.finish('Hello you.')
    expect(await stage.over).toBe('ended')
    expect(stage.events).toEqual([partial('Hello'), partial('Hello you'), { type: 'final', text: 'Hello you.', speechMs: 1000 }])
    await closed(stage)
  })

  it('a service that is late is joined by another only when it may', async () => {
    for (const hedge of [true, false]) {
      const stage = createStage({ who: ['a', 'b'], policy: { hedge } })
      const a = await stage.a.nextCall()
      stage.microphone.end()
      await settle()
      stage.clock.advance(1_000)
      await settle()
      expect(stage.b.calls).toHaveLength(hedge ? 1 : 0)
      a.finish('Hello.')
      expect(await stage.over).toBe('ended')
      await closed(stage)
    }
  })

  it('is tried again while somebody still speaks, however long, and for a while afterwards', async () => {
    const stage = createStage({ who: ['a'] })
    stage.speak(1)
    ;(await stage.a.nextCall()).fail(failed)
    await settle()
    stage.clock.advance(60_000)
    ;(await stage.a.nextCall()).fail(failed)
    await settle()
    stage.clock.advance(4_000)
    const a = await stage.a.nextCall()
    stage.microphone.end()
    await settle()
    expect(a.frames).toHaveLength(1)
    a.finish('Hello.')
    expect(await stage.over).toBe('ended')
    await closed(stage)
  })

  it('a take of which the beginning is gone is not heard in part', async () => {
    const stage = createStage({ who: ['a', 'b'], mostFrames: 5 })
    const a = await stage.a.nextCall()
    stage.speak(12)
    await settle()
    expect(a.frames).toHaveLength(12)
    a.fail(failed)
    expect(await stage.over).toBe(failed)
    expect([stage.a.calls.length, stage.b.calls.length]).toEqual([1, 0])
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: null, attempts: [{ serviceId: 'a', outcome: 'failed' }] })
    stage.microphone.end()
    await closed(stage)
  })

  it('nobody to ask is said', async () => {
    expect(await createStage({ who: [] }).over).toMatchObject({ code: 'no-service' })
  })
})

describe('the end of a take', () => {
  it('stopping stops all that listen', async () => {
    const stage = createStage()
    await Promise.all([stage.a.nextCall(), stage.local.nextCall()])
    stage.speak(5)
    await settle()
    stage.controller.abort(abortReason('test'))
    expect(await stage.over).toBe(stage.controller.signal.reason)
    await closed(stage)
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: null, attempts: [{ outcome: 'stopped' }] })
  })

  it('local only keeps every frame on the machine', async () => {
    const stage = createStage({ policy: { localOnly: true } })
    const local = await stage.local.nextCall()
    stage.speak(5)
    local.emit(partial('hello', true))
    await settle()
    expect(stage.events).toEqual([partial('hello', true)])
    stage.microphone.end()
    await settle()
    local.finish('hello')
    expect(await stage.over).toBe('ended')
    expect(stage.a.calls).toHaveLength(0)
    expect(stage.reports.at(-1)).toMatchObject({ servedBy: LOCAL_SERVICE, why: 'only', skipped: [{ serviceId: 'a', reason: 'local-only' }] })
    await closed(stage)
  })
})
