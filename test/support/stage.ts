import type { Stage, StageOptions } from '../../scripts/stage/index.mjs'
import { afterAll, beforeAll } from 'vitest'
import { startStage } from '../../scripts/stage/index.mjs'

/**
 * A stage for all tests of the calling `describe` (or file): started before the first, taken down after the last.
 * The returned function gives it; it throws outside of tests.
 */
export function useStage(options: StageOptions = {}): () => Stage {
  let stage: Stage | undefined
  beforeAll(async () => {
    stage = await startStage(options)
  })
  afterAll(async () => {
    await stage?.stop()
    stage = undefined
  })
  return () => {
    if (!stage)
      throw new Error('the stage is only there while tests run')
    return stage
  }
}

/** A sine with 5 ms of fade at both ends, so that its edges do not click. */
export function tone(durationMs: number, { hz = 440, sampleRateHz = 48_000, amplitude = 8000 } = {}): Int16Array {
  const count = Math.round((durationMs / 1000) * sampleRateHz)
  const fade = Math.round(0.005 * sampleRateHz)
  return Int16Array.from({ length: count }, (_, i) => {
    const gain = Math.min(1, (i + 1) / fade, (count - i) / fade)
    return Math.round(amplitude * gain * Math.sin((2 * Math.PI * hz * i) / sampleRateHz))
  })
}
