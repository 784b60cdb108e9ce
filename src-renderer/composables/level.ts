/** A voice at arm's length has peaks around -12 dBFS; a quiet room lies below -60. */
const FLOOR_DB = -58
const CEILING_DB = -10

/** dBFS to 0…1 of a meter's height. */
export function levelToUnit(db: number): number {
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)))
}

/** The last `length` levels, oldest first, as heights from 0 to 1. */
export function createLevelHistory(length: number): { readonly values: Float32Array, readonly push: (rmsDb: number) => void, readonly clear: () => void } {
  const values = new Float32Array(length)
  return {
    values,
    push(rmsDb) {
      values.copyWithin(0, 1)
      values[length - 1] = levelToUnit(rmsDb)
    },
    clear() {
      values.fill(0)
    },
  }
}
