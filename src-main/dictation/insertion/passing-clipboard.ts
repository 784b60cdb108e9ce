import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { ClipboardAccess, ClipboardOffer, InjectionTarget, SavedClipboard } from '../../ports/text-injector'
import { raceAbort } from '../../lib/abort'
import { isAbort, toAppError } from '../../lib/app-error'
import { pause } from '../../lib/pause'

/** What the clipboard is to hold again. */
export interface Original {
  readonly saved: SavedClipboard | null
  /** False: it could not be read, so it cannot be given back. */
  readonly canReturn: boolean
  /** All of it can be given back. */
  readonly isWhole: boolean
}

export interface PassingOffer extends ClipboardOffer {
  readonly text: string
}

/**
 * The clipboard while it carries our text. It knows the one content that a person had put there, whatever passed since:
 * an insertion that follows closely takes it over instead of saving our own text.
 * Used by one step at a time; only giving back goes on in the background.
 */
export interface PassingClipboard {
  /** What will have to be given back. Throws only on abort. */
  original: (signal: AbortSignal) => Promise<Original>
  /** In the place of whatever passes there now. Throws when this clipboard cannot be written. */
  put: (text: string, original: Original, options: { readonly reader: InjectionTarget, readonly alsoPrimary: boolean }) => Promise<PassingOffer>
  /** Gives the original back in `afterMs`; no other text takes the place of this one for `heldMs`, for whoever may still paste it. */
  giveBack: (afterMs: number, heldMs?: number) => void
  /** The same, for a text that stays. */
  hold: (heldMs: number) => void
  /** Something in the background decides what becomes of what passes now: `giveBack`, `stay` or `forget`. The next text waits for it. */
  owe: (work: () => Promise<void>) => void
  /** What passes now stays, for good, where its paste chord was pressed and may yet be obeyed. */
  stay: () => Promise<void>
  /**
   * The text stays there, for good, whatever passes now. `mayBePasted`: its paste chord was pressed and may yet be obeyed.
   * Throws when this clipboard cannot be written.
   */
  leave: (text: string, mayBePasted: boolean) => Promise<void>
  /** Another program has put something there: it is theirs. */
  forget: () => void
  /** Whatever a step has left open is given back. */
  endStep: () => void
  /** The original is back, at once when `now`. */
  settled: (now?: boolean) => Promise<void>
  readonly isIdle: () => boolean
}

interface Held {
  readonly offer: PassingOffer
  readonly original: Original
}

interface Armed {
  readonly fire: () => void
  readonly cancel: () => void
  readonly done: Promise<void>
}

export function createPassingClipboard(clipboard: ClipboardAccess, { clock, logger }: { readonly clock: Clock, readonly logger: Logger }): PassingClipboard {
  let held: Held | null = null
  let armed: Armed | null = null
  let freeAtMs = Number.NEGATIVE_INFINITY
  /** Giving back, or what is owed. */
  let work: Promise<void> | null = null

  function inBackground(task: () => Promise<void>): void {
    const own = task().catch((error: unknown) => {
      logger.warn('the clipboard was not given back', { code: toAppError(error).code })
    }).finally(() => {
      if (work === own)
        work = null
    })
    work = own
  }

  async function restore({ offer, original }: Held): Promise<void> {
    if (!original.canReturn)
      return offer.keep()
    const outcome = await offer.restore(original.saved)
    if (outcome === 'lost')
      logger.warn('the clipboard could not be given back', { formats: original.saved?.formats.length ?? 0 })
  }

  /** Nothing in the background writes the clipboard. */
  async function rest(): Promise<void> {
    for (let own = work; own; own = work)
      await own
  }

  function disarm(): void {
    armed?.cancel()
    armed = null
  }

  function arm(afterMs: number): void {
    disarm()
    let end = (): void => {}
    const done = new Promise<void>((resolve) => {
      end = resolve
    })
    const fire = (): void => {
      const mine = held
      disarm()
      held = null
      if (mine)
        inBackground(() => restore(mine))
    }
    const cancelTimer = clock.after(afterMs, fire)
    armed = {
      fire,
      done,
      cancel() {
        cancelTimer()
        end()
      },
    }
  }

  async function stay(mayBePasted = true): Promise<void> {
    disarm()
    const mine = held
    held = null
    await mine?.offer.keep({ alsoPrimary: mayBePasted })
  }

  async function ready(signal: AbortSignal): Promise<void> {
    await raceAbort(rest(), signal)
    disarm()
    if (clock.nowMs() < freeAtMs)
      await pause(clock, freeAtMs - clock.nowMs(), signal)
  }

  return {
    async original(signal) {
      await ready(signal)
      if (held) {
        if (await held.offer.isCurrent().catch(() => false))
          return held.original
        held = null
      }
      try {
        const saved = await raceAbort(clipboard.save(signal), signal)
        const isWhole = saved === null || saved.missing.length === 0
        // Nothing of it could be kept: to write over it would destroy it.
        return { saved, isWhole, canReturn: isWhole || saved.formats.length > 0 }
      }
      catch (error) {
        if (signal.aborted || isAbort(error))
          throw error
        logger.warn('the clipboard could not be read', { code: toAppError(error).code })
        return { saved: null, canReturn: false, isWhole: false }
      }
    },
    async put(text, original, options) {
      const offer = await clipboard.offer(text, options)
      const passing: PassingOffer = {
        text,
        wasRead: (limitMs, signal) => offer.wasRead(limitMs, signal),
        isCurrent: () => offer.isCurrent(),
        restore: saved => offer.restore(saved),
        keep: options => offer.keep(options),
      }
      held = { offer: passing, original }
      return passing
    },
    giveBack(afterMs, heldMs = 0) {
      freeAtMs = clock.nowMs() + heldMs
      arm(afterMs)
    },
    hold(heldMs) {
      freeAtMs = clock.nowMs() + heldMs
    },
    owe(task) {
      disarm()
      inBackground(task)
    },
    stay: () => stay(),
    async leave(text, mayBePasted) {
      await rest()
      disarm()
      if (held?.offer.text === text && await held.offer.isCurrent())
        return stay(mayBePasted)
      held = null
      await clipboard.copy(text)
    },
    forget() {
      disarm()
      held = null
    },
    endStep() {
      if (held && !armed && !work)
        arm(0)
    },
    async settled(now = false) {
      for (let next = work ?? armed?.done; next; next = work ?? armed?.done) {
        if (now)
          armed?.fire()
        await (work ?? next)
      }
    },
    isIdle: () => !work && !armed,
  }
}
