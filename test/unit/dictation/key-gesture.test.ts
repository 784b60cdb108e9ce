import type { GestureAction, GestureEvent, GestureMode, GestureState } from '../../../src-main/dictation/key-gesture'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gesture, restingGesture } from '../../../src-main/dictation/key-gesture'
import { TAP_MS } from '../../../src-main/listening/take-limits'

function run(events: readonly GestureEvent[]): { readonly actions: readonly GestureAction[], readonly state: GestureState } {
  let state = restingGesture
  const actions = events.map((event) => {
    const next = gesture(state, event)
    state = next.state
    return next.action
  })
  return { actions, state }
}

const down = (atMs: number, mode: GestureMode = 'auto', key = 'dictate'): GestureEvent => ({ type: 'down', key, atMs, mode })
const up = (atMs: number, key = 'dictate'): GestureEvent => ({ type: 'up', key, atMs })
const over: GestureEvent = { type: 'over' }

describe('a dictation key', () => {
  it.each<[string, readonly GestureEvent[], readonly GestureAction[]]>([
    ['held: from down to up', [down(0, 'hold'), up(100)], ['begin', 'end']],
    ['held long in auto: the same', [down(0), up(TAP_MS + 1)], ['begin', 'end']],
    ['tapped in auto: until the next tap', [down(0), up(TAP_MS), down(5_000), up(5_050)], ['begin', 'latched', 'end', null]],
    ['toggled: however long it is held', [down(0, 'toggle'), up(9_000), down(10_000, 'toggle'), up(10_050)], ['begin', 'latched', 'end', null]],
    ['repeating itself: one take', [down(0, 'hold'), down(30, 'hold'), down(60, 'hold'), up(90)], ['begin', null, null, 'end']],
    ['released without a press', [up(0), down(10, 'hold'), up(400)], [null, 'begin', 'end']],
    ['held when the take ended by itself', [down(0, 'hold'), over, up(100), down(200, 'hold'), up(300)], ['begin', null, null, 'begin', 'end']],
    ['repeating itself after the take ended by itself: nothing new begins before it is let go', [down(0, 'hold'), over, down(50, 'hold'), up(100)], ['begin', null, null, null]],
    ['the other dictation key while one is latched: ends it', [down(0), up(100), down(500, 'auto', 'edit'), up(600, 'edit')], ['begin', 'latched', 'end', null]],
    ['the release of another key: no end', [down(0, 'hold'), up(50, 'edit'), up(500)], ['begin', null, 'end']],
  ])('%s', (_, events, actions) => {
    expect(run(events).actions).toEqual(actions)
  })

  it('begins and ends by turns, whatever comes', () => {
    const anyEvent: fc.Arbitrary<GestureEvent> = fc.oneof(
      fc.record({ type: fc.constant('down' as const), key: fc.constantFrom('dictate', 'edit', 'command'), atMs: fc.nat(10_000), mode: fc.constantFrom('hold' as const, 'toggle' as const, 'auto' as const) }),
      fc.record({ type: fc.constant('up' as const), key: fc.constantFrom('dictate', 'edit', 'command'), atMs: fc.nat(10_000) }),
      fc.constant(over),
    )
    fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let state = restingGesture
      let open = false
      for (const event of events) {
        const wasOpen = open
        const next = gesture(state, event)
        state = next.state
        if (next.action === 'begin')
          open = true
        else if (next.action === 'end' || event.type === 'over')
          open = false
        if (next.action === 'begin' || next.action === 'end')
          expect(wasOpen).toBe(next.action === 'end')
        expect(state.take !== null).toBe(open)
      }
    }))
  })
})
