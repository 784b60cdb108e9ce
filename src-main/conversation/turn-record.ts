import type { Clock } from '../ports/clock'
import type { StoredTurn } from '../ports/conversation-store'
import type { ConversationKeeper } from './conversation-keeper'

/** A reply that is being written is put on disk this often, so that a crash loses little of it. */
const SAVE_EVERY_MS = 2_000
/** A take that was thrown away is kept in the history when somebody spoke, or when it was at least this long. */
const WORTH_KEEPING_MS = 1_000

export interface RecordSink {
  readonly shown: (turn: StoredTurn) => void
  readonly notKept: (error: unknown) => void
}

export type RecordEnd = Pick<StoredTurn, 'end' | 'errorCode' | 'heardText' | 'hops'>

/** A turn as it will be stored. A disk that takes nothing costs the history, never the turn: `keep` does not throw. */
export class TurnRecord {
  /** The stored turn that is run again, or null. */
  readonly former: StoredTurn | null
  /** The question will not change any more. */
  questionFinal = false
  #turn: StoredTurn
  #saved = false
  #lastSavedMs = 0
  readonly #keeper: ConversationKeeper
  readonly #clock: Clock
  readonly #sink: RecordSink

  constructor(start: { readonly turn: StoredTurn, readonly former: StoredTurn | null }, keeper: ConversationKeeper, clock: Clock, sink: RecordSink) {
    this.former = start.former
    this.#turn = start.turn
    this.#keeper = keeper
    this.#clock = clock
    this.#sink = sink
  }

  get turn(): StoredTurn {
    return this.#turn
  }

  /** It is on disk, as `pending` or as it ended. */
  get saved(): boolean {
    return this.#saved
  }

  patch(fields: Partial<StoredTurn>): void {
    this.#turn = { ...this.#turn, ...fields }
  }

  show(): void {
    this.#sink.shown(this.#turn)
  }

  keep(): void {
    this.#lastSavedMs = this.#clock.nowMs()
    try {
      this.#keeper.save(this.#turn, this.questionFinal)
      this.#saved = true
    }
    catch (error) {
      this.#sink.notKept(error)
    }
  }

  keepNowAndThen(): void {
    if (this.#saved && this.#clock.nowMs() - this.#lastSavedMs >= SAVE_EVERY_MS)
      this.keep()
  }

  /** The turn is over: keeps and shows it, if anything came of it. */
  close(end: RecordEnd, speechHeard: boolean): void {
    this.patch(end)
    // A reply that was there before is not given up for none.
    if (this.former && this.former.replyText !== '' && this.#turn.replyText === '')
      this.patch(this.former)
    if (!this.#saved && !this.#isWorthKeeping(speechHeard))
      return
    this.keep()
    this.show()
  }

  /** Nothing came of running it again: it is what it was before. */
  restore(former: StoredTurn): void {
    this.patch(former)
    this.keep()
    this.show()
  }

  #isWorthKeeping(speechHeard: boolean): boolean {
    const { userText, takePath, end, hops } = this.#turn
    if (userText !== '')
      return true
    return takePath !== null && (end === 'failed' || speechHeard || -(hops.keyDownMs ?? 0) >= WORTH_KEEPING_MS)
  }
}
