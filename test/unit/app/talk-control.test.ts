import { describe, expect, it } from 'vitest'
import { createTalkControl } from '../../../src-main/app/talk-control'
import { createManualClock } from '../../fakes/manual-clock'

function setUp(options: { readonly keyIsDown?: boolean, readonly mayListen?: boolean } = {}) {
  const calls: string[] = []
  const clock = createManualClock()
  const talk = createTalkControl(
    () => ({ keyDown: atMs => calls.push(`down ${atMs}`), keyUp: atMs => calls.push(`up ${atMs}`) }),
    { isDown: async () => options.keyIsDown ?? true },
    clock,
    () => options.mayListen ?? true,
  )
  return { talk, calls, clock }
}

describe('talk control', () => {
  it('hands the hotkey\'s own times on', () => {
    const { talk, calls } = setUp()
    talk.press('hotkey', 12)
    talk.release('hotkey', 34)
    expect(calls).toEqual(['down 12', 'up 34'])
  })

  it('lets whoever pressed first hold the key', () => {
    const { talk, calls } = setUp()
    talk.press('button', 1)
    talk.press('hotkey', 2)
    talk.release('hotkey', 3)
    talk.release('command', 4)
    talk.release('button', 5)
    expect(calls).toEqual(['down 1', 'up 5'])
  })

  it('toggles by command', () => {
    const { talk, calls, clock } = setUp()
    const startMs = clock.nowMs()
    talk.toggle()
    clock.advance(100)
    talk.toggle()
    expect(calls).toEqual([`down ${startMs}`, `up ${startMs + 100}`])
  })

  it('asks the system for a hotkey\'s real state, and frees the key when it is up', async () => {
    const { talk, calls } = setUp({ keyIsDown: false })
    talk.press('hotkey', 1)
    expect(await talk.isDown()).toBe(false)
    talk.press('button', 2)
    expect(await talk.isDown()).toBe(true)
    expect(calls).toEqual(['down 1', 'down 2'])
  })

  it('is up when nobody holds it', async () => {
    expect(await setUp().talk.isDown()).toBe(false)
  })

  it('does not listen while paused', () => {
    const { talk, calls } = setUp({ mayListen: false })
    talk.press('hotkey', 1)
    talk.release('hotkey', 2)
    expect(calls).toEqual([])
  })
})
