import type { ConversationStore, StoredConversation, StoredTurn } from '../../../src-main/ports/conversation-store'
import { AppError } from '../../../src-main/lib/app-error'

export interface MemoryStore extends ConversationStore {
  /** Every write in its order. */
  readonly writes: readonly StoredTurn[]
  /** From now on writing fails with this; null mends it. */
  breakWrites: (error: AppError | null) => void
}

/** Conversations in memory, as the port tells them: turns oldest first, a turn needs its conversation. */
export function createMemoryStore(): MemoryStore {
  const conversations = new Map<string, StoredConversation>()
  const turns = new Map<string, StoredTurn>()
  const writes: StoredTurn[] = []
  let broken: AppError | null = null

  function write(): void {
    if (broken)
      throw broken
  }

  return {
    writes,
    breakWrites(error) {
      broken = error
    },
    listConversations: () => [...conversations.values()].sort((a, b) => b.updatedAtMs - a.updatedAtMs),
    createConversation(conversation) {
      write()
      conversations.set(conversation.id, conversation)
    },
    renameConversation(id, title) {
      write()
      const conversation = conversations.get(id)
      if (conversation)
        conversations.set(id, { ...conversation, title })
    },
    deleteConversation(id) {
      conversations.delete(id)
      const gone = [...turns.values()].filter(turn => turn.conversationId === id)
      for (const turn of gone)
        turns.delete(turn.id)
      return gone.flatMap(({ takePath }) => takePath === null ? [] : [takePath])
    },
    turns(conversationId) {
      if (!conversations.has(conversationId))
        throw new AppError('not-found', 'There is no such conversation.')
      return [...turns.values()].filter(turn => turn.conversationId === conversationId).sort((a, b) => a.createdAtMs - b.createdAtMs)
    },
    turn: id => turns.get(id),
    saveTurn(turn) {
      write()
      if (!conversations.has(turn.conversationId))
        throw new AppError('not-found', 'There is no such conversation.')
      writes.push(turn)
      turns.set(turn.id, turn)
    },
    closePending: () => 0,
    [Symbol.dispose]() {},
  }
}
