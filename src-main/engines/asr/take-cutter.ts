import { concat } from './take-sound'

/** A part of a piece; `last`: the piece ends with it. */
export interface TakePart {
  readonly samples: Int16Array
  readonly last: boolean
}

export interface TakeCutterOptions {
  readonly rateHz: number
  /** No piece is longer. */
  readonly maxMs: number
  /** A piece ends in its last so many milliseconds, where it is quietest. */
  readonly searchMs?: number
}

const SEARCH_MS = 30_000
const BLOCK_MS = 10
/** A pause between phrases; shorter ones are inside of words. */
const PAUSE_BLOCKS = 30

/**
 * A take in pieces that a service accepts, cut at pauses. Sound is given out as it comes, but for the end of a piece
 * that may have to be cut: that is held until it is known where. All parts together are the take. Pure.
 */
export class TakeCutter {
  readonly #max: number
  readonly #free: number
  readonly #block: number
  #given = 0
  #held: Int16Array[] = []
  #heldSamples = 0

  constructor({ rateHz, maxMs, searchMs = SEARCH_MS }: TakeCutterOptions) {
    this.#max = Math.floor(maxMs / 1000 * rateHz)
    this.#free = this.#max - Math.floor(Math.min(searchMs, maxMs / 2) / 1000 * rateHz)
    this.#block = Math.max(1, Math.round(BLOCK_MS / 1000 * rateHz))
  }

  push(samples: Int16Array): TakePart[] {
    const parts: TakePart[] = []
    let rest = samples
    while (rest.length > 0) {
      if (this.#given < this.#free) {
        const now = rest.subarray(0, this.#free - this.#given)
        this.#given += now.length
        parts.push({ samples: now, last: false })
        rest = rest.subarray(now.length)
        continue
      }
      const now = rest.subarray(0, this.#max - this.#given - this.#heldSamples)
      this.#held.push(now)
      this.#heldSamples += now.length
      rest = rest.subarray(now.length)
      if (this.#given + this.#heldSamples < this.#max)
        break
      const held = this.#release()
      const at = quietest(held, this.#block)
      parts.push({ samples: held.subarray(0, at), last: true })
      this.#given = 0
      rest = concat([held.subarray(at), rest])
    }
    return parts
  }

  /** The end of the take; nothing when it is empty. */
  end(): TakePart[] {
    if (this.#given + this.#heldSamples === 0)
      return []
    const parts = [{ samples: this.#release(), last: true }]
    this.#given = 0
    return parts
  }

  #release(): Int16Array {
    const held = concat(this.#held)
    this.#held = []
    this.#heldSamples = 0
    return held
  }
}

/** The middle of the quietest stretch, of equals the last; never 0. */
function quietest(samples: Int16Array, block: number): number {
  const energies: number[] = []
  for (let from = 0; from < samples.length; from += block) {
    let sum = 0
    for (let i = from; i < Math.min(from + block, samples.length); i++)
      sum += (samples[i] as number) ** 2
    energies.push(sum)
  }
  const width = Math.min(PAUSE_BLOCKS, energies.length)
  let sum = energies.slice(0, width).reduce((a, b) => a + b, 0)
  // A pause longer than the window is a run of equals: its middle is meant, not where the window last fits into it.
  let best = { from: 0, to: 0, sum }
  for (let at = 1; at + width <= energies.length; at++) {
    sum += (energies[at + width - 1] as number) - (energies[at - 1] as number)
    if (sum < best.sum || (sum === best.sum && best.to !== at - 1))
      best = { from: at, to: at, sum }
    else if (sum === best.sum)
      best.to = at
  }
  return Math.max(1, Math.min(samples.length, Math.round((best.from + best.to + width) / 2 * block)))
}
