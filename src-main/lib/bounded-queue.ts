import { raceAbort } from './abort'

export type Overflow = 'drop-oldest' | 'reject'

/**
 * A bounded hand-over from a pushing producer to one pulling consumer (`for await`).
 *
 * - `push` never waits. When full, `drop-oldest` discards the oldest item and counts it in `dropped`;
 *   `reject` refuses the new item (returns false).
 * - `end()` lets the consumer drain what is left, then finish. `fail(error)` does the same, then throws `error`.
 * - On abort the consumer throws `signal.reason` at once.
 */
export class BoundedQueue<T> {
  #items: T[] = []
  #head = 0
  #dropped = 0
  #state: 'open' | 'ended' | 'failed' = 'open'
  #error: unknown
  #wake: (() => void) | undefined
  readonly #capacity: number
  readonly #overflow: Overflow

  constructor(capacity: number, overflow: Overflow = 'drop-oldest') {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be a positive integer, got ${capacity}`)
    this.#capacity = capacity
    this.#overflow = overflow
  }

  get size(): number {
    return this.#items.length - this.#head
  }

  /** Items discarded because the consumer was too slow. */
  get dropped(): number {
    return this.#dropped
  }

  get closed(): boolean {
    return this.#state !== 'open'
  }

  /** False when the queue is closed, or full under `reject`. */
  push(item: T): boolean {
    if (this.#state !== 'open')
      return false
    if (this.size >= this.#capacity) {
      if (this.#overflow === 'reject')
        return false
      this.#take()
      this.#dropped++
    }
    this.#items.push(item)
    this.#notify()
    return true
  }

  end(): void {
    if (this.#state !== 'open')
      return
    this.#state = 'ended'
    this.#notify()
  }

  fail(error: unknown): void {
    if (this.#state !== 'open')
      return
    this.#state = 'failed'
    this.#error = error
    this.#notify()
  }

  /** One consumer at a time. Leaving the loop early closes nothing: the owner ends the queue. */
  async* consume(signal?: AbortSignal): AsyncGenerator<T, void, undefined> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.size > 0) {
        yield this.#take()
        continue
      }
      if (this.#state === 'failed')
        throw this.#error
      if (this.#state === 'ended')
        return
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await (signal ? raceAbort(woken, signal) : woken)
    }
  }

  #take(): T {
    const item = this.#items[this.#head] as T
    this.#items[this.#head] = undefined as T
    this.#head++
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
