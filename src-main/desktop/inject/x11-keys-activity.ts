/** Buttons 4 to 7 are the wheel: it moves what is seen, not where text goes. */
const WHEEL = [4, 5, 6, 7]

export interface X11Activity {
  /** Changes with each key (no modifier, no hotkey of ours) and each button that a person presses; null: the server does not tell. */
  readonly count: () => number | null
  /** Our own presses that are on their way, in their order. */
  readonly expect: (codes: readonly number[]) => void
  /** The server has told of everything that was sent before: what is still expected never came. */
  readonly settled: () => void
  /** `mayBeOurs`: it comes from the device that synthetic keys come from. */
  readonly keyPressed: (code: number, mayBeOurs: boolean) => void
  /** A press was a hotkey of ours: it reached no window. Told before or after the press itself. */
  readonly forgive: () => void
  /** Keys that change nothing by themselves. */
  readonly setModifiers: (codes: ReadonlySet<number>) => void
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
  let modifiers: ReadonlySet<number> = new Set()
  return {
    count: () => isWatched ? presses : null,
    expect: codes => expected.push(...codes),
    settled() {
      expected = []
    },
    keyPressed(code, mayBeOurs) {
      if (mayBeOurs && expected[0] === code)
        expected.shift()
      else if (!modifiers.has(code))
        presses++
    },
    forgive() {
      presses--
    },
    setModifiers(codes) {
      modifiers = codes
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
