import type { KeyMode, TurnEffect, TurnEvent, TurnState } from '../../../src-main/conversation/turn-types'
import type { EventName, StateName } from './turn-machine-cases'
import { describe, expect, it } from 'vitest'
import { initialState, nextTickMs, transition, turnIdOf } from '../../../src-main/conversation/turn-machine'
import { STAGE_LIMITS_MS } from '../../../src-main/conversation/turn-types'
import { KEY_CHECK_MS, POST_ROLL_MS, TAP_MS } from '../../../src-main/listening/take-limits'
import { EVENTS, listening, speaking, STATES, thinking, transcribing, TURN } from './turn-machine-cases'
import { TABLE } from './turn-machine-table'

function describeState(state: TurnState): string {
  const details = [
    state.name === 'idle' ? state.hint : null,
    state.name === 'failed' ? state.errorCode : null,
    state.name === 'listening' && state.latched ? 'latched' : null,
    state.name === 'listening' && state.speechActive ? 'voice' : null,
    state.name === 'transcribing' ? state.capture : null,
    state.name === 'thinking' ? state.voice : null,
    (state.name === 'thinking' || state.name === 'speaking') && state.replyEnd ? state.replyEnd : null,
    'fault' in state && state.fault ? state.fault.code : null,
    'retried' in state && state.retried ? 'retried' : null,
    state.key ? 'key' : null,
    turnIdOf(state) !== null && turnIdOf(state) !== TURN ? `turn ${turnIdOf(state)}` : null,
  ].filter(detail => detail !== null)
  return details.length === 0 ? state.name : `${state.name} (${details.join(', ')})`
}

function describeEffect(effect: TurnEffect): string {
  switch (effect.type) {
    case 'finish': return `finish ${effect.end}${effect.errorCode ? ` ${effect.errorCode}` : ''}`
    case 'reopen': return `reopen ${effect.from}`
    default: return effect.type
  }
}

function run(state: TurnState, event: TurnEvent): string {
  const { state: next, effects } = transition(state, event)
  const what = effects.map(describeEffect).join(', ')
  const where = next === state || JSON.stringify(next) === JSON.stringify(state) ? 'same' : describeState(next)
  return what === '' ? where : `${where} < ${what}`
}

function play(events: readonly TurnEvent[], from: TurnState = initialState): { state: TurnState, effects: TurnEffect[] } {
  let state = from
  const effects: TurnEffect[] = []
  for (const event of events) {
    const next = transition(state, event)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects }
}

function down(atMs: number, mode: KeyMode, turnId = TURN): TurnEvent {
  return { type: 'key-down', atMs, mode, turnId }
}

function up(atMs: number): TurnEvent {
  return { type: 'key-up', atMs }
}

describe('turn machine: every state with every event', () => {
  for (const state of Object.keys(STATES) as StateName[]) {
    it(state, () => {
      const rows = Object.keys(EVENTS) as EventName[]
      expect(Object.fromEntries(rows.map(event => [event, run(STATES[state], EVENTS[event])]))).toEqual(TABLE[state])
    })
  }

  it('ignores what an older turn tells, in every state', () => {
    for (const state of Object.values(STATES)) {
      for (const event of Object.values(EVENTS)) {
        if ('turnId' in event && event.turnId === TURN)
          expect(transition(state, { ...event, turnId: 'older' })).toEqual({ state, effects: [] })
      }
    }
  })

  it('never changes the state it was given', () => {
    const before = JSON.stringify(STATES)
    for (const state of Object.values(STATES)) {
      for (const event of Object.values(EVENTS))
        transition(Object.freeze({ ...state }), event)
    }
    expect(JSON.stringify(STATES)).toBe(before)
  })
})

describe('turn machine: the key', () => {
  it('hold: the release ends the take, however short', () => {
    expect(play([down(0, 'hold'), up(80)]).effects.map(describeEffect)).toEqual(['begin-take', 'mark-release', 'end-capture'])
  })

  it('toggle: releases count for nothing, the second press ends the take', () => {
    const { state, effects } = play([down(0, 'toggle'), up(2_000), down(5_000, 'toggle'), up(5_100)])
    expect([describeState(state), effects.map(describeEffect)]).toEqual(['transcribing (ending)', ['begin-take', 'mark-release', 'end-capture']])
  })

  it('auto: a tap latches, a longer press holds', () => {
    expect(describeState(play([down(0, 'auto'), up(TAP_MS)]).state)).toBe('listening (latched)')
    expect(describeState(play([down(0, 'auto'), up(TAP_MS + 1)]).state)).toBe('transcribing (ending)')
  })

  it('auto: after a tap the next press ends the take', () => {
    expect(describeState(play([down(0, 'auto'), up(100), down(4_000, 'auto')]).state)).toBe('transcribing (ending, key)')
  })

  it('field 1: releases and presses of auto-repeat, folded or not, make one take', () => {
    const { effects } = play([down(0, 'hold'), down(500, 'hold', 'b'), down(530, 'hold', 'c'), down(560, 'hold', 'd'), up(600)])
    expect(effects.filter(({ type }) => type === 'begin-take')).toHaveLength(1)
  })

  it('field 3: a long hold is never cut: its key is asked for, again and again', () => {
    let state = play([down(0, 'hold')]).state
    let checks = 0
    for (let atMs = nextTickMs(state); atMs !== null && atMs < 10 * 60_000; atMs = nextTickMs(state)) {
      const ticked = transition(state, { type: 'tick', atMs })
      expect(ticked.effects).toEqual([{ type: 'check-key', pressedAtMs: 0 }])
      checks++
      state = transition(ticked.state, { type: 'key-state', atMs, pressedAtMs: 0, down: true }).state
    }
    expect([describeState(state), checks]).toEqual(['listening (key)', 10 * 60_000 / KEY_CHECK_MS - 1])
  })

  it('field 3: only a key that is really up ends the take, as its release would have', () => {
    const { state } = play([down(0, 'hold'), { type: 'key-state', atMs: 2_000, pressedAtMs: 0, down: false }])
    expect(describeState(state)).toBe('transcribing (ending)')
  })

  it('an answer about an earlier press does not end the present one', () => {
    const { state } = play([down(0, 'hold'), up(500), down(900, 'hold', 'b'), { type: 'key-state', atMs: 901, pressedAtMs: 0, down: false }])
    expect(describeState(state)).toBe('listening (key, turn b)')
  })

  it('field 4: two starts within milliseconds are one', () => {
    const { state, effects } = play([down(0, 'hold', 'a'), down(2, 'hold', 'b')])
    expect([turnIdOf(state), effects]).toEqual(['a', [{ type: 'begin-take', turnId: 'a', atMs: 0 }]])
  })

  it('field 6: in toggle mode a repeat counts only after a key up', () => {
    const held = [down(0, 'toggle'), up(50), down(3_000, 'toggle', 'b'), down(3_500, 'toggle', 'c'), down(3_530, 'toggle', 'd')]
    expect(describeState(play(held).state)).toBe('transcribing (ending, key)')
    expect(describeState(play([...held, up(4_000), down(4_200, 'toggle', 'e')]).state)).toBe('listening (key, turn e)')
  })

  it('field 12: a release that was lost in another state is found by the check', () => {
    const held: TurnState = { name: 'failed', turnId: TURN, errorCode: 'timeout', key: { downAtMs: 0, checkAtMs: KEY_CHECK_MS } }
    expect(nextTickMs(held)).toBe(KEY_CHECK_MS)
    const { state } = play([{ type: 'tick', atMs: KEY_CHECK_MS }, { type: 'key-state', atMs: 2_001, pressedAtMs: 0, down: false }, down(3_000, 'hold', 'b')], held)
    expect(describeState(state)).toBe('listening (key, turn b)')
  })

  it('a press interrupts in this order: silence, generation, the new take', () => {
    const order = transition(speaking, down(2_000, 'hold', 'b')).effects.map(({ type }) => type)
    expect(order).toEqual(['stop-playback', 'abort', 'finish', 'begin-take'])
  })
})

describe('turn machine: the end of a take', () => {
  it('field 26: while the voice is heard recording goes on, until it falls silent', () => {
    const { state, effects } = play([
      down(0, 'hold'),
      { type: 'speech', turnId: TURN, atMs: 300, active: true },
      up(1_000),
      { type: 'speech', turnId: TURN, atMs: 1_180, active: false },
    ])
    expect([describeState(state), effects.map(describeEffect)]).toEqual(['transcribing (ending)', ['begin-take', 'mark-release', 'end-capture']])
  })

  it('field 26: … but no longer than the post-roll', () => {
    const talking = play([down(0, 'hold'), { type: 'speech', turnId: TURN, atMs: 300, active: true }, up(1_000)]).state
    expect(nextTickMs(talking)).toBe(1_000 + POST_ROLL_MS)
    const { state, effects } = transition(talking, { type: 'tick', atMs: 1_000 + POST_ROLL_MS })
    expect([describeState(state), effects.map(describeEffect)]).toEqual(['transcribing (ending)', ['end-capture']])
  })

  it('a lost recogniser is asked once more when the take is whole, and not twice', () => {
    const lostNow = EVENTS['recogniser lost']
    const ended = EVENTS['capture-ended']
    const { state, effects } = play([lostNow, up(1_000), ended, lostNow], listening)
    expect([describeState(state), effects.filter(({ type }) => type === 'transcribe-take')]).toEqual([
      'failed (inference-child-lost)',
      [{ type: 'transcribe-take', turnId: TURN }],
    ])
  })

  it('one automatic retry a turn, also across its stages', () => {
    const events = [EVENTS['recogniser lost'], EVENTS.transcript, EVENTS['chat lost']]
    expect(describeState(play(events, transcribing).state)).toBe('failed (inference-child-lost)')
  })
})

describe('turn machine: watchdogs', () => {
  it('a sign of life starts a stage anew, and never brings its end nearer', () => {
    const alive = transition(transcribing, { type: 'progress', turnId: TURN, atMs: 15_000 }).state
    expect(nextTickMs(alive)).toBe(15_000 + STAGE_LIMITS_MS.transcribing)
    expect(nextTickMs(transition(alive, { type: 'progress', turnId: TURN, atMs: 2 }).state)).toBe(15_000 + STAGE_LIMITS_MS.transcribing)
  })

  it('a long take may be listened to for longer', () => {
    const listening = { name: 'listening', turnId: TURN, key: null, mode: 'hold', pressedAtMs: 1_000, latched: true, speechActive: false, fault: null } as const
    const { state } = transition(listening, { type: 'key-down', atMs: 101_000, mode: 'hold', turnId: 'new' })
    expect(state).toMatchObject({ name: 'transcribing', deadlineMs: 101_000 + STAGE_LIMITS_MS.transcribing + 50_000 })
  })

  it('each stage that hangs ends in failed', () => {
    for (const stage of [transcribing, thinking, speaking]) {
      expect(describeState(transition(stage, { type: 'tick', atMs: stage.deadlineMs - 1 }).state)).not.toMatch('failed')
      expect(describeState(transition(stage, { type: 'tick', atMs: stage.deadlineMs }).state)).toBe('failed (timeout)')
    }
  })

  it('a quiet state with the key up asks for no timer', () => {
    expect([nextTickMs(initialState), nextTickMs(STATES.failed), nextTickMs(STATES['listening, latched'])]).toEqual([null, null, null])
  })
})
