import type { LevelReading } from '../ports/audio-device'

export const FLOOR_DB = -90
/** Fluid to the eye; each reading costs two windows a picture. */
const MIN_INTERVAL_MS = 1000 / 20

/** dBFS of a linear amplitude (1 is full scale), not below -90. */
export function toDb(amplitude: number): number {
  return amplitude <= 0 ? FLOOR_DB : Math.max(FLOOR_DB, Math.min(0, 20 * Math.log10(amplitude)))
}

/** Folds blocks into at most 20 readings a second; each covers everything since the one before. */
export class LevelMeter {
  #sumSquares = 0
  #peak = 0
  #count = 0
  #lastMs = -Infinity

  /** A reading when one is due, else undefined. */
  add(samples: Int16Array, nowMs: number): LevelReading | undefined {
    for (const sample of samples) {
      const magnitude = sample < 0 ? -sample : sample
      if (magnitude > this.#peak)
        this.#peak = magnitude
      this.#sumSquares += sample * sample
    }
    this.#count += samples.length
    if (this.#count === 0 || nowMs - this.#lastMs < MIN_INTERVAL_MS)
      return undefined
    const reading = {
      rmsDb: toDb(Math.sqrt(this.#sumSquares / this.#count) / 32768),
      peakDb: toDb(this.#peak / 32768),
    }
    this.#lastMs = nowMs
    this.#sumSquares = 0
    this.#peak = 0
    this.#count = 0
    return reading
  }
}
