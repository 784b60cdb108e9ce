import { loadTs } from './lib/load-ts.mjs'
import { quantile } from './lib/statistics.mjs'

export const name = 'router'
export const needs = []

const WARM_UP = 2_000
const TARGET_MS = 0.2

/** One decision about who is asked, out of a dozen services that much is known of. */
export async function run({ log, decisions = 20_000 }) {
  const { measureDecisions } = await loadTs('test/benches/route-decision.ts')
  const times = measureDecisions(WARM_UP + decisions).slice(WARM_UP)
  const p95Ms = quantile(times, 0.95)
  log(`${decisions} decisions, p95 ${p95Ms.toFixed(4)} ms (at most ${TARGET_MS} ms wanted)`)
  return { name, n: decisions, p50Ms: round4(quantile(times, 0.5)), p95Ms: round4(p95Ms), p99Ms: round4(quantile(times, 0.99)), targetMs: TARGET_MS }
}

function round4(value) {
  return Math.round(value * 10_000) / 10_000
}
