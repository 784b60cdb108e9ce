import { TAP_MS } from '../listening/take-limits'

/** How a dictation key works. `auto`: a tap (up to `TAP_MS`) toggles, a longer press holds. */
export type GestureMode = 'hold' | 'toggle' | 'auto'

/** Which key it is: `dictate`, `edit`. */
export type GestureKey = string

/** The key is down, as far as we were told. */
interface Held {
  readonly key: GestureKey
  readonly downAtMs: number
}

export interface GestureState {
  readonly held: Held | null
  /** A take that this gesture began. */
  readonly take: { readonly key: GestureKey, readonly mode: GestureMode, readonly pressedAtMs: number, readonly latched: boolean } | null
}

export type GestureEvent
  = | { readonly type: 'down', readonly key: GestureKey, readonly atMs: number, readonly mode: GestureMode }
    | { readonly type: 'up', readonly key: GestureKey, readonly atMs: number }
  /** The take ended by itself: silence, the limit, Esc, a lost microphone. The key may still be down. */
    | { readonly type: 'over' }

export type GestureAction = 'begin' | 'end' | 'latched' | null

export const restingGesture: GestureState = { held: null, take: null }

/**
 * From a key's moves to the beginning and the end of a take, as a pure function. Starting is idempotent, auto-repeat means nothing,
 * a second dictation key during a take ends it, and the release of a key that began nothing means nothing.
 */
export function gesture(state: GestureState, event: GestureEvent): { readonly state: GestureState, readonly action: GestureAction } {
  switch (event.type) {
    case 'down': return onDown(state, event)
    case 'up': return onUp(state, event)
    case 'over': return { state: { ...state, take: null }, action: null }
  }
}

function onDown({ held, take }: GestureState, { key, atMs, mode }: Extract<GestureEvent, { type: 'down' }>): ReturnType<typeof gesture> {
  // A second press without a release between is the keyboard repeating itself.
  if (held?.key === key)
    return { state: { held, take }, action: null }
  const nowHeld = { key, downAtMs: atMs }
  if (take)
    return { state: { held: nowHeld, take: null }, action: 'end' }
  return { state: { held: nowHeld, take: { key, mode, pressedAtMs: atMs, latched: false } }, action: 'begin' }
}

function onUp({ held, take }: GestureState, { key, atMs }: Extract<GestureEvent, { type: 'up' }>): ReturnType<typeof gesture> {
  const nowHeld = held?.key === key ? null : held
  if (!take || take.latched || take.key !== key || held?.key !== key)
    return { state: { held: nowHeld, take }, action: null }
  const isTap = take.mode === 'toggle' || (take.mode === 'auto' && atMs - take.pressedAtMs <= TAP_MS)
  return isTap
    ? { state: { held: nowHeld, take: { ...take, latched: true } }, action: 'latched' }
    : { state: { held: nowHeld, take: null }, action: 'end' }
}
