import process from 'node:process'

/** Time comes in through this port, so that tests move it by hand. */
export interface Clock {
  /** Monotonic milliseconds, fractional; only differences mean anything. Comparable between processes of one machine. */
  nowMs: () => number
  /** Milliseconds since 1970, for what is stored and shown. */
  wallMs: () => number
  /** Calls back once, not before `delayMs`. Returns the way to cancel. */
  after: (delayMs: number, callback: () => void) => () => void
}

/** The real clock. `process.hrtime` is CLOCK_MONOTONIC: the same in main and in its children. */
export const systemClock: Clock = {
  nowMs: () => Number(process.hrtime.bigint() / 1000n) / 1000,
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
