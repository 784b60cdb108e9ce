import type { Clock } from '../../src-main/ports/clock'

export interface ManualClock extends Clock {
  /** Moves time on; what falls due on the way is called in order of its time, with `nowMs()` at that time. */
  advance: (ms: number) => void
  /** Timers that are set and not due yet: 0 at the end of a test that leaves nothing open. */
  readonly pending: number
}

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that a test moves by hand. Starts at 0 on the monotonic scale and `wallStartMs` on the wall. */
export function createManualClock(wallStartMs = 1_700_000_000_000): ManualClock {
  const timers = new Set<Timer>()
  let nowMs = 0
  let order = 0

  function nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.dueMs > untilMs)
        continue
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order))
        next = timer
    }
    return next
  }

  return {
    nowMs: () => nowMs,
    wallMs: () => wallStartMs + nowMs,
    after(delayMs, callback) {
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), order: order++, callback }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        timers.delete(timer)
        nowMs = Math.max(nowMs, timer.dueMs)
        timer.callback()
      }
      nowMs = untilMs
    },
    get pending() {
      return timers.size
    },
  }
}
