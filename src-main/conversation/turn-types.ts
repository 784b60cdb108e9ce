import type { ErrorCode } from '../lib/app-error'

/** How the talk key works. `auto`: a tap (up to `TAP_MS`) toggles, a longer press holds. */
export type KeyMode = 'hold' | 'toggle' | 'auto'

/** Why nothing came of a take (`hints.<code>` in the locales). */
export type HintCode = 'too-short' | 'no-speech' | 'cancelled'

/**
 * How long a stage may go without a sign of life before the turn fails with `timeout`. Each sign (`progress`, a first
 * token, a piece that begins) starts it anew, so a long take or a long reply is never cut for being long.
 */
export const STAGE_LIMITS_MS = {
  /** A slow machine decodes 30 s of speech in well under this. */
  transcribing: 20_000,
  /** Until the first token: a cold model and a long prompt on two slow cores. */
  thinking: 45_000,
  /** Between tokens, and from the last token to the first sound. */
  replying: 20_000,
  /** From one piece to the next. The longest has 400 characters: under 60 s at half the voice's speed. */
  speaking: 90_000,
} as const

export interface Fault {
  readonly code: ErrorCode
  readonly retryable: boolean
}

/** The key is down, as far as we were told. */
export interface HeldKey {
  readonly downAtMs: number
  /** When to ask for its real state. */
  readonly checkAtMs: number
}

interface WithKey {
  readonly key: HeldKey | null
}

export interface IdleState extends WithKey {
  readonly name: 'idle'
  readonly hint: HintCode | null
}

export interface ListeningState extends WithKey {
  readonly name: 'listening'
  readonly turnId: string
  readonly mode: KeyMode
  readonly pressedAtMs: number
  /** The key may be let go: it was a tap, the next press ends the take. */
  readonly latched: boolean
  readonly speechActive: boolean
  /** The recogniser failed while the key was held; recording goes on, the take decides later. */
  readonly fault: Fault | null
}

export interface TranscribingState extends WithKey {
  readonly name: 'transcribing'
  readonly turnId: string
  /** The press that gave the take was a short one, held (not latched). */
  readonly shortPress: boolean
  /** `running`: the post-roll, until the voice falls silent or `postRollUntilMs`. `ending`: asked to end. */
  readonly capture: 'running' | 'ending' | 'ended'
  readonly postRollUntilMs: number
  readonly fault: Fault | null
  /** The one automatic retry is spent. */
  readonly retried: boolean
  readonly deadlineMs: number
}

export interface ThinkingState extends WithKey {
  readonly name: 'thinking'
  readonly turnId: string
  /** `waiting`: the reply is to be spoken and no sound has come yet. */
  readonly voice: 'off' | 'waiting'
  readonly replyEnd: GoodEnd | null
  readonly firstToken: boolean
  readonly retried: boolean
  readonly deadlineMs: number
}

export interface SpeakingState extends WithKey {
  readonly name: 'speaking'
  readonly turnId: string
  readonly replyEnd: GoodEnd | null
  readonly deadlineMs: number
}

export interface FailedState extends WithKey {
  readonly name: 'failed'
  readonly turnId: string
  readonly errorCode: ErrorCode
}

export type TurnState = IdleState | ListeningState | TranscribingState | ThinkingState | SpeakingState | FailedState

/** The ends a reply comes to by itself. */
export type GoodEnd = 'complete' | 'truncated'

/** What a person, the key or the clock does. `turnId` is the id a new turn would get. */
export type ControlEvent
  = | { readonly type: 'key-down', readonly atMs: number, readonly mode: KeyMode, readonly turnId: string }
    | { readonly type: 'key-up', readonly atMs: number }
  /** The answer to `check-key`; of the press that began at `pressedAtMs`. */
    | { readonly type: 'key-state', readonly atMs: number, readonly pressedAtMs: number, readonly down: boolean }
    | { readonly type: 'cancel', readonly atMs: number }
    | { readonly type: 'stop', readonly atMs: number }
    | { readonly type: 'ask', readonly atMs: number, readonly turnId: string, readonly text: string, readonly voice: boolean }
  /** Runs a stored turn again. */
    | { readonly type: 'retry', readonly atMs: number, readonly turnId: string, readonly from: 'take' | 'text', readonly voice: boolean }
    | { readonly type: 'tick', readonly atMs: number }

/** What the running turn tells; one that carries the id of another turn is ignored. */
export type RunEvent
  = | { readonly type: 'speech', readonly turnId: string, readonly atMs: number, readonly active: boolean }
    | { readonly type: 'capture-ended', readonly turnId: string, readonly atMs: number }
    | { readonly type: 'transcript-final', readonly turnId: string, readonly atMs: number, readonly text: string, readonly voice: boolean }
    | { readonly type: 'first-token', readonly turnId: string, readonly atMs: number }
  /** A sign of life: a token, a partial, a piece that begins to be heard. */
    | { readonly type: 'progress', readonly turnId: string, readonly atMs: number }
    | { readonly type: 'reply-ended', readonly turnId: string, readonly atMs: number, readonly end: GoodEnd }
    | { readonly type: 'playback-started', readonly turnId: string, readonly atMs: number }
  /** All was heard, nothing is to be spoken, or the voice failed. */
    | { readonly type: 'playback-ended', readonly turnId: string, readonly atMs: number }
    | { readonly type: 'failure', readonly turnId: string, readonly atMs: number, readonly stage: 'capture' | 'asr' | 'chat', readonly fault: Fault }

export type TurnEvent = ControlEvent | RunEvent

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never
/** What a turn tells of itself; its id and the time are added on the way. */
export type OwnEvent = Without<RunEvent, 'turnId' | 'atMs'>

export type TurnEffect
  = | { readonly type: 'stop-playback', readonly turnId: string }
  /** Aborts recognition, speculation, generation and synthesis of the turn. */
    | { readonly type: 'abort', readonly turnId: string }
  /** The turn is over: keep it as it is. */
    | { readonly type: 'finish', readonly turnId: string, readonly end: GoodEnd | 'failed' | 'interrupted', readonly errorCode: ErrorCode | null }
  /** The turn is over and came to nothing: nobody spoke. */
    | { readonly type: 'discard', readonly turnId: string }
    | { readonly type: 'begin-take', readonly turnId: string, readonly atMs: number }
  /** The question ends here: time zero of the hops. */
    | { readonly type: 'mark-release', readonly turnId: string, readonly atMs: number }
    | { readonly type: 'end-capture', readonly turnId: string }
  /** Decodes the recording on disk. */
    | { readonly type: 'transcribe-take', readonly turnId: string }
    | { readonly type: 'begin-typed', readonly turnId: string, readonly atMs: number, readonly text: string }
    | { readonly type: 'reopen', readonly turnId: string, readonly atMs: number, readonly from: 'take' | 'text' }
    | { readonly type: 'begin-reply', readonly turnId: string, readonly text: string }
  /** The reply begins again from nothing: what was written of it is replaced. */
    | { readonly type: 'restart-reply', readonly turnId: string }
    | { readonly type: 'check-key', readonly pressedAtMs: number }

export interface Transition<S extends TurnState = TurnState> {
  readonly state: S
  readonly effects: readonly TurnEffect[]
}
