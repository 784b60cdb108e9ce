/**
 * The samples of a take that may still be needed, addressed by their position in the take.
 * What lies before the position given to `forget` is freed, so a stream of any length needs the memory of a phrase.
 */
export class SampleStore {
  #samples = new Int16Array(1 << 15)
  #base = 0
  #length = 0

  /** Position after the last sample. */
  get end(): number {
    return this.#base + this.#length
  }

  /** Position of the first sample still held. */
  get begin(): number {
    return this.#base
  }

  append(samples: Int16Array): void {
    const needed = this.#length + samples.length
    if (needed > this.#samples.length) {
      const larger = new Int16Array(Math.max(needed, this.#samples.length * 2))
      larger.set(this.#samples.subarray(0, this.#length))
      this.#samples = larger
    }
    this.#samples.set(samples, this.#length)
    this.#length = needed
  }

  /** A copy; clipped to what is held. */
  slice(from: number, to: number): Int16Array {
    const start = Math.min(Math.max(0, from - this.#base), this.#length)
    const end = Math.min(Math.max(start, to - this.#base), this.#length)
    return this.#samples.slice(start, end)
  }

  forget(before: number): void {
    const gone = Math.min(before - this.#base, this.#length)
    // Moving the rest costs: only when at least half of it is freed, and more than a second.
    if (gone < 16_000 || gone * 2 < this.#length)
      return
    const rest = this.#samples.subarray(gone, this.#length)
    const smaller = new Int16Array(Math.max(1 << 15, rest.length * 2))
    smaller.set(rest)
    this.#samples = smaller
    this.#base += gone
    this.#length -= gone
  }

  clear(): void {
    this.#base = this.end
    this.#length = 0
    this.#samples = new Int16Array(0)
  }
}
