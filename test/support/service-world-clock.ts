import type { Clock } from '../../src-main/ports/clock'
import { performance } from 'node:perf_hooks'

/**
 * Time for tests in which real sockets meet deadlines of seconds: it stands still while anything goes on, and goes
 * straight to the next timer when all that is left is to wait for it. So a deadline costs nothing, and never passes
 * because the machine is slow.
 */
export interface SkippingClock extends Clock {
  /** Resolves when nothing goes on any more; time does not move until then. */
  quiet: () => Promise<void>
  /** Waits for it, and lets time pass for it. Throws when it can never come: nothing goes on, and no timer is set. */
  until: <T>(promise: Promise<T>) => Promise<T>
  /** Lets so much time pass, and what falls due in it happen. */
  pass: (ms: number) => Promise<void>
  /** Timers that are set: 0 when nothing was left open. */
  readonly pending: number
}

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** In so many turns of the event loop the system has told nothing. */
const CALM_TURNS = 16
/** And for so long: a socket of this machine delivers within microseconds. */
const CALM_MS = 1
const WALL_START_MS = 1_700_000_000_000

export function createSkippingClock(): SkippingClock {
  const timers = new Set<Timer>()
  let nowMs = 0
  /** Who relies on time standing still. */
  let holders = 0

  /** Something was left to be done, or the system told something, since the last look. */
  async function calm(): Promise<void> {
    for (let turns = 0, seen = eventsSeen(); turns < CALM_TURNS;) {
      await new Promise(resolve => turns === CALM_TURNS - 1 ? setTimeout(resolve, CALM_MS) : setImmediate(resolve))
      const now = eventsSeen()
      turns = now === seen ? turns + 1 : 0
      seen = now
    }
  }

  async function quiet(): Promise<void> {
    holders++
    try {
      await calm()
    }
    finally {
      holders--
    }
  }

  /** False: there is none up to then. */
  function ring(untilMs: number): boolean {
    let next: Timer | undefined
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (!next || timer.dueMs < next.dueMs))
        next = timer
    }
    if (!next)
      return false
    timers.delete(next)
    nowMs = Math.max(nowMs, next.dueMs)
    next.callback()
    return true
  }

  return {
    nowMs: () => nowMs,
    wallMs: () => WALL_START_MS + nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), callback }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    quiet,
    async until(promise) {
      let settled = false
      promise.then(() => settled = true, () => settled = true)
      for (;;) {
        await calm()
        if (settled)
          return await promise
        if (holders === 0 && !ring(Number.POSITIVE_INFINITY)) {
          // Once more, with all the patience there is: then it is certain.
          await calm()
          if (!settled && timers.size === 0 && holders === 0)
            throw new Error('What is waited for can never come: nothing goes on, and no timer is set.')
        }
      }
    },
    async pass(ms) {
      const untilMs = nowMs + ms
      do
        await calm()
      while (ring(untilMs))
      nowMs = untilMs
    },
    get pending() {
      return timers.size
    },
  }
}

/** What the system has told this process's event loop so far: sockets, files, children. */
function eventsSeen(): number {
  return performance.nodeTiming.uvMetricsInfo.events
}
