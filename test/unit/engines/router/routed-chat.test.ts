import type { Candidate, RoutePolicy } from '../../../../src-main/engines/router/candidates'
import type { PrimableChat, RoutedChat } from '../../../../src-main/engines/router/routed-chat'
import type { ChatMessage } from '../../../../src-main/ports/chat-engine'
import type { RouteReport } from '../../../../src-main/ports/route'
import type { FakeChatEngine } from '../../../fakes/fake-engines'
import { describe, expect, it } from 'vitest'
import { DEFAULT_POLICY } from '../../../../src-main/engines/router/candidates'
import { RouteMemory } from '../../../../src-main/engines/router/route-memory'
import { createRoutedChat } from '../../../../src-main/engines/router/routed-chat'
import { AppError } from '../../../../src-main/lib/app-error'
import { systemClock } from '../../../../src-main/ports/clock'
import { LOCAL_SERVICE } from '../../../../src-main/ports/route'
import { createFakeChat } from '../../../fakes/fake-engines'
import { createManualClock } from '../../../fakes/manual-clock'
import { collect, describeChatConformance } from '../../../support/engine-conformance'
import { target } from './simulation'
import { settle } from './stream-stage'

const messages: readonly ChatMessage[] = [{ role: 'user', content: 'Tell me.' }]
const fresh = (): AbortSignal => new AbortController().signal

function candidate(serviceId: string, engine: PrimableChat, more: Partial<Candidate<PrimableChat>> = {}): Candidate<PrimableChat> {
  return { ...target(serviceId), engine, ...more }
}

function chatOver(candidates: readonly Candidate<PrimableChat>[], policy: Partial<RoutePolicy> = {}, clock = createManualClock()): RoutedChat {
  return createRoutedChat({ candidates: () => candidates, policy: () => ({ ...DEFAULT_POLICY, ...policy }), memory: new RouteMemory({ clock }), clock, random: () => 0.5 })
}

/** A service that fails before it says anything. */
function failing(): PrimableChat {
  return {
    id: 'failing',

    async* complete({ length }, { signal }) {
      signal.throwIfAborted()
      throw new AppError('service-failed', `no answer to ${length}`, { retryable: true })
    },
  }
}

for (const [name, list] of [
  ['one candidate', () => [candidate('a', createFakeChat())]],
  ['the first failing', () => [candidate('a', failing()), candidate('b', createFakeChat())]],
] as const) {
  describeChatConformance(`router, ${name}`, {
    messages,
    engine: () => createRoutedChat({ candidates: list, policy: () => DEFAULT_POLICY, memory: new RouteMemory({ clock: systemClock }), clock: systemClock }),
  })
}

describe('routed chat', () => {
  it('hands the caller\'s wishes on, and keeps what is the router\'s own', async () => {
    const engine = createFakeChat()
    await collect(chatOver([candidate('a', engine)]).complete(messages, { signal: fresh(), maxTokens: 7, temperature: 0.5, conversationId: 'c', onRoute() {} }))
    const { signal, ...options } = engine.calls[0]?.options ?? { signal: null }
    expect(signal).toBeInstanceOf(AbortSignal)
    expect(options).toEqual({ maxTokens: 7, temperature: 0.5 })
  })

  it('thinking is shown as it comes, and the answer is what is measured', async () => {
    const clock = createManualClock()
    const memory = new RouteMemory({ clock })
    const engine = createFakeChat({ timing: 'manual' })
    const list = [candidate('a', engine)]
    const chat = createRoutedChat({ candidates: () => list, policy: () => DEFAULT_POLICY, memory, clock })
    const all = collect(chat.complete(messages, { signal: fresh() }))
    const call = await engine.nextCall()
    clock.advance(100)
    call.emit({ type: 'reasoning', text: 'Hm.' })
    await settle()
    clock.advance(900)
    call.say('Yes.')
    call.finish()
    expect((await all).map(({ type }) => type)).toEqual(['reasoning', 'text', 'usage', 'finish'])
    expect(memory.rank('chat', list, DEFAULT_POLICY, { turn: false }).expectedMs).toBe(1_000)
  })

  it('usage before the first word of one that then fails is not given', async () => {
    const engine = createFakeChat({ timing: 'manual' })
    const other = createFakeChat({ reply: 'Yes.' })
    const all = collect(chatOver([candidate('a', engine), candidate('b', other)]).complete(messages, { signal: fresh() }))
    const call = await engine.nextCall()
    call.emit({ type: 'usage', promptTokens: 1, completionTokens: 0 })
    call.fail(new AppError('service-reply', 'no'))
    expect((await all).map(({ type }) => type)).toEqual(['text', 'usage', 'finish'])
  })

  it.each([
    ['whole', ['It is so.']],
    ['burst', ['It', ' is', ' so.']],
  ] as const)('tells that an answer came as %s', async (delivery, words) => {
    const reports: RouteReport[] = []
    const events = [...words.map(text => ({ type: 'text', text }) as const), { type: 'finish', reason: 'stop' } as const]
    await collect(chatOver([candidate('a', createFakeChat({ reply: events }))]).complete(messages, { signal: fresh(), onRoute: report => reports.push(report) }))
    expect(reports.at(-1)?.attempts).toMatchObject([{ outcome: 'served', delivery }])
  })

  it('goes on with what served the conversation', async () => {
    const clock = createManualClock()
    const [a, b] = [createFakeChat({ timing: 'manual' }), createFakeChat({ timing: 'manual' })]
    const chat = chatOver([candidate('a', a), candidate('b', b)], { hedge: false }, clock)
    const ask = async (engine: FakeChatEngine, tookMs: number): Promise<RouteReport | undefined> => {
      const reports: RouteReport[] = []
      const all = collect(chat.complete(messages, { signal: fresh(), conversationId: 'c', onRoute: report => reports.push(report) }))
      const call = await engine.nextCall()
      clock.advance(tookMs)
      call.say('Yes.')
      call.finish()
      await all
      return reports.at(-1)
    }
    await ask(a, 400)
    await ask(b, 380)
    expect(await ask(b, 420)).toMatchObject({ servedBy: 'b', why: 'fastest' })
    expect(await ask(b, 420)).toMatchObject({ servedBy: 'b', why: 'sticky' })
  })

  it('a refused key stops the service, and the next turn does not ask it', async () => {
    const reports: RouteReport[] = []
    const engine = createFakeChat({ timing: 'manual' })
    const chat = chatOver([candidate('a', engine), candidate('b', createFakeChat())], { order: ['a', 'b'] })
    const first = collect(chat.complete(messages, { signal: fresh() }))
    ;(await engine.nextCall()).fail(new AppError('service-key', 'no'))
    await first
    await collect(chat.complete(messages, { signal: fresh(), onRoute: report => reports.push(report) }))
    expect(engine.calls).toHaveLength(1)
    expect(reports.at(-1)).toMatchObject({ servedBy: 'b', why: 'fallback', skipped: [{ serviceId: 'a', reason: 'key' }] })
  })

  it('hedges only when it may', async () => {
    for (const hedge of [true, false]) {
      const clock = createManualClock()
      const [a, b] = [createFakeChat({ timing: 'manual' }), createFakeChat()]
      const all = collect(chatOver([candidate('a', a), candidate('b', b)], { hedge }, clock).complete(messages, { signal: fresh() }))
      const call = await a.nextCall()
      clock.advance(1_000)
      await settle()
      expect(b.calls).toHaveLength(hedge ? 1 : 0)
      call.say('Late.')
      call.finish()
      await all
      expect(clock.pending).toBe(0)
    }
  })

  it('reads ahead only where the built-in one would answer', async () => {
    const [local, remote] = [createFakeChat(), createFakeChat()]
    const list = [candidate('a', remote), candidate(LOCAL_SERVICE, local, { privacy: 'machine' })]
    await chatOver(list, { order: ['a', LOCAL_SERVICE] }).prime(messages, { signal: fresh() })
    expect([remote.primed, local.primed]).toEqual([[], []])
    await chatOver(list, { order: [LOCAL_SERVICE, 'a'] }).prime(messages, { signal: fresh(), unfinished: true })
    expect([remote.primed, local.primed]).toEqual([[], [messages]])
  })

  it('local only asks nothing that is not on this machine, also when all of it fails', async () => {
    const remote = createFakeChat()
    const outcome = collect(createRoutedChat({
      candidates: () => [candidate('a', remote), candidate(LOCAL_SERVICE, failing(), { privacy: 'machine' })],
      policy: () => ({ ...DEFAULT_POLICY, localOnly: true }),
      memory: new RouteMemory({ clock: systemClock }),
      clock: systemClock,
      patienceMs: 0,
    }).complete(messages, { signal: fresh() }))
    await expect(outcome).rejects.toMatchObject({ code: 'service-failed' })
    expect(remote.calls).toHaveLength(0)
  })
})
