import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlaybackTape } from '../../../src-main/audio/playback-tape'

const RATE = 16_000
const BLOCK = 320

function drain(tape: PlaybackTape): number[] {
  const all: number[] = []
  for (let block = tape.take(); block; block = tape.take())
    all.push(...block)
  return all
}

function put(tape: PlaybackTape, samples: number[] | Int16Array, pieceIndex = 0, sampleRate = RATE): void {
  const chunk = Int16Array.from(samples)
  tape.announce({ samples: chunk, sampleRate, pieceIndex, last: false })
  tape.append(chunk, sampleRate)
}

describe('playback tape', () => {
  it('gives every sample once and at once, in blocks of at most 20 ms', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.integer({ min: -32768, max: 32767 }), { maxLength: 900 }), { maxLength: 6 }), (chunks) => {
      const tape = new PlaybackTape(RATE, 1)
      for (const [index, chunk] of chunks.entries()) {
        put(tape, chunk, index)
        const out: number[] = []
        for (let block = tape.take(); block; block = tape.take()) {
          expect(block.length).toBeLessThanOrEqual(BLOCK)
          out.push(...block)
        }
        expect({ out, aheadMs: tape.aheadMs }).toEqual({ out: chunk, aheadMs: 0 })
      }
      tape.end()
      tape.end()
      expect({ rest: drain(tape), length: tape.lengthSamples }).toEqual({ rest: [], length: chunks.flat().length })
    }), { numRuns: 50 })
  })

  it('the end of a piece does not wait for the next one', () => {
    const tape = new PlaybackTape(48_000, 1)
    put(tape, new Int16Array(22_050).fill(1000), 0, 22_050)
    const before = drain(tape).length
    tape.endPiece()
    expect({ whole: before + drain(tape).length, held: before < 48_000 }).toEqual({ whole: 48_000, held: true })
  })

  it('goes back to the right place whatever the blocks are', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), fc.nat(6000), fc.nat(6000), (lengths, trimTo, position) => {
      const tape = new PlaybackTape(RATE, 1)
      let count = 0
      for (const length of lengths) {
        const first = count
        put(tape, Array.from({ length }, (_, i) => first + i))
        count += length
      }
      drain(tape)
      tape.trim(trimTo)
      const start = tape.rewind(position)
      const rest = drain(tape)
      expect(rest).toEqual(Array.from({ length: count - start }, (_, i) => start + i))
      expect(start <= Math.max(position, trimTo) || start === count).toBe(true)
    }))
  })

  it('carries chunks of different rates over without losing their length', () => {
    const tape = new PlaybackTape(48_000, 1)
    put(tape, new Int16Array(22_050), 0, 22_050)
    put(tape, new Int16Array(24_000), 1, 24_000)
    put(tape, new Int16Array(48_000), 2, 48_000)
    tape.end()
    expect(tape.lengthSamples).toBe(3 * 48_000)
    expect(tape.lastHeard(3 * 48_000)).toBe(2)
  })

  it('knows which pieces have begun and of which half was heard', () => {
    const tape = new PlaybackTape(RATE, 1)
    put(tape, new Int16Array(1000).fill(1), 0)
    put(tape, new Int16Array(1000).fill(1), 0)
    put(tape, new Int16Array(4000).fill(1), 3)
    expect([0, 1, 2000, 2001].map(sample => tape.piecesBegun(sample))).toEqual([[], [0], [0], [0, 3]])
    expect([0, 999, 1000, 3999, 4000, 9999].map(sample => tape.lastHeard(sample))).toEqual([null, null, 0, 0, 3, 3])
  })

  it('goes back to what was not heard, as far as it was not trimmed', () => {
    const tape = new PlaybackTape(RATE, 1)
    const samples = Array.from({ length: BLOCK * 10 }, (_, i) => i)
    put(tape, samples)
    drain(tape)
    expect(tape.rewind(BLOCK * 4 + 5)).toBe(BLOCK * 4)
    expect(drain(tape)).toEqual(samples.slice(BLOCK * 4))
    tape.trim(BLOCK * 6 + 1)
    expect(tape.rewind(0)).toBe(BLOCK * 6)
    expect(drain(tape)).toEqual(samples.slice(BLOCK * 6))
    expect(tape.aheadMs).toBe(0)
  })

  it('never trims what was not handed out', () => {
    const tape = new PlaybackTape(RATE, 1)
    put(tape, new Int16Array(BLOCK * 3).fill(7))
    tape.take()
    tape.trim(BLOCK * 3)
    expect(drain(tape).length).toBe(BLOCK * 2)
  })

  it('applies the volume', () => {
    const tape = new PlaybackTape(RATE, 0.25)
    put(tape, new Int16Array(BLOCK).fill(-20_000))
    expect(tape.take()).toEqual(new Int16Array(BLOCK).fill(-5000))
  })
})
