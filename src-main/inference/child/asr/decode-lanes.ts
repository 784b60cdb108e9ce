/**
 * Who may decode when. Work that is needed queues in order and runs in a few lanes; speculative work starts at
 * once or not at all, and never waits in line. A native decode cannot be stopped, so needed work does not wait
 * for a speculative decode that has become stale: it starts beside it.
 */
export class DecodeLanes {
  readonly #lanes: number
  readonly #queue: (() => Promise<void>)[] = []
  #needed = 0
  #speculative = 0
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

  /** Speculative decodes that run, stale ones included. */
  get speculative(): number {
    return this.#speculative
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

  /** Starts `work` now, unless needed work is there or `atMost` speculative decodes run already: then false. */
  speculate(work: () => Promise<void>, atMost: number): boolean {
    if (this.#closed || this.backlog > 0 || this.#speculative >= atMost)
      return false
    this.#speculative++
    void work().finally(() => {
      this.#speculative--
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
