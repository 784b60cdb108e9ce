/** Buttons 4 to 7 are the wheel: it moves what is seen, not where text goes. */
const WHEEL = [4, 5, 6, 7]

export interface X11Activity {
  /** Grows with each key and each button that a person presses; null: the server does not tell. */
  readonly count: () => number | null
  /** Our own presses that are on their way, in their order. */
  readonly expect: (codes: readonly number[]) => void
  /** The server has told of everything that was sent before: what is still expected never came. */
  readonly settled: () => void
  /** `mayBeOurs`: it comes from the device that synthetic keys come from. */
  readonly keyPressed: (code: number, mayBeOurs: boolean) => void
  readonly buttonPressed: (button: number) => void
  /** From now on it is told, or (false) not any more: what went on meanwhile is not known, so it counts as something. */
  readonly watched: (on: boolean) => void
}

/**
 * Tells people's keys from ours. Both may come from the same synthetic device (another program may press keys there, too),
 * so ours are known by their order: the server tells them as they were sent.
 */
export function createActivity(): X11Activity {
  let presses = 0
  let isWatched = false
  let expected: number[] = []
  return {
    count: () => isWatched ? presses : null,
    expect: codes => expected.push(...codes),
    settled() {
      expected = []
    },
    keyPressed(code, mayBeOurs) {
      if (mayBeOurs && expected[0] === code)
        expected.shift()
      else
        presses++
    },
    buttonPressed(button) {
      if (!WHEEL.includes(button))
        presses++
    },
    watched(on) {
      expected = []
      isWatched = on
      presses++
    },
  }
}
