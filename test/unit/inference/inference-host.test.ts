import type { InferenceHost, LocalModels, LocalModelState } from '../../../src-main/inference/inference-host'
import type { LocalKind } from '../../../src-main/inference/protocol'
import type { InstalledModel } from '../../../src-main/ports/installed-model'
import type { FakeChildren } from '../../fakes/fake-inference-child'
import type { ManualClock } from '../../fakes/manual-clock'
import { describe, expect, it } from 'vitest'
import { createInferenceHost } from '../../../src-main/inference/inference-host'
import { abortReason } from '../../../src-main/lib/abort'
import { silentLogger } from '../../../src-main/ports/logger'
import { createFakeChildren } from '../../fakes/fake-inference-child'
import { createManualClock } from '../../fakes/manual-clock'

const model = (id: string, kind: InstalledModel['kind']): InstalledModel => ({ id, kind, format: 'gguf', files: {} })
const MODELS: LocalModels = { asr: model('ears', 'asr'), vad: model('gate', 'vad'), tts: model('mouth', 'tts'), chat: model('brain', 'chat') }
const KINDS: readonly LocalKind[] = ['asr', 'tts', 'chat']
const signal = new AbortController().signal

interface Stage {
  readonly host: InferenceHost
  readonly children: FakeChildren
  readonly clock: ManualClock
  readonly told: LocalModelState[]
  readonly states: () => string
  readonly loads: () => string[]
}

function stage(options: { models?: LocalModels, unloadAfterIdleMs?: number } = {}): Stage {
  const children = createFakeChildren()
  const clock = createManualClock()
  const told: LocalModelState[] = []
  const host = createInferenceHost({
    spawn: children.spawn,
    clock,
    logger: silentLogger,
    models: options.models ?? MODELS,
    options: { unloadAfterIdleMs: options.unloadAfterIdleMs ?? null },
  })
  host.states.subscribe(state => told.push(state))
  return {
    host,
    children,
    clock,
    told,
    states: () => KINDS.map(kind => host.state(kind).state).join(' '),
    loads: () => children.last.received.flatMap(message => message.type === 'load' ? [message.request.kind] : []),
  }
}

/** Lets promises run that wait for nothing but each other. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function warm(options: Parameters<typeof stage>[0] = {}): Promise<Stage> {
  const made = stage(options)
  made.host.start()
  for (const kind of KINDS)
    made.children.last.loaded(kind)
  await settle()
  return made
}

async function* nothing(): AsyncGenerator<never> {}

describe('loading', () => {
  it('loads all kinds at once and tells when each is ready', async () => {
    const { host, children, clock, told, loads, states } = stage()
    expect(states()).toBe('unloaded unloaded unloaded')
    host.start()
    host.start()
    expect(loads()).toEqual(['asr', 'tts', 'chat'])
    clock.advance(120)
    children.last.loaded('tts')
    expect(host.state('tts')).toEqual({ kind: 'tts', state: 'ready', loadMs: 120 })
    expect(states()).toBe('loading ready loading')
    await host.ready('tts')
    expect(told.at(-1)).toEqual({ kind: 'tts', state: 'ready', loadMs: 120 })
    expect(children.lives).toHaveLength(1)
  })

  it('a kind without a model fails alone', async () => {
    const { vad: _, ...withoutVad } = MODELS
    const { host, loads } = stage({ models: withoutVad })
    host.start()
    expect(loads()).toEqual(['tts', 'chat'])
    expect(host.state('asr')).toEqual({ kind: 'asr', state: 'failed', errorCode: 'model-missing' })
    await expect(host.ready('asr')).rejects.toMatchObject({ code: 'model-missing' })
  })

  it('a corrupt model fails alone, and can be replaced', async () => {
    const { host, children, states, loads } = stage()
    host.start()
    children.last.tell({ type: 'load-failed', kind: 'chat', error: { code: 'model-corrupt', message: 'bad', retryable: false, params: { model: 'brain' } } })
    children.last.loaded('asr')
    children.last.loaded('tts')
    expect(states()).toBe('ready ready failed')
    await expect(host.chat.complete([], { signal })[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'model-corrupt', params: { model: 'brain' } })
    host.setModels({ chat: model('other', 'chat') })
    expect(states()).toBe('ready ready loading')
    expect(loads()).toEqual(['asr', 'tts', 'chat', 'chat'])
    children.last.loaded('chat')
    await host.ready('chat')
  })

  it('a request waits for its model, bounded, and with its signal', async () => {
    const { host, children, clock } = stage()
    host.start()
    const controller = new AbortController()
    const aborted = host.chat.complete([], { signal: controller.signal })[Symbol.asyncIterator]().next()
    const late = host.chat.complete([], { signal })[Symbol.asyncIterator]().next()
    const reason = abortReason('test')
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    clock.advance(59_000)
    children.last.tell({ type: 'pong', n: 1, rssBytes: 1 })
    const waiting = expect(late).rejects.toMatchObject({ code: 'timeout', retryable: true })
    clock.advance(1000)
    await waiting
    expect(children.last.received.filter(message => message.type === 'chat.start')).toEqual([])
  })

  it('loading that never ends is a hung child', async () => {
    const { children, clock, host } = stage()
    host.start()
    children.last.loaded('asr')
    clock.advance(90_000)
    expect(children.lives[0]?.alive).toBe(false)
    clock.advance(0)
    expect(children.lives).toHaveLength(2)
  })

  it('a child of another build is refused', async () => {
    const { children, host, states } = stage()
    host.start()
    children.last.tell({ type: 'hello', version: 99 })
    expect(states()).toBe('failed failed failed')
    expect(children.last.alive).toBe(false)
  })
})

describe('loss of the child', () => {
  it('none counts as usable any more when the first is told: who hears of it may ask for another within the telling', async () => {
    const { host, children, states } = await warm()
    const heard: string[] = []
    host.states.subscribe(() => heard.push(states()))
    children.last.die()
    expect(heard).toEqual(['loading loading loading', 'loading loading loading', 'loading loading loading'])
  })

  it('fails what runs as retryable, starts again at once, and loads again', async () => {
    const { host, children, clock, states, loads } = await warm()
    const reply = host.chat.complete([{ role: 'user', content: 'x' }], { signal })[Symbol.asyncIterator]()
    const next = reply.next()
    await settle()
    children.last.die()
    await expect(next).rejects.toMatchObject({ code: 'inference-child-lost', retryable: true })
    expect(states()).toBe('loading loading loading')
    const again = host.chat.complete([{ role: 'user', content: 'x' }], { signal })[Symbol.asyncIterator]().next()
    clock.advance(0)
    expect(children.lives).toHaveLength(2)
    expect(loads()).toEqual(['asr', 'tts', 'chat'])
    children.last.loaded('chat')
    await settle()
    const start = children.last.received.find(message => message.type === 'chat.start')
    children.last.tell({ type: 'event', id: start?.type === 'chat.start' ? start.id : -1, payload: { of: 'chat', event: { type: 'text', text: 'Yes' } } })
    expect(await again).toEqual({ done: false, value: { type: 'text', text: 'Yes' } })
  })

  it('waits longer each time it is lost', async () => {
    const { children, clock } = await warm()
    for (const delayMs of [0, 250, 1000, 4000, 4000]) {
      const lives = children.lives.length
      children.last.die()
      clock.advance(Math.max(0, delayMs - 1))
      if (delayMs > 0)
        expect(children.lives).toHaveLength(lives)
      clock.advance(1)
      expect(children.lives).toHaveLength(lives + 1)
      for (const kind of KINDS)
        children.last.loaded(kind)
    }
  })

  it('finds the model the child dies of, and keeps the others', async () => {
    const { host, children, clock, states, loads } = stage()
    host.start()
    for (const [kind, modelId] of [['asr', 'ears'], ['tts', 'mouth'], ['chat', 'brain']] as const)
      children.last.tell({ type: 'opening', kind, modelId })
    children.last.die()
    clock.advance(0)
    expect(loads()).toEqual(['asr'])
    children.last.loaded('asr')
    expect(loads()).toEqual(['asr', 'tts'])
    children.last.tell({ type: 'opening', kind: 'tts', modelId: 'mouth' })
    children.last.die()
    clock.advance(250)
    expect(host.state('tts')).toEqual({ kind: 'tts', state: 'failed', errorCode: 'model-corrupt' })
    await expect(host.ready('tts')).rejects.toMatchObject({ code: 'model-corrupt', params: { model: 'mouth' } })
    children.last.loaded('asr')
    children.last.loaded('chat')
    expect(states()).toBe('ready failed ready')
    expect(children.lives).toHaveLength(3)
  })

  it('gives up when the child dies three times before it has opened anything; start tries again', async () => {
    const { host, children, clock, states } = stage()
    host.start()
    const waiting = expect(host.ready('chat')).rejects.toMatchObject({ code: 'inference-child-lost', retryable: false })
    for (const delayMs of [0, 250, 1000]) {
      children.last.die()
      clock.advance(delayMs)
    }
    await waiting
    expect(states()).toBe('failed failed failed')
    clock.advance(600_000)
    expect(children.lives).toHaveLength(3)
    host.start()
    expect(states()).toBe('loading loading loading')
    expect(children.lives).toHaveLength(4)
  })

  it('deaths long ago do not count', async () => {
    const { host, children, clock, states } = stage()
    host.start()
    for (let i = 0; i < 6; i++) {
      children.last.die()
      clock.advance(61_000)
    }
    expect(states()).toBe('loading loading loading')
  })

  it('a silent child is killed and replaced', async () => {
    const { children, clock, states } = await warm()
    clock.advance(30_000)
    expect(children.lives).toHaveLength(1)
    children.last.hung = true
    clock.advance(7000)
    expect(children.lives[0]?.alive).toBe(false)
    expect(children.lives).toHaveLength(2)
    expect(states()).toBe('loading loading loading')
  })

  it('a child that does not end a cancelled request is killed', async () => {
    const { host, children, clock } = await warm()
    const controller = new AbortController()
    const next = host.chat.complete([{ role: 'user', content: 'x' }], { signal: controller.signal })[Symbol.asyncIterator]().next()
    await settle()
    controller.abort(abortReason('test'))
    await expect(next).rejects.toMatchObject({ code: 'aborted' })
    expect(children.last.received.at(-1)).toMatchObject({ type: 'cancel' })
    clock.advance(15_000)
    expect(children.lives).toHaveLength(2)
  })

  it('what an old life says is not heard', async () => {
    const { host, children, clock } = await warm()
    const old = children.last
    old.hung = true
    clock.advance(7000)
    old.messages.emit({ type: 'loaded', kind: 'chat', loadMs: 1, warmUpMs: 1 })
    expect(host.state('chat').state).toBe('loading')
  })
})

describe('idling', () => {
  it('ends the child after idling and starts it for the next request', async () => {
    const { host, children, clock, states } = await warm({ unloadAfterIdleMs: 60_000 })
    clock.advance(60_000)
    expect(states()).toBe('unloaded unloaded unloaded')
    expect(children.last.alive).toBe(false)
    expect(host.process).toBeNull()
    const ready = host.ready('chat')
    await settle()
    expect(children.lives).toHaveLength(2)
    children.last.loaded('chat')
    await ready
  })

  it('field 41: never during a take or a reply', async () => {
    const { host, children, clock } = await warm({ unloadAfterIdleMs: 60_000 })
    let endTake = (): void => {}
    async function* take(): AsyncGenerator<never> {
      await new Promise<void>((resolve) => {
        endTake = resolve
      })
    }
    const hearing = host.asr.transcribe(take(), { signal })[Symbol.asyncIterator]()
    const next = hearing.next()
    await settle()
    clock.advance(600_000)
    expect(children.last.alive).toBe(true)
    endTake()
    await settle()
    const start = children.last.received.find(message => message.type === 'asr.start')
    const id = start?.type === 'asr.start' ? start.id : -1
    children.last.tell({ type: 'event', id, payload: { of: 'asr', event: { type: 'final', text: '', speechMs: 0 } } })
    children.last.tell({ type: 'end', id })
    await next
    expect((await hearing.next()).done).toBe(true)
    clock.advance(59_000)
    expect(children.last.alive).toBe(true)
    clock.advance(1000)
    expect(children.last.alive).toBe(false)
  })

  it('never while it is held', async () => {
    const { host, children, clock } = await warm({ unloadAfterIdleMs: 1000 })
    const release = host.hold()
    clock.advance(100_000)
    expect(children.last.alive).toBe(true)
    release()
    release()
    clock.advance(1000)
    expect(children.last.alive).toBe(false)
  })
})

describe('changing models', () => {
  it('field 41: waits for the running reply, then loads the new one, and the next request waits for it', async () => {
    const { host, children, states, loads } = await warm()
    const reply = host.chat.complete([{ role: 'user', content: 'x' }], { signal })[Symbol.asyncIterator]()
    const end = reply.next()
    await settle()
    host.setModels({ chat: model('new', 'chat') })
    expect(loads()).toEqual(['asr', 'tts', 'chat'])
    const later = host.chat.complete([{ role: 'user', content: 'y' }], { signal })[Symbol.asyncIterator]().next()
    const start = children.last.received.find(message => message.type === 'chat.start')
    children.last.tell({ type: 'end', id: start?.type === 'chat.start' ? start.id : -1 })
    expect((await end).done).toBe(true)
    expect(loads()).toEqual(['asr', 'tts', 'chat', 'chat'])
    expect(states()).toBe('ready ready loading')
    expect(children.last.received.filter(message => message.type === 'chat.start')).toHaveLength(1)
    children.last.loaded('chat')
    await settle()
    expect(children.last.received.filter(message => message.type === 'chat.start')).toHaveLength(2)
    later.catch(() => {})
    await host[Symbol.asyncDispose]()
  })

  it('nothing happens when nothing changes; null takes a model away', async () => {
    const { host, children, loads, states } = await warm()
    host.setModels({ chat: { ...(MODELS.chat as InstalledModel) } })
    expect(loads()).toHaveLength(3)
    host.setModels({ tts: null })
    expect(states()).toBe('ready failed ready')
    expect(children.last.received.at(-1)).toEqual({ type: 'unload', kind: 'tts' })
  })
})

describe('closing', () => {
  it('ends the child, what runs, what waits, and every timer', async () => {
    const { host, children, clock } = await warm({ unloadAfterIdleMs: 1000 })
    const running = host.tts.synthesize(nothing(), { signal })[Symbol.asyncIterator]().next()
    await settle()
    const ended = expect(running).rejects.toMatchObject({ code: 'aborted' })
    await host[Symbol.asyncDispose]()
    await ended
    await expect(host.ready('chat')).rejects.toMatchObject({ code: 'aborted' })
    expect(children.last.alive).toBe(false)
    expect(clock.pending).toBe(0)
  })
})
