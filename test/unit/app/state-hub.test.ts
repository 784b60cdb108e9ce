import type { AppEvent, RouteView, SequencedEvent, TurnView } from '../../../src-main/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createStateHub, reduceSnapshot } from '../../../src-main/app/state-hub'
import { appEventSchema, defaultSettings, idleDictation, snapshotSchema } from '../../../src-main/contract'
import { createManualClock } from '../../fakes/manual-clock'

const KEY = { accelerator: '', errorCode: null, suggestion: null } as const

const INITIAL = {
  pipeline: { state: 'idle', turnId: null, latched: false, errorCode: null },
  partial: null,
  conversations: [],
  activeConversationId: 'c1',
  turns: [],
  settings: defaultSettings,
  devices: [],
  microphone: 'closed',
  listeningPaused: false,
  models: [],
  services: [],
  hotkey: { accelerator: 'Ctrl+Alt+Space', mode: 'auto', mechanism: 'x11', hold: true, errorCode: null, suggestion: null },
  keys: { dictate: KEY, edit: KEY, undo: KEY, pasteLast: KEY },
  dictation: idleDictation,
  corrections: [],
  files: [],
  notices: [],
  about: { version: '0', electron: '', chrome: '', node: '', runtimeSource: '', platform: '', dataFolder: '', modelsFolder: '' },
} as const

function turn(id: string, fields: Partial<TurnView> = {}): TurnView {
  return { id, conversationId: 'c1', createdAtMs: 1, userText: 'a question', replyText: '', heardText: null, reasoningText: '', end: 'pending', errorCode: null, hops: {}, engines: {}, finish: null, usage: null, routes: {}, hasTake: false, ...fields }
}

function hub() {
  return createStateHub(structuredClone(INITIAL) as never, createManualClock())
}

const ROUTE: RouteView = { part: 'chat', servedBy: 'local', why: 'only', expectedMs: null, attempts: [], skipped: [] }

const anyEvent: fc.Arbitrary<AppEvent> = fc.oneof(
  fc.record({ type: fc.constant('turn' as const), turn: fc.constantFrom('a', 'b').map(id => turn(id)) }),
  fc.record({ type: fc.constant('tokens' as const), turnId: fc.constantFrom('a', 'b', 'gone'), kind: fc.constantFrom('text' as const, 'reasoning' as const), offset: fc.nat(5), text: fc.string({ maxLength: 4 }) }),
  fc.record({ type: fc.constant('level' as const), rmsDb: fc.constant(-30), peakDb: fc.constant(-20) }),
  fc.record({ type: fc.constant('conversation-opened' as const), conversationId: fc.constantFrom('c1', 'c2'), turns: fc.constant<TurnView[]>([]) }),
  fc.record({ type: fc.constant('hops' as const), turnId: fc.constantFrom('a', 'b'), hops: fc.constant({ firstTokenMs: 3 }) }),
  fc.record({ type: fc.constant('routes' as const), turnId: fc.constantFrom('a', 'b'), routes: fc.constant({ chat: ROUTE }) }),
)

describe('state hub', () => {
  it('numbers events without a gap, and the snapshot carries the last number', () => {
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const state = hub()
      const told: SequencedEvent[] = []
      state.events.subscribe(event => told.push(event))
      events.forEach(event => state.publish(event))
      expect(told.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
      expect(state.snapshot().seq).toBe(events.length)
    }))
  })

  it('gives a late window what an early one has made of the events', () => {
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.nat(40), (events, late) => {
      const state = hub()
      const told: SequencedEvent[] = []
      state.events.subscribe(event => told.push(event))
      let snapshot = state.snapshot()
      events.forEach((event, index) => {
        if (index === late)
          snapshot = state.snapshot()
        state.publish(event)
      })
      const caughtUp = told.filter(({ seq }) => seq > snapshot.seq).reduce((view, { seq, event }) => ({ ...reduceSnapshot(view, event), seq }), snapshot)
      expect(caughtUp).toEqual(state.snapshot())
    }))
  })

  it('tells only what the contract knows', () => {
    const state = hub()
    const told: SequencedEvent[] = []
    state.events.subscribe(event => told.push(event))
    state.notify('warning', 'device-lost', { name: 'x' })
    state.publish({ type: 'turn', turn: turn('a', { replyText: 'He' }) })
    state.publish({ type: 'tokens', turnId: 'a', kind: 'text', offset: 2, text: 'llo' })
    told.forEach(({ event }) => expect(appEventSchema.safeParse(event).success).toBe(true))
    expect(snapshotSchema.parse(state.snapshot()).turns[0]?.replyText).toBe('Hello')
  })

  it('leaves a turn of another conversation out of the open one', () => {
    const state = hub()
    state.publish({ type: 'turn', turn: turn('x', { conversationId: 'c2' }) })
    expect(state.snapshot().turns).toEqual([])
  })

  it('forgets a dismissed notice and keeps no more than twenty', () => {
    const state = hub()
    for (let i = 0; i < 30; i++)
      state.notify('info', `n${i}`)
    const { notices } = state.snapshot()
    expect(notices.map(({ code }) => code)).toEqual(Array.from({ length: 20 }, (_, i) => `n${i + 10}`))
    state.dismiss(notices[0]?.id ?? '')
    expect(state.snapshot().notices).toHaveLength(19)
  })

  it('tells every window once that a notice was dismissed', () => {
    const state = hub()
    state.notify('warning', 'device-lost', { name: 'x' })
    const noticeId = state.snapshot().notices[0]?.id ?? ''
    const told: SequencedEvent[] = []
    state.events.subscribe(event => told.push(event))
    state.dismiss(noticeId)
    state.dismiss(noticeId)
    state.dismiss('never there')
    expect(told).toEqual([{ seq: 2, event: { type: 'notice-dismissed', noticeId } }])
    expect(appEventSchema.safeParse(told[0]?.event).success).toBe(true)
    expect(state.snapshot()).toMatchObject({ seq: 2, notices: [] })
  })
})
