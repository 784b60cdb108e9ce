import type { Subscribable } from '../lib/emitter'

/** How other programs' sound is kept out of a recording. */
export type MediaQuiet = 'leave' | 'pause' | 'mute'

/** Holds other programs' sound for the time of a recording. */
export interface MediaControl extends AsyncDisposable {
  /** Returns at once; nested calls count. Never throws: what cannot be held plays on. */
  hold: (how: MediaQuiet) => void
  /** Ends the newest hold. What was held, and is still as we left it, goes on. */
  release: () => void
  /** Puts back what a former run of the program left held (it was killed). */
  recover: () => Promise<void>
}

/** A playback stream of another program, as the sound server knows it; it can be written to disk. */
export interface OtherStream {
  readonly index: number
  /** Tells it from any later stream with the same index, also of another run of the server. */
  readonly identity: string
  /** Under which name the server remembers a mute for the program's next stream; null: it does not. */
  readonly restoreName: string | null
}

/** What a sound server gives for `mute`. Every method rejects when the server is not there. */
export interface StreamMuting extends AsyncDisposable {
  /** Streams of other programs that are not muted, or are so only because we muted another stream of that program. */
  audible: () => Promise<readonly OtherStream[]>
  mute: (streams: readonly OtherStream[]) => Promise<void>
  /** Those that are still there, and what the server would remember of those that are not. Afterwards nothing is watched. */
  unmute: (streams: readonly OtherStream[]) => Promise<void>
  /** Streams came or changed, since `audible`. */
  readonly changes: Subscribable<void>
}
