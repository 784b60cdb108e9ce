import type { TakePart } from '../../../../src-main/engines/asr/take-cutter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TakeCutter } from '../../../../src-main/engines/asr/take-cutter'

const RATE = 1000

/** The pieces of a sound that is pushed in blocks of the given sizes, over and over. */
function cut(samples: Int16Array, blocks: readonly number[], maxMs: number, searchMs?: number): number[][] {
  const cutter = new TakeCutter({ rateHz: RATE, maxMs, ...(searchMs !== undefined && { searchMs }) })
  const parts: TakePart[] = []
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = blocks[i % blocks.length] ?? 20
    parts.push(...cutter.push(samples.subarray(at, at + size)))
    at += size
  }
  parts.push(...cutter.end())
  const pieces: number[][] = [[]]
  for (const { samples: some, last } of parts) {
    pieces.at(-1)?.push(...some)
    if (last)
      pieces.push([])
  }
  expect(pieces.at(-1)).toEqual([])
  return pieces.slice(0, -1)
}

function loud(length: number): number[] {
  return Array.from({ length }, (_, i) => (i % 2 === 0 ? 5000 : -5000))
}

describe('cutting a take', () => {
  it('a short take is one piece, an empty one is none', () => {
    expect(cut(Int16Array.from(loud(900)), [20], 1000)).toHaveLength(1)
    expect(cut(new Int16Array(0), [20], 1000)).toEqual([])
  })

  it('cuts in the middle of the pause near the limit', () => {
    const sound = Int16Array.from([...loud(5000), ...Array.from({ length: 1000 }).fill(0), ...loud(3000), ...Array.from({ length: 400 }).fill(0), ...loud(3000)])
    const pieces = cut(sound, [20], 10_000, 3_000)
    expect(pieces.map(({ length }) => length)).toEqual([9200, 3200].map(length => expect.closeTo(length, -2) as number))
    expect(pieces[0]?.length).toBeGreaterThan(9000)
    expect(pieces[0]?.length).toBeLessThan(9400)
  })

  it('cuts where it is quietest when nothing is silent', () => {
    const quieter = loud(400).map(value => value / 10)
    const pieces = cut(Int16Array.from([...loud(8000), ...quieter, ...loud(4000)]), [20], 10_000, 3_000)
    expect(pieces[0]?.length).toBeGreaterThan(8000)
    expect(pieces[0]?.length).toBeLessThan(8400)
  })

  it('gives out sound as it comes until the end of the piece is near', () => {
    const cutter = new TakeCutter({ rateHz: RATE, maxMs: 10_000, searchMs: 2_000 })
    expect(cutter.push(Int16Array.from(loud(100)))).toEqual([{ samples: Int16Array.from(loud(100)), last: false }])
  })

  it('loses nothing, whatever the blocks: no piece is too long, and the cuts are the same', () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: -9000, max: 9000 }), { maxLength: 600 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 60, max: 200 }),
      (values, blocks, maxMs) => {
        const sound = Int16Array.from(values)
        const pieces = cut(sound, blocks, maxMs, 40)
        expect(pieces.flat()).toEqual(values)
        expect(pieces.every(({ length }) => length > 0 && length <= maxMs)).toBe(true)
        expect(pieces).toEqual(cut(sound, [1], maxMs, 40))
      },
    ), { numRuns: 200 })
  })
})
