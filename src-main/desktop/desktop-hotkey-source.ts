import type { AppError } from '../lib/app-error'
import type { Subscribable } from '../lib/emitter'
import type { HotkeyBinding, HotkeySource } from '../ports/hotkey-source'

/** A binding that was in force is not any more (`error`), or is again (`null`). */
export interface HotkeyProblem {
  readonly bindingId: string
  readonly error: AppError | null
}

export type BindOutcomes = ReadonlyMap<string, AppError | null>

/** What every mechanism of this folder offers beyond the port. */
export interface DesktopHotkeySource extends HotkeySource {
  readonly problems: Subscribable<HotkeyProblem>
  /**
   * Binds several at once, where each binding alone would ask the person: one that fails leaves the others. By id: null, or why
   * it is not in force. Absent: one by one does as well.
   */
  bindAll?: (bindings: readonly HotkeyBinding[]) => Promise<BindOutcomes>
  /** After sleep, or an unlocked screen: every binding is put in force again; a hold whose end was missed ends. */
  rearm: () => Promise<void>
  /** Whether it could be bound now; found out by really taking it, and letting it go. Throws `hotkey-impossible`. */
  isFree: (accelerator: string) => Promise<boolean>
}
