import { raceAbort } from '../../lib/abort'

export interface StepQueue {
  /** One step after another, in the order asked; a failed one does not stop the next. On abort a waiting step is left out at once. */
  run: <T>(step: () => Promise<T>, signal: AbortSignal) => Promise<T>
  /** Nothing is under way and nothing waits. */
  idle: () => Promise<void>
}

export function createStepQueue(): StepQueue {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(step, signal) {
      const before = last
      const own = raceAbort(before, signal).then(() => {
        signal.throwIfAborted()
        return step()
      })
      last = Promise.allSettled([before, own])
      return own
    },
    async idle() {
      for (let seen: unknown; seen !== last;) {
        seen = last
        await last
      }
    },
  }
}
