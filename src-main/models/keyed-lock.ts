/** One at a time for each key, in the order of asking, within this process. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>()

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const result = before.then(work)
    const tail = result.then(() => {}, () => {})
    this.#tails.set(key, tail)
    try {
      return await result
    }
    finally {
      if (this.#tails.get(key) === tail)
        this.#tails.delete(key)
    }
  }
}

/** At most `limit` at a time; the others wait in order. */
export class Turnstile {
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #inside = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#limit)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    else
      this.#inside++
    try {
      return await work()
    }
    finally {
      const next = this.#waiting.shift()
      if (next)
        next()
      else
        this.#inside--
    }
  }
}
