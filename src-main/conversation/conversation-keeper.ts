import type { Clock } from '../ports/clock'
import type { ConversationStore, StoredConversation, StoredTurn } from '../ports/conversation-store'
import { titleOf } from './history'

/** Writes turns, and sees to it that their conversation is there and has a title. */
export interface ConversationKeeper {
  /** Durable when it returns. `titled`: the question is final, so a conversation without a title takes it from there. */
  save: (turn: StoredTurn, titled: boolean) => void
}

type KeeperStore = Pick<ConversationStore, 'listConversations' | 'createConversation' | 'renameConversation' | 'saveTurn'>

export function createConversationKeeper(store: KeeperStore, clock: Clock, changed: (conversation: StoredConversation) => void): ConversationKeeper {
  /** Known to exist with a title: the list is not read for each turn. */
  let settledId: string | null = null

  function ensure(conversationId: string, title: string): void {
    if (conversationId === settledId)
      return
    const found = store.listConversations().find(({ id }) => id === conversationId)
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

  return {
    save(turn, titled) {
      const title = titled ? titleOf(turn.userText) : ''
      const wasSettled = turn.conversationId === settledId
      ensure(turn.conversationId, title)
      try {
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
    },
  }
}
