/** How other programs' sound is kept out of a recording. */
export type MediaQuiet = 'leave' | 'pause' | 'mute'

/** Holds other programs' sound for the time of a recording. */
export interface MediaControl extends AsyncDisposable {
  /** Returns at once; nested calls count. Never throws: what cannot be held plays on. */
  hold: (how: MediaQuiet) => void
  /** What was held, and is still as we left it, goes on. */
  release: () => void
  /** Puts back what a former run of the program left held (it was killed). */
  recover: () => Promise<void>
}
