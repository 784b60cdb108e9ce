import type { ErrorCode } from '../lib/app-error'

/** The parts of a turn that an engine does. */
export type EnginePart = 'asr' | 'chat' | 'tts'

/** How far what is said travels: this machine, the local network, the internet. */
export type PrivacyClass = 'machine' | 'network' | 'internet'

export const PRIVACY_ORDER: readonly PrivacyClass[] = ['machine', 'network', 'internet']

/** The id of the models inside the installation, beside the ids of the user's services. */
export const LOCAL_SERVICE = 'local'

/** Why it is this candidate that serves; while none does, why it was the first to be asked. */
export type ChoiceReason
  = | 'only' // nothing else may be used
    | 'named' // the caller named it
    | 'order' // the user's order decides: it is first
    | 'fastest' // the shortest expected time to the first output
    | 'sticky' // it served this conversation, and nothing is clearly better
    | 'fallback' // those before it failed, or are left alone for a while
    | 'hedge' // the one before it was late, and this one answered first

export interface RouteAttempt {
  readonly serviceId: string
  readonly model: string
  /** `lost`: the other of two answered first. `stopped`: the turn was stopped, or, while `endMs` is null, it is still running. */
  readonly outcome: 'served' | 'failed' | 'lost' | 'stopped'
  /** Set when it failed. */
  readonly errorCode: ErrorCode | null
  /** On the port clock, since the part was asked for. */
  readonly startMs: number
  readonly firstOutputMs: number | null
  readonly endMs: number | null
  /** A second candidate that was started because the first was late. */
  readonly hedge: boolean
  /** How the answer came, as far as that is worth telling. */
  readonly delivery: 'stream' | 'burst' | 'whole' | null
}

/** A candidate that was not even asked, and why. */
export interface RouteSkip {
  readonly serviceId: string
  readonly reason: 'breaker' | 'privacy' | 'local-only' | 'budget' | 'offline' | 'key' | 'not-ready'
}

/** Who did a part of a turn, who was tried before, and why: data, shown in the waterfall and stored with the turn. */
export interface RouteReport {
  readonly part: EnginePart
  readonly servedBy: string | null
  readonly why: ChoiceReason
  /** What the choice was expected to take to its first output, when that was measured. */
  readonly expectedMs: number | null
  readonly attempts: readonly RouteAttempt[]
  readonly skipped: readonly RouteSkip[]
}

/** Told whenever something of the route changes; the last report is the whole of it. */
export type OnRoute = (report: RouteReport) => void
