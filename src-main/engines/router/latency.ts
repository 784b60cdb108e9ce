import type { EnginePart, PrivacyClass } from '../../ports/route'
import type { ConnectionState } from './candidates'

/** What is measured apart from everything else: a service's model at one part, over an open or a new connection. */
export interface LatencyKey {
  readonly serviceId: string
  readonly model: string
  readonly part: EnginePart
  readonly connection: ConnectionState
}

export interface LatencyEstimate {
  /** Milliseconds to the first output that are to be expected. */
  readonly expectedMs: number
  /** Later than this is late; null before anything was measured. */
  readonly p95Ms: number | null
  /** False: nothing but the prior is known. */
  readonly measured: boolean
}

/** Each observation counts this much of the one after it. The two newest together outweigh all others. */
const DECAY = 0.7
/**
 * Above the newest observation's share (0.3) and below that of the newest two (0.51): one slow answer is chance, and
 * two in a row are what is to be expected from now on. The same holds for fast ones.
 */
const QUANTILE = 0.6
const LATE_QUANTILE = 0.95
/** Older ones weigh less than a thousandth. */
const MOST_SAMPLES = 20
/** After so many turns without it, what was measured says nothing any more and it is worth another try. */
export const STALE_TURNS = 16
/**
 * What a service that nothing is known of is hoped to take: near the least that is possible over such a way, so that
 * hope is tried before habit. Too low a figure costs one try, too high a one would leave a fast service unknown.
 */
export const PRIOR_MS: Readonly<Record<PrivacyClass, number>> = { machine: 20, network: 30, internet: 60 }
/** A TCP and TLS handshake, for a service that was only ever measured warm. */
const HANDSHAKE_MS: Readonly<Record<PrivacyClass, number>> = { machine: 0, network: 10, internet: 120 }

interface Sample {
  readonly ms: number
  weight: number
}

interface Series {
  samples: Sample[]
  usedTurn: number
}

/**
 * Times to first output, as a decayed quantile. Pure: turns are counted by the caller, and there is no clock; what
 * ages a figure is what was seen since, and the turns in which it was not used.
 */
export class LatencyBook {
  readonly #series = new Map<string, Series>()

  observe(key: LatencyKey, ms: number, turn: number): void {
    const id = idOf(key)
    const series = this.#series.get(id) ?? { samples: [], usedTurn: turn }
    // An old figure fades faster here than below: one new answer after a long time is worth more than all before it.
    const aged = DECAY * (1 - staleness(series, turn)) ** 2
    for (const sample of series.samples)
      sample.weight *= aged
    series.samples = [...series.samples.slice(1 - MOST_SAMPLES), { ms, weight: 1 }]
    series.usedTurn = turn
    this.#series.set(id, series)
  }

  /** It was given up after so long without an output. That says something only when it is longer than expected. */
  observeAtLeast(key: LatencyKey, ms: number, privacy: PrivacyClass, turn: number): void {
    if (ms >= this.estimate(key, privacy, turn).expectedMs)
      this.observe(key, ms, turn)
  }

  estimate(key: LatencyKey, privacy: PrivacyClass, turn: number): LatencyEstimate {
    const own = this.#series.get(idOf(key))
    if (own)
      return mixed(own, PRIOR_MS[privacy], turn)
    const other = this.#series.get(idOf({ ...key, connection: key.connection === 'warm' ? 'cold' : 'warm' }))
    if (!other)
      return { expectedMs: PRIOR_MS[privacy], p95Ms: null, measured: false }
    const { expectedMs, p95Ms } = mixed(other, PRIOR_MS[privacy], turn)
    const extraMs = key.connection === 'cold' ? HANDSHAKE_MS[privacy] : 0
    return { expectedMs: expectedMs + extraMs, p95Ms: p95Ms === null ? null : p95Ms + extraMs, measured: true }
  }
}

/** With each turn in which it was not used, less of what was measured counts and more of what is hoped for. */
function mixed(series: Series, priorMs: number, turn: number): LatencyEstimate {
  // Slowly at first, so that a service that is not much slower is not tried every few turns.
  const fresh = 1 - staleness(series, turn) ** 2
  // What it was seen to do it may do again, however modest the prior is.
  const hopedMs = Math.min(priorMs, ...series.samples.map(({ ms }) => ms))
  const towards = (ms: number): number => hopedMs + (ms - hopedMs) * fresh
  return {
    expectedMs: towards(quantile(series.samples, QUANTILE)),
    p95Ms: towards(quantile(series.samples, LATE_QUANTILE)),
    measured: true,
  }
}

/** 0: used in the turn before; 1: what was measured says nothing any more. */
function staleness({ usedTurn }: Series, turn: number): number {
  return Math.min(1, Math.max(0, turn - usedTurn - 1) / STALE_TURNS)
}

/** The smallest value that has at least `q` of the weight at or below it. */
function quantile(samples: readonly Sample[], q: number): number {
  const sorted = [...samples].sort((a, b) => a.ms - b.ms)
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0)
  let below = 0
  for (const { ms, weight } of sorted) {
    below += weight
    if (below >= total * q)
      return ms
  }
  return sorted.at(-1)?.ms ?? 0
}

function idOf({ serviceId, model, part, connection }: LatencyKey): string {
  return `${part}\n${connection}\n${serviceId}\n${model}`
}
