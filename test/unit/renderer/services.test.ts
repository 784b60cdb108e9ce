import type { RouteView, ServiceView } from '@contract'
import type { ServiceDraft } from '../../../src-renderer/services/draft'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, shallowRef } from 'vue'
import { serviceSchema } from '../../../src-main/contract'
import { stateOf, useServiceState } from '../../../src-renderer/composables/service-state'
import { useServiceTest } from '../../../src-renderer/composables/service-test'
import { draftOfEnvironment, draftOfFound, draftOfPreset, draftOfService, emptyDraft, idFor, keepsKey, priceOf, problemsOf, serviceOf } from '../../../src-renderer/services/draft'
import { moved, orderOf } from '../../../src-renderer/services/order'
import { detoursOf, failedService } from '../../../src-renderer/services/routes'
import { offers, ROUTES, services, serviceView } from '../../support/renderer-harness/world'

const chatOn: ServiceDraft = emptyDraft({ name: 'Mine', baseUrl: 'https://api.example.org/v1', chat: { on: true, model: 'm', price: '', completeOnly: false } })

describe('a service in the form', () => {
  const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', 'gpt', 'x'.repeat(61), 'x'.repeat(201), 'x'.repeat(1_001)))
  const address = fc.oneof(
    fc.constantFrom('', 'https://api.example.org/v1', ' http://localhost:8000/v1/ ', 'https://user:pw@example.org', 'https://u@h', 'https://h/v1?key=1', 'https://h/#x', 'https://h/?', 'ftp://h', 'api.example.org', 'https://', 'http:h', 'HTTPS://H/V1', 'https://a b', `https://h/${'x'.repeat(500)}`, 'javascript:alert(1)'),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ maxLength: 20 }).map(rest => `https://${rest}`),
  )
  const price = fc.constantFrom('', ' ', '0', '0.6', '0,6', '1.', '.5', '100000', '100001', '-1', '1e3', 'much', 'NaN')
  const draft: fc.Arbitrary<ServiceDraft> = fc.record({
    id: fc.constant(null),
    name: text,
    baseUrl: address,
    enabled: fc.boolean(),
    privacy: fc.constantFrom('address', 'machine', 'network', 'internet'),
    keyEnv: fc.constantFrom(null, 'OPENAI_API_KEY'),
    caFile: text,
    chat: fc.record({ on: fc.boolean(), model: text, price, completeOnly: fc.boolean() }),
    asr: fc.record({ on: fc.boolean(), model: text, price, mode: fc.constantFrom('upload', 'upload-live', 'stream', 'realtime', 'realtime-beta', 'realtime-16k') }),
    tts: fc.record({ on: fc.boolean(), model: text, price, voice: text, format: fc.constantFrom('pcm', 'wav', 'sse') }),
  })

  it('has no problem exactly when main takes it and it does something', () => {
    fc.assert(fc.property(draft, (one) => {
      const problems = problemsOf(one)
      const isTaken = serviceSchema.safeParse(serviceOf(one, [])).success
      const does = one.chat.on || one.asr.on || one.tts.on
      expect([Object.keys(problems).length === 0, problems]).toEqual([isTaken && does, problems])
    }), { numRuns: 2_000 })
  })

  it.each([
    ['nothing', { name: ' ', baseUrl: '' }, { name: 'name', baseUrl: 'address' }],
    ['a name of a host', { baseUrl: 'api.example.org' }, { baseUrl: 'address-scheme' }],
    ['a key in the address', { baseUrl: 'https://me:secret@example.org/v1' }, { baseUrl: 'address-secret' }],
    ['a question in the address', { baseUrl: 'https://example.org/v1?key=1' }, { baseUrl: 'address-query' }],
    ['no part', { chat: { ...chatOn.chat, on: false } }, { parts: 'parts' }],
    ['no model, and a price in words', { chat: { ...chatOn.chat, model: ' ', price: 'much' } }, { 'chat.model': 'model', 'chat.price': 'price' }],
    ['no voice', { tts: { ...chatOn.tts, on: true, model: 'm' } }, { 'tts.voice': 'voice' }],
  ])('tells what is wrong with %s', (_, change, problems) => {
    expect(problemsOf({ ...chatOn, ...change })).toEqual(problems)
  })

  it('comes back from what is saved as it was', () => {
    for (const { service } of services)
      expect(serviceOf(draftOfService(service), [])).toEqual(service)
  })

  it('begins with what a preset, a server that was found or the environment says', () => {
    const [openai, , , ollama] = offers.presets
    const [found] = offers.found
    if (!openai || !ollama || !found || !offers.environment)
      throw new Error('The world has offers.')
    expect(problemsOf(draftOfPreset(openai))).toEqual({})
    expect(serviceOf(draftOfPreset(openai), []).tts).toEqual({ model: 'gpt-4o-mini-tts', voice: 'alloy', format: 'pcm', price: null })
    // Its model is to be chosen from two.
    expect(problemsOf(draftOfFound(found, offers.presets))).toEqual({ 'chat.model': 'model' })
    expect(draftOfFound({ ...found, models: ['only'] }, offers.presets).chat.model).toBe('only')
    expect(draftOfEnvironment(offers.environment, offers.presets)).toMatchObject({ name: 'OpenAI', keyEnv: 'OPENAI_API_KEY', asr: { on: true } })
  })

  it('gets an id that the command line can type, and no other has', () => {
    expect([idFor('OpenAI', []), idFor('OpenAI', ['openai', 'openai-2']), idFor('Café Ωmega 4!', []), idFor('漢字', []), idFor('local', [])])
      .toEqual(['openai', 'openai-3', 'cafe-mega-4', 'service', 'local-2'])
    fc.assert(fc.property(fc.string(), fc.array(fc.string()), (name, taken) => {
      const id = idFor(name, taken)
      expect([serviceSchema.shape.id.safeParse(id).success, taken.includes(id)]).toEqual([true, false])
    }))
  })

  it('takes a price with a point or a comma', () => {
    expect(['', ' 0.6 ', '0,6', '12.', '1e3', '-1', '100001'].map(priceOf)).toEqual([null, 0.6, 0.6, 12, Number.NaN, Number.NaN, Number.NaN])
  })

  it('keeps its key at its address alone', () => {
    expect([keepsKey('https://a.org/v1', 'https://a.org/v2/'), keepsKey('https://a.org/v1', 'https://b.org/v1'), keepsKey('http://a.org', 'https://a.org'), keepsKey('https://a.org', '')]).toEqual([true, false, false, false])
  })
})

describe('the order of who is asked', () => {
  it('is the user\'s, with the others behind it and this computer last', () => {
    expect(orderOf('chat', ['ollama', 'gone', 'local'], services)).toEqual(['ollama', 'local', 'openai', 'groq', 'gateway'])
    expect(orderOf('asr', [], services)).toEqual(['openai', 'local'])
  })

  it('has everybody exactly once, whatever was stored', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('openai', 'groq', 'gateway', 'ollama', 'speaches', 'local', 'x')), (wanted) => {
      expect([...orderOf('chat', wanted, services)].sort()).toEqual(['gateway', 'groq', 'local', 'ollama', 'openai'])
    }))
  })

  it('is changed by moving one, and not beyond its ends', () => {
    const order = ['a', 'b', 'c']
    expect([moved(order, 0, 1), moved(order, 2, -1), moved(order, 0, -1), moved(order, 2, 1), moved(order, 7, 1)]).toEqual([['b', 'a', 'c'], ['a', 'c', 'b'], order, order, order])
  })
})

describe('what is told of a route', () => {
  const route = (part: Partial<RouteView>): RouteView => ({ part: 'chat', servedBy: 'groq', why: 'fastest', expectedMs: null, attempts: [], skipped: [], ...part })
  const attempt = (serviceId: string, part: Partial<RouteView['attempts'][number]> = {}): RouteView['attempts'][number] => ({ serviceId, model: 'm', outcome: 'served', errorCode: null, startMs: 0, firstOutputMs: 10, endMs: 20, hedge: false, delivery: 'stream', ...part })
  const failed = { outcome: 'failed', errorCode: 'service-busy' } as const

  it.each([
    ['the first choice', route({ attempts: [attempt('groq')] }), []],
    ['the second, since the first failed', route({ why: 'fallback', attempts: [attempt('openai', failed), attempt('groq')] }), [{ part: 'chat', servedBy: 'groq', insteadOf: 'openai' }]],
    ['the first, at the second try', route({ why: 'fallback', attempts: [attempt('groq', failed), attempt('groq')] }), []],
    ['the second, since the first was late', route({ why: 'hedge', attempts: [attempt('openai', { outcome: 'lost' }), attempt('groq', { hedge: true })] }), [{ part: 'chat', servedBy: 'groq', insteadOf: 'openai' }]],
    ['the second, since the first rests', route({ why: 'fallback', attempts: [attempt('groq')], skipped: [{ serviceId: 'openai', reason: 'breaker' }] }), [{ part: 'chat', servedBy: 'groq', insteadOf: 'openai' }]],
    ['the only one that is allowed', route({ why: 'only', attempts: [attempt('groq')], skipped: [{ serviceId: 'openai', reason: 'privacy' }] }), []],
    ['nobody', route({ servedBy: null, attempts: [attempt('openai', failed)] }), []],
  ])('a sign says when it was another one: %s', (_, chat, detours) => {
    expect(detoursOf({ chat })).toEqual(detours)
  })

  it('an error is the service\'s that it came from', () => {
    expect([failedService(ROUTES, 'service-busy'), failedService(ROUTES, 'timeout'), failedService({}, 'timeout')]).toEqual(['openai', null, null])
  })
})

describe('the state of a service', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is told by what is known of it', () => {
    const view = (part: Partial<ServiceView>, enabled = true): ServiceView => serviceView({ id: 'a', enabled }, part)
    expect([
      view({}),
      view({ restsUntilMs: 5_000, errorCode: 'service-unreachable' }),
      view({ restsUntilMs: 500, errorCode: 'service-unreachable' }),
      view({ errorCode: 'service-key' }),
      view({ errorCode: 'service-untrusted' }),
      view({ errorCode: 'service-key' }, false),
    ].map(one => stateOf(one, 1_000))).toEqual([{ kind: 'ready' }, { kind: 'resting', untilMs: 5_000 }, { kind: 'failed' }, { kind: 'key' }, { kind: 'failed' }, { kind: 'off' }])
  })

  it('is ready again by itself when the rest is over, and leaves no timer behind', () => {
    vi.useFakeTimers({ now: 1_000 })
    const scope = effectScope()
    const view = shallowRef(serviceView({ id: 'a' }, { restsUntilMs: 4_000 }))
    const state = scope.run(() => useServiceState(() => view.value))
    expect(state?.value.kind).toBe('resting')
    vi.advanceTimersByTime(3_000)
    expect([state?.value.kind, vi.getTimerCount()]).toEqual(['ready', 0])
    view.value = serviceView({ id: 'a' }, { restsUntilMs: 9_000 })
    scope.stop()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a test', () => {
  it('asks one part after the other, tells how each ended, and is forgotten when something is changed', async () => {
    const asked: string[] = []
    const ends: ((envelope: unknown) => void)[] = []
    vi.stubGlobal('window', { parley: {
      request: (_: string, { part }: { part: string }) => {
        asked.push(part)
        return new Promise(resolve => ends.push(resolve))
      },
    } })
    const settle = async (): Promise<void> => {
      for (let turns = 0; turns < 10; turns++)
        await Promise.resolve()
    }
    const scope = effectScope()
    const test = scope.run(useServiceTest)
    if (!test)
      throw new Error('There is a test.')
    const entry = { service: serviceOf(chatOn, []) }
    const done = test.run(entry, ['asr', 'chat'])
    await settle()
    expect([asked, test.tests.value.map(({ running }) => running)]).toEqual([['asr'], [true, false]])
    const ok = { part: 'asr', ok: true, firstOutputMs: 120, errorCode: null, status: null, detail: null }
    ends[0]?.({ ok: true, value: ok })
    await settle()
    ends[1]?.({ ok: false, error: { code: 'service-key', message: 'No.', params: {} } })
    await done
    expect(test.tests.value.map(({ result }) => result)).toEqual([ok, { part: 'chat', ok: false, firstOutputMs: null, errorCode: 'service-key', status: null, detail: 'No.' }])
    void test.run(entry, ['chat', 'tts'])
    await settle()
    test.clear()
    ends[2]?.({ ok: true, value: { ...ok, part: 'chat' } })
    await settle()
    expect([asked, test.tests.value, test.running.value]).toEqual([['asr', 'chat', 'chat'], [], false])
    scope.stop()
    vi.unstubAllGlobals()
  })
})
