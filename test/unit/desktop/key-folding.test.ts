import type { FoldInput, FoldTold, KeyFoldState, LoneFoldInput, LoneFoldState } from '../../../src-main/desktop/key-folding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldKey, foldLoneModifier, KEY_BLOCKED, KEY_UP, LONE_UP } from '../../../src-main/desktop/key-folding'

function fold(inputs: readonly FoldInput[], confirmRelease = true, from: KeyFoldState = KEY_UP): { told: string[], state: KeyFoldState, asked: number } {
  let state = from
  let asked = 0
  const told: string[] = []
  for (const input of inputs) {
    const folded = foldKey(state, input, { confirmRelease })
    state = folded.state
    told.push(...folded.told.map(({ type, atMs }) => `${type} ${atMs}`))
    asked += folded.ask ? 1 : 0
  }
  return { told, state, asked }
}

const press = (atMs: number): FoldInput => ({ type: 'press', atMs })
const release = (atMs: number): FoldInput => ({ type: 'release', atMs })
const physical = (down: boolean, atMs: number): FoldInput => ({ type: 'physical', down, atMs })

function alternates(told: readonly FoldTold[]): boolean {
  return told.every(({ type }, index) => type === (index % 2 === 0 ? 'down' : 'up'))
}

describe('folding of a hotkey', () => {
  it('field 1: takes a fake release with the press of the same time for auto-repeat, whatever the system answers in between', () => {
    const repeats = Array.from({ length: 30 }, (_, i) => [release(600 + i * 40), press(600 + i * 40), physical(true, 601 + i * 40)]).flat()
    const { told, asked } = fold([press(0), ...repeats, release(2_000), physical(false, 2_001)])
    expect(told).toEqual(['down 0', 'up 2000'])
    expect(asked).toBe(31)
    expect(fold([press(0), release(10), physical(true, 11), press(10), release(20), physical(false, 21)]).told).toEqual(['down 0', 'up 20'])
  })

  it('tells a real release with its own time once the system agrees, and a quick second press as a second hold', () => {
    expect(fold([press(0), release(100), physical(false, 101)]).told).toEqual(['down 0', 'up 100'])
    expect(fold([press(0), release(100), press(130), physical(true, 131), release(200), physical(false, 201)]).told).toEqual(['down 0', 'up 100', 'down 130', 'up 200'])
  })

  it('field 3: ends a hold whose release was swallowed, and does not end one that is held', () => {
    expect(fold([press(0), physical(true, 250), physical(true, 500), physical(false, 750)]).told).toEqual(['down 0', 'up 750'])
  })

  it('believes a release at once where repeats are presses alone', () => {
    expect(fold([press(0), press(500), press(530), release(600), release(601)], false).told).toEqual(['down 0', 'up 600'])
  })

  it('ignores the hold that was there before the binding, repeats and all', () => {
    const { told, state } = fold([press(10), release(50), press(50), physical(true, 51), release(90), physical(false, 91)], true, KEY_BLOCKED)
    expect({ told, state }).toEqual({ told: [], state: KEY_UP })
    expect(fold([press(10), release(50), press(80)], false, KEY_BLOCKED).told).toEqual(['down 80'])
  })

  it('alternates for every sequence, is never stuck, and tells nothing before its time', () => {
    const input = fc.oneof(
      fc.record({ type: fc.constantFrom('press' as const, 'release' as const, 'lost' as const), gapMs: fc.integer({ min: 0, max: 50 }) }),
      fc.record({ type: fc.constant('physical' as const), down: fc.boolean(), gapMs: fc.integer({ min: 0, max: 50 }) }),
    )
    fc.assert(fc.property(fc.array(input, { maxLength: 60 }), fc.boolean(), fc.constantFrom(KEY_UP, KEY_BLOCKED), (inputs, confirmRelease, from) => {
      let state: KeyFoldState = from
      let atMs = 0
      const told: FoldTold[] = []
      const feed = (next: FoldInput): void => {
        const folded = foldKey(state, next, { confirmRelease })
        state = folded.state
        told.push(...folded.told)
      }
      for (const { gapMs, ...next } of inputs) {
        atMs += gapMs
        feed({ ...next, atMs } as FoldInput)
      }
      // The system's "it is up" ends every hold, from any state.
      feed({ type: 'physical', down: false, atMs: atMs + 1 })
      expect(state).toEqual(KEY_UP)
      expect(alternates(told)).toBe(true)
      expect(told.length % 2).toBe(0)
      expect(told.every((event, index) => index === 0 || event.atMs >= (told[index - 1]?.atMs ?? 0))).toBe(true)
    }), { numRuns: 1_000 })
  })

  it('follows a simulated keyboard exactly: what a person did is what is told', () => {
    const hold = fc.record({ heldMs: fc.integer({ min: 5, max: 2_000 }), pauseMs: fc.integer({ min: 5, max: 500 }), answersLate: fc.boolean() })
    fc.assert(fc.property(fc.array(hold, { maxLength: 8 }), (holds) => {
      const inputs: FoldInput[] = []
      const done: string[] = []
      let atMs = 0
      for (const { heldMs, pauseMs, answersLate } of holds) {
        atMs += pauseMs
        inputs.push(press(atMs))
        done.push(`down ${atMs}`)
        for (let repeatMs = 660; repeatMs < heldMs; repeatMs += 40)
          inputs.push(release(atMs + repeatMs), ...(answersLate ? [press(atMs + repeatMs), physical(true, atMs + repeatMs)] : [physical(true, atMs + repeatMs), press(atMs + repeatMs)]))
        atMs += heldMs
        inputs.push(release(atMs), physical(false, atMs))
        done.push(`up ${atMs}`)
      }
      expect(fold(inputs).told).toEqual(done)
    }))
  })
})

describe('folding of a modifier bound alone', () => {
  function foldLone(inputs: readonly LoneFoldInput[]): string[] {
    let state: LoneFoldState = LONE_UP
    return inputs.flatMap((input) => {
      const folded = foldLoneModifier(state, input)
      state = folded.state
      return folded.told.map(({ type, atMs }) => `${type} ${atMs}`)
    })
  }

  it('field 7: tells a tap at its release and a hold after it was long enough, both with the time of the press', () => {
    expect(foldLone([press(10), release(80)])).toEqual(['down 10', 'up 80'])
    expect(foldLone([press(10), { type: 'alone-long-enough' }, release(900)])).toEqual(['down 10', 'up 900'])
  })

  it('field 7: tells nothing of a modifier that was used: key after it, drag with it, another key before it', () => {
    expect(foldLone([press(10), { type: 'other-press' }, { type: 'alone-long-enough' }, release(80)])).toEqual([])
    expect(foldLone([{ type: 'press-among-others' }, { type: 'alone-long-enough' }, release(80)])).toEqual([])
    expect(foldLone([press(10), { type: 'other-press' }, release(80), press(100), release(120)])).toEqual(['down 100', 'up 120'])
  })

  it('keeps a hold that was told, whatever else is pressed', () => {
    expect(foldLone([press(10), { type: 'alone-long-enough' }, { type: 'other-press' }, press(300), release(900)])).toEqual(['down 10', 'up 900'])
  })

  it('alternates for every sequence and is never stuck', () => {
    const input = fc.oneof(
      fc.constantFrom<LoneFoldInput>({ type: 'other-press' }, { type: 'press-among-others' }, { type: 'alone-long-enough' }),
      fc.record({ type: fc.constantFrom('press' as const, 'release' as const, 'lost' as const), atMs: fc.constant(5) }),
      fc.record({ type: fc.constant('physical' as const), down: fc.boolean(), atMs: fc.constant(5) }),
    )
    fc.assert(fc.property(fc.array(input), (inputs) => {
      let state: LoneFoldState = LONE_UP
      const told: FoldTold[] = []
      for (const next of [...inputs, { type: 'physical', down: false, atMs: 6 } as const]) {
        const folded = foldLoneModifier(state, next)
        state = folded.state
        told.push(...folded.told)
      }
      expect(state).toEqual(LONE_UP)
      expect(alternates(told) && told.length % 2 === 0).toBe(true)
    }), { numRuns: 1_000 })
  })
})
