import { loadTs } from './lib/load-ts.mjs'
import { medians, quantile, round1 } from './lib/statistics.mjs'

export const name = 'overhead'
export const needs = []

const WARM_UP_TURNS = 20
const TARGET_MS = 15

/** A whole turn around instant engines, key up to the first sample for the loudspeaker: what our own code takes. */
export async function run({ log, turns = 200 }) {
  const { measureTurns } = await loadTs('test/benches/turn-overhead.ts')
  const measured = (await measureTurns(WARM_UP_TURNS + turns)).slice(WARM_UP_TURNS)
  const times = measured.map(({ toFirstSampleMs }) => toFirstSampleMs)
  const p50Ms = quantile(times, 0.5)
  log(`${turns} turns, median ${p50Ms.toFixed(2)} ms of our own (at most ${TARGET_MS} ms wanted)`)
  return { name, n: turns, p50Ms: round2(p50Ms), p95Ms: round2(quantile(times, 0.95)), maxMs: round1(Math.max(...times)), targetMs: TARGET_MS, hops: medians(measured.map(({ hops }) => hops)) }
}

function round2(value) {
  return Math.round(value * 100) / 100
}
