import { isAbort } from './app-error'

/** Somebody to tell about a promise nobody waits for; `ports/Logger` fits. */
export interface FailureSink {
  error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

/** Lets a promise run on its own, deliberately: a failure is logged under `what`, an abort is not a failure. */
export function background(promise: Promise<unknown>, logger: FailureSink, what: string): void {
  promise.catch((error: unknown) => {
    if (!isAbort(error))
      logger.error('background work failed', { what, error: error instanceof Error ? error.message : String(error) })
  })
}
