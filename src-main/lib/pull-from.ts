import { raceAbort } from './abort'

/**
 * Pulls from a source of somebody else's until it ends or the signal aborts (then throws `signal.reason`). The
 * source is let go in every case, and not waited for: it may itself be waiting for something that never comes.
 */
export async function* pullFrom<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]()
  let done = false
  try {
    for (;;) {
      const next = await raceAbort(iterator.next(), signal)
      if (next.done) {
        done = true
        return
      }
      yield next.value
    }
  }
  finally {
    if (!done)
      iterator.return?.()?.catch(() => {})
  }
}
