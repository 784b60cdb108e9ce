import type { RoutesView, TurnView } from '../contract'
import type { StoredTurn } from '../ports/conversation-store'
import { routesViewSchema } from '../contract'

/** A stored turn as the windows see it: no path leaves main. */
export function turnView(turn: StoredTurn): TurnView {
  const { takePath, ...rest } = turn
  return { ...rest, hops: { ...turn.hops }, engines: { ...turn.engines }, routes: routesView(turn.routes), hasTake: takePath !== null }
}

/** What a later version stored, and this one cannot show, is left out. */
export function routesView(routes: StoredTurn['routes']): RoutesView {
  return routesViewSchema.catch({}).parse(routes)
}
