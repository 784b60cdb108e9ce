import type { AddressInfo, Socket } from 'node:net'
import type { Clock } from '../../src-main/ports/clock'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
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

/** So often in a row nothing but the canary comes. */
const CALM_PASSES = 3
/** Turns of the event loop in each of them. */
const CALM_TURNS = 4
const CALM_MS = 1
const WALL_START_MS = 1_700_000_000_000

export function createSkippingClock(): SkippingClock {
  const timers = new Set<Timer>()
  let nowMs = 0
  /** Who relies on time standing still. */
  let holders = 0

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

/**
 * Resolves when nothing is left to be done, and nothing is on its way through the system: a byte that is sent behind it
 * all over a connection of this machine comes, and nothing else does. On a machine that is busy it takes its time.
 */
function calm(): Promise<void> {
  // One after the other: two at once would take each other's canary for something that goes on.
  const mine = last.then(lookForCalm)
  last = mine
  return mine
}

let last: Promise<void> = Promise.resolve()

async function lookForCalm(): Promise<void> {
  const send = await (canary ??= openCanary())
  for (let passed = 0; passed < CALM_PASSES;) {
    const before = eventsSeen()
    await send()
    for (let turn = 0; turn < CALM_TURNS; turn++)
      await new Promise(resolve => setImmediate(resolve))
    if (passed === CALM_PASSES - 1)
      await new Promise(resolve => setTimeout(resolve, CALM_MS))
    passed = eventsSeen() === before + 1 ? passed + 1 : 0
  }
}

let canary: Promise<() => Promise<void>> | null = null

/** A connection of its own, for the life of the process. Gives what sends a byte and waits until it has come. */
async function openCanary(): Promise<() => Promise<void>> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sender = connect((server.address() as AddressInfo).port, '127.0.0.1').setNoDelay(true)
  const [receiver] = await once(server, 'connection') as [Socket]
  server.close()
  sender.unref()
  receiver.unref()
  return async () => {
    const come = once(receiver, 'data')
    sender.write('.')
    await come
  }
}

/** What the system has told this process's event loop so far: sockets, files, children. */
function eventsSeen(): number {
  return performance.nodeTiming.uvMetricsInfo.events
}
