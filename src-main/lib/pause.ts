import { raceAbort } from './abort'

/** Whatever measures time; `ports/Clock` fits. */
export interface Timer {
  readonly after: (delayMs: number, callback: () => void) => () => void
}

/** Resolves after so long; throws the signal's reason on abort. Leaves no timer behind. */
export async function pause(clock: Timer, ms: number, signal: AbortSignal): Promise<void> {
  let cancel = (): void => {}
  try {
    await raceAbort(new Promise<void>((resolve) => {
      cancel = clock.after(ms, resolve)
    }), signal)
  }
  finally {
    cancel()
  }
}
