import type { DictationStore } from '../ports/dictation-store'
import { setImmediate as nextTurn } from 'node:timers/promises'

const DAY_MS = 86_400_000
/** Deleted in one go: some milliseconds, for the program is doing other things. */
const STEP = 20

/** What is older is to be deleted, on the wall clock; null (`keepDays` 0): everything is kept. */
export function keptSinceMs(keepDays: number, wallMs: number): number | null {
  return keepDays <= 0 ? null : wallMs - keepDays * DAY_MS
}

export interface Expiry {
  readonly dictations: Pick<DictationStore, 'list' | 'delete'>
  readonly deleteTakes: (paths: readonly string[]) => Promise<unknown>
  readonly keepDays: number
  readonly wallMs: number
  readonly signal: AbortSignal
  /** The ids of those that are gone. */
  readonly onRemoved: (ids: readonly string[]) => void
}

/** Deletes what is older than `keepDays` with its sound, a few at a time. Returns how many. Throws the signal's reason, or what the stores throw. */
export async function expireDictations({ dictations, deleteTakes, keepDays, wallMs, signal, onRemoved }: Expiry): Promise<number> {
  const beforeMs = keptSinceMs(keepDays, wallMs)
  if (beforeMs === null)
    return 0
  for (let count = 0; ;) {
    signal.throwIfAborted()
    const ids = dictations.list({ beforeMs, limit: STEP }).map(({ id }) => id)
    if (ids.length === 0)
      return count
    const paths = dictations.delete(ids)
    count += ids.length
    onRemoved(ids)
    await deleteTakes(paths)
    await nextTurn()
  }
}
