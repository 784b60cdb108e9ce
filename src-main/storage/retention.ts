const DAY_MS = 86_400_000

/** What is older is to be deleted, on the wall clock; null (`keepDays` 0): everything is kept. */
export function keptSinceMs(keepDays: number, wallMs: number): number | null {
  return keepDays <= 0 ? null : wallMs - keepDays * DAY_MS
}
