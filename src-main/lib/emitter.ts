/** A typed list of listeners for one kind of event; events only tell, they never ask. */
export interface Subscribable<T> {
  /** Returns the way to unsubscribe. */
  subscribe: (listener: (event: T) => void) => () => void
}

export class Emitter<T> implements Subscribable<T> {
  readonly #listeners = new Set<(event: T) => void>()

  subscribe(listener: (event: T) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  emit(event: T): void {
    for (const listener of [...this.#listeners])
      listener(event)
  }

  /** For leak checks in tests. */
  get listenerCount(): number {
    return this.#listeners.size
  }
}
