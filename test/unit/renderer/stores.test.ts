import type { AppEvent, Envelope, ParleyBridge, Settings } from '@contract'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, effectScope, nextTick } from 'vue'
import { createRequest, RequestError } from '../../../src-renderer/bridge/client'
import { useSetting } from '../../../src-renderer/composables/setting'
import { useConversation } from '../../../src-renderer/stores/conversation'
import { createGrowth, createGrowthReader } from '../../../src-renderer/stores/growth'
import { useNotices } from '../../../src-renderer/stores/notices'
import { useServices } from '../../../src-renderer/stores/services'
import { useSession } from '../../../src-renderer/stores/session'
import { useSettings } from '../../../src-renderer/stores/settings'
import { IDLE, offers, ROUTES, services, snapshot, turn } from '../../support/renderer-harness/world'

const asked: unknown[] = []
let answers: Record<string, Envelope<unknown>> = {}

const bridge: Pick<ParleyBridge, 'request'> = {
  async request(name, input) {
    asked.push([name, input])
    return (answers[name] ?? { ok: true, value: undefined }) as never
  },
}

beforeEach(() => {
  setActivePinia(createPinia())
  asked.length = 0
  answers = {}
  vi.stubGlobal('window', { parley: bridge })
})

function tokens(offset: number, text: string, kind: 'text' | 'reasoning' = 'text'): AppEvent {
  return { type: 'tokens', turnId: 't1', kind, offset, text }
}

describe('client', () => {
  it('gives the value, or throws what main answered', async () => {
    const request = createRequest(bridge)
    answers = {
      'conversation.create': { ok: true, value: { conversationId: 'c9' } },
      'turn.retry': { ok: false, error: { code: 'disk-full', message: 'No space.', params: { file: 'x' } } },
    }
    expect(await request('conversation.create')).toEqual({ conversationId: 'c9' })
    const error: unknown = await request('turn.retry', { turnId: 't1' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RequestError)
    expect(error).toMatchObject({ code: 'disk-full', message: 'No space.', params: { file: 'x' } })
    expect(asked).toEqual([['conversation.create', undefined], ['turn.retry', { turnId: 't1' }]])
  })

  it('makes an internal error of a channel that fails', async () => {
    const request = createRequest({ request: () => Promise.reject(new Error('No handler.')) })
    await expect(request('talk.down')).rejects.toMatchObject({ code: 'internal', message: 'No handler.' })
  })
})

describe('conversation', () => {
  it('appends tokens where they belong and refuses those that leave a gap', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1', { end: 'pending' })] }))
    const fits = [tokens(0, 'Six '), tokens(4, 'minutes'), tokens(0, 'Eggs…', 'reasoning'), tokens(12, 'lost')].map(store.applyEvent)
    expect(fits).toEqual([true, true, true, false])
    expect(store.turns[0]).toMatchObject({ replyText: 'Six minutes', reasoningText: 'Eggs…' })
  })

  it('lets tokens of a conversation that is not open pass', () => {
    const store = useConversation()
    store.applySnapshot(snapshot())
    expect(store.applyEvent(tokens(40, 'x'))).toBe(true)
    expect(store.applyEvent({ type: 'turn', turn: turn('t5', { conversationId: 'c2' }) })).toBe(true)
    expect(store.turns).toEqual([])
  })

  it('puts turns in the order of time, and replaces one that it has', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1'), turn('t3')] }))
    store.applyEvent({ type: 'turn', turn: turn('t2') })
    store.applyEvent({ type: 'turn', turn: turn('t3', { end: 'interrupted', heardText: 'Six' }) })
    expect(store.turns.map(({ id, end }) => [id, end])).toEqual([['t1', 'complete'], ['t2', 'complete'], ['t3', 'interrupted']])
  })

  it('repaints one reply and not the list for a token', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1', { end: 'pending' }), turn('t2')] }))
    let runs = 0
    const others = computed(() => {
      runs += 1
      return [store.turns.length, store.turns[1]?.replyText]
    })
    expect(others.value).toEqual([2, ''])
    store.applyEvent(tokens(0, 'Six'))
    expect([others.value, runs]).toEqual([[2, ''], 1])
    expect(store.turns[0]?.replyText).toBe('Six')
  })

  it('keeps the identity of turns over a snapshot, so that what is open stays open', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1')] }))
    const [before] = store.turns
    store.applySnapshot(snapshot({ turns: [turn('t1', { replyText: 'Six minutes' })] }))
    expect([store.turns[0] === before, before?.replyText]).toEqual([true, 'Six minutes'])
  })

  it('shows the conversation that was opened', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1')] }))
    store.applyEvent({ type: 'conversation-opened', conversationId: 'c2', turns: [turn('t8', { conversationId: 'c2' })] })
    expect([store.activeId, store.active?.title, store.turns.map(one => one.id)]).toEqual(['c2', 'Why sunsets are red', ['t8']])
  })
})

describe('growing text', () => {
  function reader() {
    let text = ''
    const told: string[] = []
    const read = createGrowthReader({
      reset() {
        text = ''
        told.push('reset')
      },
      append(more) {
        text += more
        told.push(more)
      },
    })
    return { told, read, text: () => text }
  }

  it('is read from where it was left, and anew where it does not continue', () => {
    const { told, read, text } = reader()
    const growth = createGrowth('Six')
    read(growth)
    growth.append(' ')
    growth.append('minutes')
    read(growth)
    read(growth)
    growth.become('Six minutes.', 'Six minutes')
    read(growth)
    growth.become('Six minutes.', 'Six minutes.')
    read(growth)
    growth.become('Nine', 'Six minutes.')
    read(growth)
    read(createGrowth('x'))
    expect(told).toEqual(['reset', 'Six', ' minutes', '.', 'reset', 'Nine', 'reset', 'x'])
    expect(text()).toBe('x')
  })

  it('follows the reply of a turn whatever changes it', () => {
    const store = useConversation()
    const { told, read, text } = reader()
    store.applySnapshot(snapshot({ turns: [turn('t1', { end: 'pending' })] }))
    const look = (): void => {
      const shown = store.turns[0]
      if (shown)
        read(shown.growth.replyText)
      expect(text()).toBe(shown?.replyText)
    }
    look()
    store.applyEvent(tokens(0, 'Six '))
    store.applyEvent(tokens(4, 'minutes'))
    look()
    store.applyEvent({ type: 'turn', turn: turn('t1', { replyText: 'Six minutes.' }) })
    look()
    store.applyEvent({ type: 'turn', turn: turn('t1', { replyText: 'Six minutes.', heardText: 'Six' }) })
    look()
    // It was asked again.
    store.applyEvent({ type: 'turn', turn: turn('t1', { end: 'pending' }) })
    look()
    store.applySnapshot(snapshot({ turns: [turn('t1', { replyText: 'Nine' })] }))
    look()
    expect(told).toEqual(['reset', 'Six minutes', '.', 'reset', 'Nine'])
  })
})

describe('services', () => {
  it('are those of the snapshot until main tells of others', async () => {
    const store = useServices()
    store.applySnapshot(snapshot({ services }))
    expect([store.services, store.find('groq')?.service.name, store.find('gone')]).toEqual([services, 'Groq', null])
    store.applyEvent({ type: 'services', services: services.slice(0, 1) })
    expect(store.services).toHaveLength(1)
  })

  it('are saved, switched and removed by main, and shown as it answers', async () => {
    const store = useServices()
    store.applySnapshot(snapshot({ services }))
    const [openai, groq] = services
    if (!openai || !groq)
      throw new Error('There are two services.')
    answers['services.save'] = { ok: true, value: [openai] }
    await store.setEnabled(groq.service, false)
    expect(store.services).toEqual([openai])
    await store.remove('openai')
    expect(store.services).toEqual([])
    answers['services.keychain'] = { ok: true, value: { hasKeychain: false } }
    answers['services.offers'] = { ok: true, value: offers }
    await store.look()
    expect([store.offers, store.hasKeychain, asked]).toEqual([offers, false, [['services.save', { service: { ...groq.service, enabled: false } }], ['services.remove', { serviceId: 'openai' }], ['services.keychain', undefined], ['services.offers', undefined]]])
  })

  it('stay when main refuses', async () => {
    const store = useServices()
    store.applySnapshot(snapshot({ services }))
    answers['services.remove'] = { ok: false, error: { code: 'read-only', message: 'No.', params: {} } }
    await expect(store.remove('openai')).rejects.toMatchObject({ code: 'read-only' })
    expect(store.services).toEqual(services)
  })

  it('of a turn are told as they change', () => {
    const store = useConversation()
    store.applySnapshot(snapshot({ turns: [turn('t1')] }))
    store.applyEvent({ type: 'routes', turnId: 't1', routes: ROUTES })
    store.applyEvent({ type: 'routes', turnId: 't7', routes: {} })
    expect(store.turns[0]?.routes).toEqual(ROUTES)
  })
})

describe('session', () => {
  it('forgets the level and the spoken piece with their state', () => {
    const store = useSession()
    store.applyEvent({ type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't1' } })
    store.applyEvent({ type: 'level', rmsDb: -20, peakDb: -8 })
    store.applyEvent({ type: 'pipeline', pipeline: { ...IDLE, state: 'speaking', turnId: 't1' } })
    expect(store.level).toEqual({ rmsDb: -90, peakDb: -90 })
    store.applyEvent({ type: 'spoken', turnId: 't1', pieceIndex: 0, text: 'Six minutes.' })
    expect(store.spokenText).toBe('Six minutes.')
    store.applyEvent({ type: 'pipeline', pipeline: IDLE })
    expect([store.spokenText, store.isBusy]).toEqual(['', false])
  })

  it('counts a state from its beginning, not from a change in it', () => {
    const store = useSession()
    vi.spyOn(performance, 'now').mockReturnValueOnce(100).mockReturnValueOnce(900)
    store.applyEvent({ type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't1' } })
    store.applyEvent({ type: 'pipeline', pipeline: { ...IDLE, state: 'listening', turnId: 't1', latched: true } })
    expect([store.stateSinceMs, store.pipeline.latched]).toEqual([100, true])
    vi.restoreAllMocks()
  })
})

describe('notices', () => {
  it('shows the newest four, each once, and tells main what was dismissed', async () => {
    const store = useNotices()
    for (const [id, code] of [['1', 'device-lost'], ['2', 'disk-full'], ['3', 'disk-full'], ['4', 'child-lost'], ['5', 'read-only'], ['6', 'voice-failed']] as const)
      store.applyEvent({ type: 'notice', notice: { id, level: 'warning', code, params: {}, atMs: 0 } })
    expect(store.toasts.map(({ id }) => id)).toEqual(['3', '4', '5', '6'])
    const [first] = store.toasts
    if (first)
      await store.dismiss(first)
    expect([store.toasts.length, asked]).toEqual([3, [['notice.dismiss', { noticeId: '3' }]]])
  })

  it('takes away what was dismissed in another window', () => {
    const store = useNotices()
    for (const id of ['1', '2'])
      store.applyEvent({ type: 'notice', notice: { id, level: 'warning', code: id === '1' ? 'disk-full' : 'read-only', params: {}, atMs: 0 } })
    store.applyEvent({ type: 'notice-dismissed', noticeId: '1' })
    expect([store.toasts.map(({ id }) => id), asked]).toEqual([['2'], []])
  })

  it('reports a failed request, keeps it over a snapshot, and does not call a stop a fault', async () => {
    const store = useNotices()
    store.report(new RequestError('disk-full', 'No space.'))
    store.report(new RequestError('aborted', 'Stopped.'))
    store.report(new TypeError('x is undefined'))
    store.applySnapshot(snapshot())
    expect(store.toasts.map(({ key, level }) => [key, level])).toEqual([['errors.disk-full', 'error'], ['errors.internal', 'error']])
    const [first] = store.toasts
    if (first)
      await store.dismiss(first)
    expect(asked).toEqual([])
  })
})

describe('settings', () => {
  it('keeps what is in force when main refuses a change', async () => {
    const store = useSettings()
    store.applySnapshot(snapshot())
    answers['settings.patch'] = { ok: false, error: { code: 'read-only', message: 'No.', params: {} } }
    await expect(store.patch({ theme: 'dark' })).rejects.toMatchObject({ code: 'read-only' })
    expect(store.settings?.theme).toBe('system')
  })

  it('shows the last choice while the echo of one before it comes', async () => {
    const store = useSettings()
    store.applySnapshot(snapshot())
    const ends: ((envelope: unknown) => void)[] = []
    vi.stubGlobal('window', { parley: { request: () => new Promise(resolve => ends.push(resolve)) } })
    const scope = effectScope()
    const theme = scope.run(() => useSetting<Settings['theme']>({ get: all => all.theme, patch: value => ({ theme: value }) }))
    if (!theme)
      throw new Error('There is a setting.')
    const inForce = (value: Settings['theme']): Settings => ({ ...snapshot().settings, theme: value })
    theme.value = 'dark'
    theme.value = 'light'
    await vi.waitFor(() => expect(ends).toHaveLength(2))
    store.applyEvent({ type: 'settings', settings: inForce('dark') })
    await nextTick()
    expect(theme.value).toBe('light')
    ends.forEach((end, index) => end({ ok: true, value: inForce(index === 0 ? 'dark' : 'light') }))
    await vi.waitFor(() => expect(store.settings?.theme).toBe('light'))
    // From another window.
    store.applyEvent({ type: 'settings', settings: inForce('system') })
    await nextTick()
    expect(theme.value).toBe('system')
    scope.stop()
  })

  it('shows the key in force after a change', async () => {
    const store = useSettings()
    store.applySnapshot(snapshot())
    const view = { ...snapshot().hotkey, accelerator: 'Ctrl+Alt+J' }
    answers['hotkey.set'] = { ok: true, value: view }
    expect(await store.setHotkey('Ctrl+Alt+J')).toEqual(view)
    expect([store.hotkey, asked]).toEqual([view, [['hotkey.set', { accelerator: 'Ctrl+Alt+J' }]]])
    answers['hotkey.set'] = { ok: true, value: { ...view, accelerator: 'Ctrl+C', errorCode: 'hotkey-taken', suggestion: 'F9' } }
    expect(await store.setHotkey('Ctrl+C')).toMatchObject({ errorCode: 'hotkey-taken', suggestion: 'F9' })
    expect(store.hotkey).toEqual(view)
  })
})
