import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { DesktopInput, InjectionTarget, InsertReport, LeftReason, UndoOutcome } from '../../ports/text-injector'
import type { AppRule } from './chords'
import type { PassingClipboard } from './passing-clipboard'
import { AppError, toAppError } from '../../lib/app-error'

/** What stands in a window because we put it there; the newest is last. */
export interface Insertion {
  readonly target: InjectionTarget
  readonly text: string
  readonly rule: AppRule
  /** People's keys and buttons up to then; null: not known. */
  readonly activity: number | null
}

/** Insertions that can still be taken back, from the last one backwards. */
export interface Insertions {
  add: (insertion: Insertion) => void
  isLast: (insertion: Insertion) => boolean
  /** It was taken back: the one before is the last again. */
  remove: (insertion: Insertion) => void
  /** Text was written that cannot be taken back: nothing before it can be, either. */
  clear: () => void
}

export interface InsertionContext {
  readonly input: DesktopInput
  readonly clock: Clock
  readonly logger: Logger
  readonly clipboard: PassingClipboard
  readonly insertions: Insertions
  readonly ruleFor: (target: InjectionTarget, chord: string | null) => AppRule
  /** As a step of its own, after those that wait. */
  readonly undo: (insertion: Insertion, signal: AbortSignal) => Promise<UndoOutcome>
  /** Who may still paste whatever the clipboard holds: a stopped program with our chord in its queue. */
  readonly debtor: { current: { readonly target: InjectionTarget, readonly sinceMs: number } | null }
  /** Fires when the injector is closed. */
  readonly closing: AbortSignal
}

/** How long a modifier may be held before the text is left on the clipboard. */
export const MODIFIERS_LIMIT_MS = 3_000
/** The bound of what a running program needs to take what was sent to it. */
export const ANSWER_LIMIT_MS = 1_000

const KEPT_INSERTIONS = 20

export function createInsertions(): Insertions {
  let list: Insertion[] = []
  return {
    add(insertion) {
      list = [...list, insertion].slice(-KEPT_INSERTIONS)
    },
    isLast: insertion => list.at(-1) === insertion,
    remove(insertion) {
      list = list.filter(other => other !== insertion)
    },
    clear() {
      list = []
    },
  }
}

export type Place = 'focused' | 'focus-moved' | 'target-gone'

/** Where the focus is, as a reason; who cannot tell is not trusted with a key. */
export async function placeOf({ input, logger }: InsertionContext, target: InjectionTarget): Promise<Place> {
  try {
    const state = await input.focus.stateOf(target)
    return state === 'focused' ? 'focused' : state === 'gone' ? 'target-gone' : 'focus-moved'
  }
  catch (error) {
    logger.warn('the focus is not known', { code: toAppError(error).code })
    return 'focus-moved'
  }
}

/** Whether the target took all that was sent; false where it cannot be told. */
export async function hasAnswered({ input }: InsertionContext, target: InjectionTarget, signal: AbortSignal): Promise<boolean> {
  return await input.focus.responds?.(target, ANSWER_LIMIT_MS, signal) ?? false
}

/** The text stays on the clipboard. */
export async function leftOnClipboard({ clipboard, logger }: InsertionContext, text: string, why: LeftReason): Promise<InsertReport> {
  try {
    await clipboard.leave(text, why === 'not-read')
  }
  catch (error) {
    logger.error('the clipboard could not be written', { code: toAppError(error).code, why })
    throw new AppError('internal', 'The text could be left neither in its window nor on the clipboard.', { cause: error })
  }
  return { how: 'copied', confirmed: false, why, text, undo: null, isLast: () => false }
}

/** Remembers what was written and reports it. */
export function inserted(context: InsertionContext, how: 'pasted' | 'typed', confirmed: boolean, insertion: Insertion): InsertReport {
  context.insertions.add(insertion)
  const undo = insertion.rule.kind === 'modal' ? null : (signal: AbortSignal) => context.undo(insertion, signal)
  const isLast = (): boolean => context.insertions.isLast(insertion) && insertion.activity !== null && context.input.focus.activity() === insertion.activity
  return { how, confirmed, why: null, text: insertion.text, undo, isLast }
}
