import type { AppEvent, NoticeView, SequencedEvent, Snapshot, TurnView } from '../contract'
import type { Clock } from '../ports/clock'
import { randomUUID } from 'node:crypto'
import { Emitter } from '../lib/emitter'

const MAX_NOTICES = 20

export interface StateHub {
  readonly events: Emitter<SequencedEvent>
  /** Applies the event to the state and tells the windows. */
  publish: (event: AppEvent) => void
  snapshot: () => Snapshot
  notify: (level: NoticeView['level'], code: string, params?: NoticeView['params']) => void
  dismiss: (noticeId: string) => void
}

function withTurn(turns: readonly TurnView[], turn: TurnView): TurnView[] {
  const index = turns.findIndex(candidate => candidate.id === turn.id)
  return index < 0 ? [...turns, turn] : turns.with(index, turn)
}

function withTokens(turn: TurnView, event: Extract<AppEvent, { type: 'tokens' }>): TurnView {
  return event.kind === 'text'
    ? { ...turn, replyText: turn.replyText.slice(0, event.offset) + event.text }
    : { ...turn, reasoningText: turn.reasoningText.slice(0, event.offset) + event.text }
}

/** The snapshot after an event: the same rules as in the renderer, so that a window opened late sees what the others see. */
export function reduceSnapshot(state: Snapshot, event: AppEvent): Snapshot {
  switch (event.type) {
    case 'pipeline':
      return { ...state, pipeline: event.pipeline }
    case 'partial':
      return { ...state, partial: event.partial }
    case 'turn':
      return event.turn.conversationId === state.activeConversationId ? { ...state, turns: withTurn(state.turns, event.turn) } : state
    case 'tokens':
      return { ...state, turns: state.turns.map(turn => turn.id === event.turnId ? withTokens(turn, event) : turn) }
    case 'hops':
      return { ...state, turns: state.turns.map(turn => turn.id === event.turnId ? { ...turn, hops: event.hops } : turn) }
    case 'routes':
      return { ...state, turns: state.turns.map(turn => turn.id === event.turnId ? { ...turn, routes: event.routes } : turn) }
    case 'conversations':
      return { ...state, conversations: event.conversations }
    case 'conversation-opened':
      return { ...state, activeConversationId: event.conversationId, turns: event.turns }
    case 'settings':
      return { ...state, settings: event.settings }
    case 'devices':
      return { ...state, devices: event.devices }
    case 'microphone':
      return { ...state, microphone: event.state, listeningPaused: event.listeningPaused }
    case 'models':
      return { ...state, models: event.models }
    case 'services':
      return { ...state, services: event.services }
    case 'hotkey':
      return { ...state, hotkey: event.hotkey }
    case 'keys':
      return { ...state, keys: event.keys }
    case 'dictation':
      return { ...state, dictation: event.dictation }
    case 'corrections':
      return { ...state, corrections: event.corrections }
    case 'files':
      return { ...state, files: event.files }
    case 'notice':
      return { ...state, notices: [...state.notices, event.notice].slice(-MAX_NOTICES) }
    case 'notice-dismissed':
      return { ...state, notices: state.notices.filter(notice => notice.id !== event.noticeId) }
    case 'spoken':
    case 'level':
    case 'dictation-entry':
    case 'dictations-removed':
    case 'dictation-playing':
      return state
  }
}

/** Holds what the windows show, and numbers what they are told. */
export function createStateHub(initial: Omit<Snapshot, 'seq'>, clock: Clock): StateHub {
  let state: Snapshot = { ...initial, seq: 0 }
  const events = new Emitter<SequencedEvent>()

  function publish(event: AppEvent): void {
    const seq = state.seq + 1
    state = { ...reduceSnapshot(state, event), seq }
    events.emit({ seq, event })
  }

  return {
    events,
    publish,
    snapshot: () => state,
    notify(level, code, params = {}) {
      publish({ type: 'notice', notice: { id: randomUUID(), level, code, params, atMs: clock.wallMs() } })
    },
    dismiss(noticeId) {
      if (state.notices.some(notice => notice.id === noticeId))
        publish({ type: 'notice-dismissed', noticeId })
    },
  }
}
