import type { Timer } from './pause'

/** Waits for a promise that others keep, at most `limitMs`. Never rejects; true when it settled in time. */
export function settleWithin(promise: Promise<unknown>, limitMs: number, clock: Timer): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve(false))
    const settled = (): void => {
      cancel()
      resolve(true)
    }
    promise.then(settled, settled)
  })
}
