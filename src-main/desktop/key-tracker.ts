import type { Clock } from '../ports/clock'
import type { Folded, FoldInput, FoldTold, KeyFoldState, LoneFoldInput, LoneFoldState } from './key-folding'
import { foldKey, foldLoneModifier, KEY_BLOCKED, KEY_UP, LONE_MODIFIER_MS, LONE_SPOILED, LONE_UP } from './key-folding'

/** The folding of one bound key, with its state. */
export interface KeyTracker {
  feed: (input: FoldInput) => void
  /** The key is down as it is bound: that hold means nothing. */
  block: () => void
  /** `down` was told, `up` not yet. */
  readonly held: boolean
  /** Not plainly up: a missing release must be noticed. */
  readonly watched: boolean
}

export interface LoneModifierTracker extends KeyTracker {
  feed: (input: LoneFoldInput) => void
}

export interface KeyTrackerOptions {
  readonly tell: (told: FoldTold) => void
  /** Finds out the key's real state and feeds it back as `physical`. */
  readonly ask: () => void
  readonly confirmRelease: boolean
}

export function createKeyTracker({ tell, ask, confirmRelease }: KeyTrackerOptions): KeyTracker {
  let state: KeyFoldState = KEY_UP
  return {
    feed(input) {
      const folded = foldKey(state, input, { confirmRelease })
      state = folded.state
      folded.told.forEach(tell)
      if (folded.ask)
        ask()
    },
    block() {
      if (state.type === 'up')
        state = KEY_BLOCKED
    },
    get held() {
      return state.type === 'down' || state.type === 'releasing'
    },
    get watched() {
      return state.type !== 'up'
    },
  }
}

export function createLoneModifierTracker({ tell, clock }: { tell: (told: FoldTold) => void, clock: Clock }): LoneModifierTracker {
  let state: LoneFoldState = LONE_UP
  let cancelTimer: (() => void) | undefined

  function take(folded: Folded<LoneFoldState>): void {
    const wasPending = state.type === 'pending'
    state = folded.state
    if (wasPending && state.type !== 'pending') {
      cancelTimer?.()
      cancelTimer = undefined
    }
    if (!wasPending && state.type === 'pending')
      cancelTimer = clock.after(LONE_MODIFIER_MS, () => take(foldLoneModifier(state, { type: 'alone-long-enough' })))
    folded.told.forEach(tell)
  }

  return {
    feed: input => take(foldLoneModifier(state, input)),
    block() {
      if (state.type === 'up')
        state = LONE_SPOILED
    },
    get held() {
      return state.type === 'down'
    },
    get watched() {
      return state.type !== 'up'
    },
  }
}
