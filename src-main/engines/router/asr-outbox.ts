import type { AsrEvent } from '../../ports/asr-engine'
import { raceAbort } from '../../lib/abort'

/** Events on their way to one consumer. A partial text that nobody has taken yet gives way to the next one. */
export class AsrOutbox {
  readonly #events: AsrEvent[] = []
  #end: { readonly error?: unknown } | null = null
  #came: (() => void) | null = null

  push(...events: AsrEvent[]): void {
    for (const event of events) {
      if (event.type === 'partial' && this.#events.at(-1)?.type === 'partial')
        this.#events.pop()
      this.#events.push(event)
    }
    this.#came?.()
  }

  end(): void {
    this.#end ??= {}
    this.#came?.()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#came?.()
  }

  async* consume(signal: AbortSignal): AsyncGenerator<AsrEvent, void, undefined> {
    for (;;) {
      signal.throwIfAborted()
      const event = this.#events.shift()
      if (event) {
        yield event
        continue
      }
      if (this.#end) {
        if ('error' in this.#end)
          throw this.#end.error
        return
      }
      await raceAbort(new Promise<void>((resolve) => {
        this.#came = resolve
      }), signal)
    }
  }
}
