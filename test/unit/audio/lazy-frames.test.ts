import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LazyFrames } from '../../../src-main/audio/lazy-frames'
import { Resampler } from '../../../src-main/lib/resampler'
import { ASR_RATE_HZ, FRAME_SAMPLES } from '../../../src-main/ports/audio-frame'

const RATES_HZ = [8_000, 16_000, 44_100, 48_000] as const

function noise(length: number, seed: number): Int16Array {
  let state = seed | 1
  return Int16Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
    return (state >> 15) % 20_000 - 10_000
  })
}

function joined(frames: readonly AudioFrame[]): number[] {
  return frames.flatMap(({ samples }) => [...samples])
}

describe('frames that are converted when they are wanted', () => {
  it('are the same, sample for sample, as if all had been converted as it came', () => {
    const blocks = fc.array(fc.record({ samples: fc.integer({ min: 1, max: 6_000 }), take: fc.boolean() }), { minLength: 2, maxLength: 30 })
    fc.assert(fc.property(fc.constantFrom(...RATES_HZ), blocks, fc.integer(), (rateHz, list, seed) => {
      const whole = new Resampler(rateHz, ASR_RATE_HZ)
      const converted: number[] = []
      const lazy = new LazyFrames(rateHz, 200)
      let kept: number[] = []
      const check = (): void => {
        const frames = lazy.take()
        kept = joined(frames)
        if (kept.length === 0)
          return
        // Where the time says they were, there they are in what was converted whole.
        const from = Math.round((frames[0]?.capturedAtMs ?? 0) / 1000 * ASR_RATE_HZ)
        expect(kept).toEqual(converted.slice(from, from + kept.length))
      }
      let at = 0
      for (const [index, { samples, take }] of list.entries()) {
        const block = noise(samples, seed + index)
        converted.push(...whole.process(block))
        lazy.add(block, (at / rateHz) * 1000)
        at += samples
        if (take)
          check()
      }
      check()
    }), { numRuns: 60 })
  })

  it('what nobody takes is bounded, and at least as long as asked for', () => {
    const lazy = new LazyFrames(48_000, 500)
    for (let i = 0; i < 100; i++)
      lazy.add(noise(4_800, i), i * 100)
    const frames = lazy.take()
    const ms = (frames.length * FRAME_SAMPLES) / ASR_RATE_HZ * 1000
    expect(ms).toBeGreaterThanOrEqual(480) // the filter still holds the newest
    expect(ms).toBeLessThan(620)
    const last = frames.at(-1)
    expect((last?.capturedAtMs ?? 0) + 20).toBeGreaterThan(9_960)
    expect((last?.capturedAtMs ?? 0) + 20).toBeLessThanOrEqual(10_000)
  })

  it('forgets what is kept, and goes on', () => {
    const lazy = new LazyFrames(48_000, 500)
    lazy.add(noise(4_800, 1), 0)
    lazy.clear()
    expect(lazy.take()).toEqual([])
    lazy.add(noise(4_800, 2), 100)
    expect(lazy.take().at(0)?.capturedAtMs).toBeGreaterThanOrEqual(90)
  })
})
