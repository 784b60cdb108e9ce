import type { TurnView } from '../contract'
import type { StoredTurn } from '../ports/conversation-store'

/** A stored turn as the windows see it: no path leaves main. */
export function turnView(turn: StoredTurn): TurnView {
  const { takePath, ...rest } = turn
  return { ...rest, hops: { ...turn.hops }, engines: { ...turn.engines }, hasTake: takePath !== null }
}
