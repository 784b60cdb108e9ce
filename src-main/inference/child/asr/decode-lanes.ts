/**
 * Who may decode when. Needed work queues in order and runs in a few lanes. Early work (a phrase at its pause) and
 * spare work (a guess at running speech) start at once or not at all, and never wait in line. A native decode cannot
 * be stopped, so nobody waits for one that has become stale: what is wanted now starts beside it.
 */
export class DecodeLanes {
  readonly #lanes: number
  readonly #queue: (() => Promise<void>)[] = []
  #needed = 0
  readonly #early = new Set<{ readonly isWanted: () => boolean }>()
  #spare = 0
  #waiters: { readonly backlog: number, readonly resolve: () => void }[] = []
  #closed = false
  #onIdle: () => void = () => {}

  constructor(lanes: number) {
    this.#lanes = Math.max(1, lanes)
  }

  /** Needed decodes that wait or run. */
  get backlog(): number {
    return this.#queue.length + this.#needed
  }

  /** Decodes that run, stale ones included. */
  get running(): number {
    return this.#needed + this.#early.size + this.#spare
  }

  /** Called whenever a decode has ended. */
  onIdle(callback: () => void): void {
    this.#onIdle = callback
  }

  /** Runs `work` in order of arrival; a work that fails must say so itself. */
  need(work: () => Promise<void>): void {
    this.#queue.push(work)
    this.#pump()
  }

  /**
   * Starts `work` now when a lane is free; one whose work `isWanted` no more counts as free, up to one decode more
   * than there are lanes. False: it was not started.
   */
  early(work: () => Promise<void>, isWanted: () => boolean): boolean {
    const wanted = [...this.#early].filter(each => each.isWanted()).length
    if (this.#closed || this.#queue.length > 0 || this.#needed + wanted >= this.#lanes || this.running > this.#lanes)
      return false
    const entry = { isWanted }
    this.#early.add(entry)
    void work().finally(() => {
      this.#early.delete(entry)
      this.#ended()
    })
    return true
  }

  /** Starts `work` now when nothing else runs. False: it was not started. */
  spare(work: () => Promise<void>): boolean {
    if (this.#closed || this.running > 0)
      return false
    this.#spare++
    void work().finally(() => {
      this.#spare--
      this.#ended()
    })
    return true
  }

  /** Resolves when no more than `backlog` needed decodes are left, or the lanes are closed. */
  drained(backlog: number): Promise<void> {
    if (this.#closed || this.backlog <= backlog)
      return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push({ backlog, resolve })
    })
  }

  /** Drops what has not begun. What runs, runs on; nobody waits for it. */
  close(): void {
    this.#closed = true
    this.#queue.length = 0
    this.#release()
  }

  #pump(): void {
    while (!this.#closed && this.#needed < this.#lanes) {
      const work = this.#queue.shift()
      if (!work)
        return
      this.#needed++
      void work().finally(() => {
        this.#needed--
        this.#pump()
        this.#ended()
      })
    }
  }

  #ended(): void {
    this.#release()
    if (!this.#closed)
      this.#onIdle()
  }

  #release(): void {
    const due = this.#waiters.filter(waiter => this.#closed || this.backlog <= waiter.backlog)
    this.#waiters = this.#waiters.filter(waiter => !due.includes(waiter))
    for (const waiter of due)
      waiter.resolve()
  }
}
