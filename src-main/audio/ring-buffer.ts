/** The last `capacity` items; the oldest falls out. The pre-roll is one of these. */
export class RingBuffer<T> {
  readonly #slots: (T | undefined)[]
  #next = 0
  #size = 0

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`capacity must be a positive integer, got ${capacity}`)
    this.#slots = Array.from({ length: capacity })
  }

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    this.#slots[this.#next] = item
    this.#next = (this.#next + 1) % this.#slots.length
    this.#size = Math.min(this.#size + 1, this.#slots.length)
  }

  /** Everything, oldest first, and the buffer is empty. */
  drain(): T[] {
    const capacity = this.#slots.length
    const items = Array.from({ length: this.#size }, (_, i) => this.#slots[(this.#next - this.#size + i + capacity) % capacity] as T)
    this.#slots.fill(undefined)
    this.#size = 0
    this.#next = 0
    return items
  }
}
