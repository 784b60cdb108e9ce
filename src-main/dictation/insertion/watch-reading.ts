import type { ClipboardOffer, InjectionTarget } from '../../ports/text-injector'
import type { InsertionContext } from './insertion-context'
import { background } from '../../lib/background'
import { pause } from '../../lib/pause'
import { placeOf } from './insertion-context'

/** A program that answers at all gets this long to read. */
export const READ_LIMIT_MS = 600
/** One that does not answer (stopped, swapped out, busy) gets this long in all. */
export const SILENT_LIMIT_MS = 5_000

/** How long one that was silent is given to answer before the next insertion. */
const DEBTOR_LIMIT_MS = 100
/** Who cannot say whether it is awake is not held to it for longer: it may be a window with no text at all. */
const UNKNOWN_DEBT_MS = 5_000
/** One that answered reads within this, if it reads at all: its answer may have come from another of its processes. */
const ANSWERED_LIMIT_MS = 200

/**
 * What became of a paste chord that was pressed.
 * - `read`: the target took the whole text.
 * - `passed`: the target took the chord out of its queue and did not read.
 * - `silent`: it did not answer; it may still read, at any time.
 * - `taken`: another program put something on the clipboard; what was pasted, if anything, is not known.
 * - `gone`: its window was closed, and it had not read.
 */
export type Reading = 'read' | 'passed' | 'silent' | 'taken' | 'gone'

/** Throws on abort. */
export async function watchReading(context: InsertionContext, offer: ClipboardOffer, target: InjectionTarget, signal: AbortSignal): Promise<Reading> {
  const reading = await watched(context, offer, target, signal)
  if (reading === 'silent' || reading === 'taken')
    context.debtor.current = { target, sinceMs: context.clock.nowMs() }
  return reading
}

/** Whether a program that was silent still is: it pastes what it finds when it wakes up. */
export async function debtorOf(context: InsertionContext, signal: AbortSignal): Promise<InjectionTarget | null> {
  const { input, debtor, clock } = context
  if (!debtor.current)
    return null
  const { target, sinceMs } = debtor.current
  const answers = await placeOf(context, target) === 'target-gone' || (await input.focus.responds?.(target, DEBTOR_LIMIT_MS, signal) ?? null)
  if (answers === false || (answers === null && clock.nowMs() - sinceMs < UNKNOWN_DEBT_MS))
    return target
  debtor.current = null
  // Just awake: what it does with the chord it does now.
  await pause(clock, ANSWERED_LIMIT_MS, signal)
  return null
}

async function watched(context: InsertionContext, offer: ClipboardOffer, target: InjectionTarget, signal: AbortSignal): Promise<Reading> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const { focus } = context.input
  let closed = (): void => {}
  const gone = new Promise<Reading>((resolve) => {
    closed = () => resolve('gone')
  })
  const unsubscribe = focus.changes.subscribe(() => {
    background(placeOf(context, target).then(place => place === 'target-gone' && closed()), context.logger, 'focus')
  })
  try {
    const first = await Promise.race([read(offer, READ_LIMIT_MS, either), gone])
    if (first !== 'silent')
      return await certain(context, offer, target, first, signal)
    const later = read(offer, SILENT_LIMIT_MS - READ_LIMIT_MS, either)
    const contenders = [later, gone, answer(context, target, either)]
    return await certain(context, offer, target, await Promise.race(contenders), signal)
  }
  finally {
    unsubscribe()
    over.abort()
  }
}

async function read(offer: ClipboardOffer, limitMs: number, signal: AbortSignal): Promise<Reading> {
  if (await offer.wasRead(limitMs, signal))
    return 'read'
  return await offer.isCurrent() ? 'silent' : 'taken'
}

/** Only tells of an answer: without one, the reading is waited for. */
async function answer({ input: { focus } }: InsertionContext, target: InjectionTarget, signal: AbortSignal): Promise<Reading> {
  const answers = await focus.responds?.(target, SILENT_LIMIT_MS - READ_LIMIT_MS, signal) ?? false
  return answers ? 'passed' : new Promise(() => {})
}

/** The text may have been read in the same moment; and who has no window any more reads nothing. */
async function certain(context: InsertionContext, offer: ClipboardOffer, target: InjectionTarget, reading: Reading, signal: AbortSignal): Promise<Reading> {
  if (reading === 'read' || reading === 'taken')
    return reading
  if (await offer.wasRead(reading === 'passed' ? ANSWERED_LIMIT_MS : 0, signal))
    return 'read'
  if (reading === 'silent' && await placeOf(context, target) === 'target-gone')
    return 'gone'
  return reading
}
