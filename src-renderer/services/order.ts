import type { EnginePartName, ServiceView } from '@contract'
import { LOCAL_ID } from '../stores/services'

/** Who can do a part, in the user's order: what is not in it comes last, this machine's own models last of all. */
export function orderOf(part: EnginePartName, wanted: readonly string[], services: readonly ServiceView[]): readonly string[] {
  const able = [...services.filter(({ service }) => service[part] !== null).map(({ service }) => service.id), LOCAL_ID]
  const first = [...new Set(wanted)].filter(id => able.includes(id))
  return [...first, ...able.filter(id => !first.includes(id))]
}

/** With the entry at `from` moved by `by` places; the same list where there is no such place. */
export function moved(order: readonly string[], from: number, by: number): readonly string[] {
  const to = from + by
  const entry = order[from]
  if (entry === undefined || to < 0 || to >= order.length)
    return order
  const rest = order.toSpliced(from, 1)
  return rest.toSpliced(to, 0, entry)
}
