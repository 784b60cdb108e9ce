import { loadTs } from './lib/load-ts.mjs'
import { quantile } from './lib/statistics.mjs'

export const name = 'router'
export const needs = []

const WARM_UP = 2_000
const TARGET_MS = 0.2

/** One decision about who is asked, out of 32 candidates that much is known of. */
export async function run({ log, decisions = 20_000 }) {
  const { CANDIDATES, measureDecisions } = await loadTs('test/benches/route-decision.ts')
  const times = measureDecisions(WARM_UP + decisions).slice(WARM_UP)
  const [p50Ms, p95Ms, p99Ms, maxMs] = [quantile(times, 0.5), quantile(times, 0.95), quantile(times, 0.99), Math.max(...times)].map(round4)
  log(`${decisions} decisions, p95 ${p95Ms} ms, the longest ${maxMs} ms (at most ${TARGET_MS} ms wanted)`)
  return { name, n: decisions, candidates: CANDIDATES, p50Ms, p95Ms, p99Ms, maxMs, targetMs: TARGET_MS }
}

function round4(value) {
  return Math.round(value * 10_000) / 10_000
}
