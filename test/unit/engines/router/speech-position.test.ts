import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MS_PER_UNIT, restOf, SpeakingRates, SpeechMeter, unitsOf } from '../../../../src-main/engines/router/speech-position'

describe('what is still to be said', () => {
  const text = 'The quick brown fox jumps over 3.14 lazy dogs.'
  it.each([
    [0, text],
    [59, text],
    [60, 'quick brown fox jumps over 3.14 lazy dogs.'],
    [400, 'quick brown fox jumps over 3.14 lazy dogs.'],
    [401, 'brown fox jumps over 3.14 lazy dogs.'],
    [1_001, 'fox jumps over 3.14 lazy dogs.'],
    [3_000, '3.14 lazy dogs.'],
    [2_700, '3.14 lazy dogs.'],
    [3_200, 'lazy dogs.'],
    [4_600, ''],
    [60_000, ''],
  ] as const)('after %i ms at 100 ms a letter', (spokenMs, rest) => {
    expect(restOf(text, spokenMs, 100)).toBe(rest)
  })

  it('counts what stands for a syllable as more than a letter, and finds words where none are parted', () => {
    expect(unitsOf('ab 漢字')).toBe(9)
    expect(restOf('今日はいい天気です。', 600, 100)).not.toContain('今日')
    expect(restOf('今日はいい天気です。', 600, 100)).toContain('天気')
  })

  it('is a tail of the text that begins with a word, later the longer it was spoken', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', '.', '漢', 'é', '😀', '7') }), fc.nat(10_000), fc.nat(10_000), (words, oneMs, otherMs) => {
      const [early, late] = [Math.min(oneMs, otherMs), Math.max(oneMs, otherMs)].map(ms => restOf(words, ms, 100)) as [string, string]
      expect(words.endsWith(early)).toBe(true)
      expect(early.endsWith(late)).toBe(true)
      expect(late === words || late === '' || /^[\p{L}\p{N}]/u.test(late)).toBe(true)
    }))
  })
})

describe('how long was spoken', () => {
  it('begins with the first sound, and goes through the pauses', () => {
    const meter = new SpeechMeter()
    meter.add(new Int16Array(16_000).fill(50), 16_000)
    const half = new Int16Array(16_000)
    half.fill(5_000, 8_000)
    meter.add(half, 16_000)
    meter.add(new Int16Array(2_400), 24_000)
    expect(meter.spokenMs).toBe(600)
  })

  it('is measured against the voice\'s own speed, within reason', () => {
    const rates = new SpeakingRates<string>(2)
    expect(rates.msPerUnit('a')).toBeLessThan(MS_PER_UNIT / 2)
    rates.learn('a', 'ten letters', 11 * 40)
    rates.learn('a', 'ten letters', 11 * 50)
    expect(rates.msPerUnit('a')).toBe(45)
    rates.learn('b', 'x', 10_000)
    expect(rates.msPerUnit('b')).toBe(MS_PER_UNIT)
  })
})
