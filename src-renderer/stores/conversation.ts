import type { AppEvent, ConversationView, Snapshot, TurnView } from '@contract'
import type { TextGrowth } from './growth'
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { createGrowth } from './growth'

type TokensEvent = Extract<AppEvent, { type: 'tokens' }>

/** A turn whose fields change in place, so that a token repaints one reply and not the list. */
export type LiveTurn = { -readonly [K in keyof TurnView]: TurnView[K] } & {
  /** The same texts in pieces: of a long reply nobody touches the whole for each token. */
  readonly growth: { readonly replyText: TextGrowth, readonly reasoningText: TextGrowth }
}

function liveTurn(view: TurnView): LiveTurn {
  return shallowReactive({ ...view, growth: { replyText: createGrowth(view.replyText), reasoningText: createGrowth(view.reasoningText) } })
}

function update(turn: LiveTurn, view: TurnView): LiveTurn {
  for (const field of ['replyText', 'reasoningText'] as const)
    turn.growth[field].become(view[field], turn[field])
  return Object.assign(turn, view)
}

export const useConversation = defineStore('conversation', () => {
  const conversations = shallowRef<readonly ConversationView[]>([])
  const activeId = ref('')
  const turns = shallowRef<readonly LiveTurn[]>([])

  const active = computed(() => conversations.value.find(one => one.id === activeId.value))

  function show(conversationId: string, views: readonly TurnView[]): void {
    activeId.value = conversationId
    const known = new Map(turns.value.map(turn => [turn.id, turn]))
    // A turn that is on the screen already keeps its identity: what the user opened in it stays open.
    turns.value = views.map((view) => {
      const turn = known.get(view.id)
      return turn ? update(turn, view) : liveTurn(view)
    })
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
      update(present, view)
    else
      turns.value = [...turns.value, liveTurn(view)].sort((a, b) => a.createdAtMs - b.createdAtMs)
  }

  /** False when characters before `offset` are missing here. A turn of another conversation is none of our business. */
  function appendTokens(event: TokensEvent): boolean {
    const turn = turns.value.find(one => one.id === event.turnId)
    if (!turn)
      return true
    const field = event.kind === 'text' ? 'replyText' : 'reasoningText'
    if (turn[field].length !== event.offset)
      return false
    turn.growth[field].append(event.text)
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
      case 'routes': {
        const turn = turns.value.find(one => one.id === event.turnId)
        if (turn)
          turn.routes = event.routes
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
