import type { Clock } from '../ports/clock'
import type { ChildLink } from './child-link'
import type { Slot } from './model-slot'
import type { LocalKind } from './protocol'
import { abortReason, raceAbort } from '../lib/abort'
import { AppError } from '../lib/app-error'

/** The right to ask a loaded model; holds off unloading and reloading until released. */
export interface Lease {
  readonly link: ChildLink
  /** Idempotent. */
  release: () => void
}

export interface ModelAccess {
  /** Waits (bounded) until the kind is loaded. Throws `signal.reason`, the load's `AppError`, or `timeout`. */
  acquire: (kind: LocalKind, signal: AbortSignal) => Promise<Lease>
}

/** What waiting for a model needs of the one who loads it. */
export interface ModelOwner {
  readonly clock: Clock
  readonly readyTimeoutMs: number
  readonly slot: (kind: LocalKind) => Slot
  /** Of a kind that is ready. */
  readonly link: () => ChildLink
  readonly closed: () => boolean
  /** Loads what is not loaded. */
  readonly loadMore: () => void
  readonly hold: () => () => void
  /** A lease on it has ended. */
  readonly released: (slot: Slot) => void
}

export function createModelAccess(owner: ModelOwner): ModelAccess {
  async function settled(slot: Slot, signal: AbortSignal): Promise<void> {
    for (;;) {
      if (owner.closed())
        throw abortReason('closed')
      if (slot.state === 'failed' && !slot.stale)
        throw slot.error ?? new AppError('internal', `Not usable: ${slot.kind}.`)
      if (slot.state === 'ready' && !slot.stale)
        return
      let stop = (): void => {}
      const changed = new Promise<void>((resolve) => {
        stop = slot.changed.subscribe(resolve)
      })
      if (slot.state === 'unloaded') {
        // The others come back too: they are used together.
        owner.loadMore()
      }
      try {
        if (slot.state !== 'ready' || slot.stale)
          await raceAbort(changed, signal)
      }
      finally {
        stop()
      }
    }
  }

  async function acquire(kind: LocalKind, signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted()
    const slot = owner.slot(kind)
    const release = owner.hold()
    const timeout = new AbortController()
    const stopTimeout = owner.clock.after(owner.readyTimeoutMs, () => timeout.abort(new AppError('timeout', `Still not loaded: ${kind}.`, { retryable: true })))
    try {
      await settled(slot, AbortSignal.any([signal, timeout.signal]))
    }
    catch (error) {
      release()
      throw error
    }
    finally {
      stopTimeout()
    }
    slot.active++
    let released = false
    return {
      link: owner.link(),
      release() {
        if (released)
          return
        released = true
        slot.active--
        owner.released(slot)
        release()
      },
    }
  }

  return { acquire }
}
