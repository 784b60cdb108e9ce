import { describe, expect, it } from 'vitest'
import { Watchdog } from '../../../src-main/audio/watchdog'
import { createManualClock } from '../../fakes/manual-clock'

function start(limitMs = 400) {
  const clock = createManualClock()
  const silences: number[] = []
  const watchdog = new Watchdog(clock, () => silences.push(clock.nowMs()))
  watchdog.start(limitMs)
  const beganMs = clock.nowMs()
  return { clock, watchdog, silencesAfterMs: () => silences.map(atMs => atMs - beganMs) }
}

describe('watchdog', () => {
  it('tells a silence once, when the limit and the grace are over', () => {
    const { clock, silencesAfterMs } = start(400)
    clock.advance(429)
    expect(silencesAfterMs()).toEqual([])
    clock.advance(10_000)
    expect(silencesAfterMs()).toEqual([430])
  })

  it('is quiet while it is fed, and counts from the last time', () => {
    const { clock, watchdog, silencesAfterMs } = start(400)
    for (let i = 0; i < 20; i++) {
      clock.advance(399)
      watchdog.fed()
    }
    expect(silencesAfterMs()).toEqual([])
    clock.advance(500)
    expect(silencesAfterMs()).toEqual([20 * 399 + 430])
  })

  it('what waits to be read after a hold-up is read before anybody is blamed', () => {
    const { clock, watchdog, silencesAfterMs } = start(400)
    clock.advance(400) // the timer is due; the messages are still in the pipe
    watchdog.fed()
    clock.advance(399)
    expect(silencesAfterMs()).toEqual([])
  })

  it('stops, and starts anew with another limit', () => {
    const { clock, watchdog, silencesAfterMs } = start(400)
    clock.advance(300)
    watchdog.start(1_000)
    clock.advance(1_000)
    expect(silencesAfterMs()).toEqual([])
    watchdog.stop()
    clock.advance(10_000)
    expect(silencesAfterMs()).toEqual([])
  })
})
