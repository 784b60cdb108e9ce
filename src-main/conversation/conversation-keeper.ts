import type { Clock } from '../ports/clock'
import type { ConversationStore, StoredConversation, StoredTurn } from '../ports/conversation-store'
import { titleOf } from './history'

/** Turns that could not be written and are held for another attempt. */
const UNWRITTEN_LIMIT = 16

/** An old conversation may be opened again: a store lists only the newest unless it is told. */
const EVERY_CONVERSATION = 1_000_000

/** Writes turns, and sees to it that their conversation is there and has a title. */
export interface ConversationKeeper {
  /**
   * Durable when it returns; throws what the store throws, and then holds a turn that is over for `writeHeld`.
   * `titled`: the question is final, so a conversation without a title takes it from there.
   */
  save: (turn: StoredTurn, titled: boolean) => void
  /** Tries again what could not be written (the disk was full). Never throws. */
  writeHeld: () => void
  /** What the store does not have: turns that could not be written, in the order in which they ended. */
  readonly held: () => readonly StoredTurn[]
}

type KeeperStore = Pick<ConversationStore, 'listConversations' | 'createConversation' | 'renameConversation' | 'saveTurn'>

export function createConversationKeeper(store: KeeperStore, clock: Clock, changed: (conversation: StoredConversation) => void): ConversationKeeper {
  const held = new Map<string, { readonly turn: StoredTurn, readonly titled: boolean }>()
  /** Known to exist with a title: the list is not read for each turn. */
  let settledId: string | null = null

  function ensure(conversationId: string, title: string): void {
    if (conversationId === settledId)
      return
    const found = store.listConversations({ limit: EVERY_CONVERSATION }).find(({ id }) => id === conversationId)
    const nowMs = clock.wallMs()
    if (!found) {
      const conversation = { id: conversationId, title, createdAtMs: nowMs, updatedAtMs: nowMs }
      store.createConversation(conversation)
      changed(conversation)
    }
    else if (found.title === '' && title !== '') {
      store.renameConversation(conversationId, title)
      changed({ ...found, title, updatedAtMs: nowMs })
    }
    if (title !== '' || (found && found.title !== ''))
      settledId = conversationId
  }

  function write(turn: StoredTurn, title: string): void {
    const wasSettled = turn.conversationId === settledId
    try {
      ensure(turn.conversationId, title)
      store.saveTurn(turn)
    }
    catch (error) {
      if (!wasSettled)
        throw error
      // The conversation may have been deleted meanwhile: it is made again rather than losing the turn.
      settledId = null
      ensure(turn.conversationId, title)
      store.saveTurn(turn)
    }
  }

  function save(turn: StoredTurn, titled: boolean): void {
    held.delete(turn.id)
    try {
      write(turn, titled ? titleOf(turn.userText) : '')
    }
    catch (error) {
      // One that is still running is written again anyway, or comes to nothing.
      if (turn.end !== 'pending')
        held.set(turn.id, { turn, titled })
      const [oldest] = held.keys()
      if (held.size > UNWRITTEN_LIMIT && oldest !== undefined)
        held.delete(oldest)
      throw error
    }
  }

  return {
    save,
    held: () => [...held.values()].map(({ turn }) => turn),
    writeHeld() {
      try {
        for (const { turn, titled } of [...held.values()])
          save(turn, titled)
      }
      catch {
        // Still not: it stays held, and was told when it was first tried.
      }
    },
  }
}
