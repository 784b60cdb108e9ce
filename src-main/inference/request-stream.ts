import type { RequestEvent } from './protocol'
import { raceAbort } from '../lib/abort'

/**
 * What the child tells about one request, waiting to be pulled. Not bounded here: the protocol bounds it (a reply by
 * its tokens, speech by its window, a take's events by its length).
 */
export class RequestStream {
  #items: RequestEvent[] = []
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined

  get ended(): boolean {
    return this.#end !== undefined
  }

  push(item: RequestEvent): void {
    this.#items.push(item)
    this.#notify()
  }

  end(): void {
    this.#end ??= {}
    this.#notify()
  }

  /** The consumer gets what is there, then the error. */
  fail(error: unknown): void {
    this.#end ??= { error }
    this.#notify()
  }

  /** One consumer. On abort throws `signal.reason` at once, whatever is still there. */
  async* consume(signal: AbortSignal): AsyncGenerator<RequestEvent, void, undefined> {
    for (;;) {
      signal.throwIfAborted()
      const items = this.#items
      if (items.length > 0) {
        this.#items = []
        for (const item of items) {
          signal.throwIfAborted()
          yield item
        }
        continue
      }
      if (this.#end) {
        if ('error' in this.#end)
          throw this.#end.error
        return
      }
      await raceAbort(new Promise<void>((resolve) => {
        this.#wake = resolve
      }), signal)
    }
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
