import type { TurnRunnerDeps } from '../conversation/runner-types'
import type { StoredConversation, StoredTurn } from '../ports/conversation-store'

/** A conversation that ends with the command: what is asked in a terminal does not enter the user's history. */
export function createMemoryStore(): TurnRunnerDeps['store'] {
  const conversations = new Map<string, StoredConversation>()
  const turns = new Map<string, StoredTurn>()
  return {
    listConversations: () => [...conversations.values()],
    createConversation: conversation => void conversations.set(conversation.id, conversation),
    renameConversation(id, title) {
      const conversation = conversations.get(id)
      if (conversation)
        conversations.set(id, { ...conversation, title })
    },
    turns: conversationId => [...turns.values()].filter(turn => turn.conversationId === conversationId),
    turn: turnId => turns.get(turnId),
    saveTurn: turn => void turns.set(turn.id, turn),
  }
}
