import { assertNever } from '../lib/assert-never'

/**
 * Folding: what a keyboard reports becomes exactly one `down` and one `up` for each hold. Pure, shared by every
 * mechanism. `physical` is the answer of the system to "is the key down?", in order with the other inputs.
 */
export type FoldInput
  = | { readonly type: 'press', readonly atMs: number }
    | { readonly type: 'release', readonly atMs: number }
    | { readonly type: 'physical', readonly down: boolean, readonly atMs: number }
  /** Nothing more can be known of the key (connection lost, key bound anew): a hold ends now. */
    | { readonly type: 'lost', readonly atMs: number }

export interface FoldTold {
  readonly type: 'down' | 'up'
  readonly atMs: number
}

/** `ask`: find out the key's real state and feed it as `physical`. */
export interface Folded<S> {
  readonly state: S
  readonly told: readonly FoldTold[]
  readonly ask: boolean
}

export type KeyFoldState
  = | { readonly type: 'up' }
    | { readonly type: 'down' }
  /** Released, or only an auto-repeat's fake release; the system is being asked. */
    | { readonly type: 'releasing', readonly atMs: number }
  /** It was down already when it was bound: that hold means nothing. */
    | { readonly type: 'blocked' }

export const KEY_UP: KeyFoldState = { type: 'up' }
export const KEY_BLOCKED: KeyFoldState = { type: 'blocked' }

/** A repeat's fake release and its press carry the same time; a millisecond more is the rounding of two clocks. */
const REPEAT_GAP_MS = 2

export interface FoldOptions {
  /**
   * True where auto-repeat fakes a release before each press (X11): a release is believed after `physical` said so.
   * False where repeats are presses alone.
   */
  readonly confirmRelease: boolean
}

function stay<S>(state: S, ask = false): Folded<S> {
  return { state, told: [], ask }
}

function goUp(atMs: number): Folded<KeyFoldState> {
  return { state: KEY_UP, told: [{ type: 'up', atMs }], ask: false }
}

/** The next state of an ordinary hotkey. Alternation of `down` and `up` holds for every sequence of inputs. */
export function foldKey(state: KeyFoldState, input: FoldInput, { confirmRelease }: FoldOptions): Folded<KeyFoldState> {
  switch (state.type) {
    case 'up':
      return input.type === 'press'
        ? { state: { type: 'down' }, told: [{ type: 'down', atMs: input.atMs }], ask: false }
        : stay(state)
    case 'down':
      if (input.type === 'release')
        return confirmRelease ? stay({ type: 'releasing', atMs: input.atMs }, true) : goUp(input.atMs)
      if (input.type === 'lost' || (input.type === 'physical' && !input.down))
        return goUp(input.atMs)
      return stay(state)
    case 'releasing':
      if (input.type === 'press' && input.atMs - state.atMs > REPEAT_GAP_MS)
        return { state: { type: 'down' }, told: [{ type: 'up', atMs: state.atMs }, { type: 'down', atMs: input.atMs }], ask: false }
      if (input.type === 'press' || (input.type === 'physical' && input.down))
        return stay({ type: 'down' })
      if (input.type === 'physical' || input.type === 'lost')
        return goUp(state.atMs)
      return stay(state)
    case 'blocked':
      if (input.type === 'lost' || (input.type === 'physical' && !input.down) || (input.type === 'release' && !confirmRelease))
        return stay(KEY_UP)
      return stay(state, input.type === 'release')
    default:
      return assertNever(state)
  }
}

/** How long a lone modifier must be alone before its press counts; the microphone's pre-roll covers it. */
export const LONE_MODIFIER_MS = 150

export type LoneFoldInput
  = | FoldInput
  /** Any other key or pointer button went down. */
    | { readonly type: 'other-press' }
  /** Other keys or buttons are held as the modifier goes down: it is part of a chord. */
    | { readonly type: 'press-among-others' }
  /** `LONE_MODIFIER_MS` have passed since the press. */
    | { readonly type: 'alone-long-enough' }

export type LoneFoldState
  = | { readonly type: 'up' }
  /** Down, and may yet become a chord. */
    | { readonly type: 'pending', readonly atMs: number }
    | { readonly type: 'down' }
  /** It was used as a modifier: nothing is told until it is up again. */
    | { readonly type: 'spoiled' }

export const LONE_UP: LoneFoldState = { type: 'up' }
export const LONE_SPOILED: LoneFoldState = { type: 'spoiled' }

/**
 * The next state of a modifier bound on its own. A tap alone is told at its release (`down` and `up`, with their real
 * times); a hold is told after `LONE_MODIFIER_MS`; a modifier used with another key or a mouse button is never told.
 * Once told, a hold lasts until the modifier is up.
 */
export function foldLoneModifier(state: LoneFoldState, input: LoneFoldInput): Folded<LoneFoldState> {
  switch (state.type) {
    case 'up':
      if (input.type === 'press')
        return stay({ type: 'pending', atMs: input.atMs })
      return stay(input.type === 'press-among-others' ? LONE_SPOILED : state)
    case 'pending':
      if (input.type === 'alone-long-enough')
        return { state: { type: 'down' }, told: [{ type: 'down', atMs: state.atMs }], ask: false }
      if (input.type === 'other-press' || input.type === 'press-among-others')
        return stay(LONE_SPOILED)
      if (input.type === 'release')
        return { state: LONE_UP, told: [{ type: 'down', atMs: state.atMs }, { type: 'up', atMs: input.atMs }], ask: false }
      return stay(input.type === 'lost' || (input.type === 'physical' && !input.down) ? LONE_UP : state)
    case 'down':
      if (input.type === 'release' || input.type === 'lost' || (input.type === 'physical' && !input.down))
        return { state: LONE_UP, told: [{ type: 'up', atMs: input.atMs }], ask: false }
      return stay(state)
    case 'spoiled':
      return stay(input.type === 'release' || input.type === 'lost' || (input.type === 'physical' && !input.down) ? LONE_UP : state)
    default:
      return assertNever(state)
  }
}
