import type { EnginePartName, RoutesView, RouteView } from '@contract'
import { PARTS } from '../stores/services'

/** Of a part that another one did than the one that was meant to. */
export interface Detour {
  readonly part: EnginePartName
  readonly servedBy: string
  /** Null: the first one was not even asked. */
  readonly insteadOf: string | null
}

function detourOf(route: RouteView): Detour | null {
  const { part, servedBy, why, attempts, skipped } = route
  if (servedBy === null)
    return null
  const first = attempts.find(attempt => !attempt.hedge)?.serviceId ?? null
  if (first !== null && first !== servedBy)
    return { part, servedBy, insteadOf: first }
  // Asked again and then answered: the first choice after all.
  if (why !== 'fallback' || attempts[0]?.outcome === 'failed')
    return null
  return { part, servedBy, insteadOf: skipped.find(({ reason }) => reason === 'breaker' || reason === 'offline' || reason === 'key')?.serviceId ?? null }
}

export function detoursOf(routes: RoutesView): readonly Detour[] {
  return PARTS.flatMap((part) => {
    const route = routes[part]
    const detour = route ? detourOf(route) : null
    return detour === null ? [] : [detour]
  })
}

/** The service that a turn's error came from; null: no try ended with it. */
export function failedService(routes: RoutesView, errorCode: string): string | null {
  const attempts = PARTS.flatMap(part => routes[part]?.attempts ?? [])
  return attempts.findLast(attempt => attempt.errorCode === errorCode)?.serviceId ?? null
}
