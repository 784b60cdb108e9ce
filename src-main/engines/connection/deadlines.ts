import type { Clock } from '../../ports/clock'
import { AppError } from '../../lib/app-error'

export interface Deadlines {
  /** From the request to the first byte of the reply's body. */
  readonly firstByteMs: number
  /** Between two chunks of the body. */
  readonly betweenMs: number
  /** From the request to its last byte. */
  readonly wholeMs: number
}

/** The three deadlines of one request; `signal` aborts with `timeout` when one passes, or with the caller's reason. */
export interface DeadlineWatch extends Disposable {
  readonly signal: AbortSignal
  /** The next chunk is asked for. Time that the consumer takes in between is not the service's. */
  asked: () => void
  /** It came. */
  came: () => void
}

export function watchDeadlines(clock: Clock, deadlines: Deadlines, outer: AbortSignal, service: string): DeadlineWatch {
  const controller = new AbortController()
  const onOuter = (): void => controller.abort(outer.reason)
  if (outer.aborted)
    onOuter()
  else
    outer.addEventListener('abort', onOuter, { once: true })
  let cancelNear = clock.after(deadlines.firstByteMs, () => expire('firstByte', deadlines.firstByteMs))
  const cancelWhole = clock.after(deadlines.wholeMs, () => expire('whole', deadlines.wholeMs))

  function expire(deadline: keyof typeof TEXTS, afterMs: number): void {
    controller.abort(new AppError('timeout', `${service} ${TEXTS[deadline]} within ${Math.round(afterMs)} ms.`, { retryable: true, params: { service, deadline } }))
  }
  let begun = false

  return {
    signal: controller.signal,
    asked() {
      if (begun)
        cancelNear = clock.after(deadlines.betweenMs, () => expire('between', deadlines.betweenMs))
    },
    came() {
      begun = true
      cancelNear()
    },
    [Symbol.dispose]() {
      cancelNear()
      cancelWhole()
      outer.removeEventListener('abort', onOuter)
    },
  }
}

const TEXTS = {
  firstByte: 'sent nothing',
  between: 'sent nothing more',
  whole: 'was not done',
} as const
