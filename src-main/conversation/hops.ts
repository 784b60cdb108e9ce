import type { HopTimes } from '../ports/conversation-store'

type WithoutUnit<K extends string> = K extends `${infer Name}Ms` ? Name : never
/** A hop of a turn, in the order in which they usually happen. */
export type HopName = WithoutUnit<keyof HopTimes>

const REPLY_HOPS: readonly HopName[] = ['request', 'firstToken', 'firstPiece', 'firstAudio', 'firstSound', 'replyEnd', 'playbackEnd']

/** The times of one turn: absolute while it runs, told relative to key up. The first mark of a hop counts. */
export class HopRecorder {
  readonly #marks = new Map<HopName, number>()
  #originMs: number | null = null

  mark(name: HopName, atMs: number): void {
    if (!this.#marks.has(name))
      this.#marks.set(name, atMs)
  }

  /** Key up, or the moment a typed question was sent. The first one counts. */
  release(atMs: number): void {
    this.#originMs ??= atMs
  }

  get released(): boolean {
    return this.#originMs !== null
  }

  /** The reply begins anew. */
  clearReply(): void {
    for (const name of REPLY_HOPS)
      this.#marks.delete(name)
  }

  /** Milliseconds since key up, to a hundredth; empty while the key is held. */
  times(): HopTimes {
    const origin = this.#originMs
    if (origin === null)
      return {}
    return Object.fromEntries(Array.from(this.#marks, ([name, atMs]) => [`${name}Ms`, Math.round((atMs - origin) * 100) / 100]))
  }
}
