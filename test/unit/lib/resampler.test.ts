import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resample, Resampler } from '../../../src-main/lib/resampler'

function sine(hz: number, rateHz: number, seconds: number, amplitude = 16_000): Int16Array {
  return Int16Array.from({ length: Math.round(rateHz * seconds) }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / rateHz)))
}

function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length)
}

/** Level of the middle of a converted sine, in dB of what went in. */
function gainDb(hz: number, inHz: number, outHz: number): number {
  const out = resample(sine(hz, inHz, 0.5), inHz, outHz)
  const middle = out.subarray(Math.round(out.length * 0.2), Math.round(out.length * 0.8))
  return 20 * Math.log10(Math.max(rms(middle), 1e-3) / (16_000 / Math.SQRT2))
}

function inPieces(samples: Int16Array, cuts: readonly number[], inHz: number, outHz: number): Int16Array {
  const resampler = new Resampler(inHz, outHz)
  const parts: number[] = []
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    parts.push(...resampler.process(samples.subarray(from, cut)))
    from = cut
  }
  parts.push(...resampler.process(samples.subarray(from)), ...resampler.flush())
  return Int16Array.from(parts)
}

const RATIOS = [[48_000, 16_000], [44_100, 16_000], [96_000, 16_000], [8_000, 16_000], [22_050, 48_000], [24_000, 44_100], [16_000, 16_000], [44_099, 16_000]] as const

describe('resampler', () => {
  it.each([
    [48_000, 16_000, 1000],
    [48_000, 16_000, 7000],
    [44_100, 16_000, 300],
    [44_100, 16_000, 7000],
    [96_000, 16_000, 3000],
    [22_050, 48_000, 9000],
    [44_099, 16_000, 5000],
  ])('keeps the pass band: %i to %i Hz at %i Hz within 0.1 dB', (inHz, outHz, hz) => {
    expect(Math.abs(gainDb(hz, inHz, outHz))).toBeLessThan(0.1)
  })

  it.each([
    [48_000, 16_000, 8100],
    [48_000, 16_000, 12_000],
    [44_100, 16_000, 9000],
    [44_100, 16_000, 20_000],
    [96_000, 16_000, 30_000],
    [44_099, 16_000, 12_000],
  ])('rejects what would alias: %i to %i Hz at %i Hz by more than 60 dB', (inHz, outHz, hz) => {
    expect(gainDb(hz, inHz, outHz)).toBeLessThan(-60)
  })

  it.each([[48_000, 16_000], [22_050, 48_000], [44_100, 16_000]])('a sine stays that sine, %i to %i Hz: error under -60 dB', (inHz, outHz) => {
    const out = resample(sine(997, inHz, 1), inHz, outHz)
    const ideal = sine(997, outHz, 1)
    const from = Math.round(outHz * 0.1)
    const to = Math.round(outHz * 0.9)
    const error = out.subarray(from, to).map((sample, i) => sample - (ideal[from + i] ?? 0))
    expect(20 * Math.log10(rms(error) / rms(ideal))).toBeLessThan(-60)
  })

  it('field 32: gives the same samples however the input is cut: no tick at a border', () => {
    fc.assert(fc.property(
      fc.constantFrom(...RATIOS),
      fc.array(fc.integer({ min: -32768, max: 32767 }), { maxLength: 3000 }),
      fc.array(fc.nat(3000), { maxLength: 12 }),
      ([inHz, outHz], values, cuts) => {
        const samples = Int16Array.from(values)
        const bounded = cuts.map(cut => Math.min(cut, samples.length))
        expect(inPieces(samples, bounded, inHz, outHz)).toEqual(resample(samples, inHz, outHz))
      },
    ), { numRuns: 60 })
  })

  it('gives as many samples as the time says, to the last one', () => {
    fc.assert(fc.property(fc.constantFrom(...RATIOS), fc.nat(5000), ([inHz, outHz], count) => {
      expect(resample(new Int16Array(count), inHz, outHz).length).toBe(Math.ceil((count * outHz) / inHz))
    }), { numRuns: 60 })
  })

  it('begins anew after a flush', () => {
    const resampler = new Resampler(44_100, 16_000)
    const input = sine(440, 44_100, 0.1)
    const first = [...resampler.process(input), ...resampler.flush()]
    const second = [...resampler.process(input), ...resampler.flush()]
    expect(second).toEqual(first)
  })

  it('does not wrap around when a loud sound overshoots', () => {
    const square = Int16Array.from({ length: 4800 }, (_, i) => (Math.floor(i / 24) % 2 === 0 ? 32767 : -32768))
    const out = resample(square, 48_000, 16_000)
    let jumps = 0
    for (let i = 1; i < out.length; i++) {
      // A wrapped sample is of the other sign than both its neighbours at full scale.
      if (Math.abs((out[i] ?? 0) - (out[i - 1] ?? 0)) > 60_000 && Math.abs((out[i + 1] ?? 0) - (out[i] ?? 0)) > 60_000)
        jumps++
    }
    expect(jumps).toBe(0)
  })

  it.each([0, -1, 44_100.5, Number.NaN, 1e9])('refuses the rate %s', (rate) => {
    expect(() => new Resampler(rate, 16_000)).toThrow(RangeError)
  })
})
