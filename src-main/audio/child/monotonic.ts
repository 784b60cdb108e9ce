import process from 'node:process'

/** CLOCK_MONOTONIC: the same in main and in its children. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
