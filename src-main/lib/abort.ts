import { AppError } from './app-error'

/** The reason Parley aborts with: an engine that is stopped throws exactly this (never ends silently). */
export function abortReason(why: string): AppError {
  return new AppError('aborted', why)
}

/**
 * Waits for `promise` or for the signal, whichever is first; throws `signal.reason` on abort.
 * The listener is removed in either case, so a long-lived signal collects nothing.
 */
export async function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    // Nobody waits for it any more: its failure must not become an unhandled rejection.
    promise.catch(() => {})
    signal.throwIfAborted()
  }
  let onAbort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  }
  finally {
    if (onAbort)
      signal.removeEventListener('abort', onAbort)
  }
}
