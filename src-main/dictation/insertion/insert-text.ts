import type { InjectionTarget, InsertOptions, InsertReport } from '../../ports/text-injector'
import type { AppRule } from './chords'
import type { InsertionContext } from './insertion-context'
import type { Original, PassingOffer } from './passing-clipboard'
import type { Reading } from './watch-reading'
import { AppError, toAppError } from '../../lib/app-error'
import { assertNever } from '../../lib/assert-never'
import { cleanForTarget } from './clean-text'
import { hasAnswered, inserted, leftOnClipboard, MODIFIERS_LIMIT_MS, placeOf } from './insertion-context'
import { typeText } from './type-text'
import { debtorOf, watchReading } from './watch-reading'

/** After the reading: programs that ask for one format after another are still at it. */
export const GRACE_MS = 150
/** Where reading is not seen, the text stays for so long: a busy program pastes what the clipboard holds when it comes to it. */
export const UNSEEN_MS = 2_000
/** And no other text takes its place for so long: it would be pasted instead. */
export const UNSEEN_HELD_MS = 400
/** After a chord that was let pass: some process of that program may still come to read. For so long it finds this text or none, and no other. */
export const EMPTY_MS = 2_000
/** Modifiers that were up are asked for again when the clipboard took longer than this. */
const MODIFIERS_STALE_MS = 30

interface Job {
  readonly target: InjectionTarget
  readonly text: string
  /** As it may be typed. */
  readonly typed: string
  readonly rule: AppRule
  readonly options: InsertOptions
}

/** One insertion, as a step of the queue. Throws on abort, and `internal` when not even the clipboard could be written. */
export async function insertText(context: InsertionContext, text: string, wished: InjectionTarget | null, options: InsertOptions): Promise<InsertReport> {
  const { method, chord, mayInsertNewlines, signal } = options
  if (cleanForTarget(text, 'field', true) === '')
    return nothing()
  if (method === 'copy')
    return leftOnClipboard(context, cleanForTarget(text, 'field', true), 'copy-only')
  const target = wished ?? await focused(context)
  signal.throwIfAborted()
  if (!target)
    return leftOnClipboard(context, cleanForTarget(text, 'field', true), 'no-target')
  const rule = context.ruleFor(target, chord)
  const job: Job = {
    target,
    rule,
    options,
    text: cleanForTarget(text, rule.kind, mayInsertNewlines),
    typed: cleanForTarget(text, rule.kind, mayInsertNewlines, 'type'),
  }
  if (job.text === '')
    return nothing()
  return method === 'type' || rule.chord === null ? byTyping(context, job) : byPasting(context, job, rule.chord)
}

function nothing(): InsertReport {
  return { how: 'pasted', confirmed: true, why: null, text: '', undo: null, isLast: () => false }
}

async function focused({ input, logger }: InsertionContext): Promise<InjectionTarget | null> {
  try {
    return await input.focus.current()
  }
  catch (error) {
    logger.warn('the focus is not known', { code: toAppError(error).code })
    return null
  }
}

async function byTyping(context: InsertionContext, job: Job): Promise<InsertReport> {
  // Where a mode decides what a letter does, typing is an accident unless it was asked for.
  if (job.rule.kind === 'modal' && job.options.method !== 'type')
    return leftOnClipboard(context, job.text, 'no-keys')
  if (!await modifiersUp(context, job))
    return leftOnClipboard(context, job.text, 'keys-held')
  return await typed(context, job) ?? leftOnClipboard(context, job.text, 'no-keys')
}

/** Null: typing is not possible here, and nothing was typed. */
async function typed(context: InsertionContext, { target, typed: text, text: whole, rule, options: { signal } }: Job): Promise<InsertReport | null> {
  if (text === '')
    return nothing()
  const activity = context.input.focus.activity()
  const outcome = await typeText(context, text, target, signal)
  if (outcome === 'impossible')
    return null
  if (outcome !== 'typed') {
    context.insertions.clear()
    return leftOnClipboard(context, whole, outcome)
  }
  return inserted(context, 'typed', await hasAnswered(context, target, signal), { target, text, rule, activity })
}

async function modifiersUp({ input }: InsertionContext, { options: { signal } }: Job): Promise<boolean> {
  const areUp = await input.keys.modifiersUp(MODIFIERS_LIMIT_MS, signal)
  signal.throwIfAborted()
  return areUp
}

async function byPasting(context: InsertionContext, job: Job, chord: string): Promise<InsertReport> {
  const { target, text, rule, options: { signal, method } } = job
  const original = await originalOnceModifiersAreUp(context, job)
  if (!original)
    return leftOnClipboard(context, text, 'keys-held')
  const typesAfter = async (): Promise<InsertReport | null> => method === 'auto' && rule.kind !== 'modal' ? typed(context, job) : null
  const debtor = await debtorOf(context, signal)
  // Where the clipboard comes back in one format of several, as on Wayland, typing leaves it alone.
  const wouldLose = !original.canReturn || (!original.isWhole && context.input.clipboard.seesReads === false)
  if (debtor || wouldLose) {
    const report = debtor?.id === target.id ? null : await typesAfter()
    if (report)
      return report
    if (debtor)
      return leftOnClipboard(context, text, 'not-read')
  }
  const putAtMs = context.clock.nowMs()
  let offer: PassingOffer
  try {
    offer = await context.clipboard.put(text, original, { reader: target, alsoPrimary: rule.alsoPrimary })
  }
  catch (error) {
    context.logger.warn('the clipboard could not be written', { code: toAppError(error).code })
    return await typesAfter() ?? leftOnClipboard(context, text, 'no-keys')
  }
  signal.throwIfAborted()
  // Whoever still reads the text before this one was waited for.
  if (context.clock.nowMs() - putAtMs > MODIFIERS_STALE_MS && !await modifiersUp(context, job))
    return leftOnClipboard(context, text, 'keys-held')
  const place = await placeOf(context, target)
  signal.throwIfAborted()
  if (place !== 'focused')
    return leftOnClipboard(context, text, place)
  const activity = context.input.focus.activity()
  if (await pressed(context, chord) === 'no-key')
    return await typesAfter() ?? leftOnClipboard(context, text, 'no-keys')
  return afterChord(context, job, { offer, original, activity })
}

/** The clipboard is read while modifiers are waited for. Null: they were held for too long. */
async function originalOnceModifiersAreUp(context: InsertionContext, job: Job): Promise<Original | null> {
  const { signal } = job.options
  const needless = new AbortController()
  const saving = context.clipboard.original(AbortSignal.any([signal, needless.signal]))
  const settled = saving.then(() => {}, () => {})
  try {
    if (!await modifiersUp(context, job)) {
      needless.abort()
      return null
    }
    const upAtMs = context.clock.nowMs()
    const original = await saving
    const isFresh = context.clock.nowMs() - upAtMs <= MODIFIERS_STALE_MS
    return isFresh || await modifiersUp(context, job) ? original : null
  }
  catch (error) {
    needless.abort()
    throw error
  }
  finally {
    // Whatever comes next writes the clipboard.
    await settled
  }
}

/** `unsure`: the connection failed in between; it may have been pressed. */
async function pressed({ input, logger }: InsertionContext, chord: string): Promise<'pressed' | 'no-key' | 'unsure'> {
  try {
    return await input.keys.press(chord) ? 'pressed' : 'no-key'
  }
  catch (error) {
    logger.warn('pressing the paste chord failed', { code: toAppError(error).code })
    return 'unsure'
  }
}

interface Pasting {
  readonly offer: PassingOffer
  readonly original: Original
  readonly activity: number | null
}

/**
 * The chord cannot be taken back: from here on, until the target has read or has let the chord pass, no other content may
 * come to the clipboard, or that would be pasted.
 */
async function afterChord(context: InsertionContext, job: Job, pasting: Pasting): Promise<InsertReport> {
  const { target, text, rule, options: { signal, method } } = job
  const { clipboard } = context
  const pasted = (confirmed: boolean): InsertReport => inserted(context, 'pasted', confirmed, { target, text, rule, activity: pasting.activity })
  if (context.input.clipboard.seesReads === false) {
    clipboard.giveBack(UNSEEN_MS, UNSEEN_HELD_MS)
    return pasted(false)
  }
  let reading: Reading
  try {
    reading = await watchReading(context, pasting.offer, target, signal)
  }
  catch (error) {
    clipboard.owe(() => afterAbort(context, job, pasting))
    throw error
  }
  switch (reading) {
    case 'read':
      clipboard.giveBack(GRACE_MS)
      return pasted(true)
    case 'gone':
      return leftOnClipboard(context, text, 'target-gone')
    case 'taken':
      clipboard.forget()
      return unread(context, text)
    case 'passed':
      clipboard.hold(EMPTY_MS)
      return (method === 'auto' ? await typedInstead(context, job, pasting) : null) ?? unreadButThere(context, text)
    case 'silent':
      return unreadButThere(context, text)
    default:
      return assertNever(reading)
  }
}

/** The target is awake, took the chord and did not read. Null: it cannot be typed there, or no longer. */
async function typedInstead(context: InsertionContext, job: Job, { offer, original, activity }: Pasting): Promise<InsertReport | null> {
  const { target, text, rule, options: { signal } } = job
  const { clipboard } = context
  if (rule.kind === 'modal' || await placeOf(context, target) !== 'focused')
    return null
  try {
    signal.throwIfAborted()
    // A program of several processes may have answered and read later: then it finds nothing, and the text is there once.
    await clipboard.put('', original, { reader: target, alsoPrimary: rule.alsoPrimary })
    if (await offer.wasRead(0, signal)) {
      clipboard.giveBack(GRACE_MS)
      return inserted(context, 'pasted', true, { target, text, rule, activity })
    }
    const report = await typed(context, job)
    if (report?.how === 'typed')
      clipboard.giveBack(EMPTY_MS, EMPTY_MS)
    return report
  }
  catch (error) {
    clipboard.giveBack(EMPTY_MS, EMPTY_MS)
    signal.throwIfAborted()
    if (error instanceof AppError)
      throw error
    context.logger.warn('the clipboard could not be written', { code: toAppError(error).code })
    return null
  }
}

async function unreadButThere(context: InsertionContext, text: string): Promise<InsertReport> {
  await leftOnClipboard(context, text, 'not-read')
  return unread(context, text)
}

function unread(context: InsertionContext, text: string): InsertReport {
  // It may be there or not, so what was before it cannot be reached with certainty.
  context.insertions.clear()
  return { how: 'pasted', confirmed: false, why: 'not-read', text, undo: null, isLast: () => false }
}

/** Nobody waits any more, but the chord is on its way. */
async function afterAbort(context: InsertionContext, { target, rule }: Job, { offer, original }: Pasting): Promise<void> {
  const { clipboard } = context
  context.insertions.clear()
  const reading = await watchReading(context, offer, target, context.closing).catch(() => 'silent' as const)
  switch (reading) {
    case 'read':
      return clipboard.giveBack(GRACE_MS)
    case 'passed':
      await clipboard.put('', original, { reader: target, alsoPrimary: rule.alsoPrimary })
      return clipboard.giveBack(EMPTY_MS, EMPTY_MS)
    case 'gone':
      return clipboard.giveBack(0)
    case 'taken':
      return clipboard.forget()
    case 'silent':
      return clipboard.stay()
    default:
      return assertNever(reading)
  }
}
