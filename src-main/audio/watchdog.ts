import type { Clock } from '../ports/clock'

/** Enough for a loop that runs to read what waits for it. */
const GRACE_MS = 30

/**
 * Calls `onSilence` when `fed` was not called for `limitMs` (and the grace of 30 ms on top). It wakes up when the
 * limit would be over, not at an interval: two or three times a second for something that is fed all the time.
 * A process that was held up finds the timer due together with the messages that would have fed it: these are read
 * first, so its own lateness is not held against who feeds it.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #onSilence: () => void
  #limitMs = 0
  #fedAtMs = 0
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock
    this.#onSilence = onSilence
  }

  /** From now on; replaces an earlier limit. */
  start(limitMs: number): void {
    this.#limitMs = limitMs
    this.#fedAtMs = this.#clock.nowMs()
    this.#wait()
  }

  fed(): void {
    this.#fedAtMs = this.#clock.nowMs()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  get #leftMs(): number {
    return this.#fedAtMs + this.#limitMs - this.#clock.nowMs()
  }

  #wait(): void {
    this.#cancel?.()
    this.#cancel = this.#clock.after(this.#leftMs, () => this.#leftMs > 0 ? this.#wait() : this.#giveGrace())
  }

  #giveGrace(): void {
    const dueMs = this.#clock.nowMs() + GRACE_MS
    this.#cancel = this.#clock.after(GRACE_MS, () => {
      if (this.#leftMs > 0)
        return this.#wait()
      // Held up once more: nothing has been read yet.
      if (this.#clock.nowMs() - dueMs > GRACE_MS)
        return this.#giveGrace()
      this.stop()
      this.#onSilence()
    })
  }
}
