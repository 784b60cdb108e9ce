import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LevelMeter, toDb } from '../../../src-main/audio/level'
import { RingBuffer } from '../../../src-main/audio/ring-buffer'
import { Framer, toMono16 } from '../../../src-main/lib/pcm'

describe('ring buffer', () => {
  it('holds the last items, oldest first', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.array(fc.integer(), { maxLength: 15 }), { maxLength: 6 }), (capacity, rounds) => {
      const ring = new RingBuffer<number>(capacity)
      for (const items of rounds) {
        for (const item of items)
          ring.push(item)
        expect(ring.size).toBe(Math.min(capacity, items.length))
        expect(ring.drain()).toEqual(items.slice(-capacity))
        expect(ring.size).toBe(0)
      }
    }))
  })

  it('refuses a capacity of nothing', () => {
    expect(() => new RingBuffer(0)).toThrow(RangeError)
  })
})

describe('framer', () => {
  it('cuts into whole blocks, and pads only the last: nothing is lost, nothing added in between', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.array(fc.integer({ min: 1, max: 32767 }), { maxLength: 120 }), { maxLength: 8 }), (size, blocks) => {
      const framer = new Framer(size)
      const out = blocks.flatMap(block => framer.push(Int16Array.from(block)))
      const last = framer.flush()
      if (last)
        out.push(last)
      const input = blocks.flat()
      const output = out.flatMap(block => [...block])
      expect(out.every(block => block.length === size)).toBe(true)
      expect(output.slice(0, input.length)).toEqual(input)
      expect(output.slice(input.length).every(sample => sample === 0)).toBe(true)
      expect(output.length - input.length).toBeLessThan(size)
    }))
  })
})

describe('to mono', () => {
  it('reads each width', () => {
    const float = Buffer.alloc(8)
    float.writeFloatLE(0.5, 0)
    float.writeFloatLE(Number.NaN, 4)
    const double = Buffer.alloc(8)
    double.writeDoubleLE(-2)
    const base = { channels: 1, sampleRateHz: 16_000 }
    expect({
      8: [...toMono16(Buffer.from([128, 0, 255]), { ...base, encoding: 'integer', bitsPerSample: 8 })],
      16: [...toMono16(Buffer.from([0x34, 0x12, 0xFF, 0xFF]), { ...base, encoding: 'integer', bitsPerSample: 16 })],
      24: [...toMono16(Buffer.from([0, 0x34, 0x12, 0, 0, 0x80]), { ...base, encoding: 'integer', bitsPerSample: 24 })],
      32: [...toMono16(Buffer.from([0, 0, 0x34, 0x12]), { ...base, encoding: 'integer', bitsPerSample: 32 })],
      float: [...toMono16(float, { ...base, encoding: 'float', bitsPerSample: 32 })],
      double: [...toMono16(double, { ...base, encoding: 'float', bitsPerSample: 64 })],
    }).toEqual({ 8: [0, -32768, 32512], 16: [0x1234, -1], 24: [0x1234, -32768], 32: [0x1234], float: [16384, 0], double: [-32768] })
  })

  it('averages the channels and drops an incomplete frame', () => {
    const bytes = Buffer.alloc(10)
    bytes.writeInt16LE(1000, 0)
    bytes.writeInt16LE(-3000, 2)
    bytes.writeInt16LE(32767, 4)
    bytes.writeInt16LE(32767, 6)
    expect([...toMono16(bytes, { encoding: 'integer', bitsPerSample: 16, channels: 2, sampleRateHz: 1 })]).toEqual([-1000, 32767])
  })
})

describe('level meter', () => {
  it('reads rms and peak of everything since the last reading, at most 20 a second', () => {
    const meter = new LevelMeter()
    const loud = new Int16Array(320).fill(16384)
    const readings = Array.from({ length: 100 }, (_, i) => meter.add(i % 2 === 0 ? loud : new Int16Array(320), i * 20)).filter(reading => reading !== undefined)
    // A 20 ms frame each: every third one is due.
    expect(readings.length).toBe(34)
    expect(readings[0]?.peakDb).toBeCloseTo(-6.02, 1)
    expect(readings[1]?.peakDb).toBeCloseTo(-6.02, 1)
    expect(readings[1]?.rmsDb).toBeCloseTo(-10.79, 1)
  })

  it('stays between -90 and 0 dBFS', () => {
    expect([toDb(0), toDb(1e-9), toDb(1), toDb(2)]).toEqual([-90, -90, 0, 0])
    expect(new LevelMeter().add(new Int16Array(0), 0)).toBeUndefined()
  })
})
