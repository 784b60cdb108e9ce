import type { Clock } from '../ports/clock'

export type TokenKind = 'text' | 'reasoning'

export interface TokenBatch {
  readonly kind: TokenKind
  /** Characters of this kind that were told before. */
  readonly offset: number
  readonly text: string
}

/** Half a screen frame at 60 Hz: what comes in time for the next frame is in it. */
export const TOKEN_BATCH_MS = 8

/** Gathers tokens, so that a screen is not asked to paint more often than it can; the first one is told at once. */
export class TokenBatcher {
  readonly #clock: Clock
  readonly #emit: (batch: TokenBatch) => void
  readonly #offsets = { text: 0, reasoning: 0 }
  #kind: TokenKind = 'text'
  #waiting = ''
  #lastMs = -Infinity
  #cancelTimer: (() => void) | null = null

  constructor(clock: Clock, emit: (batch: TokenBatch) => void) {
    this.#clock = clock
    this.#emit = emit
  }

  push(kind: TokenKind, text: string): void {
    if (text === '')
      return
    if (kind !== this.#kind)
      this.flush()
    this.#kind = kind
    this.#waiting += text
    if (this.#cancelTimer)
      return
    const restMs = this.#lastMs + TOKEN_BATCH_MS - this.#clock.nowMs()
    if (restMs <= 0)
      this.flush()
    else
      this.#cancelTimer = this.#clock.after(restMs, () => this.flush())
  }

  /** Tells what is waiting now; nothing of it comes later. */
  flush(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    if (this.#waiting === '')
      return
    const batch = { kind: this.#kind, offset: this.#offsets[this.#kind], text: this.#waiting }
    this.#offsets[this.#kind] += this.#waiting.length
    this.#waiting = ''
    this.#lastMs = this.#clock.nowMs()
    this.#emit(batch)
  }

  /** The texts begin again at nothing. */
  reset(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#waiting = ''
    this.#offsets.text = 0
    this.#offsets.reasoning = 0
  }
}
