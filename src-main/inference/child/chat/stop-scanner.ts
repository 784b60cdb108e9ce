/** What may be shown now, and whether a stop string was met (it and what follows are cut away). */
export interface StopResult {
  readonly text: string
  readonly stopped: boolean
}

export interface StopScanner {
  push: (text: string) => StopResult
  /** The stream has ended: what was held back because a stop string could have begun in it. */
  flush: () => string
}

/** Cuts a stream of text at the first of `stops`, however the text is split. */
export function createStopScanner(stops: readonly string[]): StopScanner {
  let held = ''
  let stopped = false

  function heldLength(text: string): number {
    let longest = 0
    for (const stop of stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) {
          longest = length
          break
        }
      }
    }
    return longest
  }

  return {
    push(text) {
      if (stopped)
        return { text: '', stopped }
      held += text
      const cuts = stops.map(stop => held.indexOf(stop)).filter(at => at >= 0)
      if (cuts.length > 0) {
        stopped = true
        const before = held.slice(0, Math.min(...cuts))
        held = ''
        return { text: before, stopped }
      }
      const keep = heldLength(held)
      const out = held.slice(0, held.length - keep)
      held = held.slice(held.length - keep)
      return { text: out, stopped }
    },
    flush() {
      const rest = held
      held = ''
      return rest
    },
  }
}
