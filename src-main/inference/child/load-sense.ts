import { cpus } from 'node:os'
import process from 'node:process'

/** Processor time in milliseconds, each counted from some start of its own. */
export interface CpuReading {
  readonly atMs: number
  /** Of all cores, all programs. */
  readonly busyMs: number
  /** Of this process. */
  readonly ownMs: number
  readonly cores: number
}

/** How many cores other programs have been using of late. */
export interface LoadSense {
  readonly othersCores: number
  /** To be called about twice a second. */
  sample: () => void
}

/** Shorter, and the system's counters (10 ms steps) say little. */
const MIN_SPAN_MS = 200

export function createLoadSense(read: () => CpuReading): LoadSense {
  let last = read()
  let othersCores = 0
  return {
    get othersCores() {
      return othersCores
    },
    sample() {
      const now = read()
      const spanMs = now.atMs - last.atMs
      if (spanMs < MIN_SPAN_MS)
        return
      const othersMs = (now.busyMs - last.busyMs) - (now.ownMs - last.ownMs)
      othersCores = Math.max(0, Math.min(now.cores, othersMs / spanMs))
      last = now
    },
  }
}

export function readCpu(): CpuReading {
  const cores = cpus()
  const own = process.cpuUsage()
  return {
    atMs: performance.now(),
    busyMs: cores.reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
    ownMs: (own.user + own.system) / 1000,
    cores: cores.length,
  }
}

const SAMPLE_MS = 500

/** The one of this process, sampled for as long as it lives. */
export function startLoadSense(): LoadSense {
  const sense = createLoadSense(readCpu)
  setInterval(() => sense.sample(), SAMPLE_MS).unref()
  return sense
}
