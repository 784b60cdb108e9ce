import type { Logger } from '../ports/logger'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 5

/** Measures how late main's event loop is during each turn; a slow main is a slow voice. */
export function createLoopDelayMeter(logger: Logger): { begin: () => void, end: () => void } {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  let measuring = false
  return {
    begin() {
      if (measuring)
        return
      measuring = true
      histogram.reset()
      histogram.enable()
    },
    end() {
      if (!measuring)
        return
      measuring = false
      histogram.disable()
      // What it records is the whole interval between two ticks.
      const late = (nanoseconds: number): number => Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 10) / 10)
      logger.info('event loop during the turn', { p50Ms: late(histogram.percentile(50)), p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) })
    },
  }
}
