import type { AppEvent, ConversationView, Snapshot, TurnView } from '@contract'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'

type TokensEvent = Extract<AppEvent, { type: 'tokens' }>

/** A turn whose fields change in place, so that a token repaints one reply and not the list. */
export type LiveTurn = { -readonly [K in keyof TurnView]: TurnView[K] }

export const useConversation = defineStore('conversation', () => {
  const conversations = shallowRef<readonly ConversationView[]>([])
  const activeId = ref('')
  const turns = shallowRef<readonly LiveTurn[]>([])

  const active = computed(() => conversations.value.find(one => one.id === activeId.value))

  function show(conversationId: string, views: readonly TurnView[]): void {
    activeId.value = conversationId
    const known = new Map(turns.value.map(turn => [turn.id, turn]))
    // A turn that is on the screen already keeps its identity: what the user opened in it stays open.
    turns.value = views.map(view => Object.assign(known.get(view.id) ?? shallowReactive({ ...view }), view))
  }

  function applySnapshot(snapshot: Snapshot): void {
    conversations.value = snapshot.conversations
    show(snapshot.activeConversationId, snapshot.turns)
  }

  function putTurn(view: TurnView): void {
    if (view.conversationId !== activeId.value)
      return
    const present = turns.value.find(turn => turn.id === view.id)
    if (present)
      Object.assign(present, view)
    else
      turns.value = [...turns.value, shallowReactive({ ...view })].sort((a, b) => a.createdAtMs - b.createdAtMs)
  }

  /** False when characters before `offset` are missing here. A turn of another conversation is none of our business. */
  function appendTokens(event: TokensEvent): boolean {
    const turn = turns.value.find(one => one.id === event.turnId)
    if (!turn)
      return true
    const field = event.kind === 'text' ? 'replyText' : 'reasoningText'
    if (turn[field].length !== event.offset)
      return false
    turn[field] += event.text
    return true
  }

  /** False: a new snapshot is needed. */
  function applyEvent(event: AppEvent): boolean {
    switch (event.type) {
      case 'turn':
        putTurn(event.turn)
        return true
      case 'tokens':
        return appendTokens(event)
      case 'hops': {
        const turn = turns.value.find(one => one.id === event.turnId)
        if (turn)
          turn.hops = event.hops
        return true
      }
      case 'conversations':
        conversations.value = event.conversations
        return true
      case 'conversation-opened':
        show(event.conversationId, event.turns)
        return true
      default:
        return true
    }
  }

  return { conversations, activeId, active, turns, applySnapshot, applyEvent }
})
