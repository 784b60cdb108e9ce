import type { Clock } from '../../ports/clock'
import type { FocusedClient } from './x11-focus'
import type { InputSession } from './x11-keys-session'
import { readFile } from 'node:fs/promises'
import { raceAbort } from '../../lib/abort'
import { pause } from '../../lib/pause'

/** Looked at once and found asleep, it may be between two keys; who decides by it what to do next looks for longer. */
const LOOKS_TO_BE_SURE = 5
/** How long a program that neither answers nor can be looked at is given to read its keys. */
const UNSEEN_MS = 300
const LOOK_EVERY_MS = 10
const LOOKS = 3

let pings = 0

/**
 * Resolves with true once a program has read every key that it was sent, with false after `limitMs`.
 *
 * A window that answers pings (EWMH's _NET_WM_PING: GTK, Qt, Chromium, Java) reads them in the order of everything else, so
 * its answer says that the keys before it have been read. Of another program of this machine the process is looked at: one
 * that sleeps, several times in a row, has nothing to read. What can neither be asked nor seen is given 300 ms.
 */
export async function untilRead(session: InputSession, program: FocusedClient | null, { clock, limitMs, signal }: { clock: Clock, limitMs: number, signal: AbortSignal }): Promise<boolean> {
  if (!program)
    return true
  // Twice: the server writes to its clients at the end of a round, in no order that is known.
  await session.focus()
  await session.focus()
  if (program.answersPing)
    return untilAnswer(session, program.window, clock, limitMs, signal)
  return await untilAsleep(program.pid, clock, limitMs, signal) ?? (await pause(clock, UNSEEN_MS, signal), true)
}

/** The same of any window's program, and null where it cannot be told. */
export async function untilTaken(session: InputSession, program: FocusedClient, { clock, limitMs, signal }: { clock: Clock, limitMs: number, signal: AbortSignal }): Promise<boolean | null> {
  await session.focus()
  await session.focus()
  return program.answersPing
    ? untilAnswer(session, program.window, clock, limitMs, signal)
    : untilAsleep(program.pid, clock, limitMs, signal, LOOKS_TO_BE_SURE)
}

async function untilAnswer(session: InputSession, window: number, clock: Clock, limitMs: number, signal: AbortSignal): Promise<boolean> {
  const { connection: { client: X, closed }, atoms } = session
  // The timestamp names a ping: 32 bits, not 0.
  const stamp = (Math.floor(clock.nowMs()) + pings++) % 0x7FFFFFFF + 1
  const cleanUp: (() => void)[] = []
  const answered = new Promise<boolean>((resolve) => {
    cleanUp.push(
      session.events.subscribe(({ name, message_type, data }) => {
        if (name === 'ClientMessage' && message_type === atoms.WM_PROTOCOLS && Array.isArray(data) && data[0] === atoms._NET_WM_PING && data[1] === stamp)
          resolve(true)
      }),
      closed.subscribe(() => resolve(false)),
      clock.after(limitMs, () => resolve(false)),
    )
  })
  try {
    session.hearAnswers(true)
    X.SendEvent(window, 0, 0, { name: 'ClientMessage', seq: 0, format: 32, wid: window, message_type: atoms.WM_PROTOCOLS, data: [atoms._NET_WM_PING, stamp, window, 0, 0] })
    return await raceAbort(answered, signal)
  }
  finally {
    cleanUp.forEach(undo => undo())
    if (!session.connection.isClosed)
      session.hearAnswers(false)
  }
}

/** Null: cannot be seen from here. */
async function untilAsleep(pid: number | null, clock: Clock, limitMs: number, signal: AbortSignal, looks = LOOKS): Promise<boolean | null> {
  const endMs = clock.nowMs() + limitMs
  for (let asleep = 0; asleep < looks;) {
    const state = pid === null ? null : await processState(pid)
    if (state === null)
      return null
    asleep = state === 'S' ? asleep + 1 : 0
    if (clock.nowMs() >= endMs)
      return false
    await pause(clock, LOOK_EVERY_MS, signal)
  }
  return true
}

/** One letter (proc(5)): S sleeps, R runs, T is stopped. Null: no such process, or no such file system. */
async function processState(pid: number): Promise<string | null> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The name before it may hold anything, brackets too.
  return status.slice(status.lastIndexOf(')') + 2)[0] ?? null
}
