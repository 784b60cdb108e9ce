import type { Clock } from '../ports/clock'

/** Who has the loudspeaker, across turns: one playback at a time. */
export interface Loudspeaker {
  /** Resolves when the last one who took it has let it go. */
  free: () => Promise<void>
  /** `released` must resolve, also when the loudspeaker hangs. Returns what to call at the first sound. */
  take: (released: Promise<void>) => () => void
  /** Until when our own voice may have been in the room: infinite while it sounds, -infinite when it never did. */
  soundedUntilMs: () => number
}

export function createLoudspeaker(clock: Clock): Loudspeaker {
  let free: Promise<void> = Promise.resolve()
  let untilMs = -Infinity
  return {
    free: () => free,
    take(released) {
      let sounded = false
      free = released.then(() => {
        if (sounded)
          untilMs = clock.nowMs()
      })
      return () => {
        sounded = true
        untilMs = Infinity
      }
    },
    soundedUntilMs: () => untilMs,
  }
}
