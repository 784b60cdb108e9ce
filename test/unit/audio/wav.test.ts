import { Buffer } from 'node:buffer'
import { mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAudio } from '../../../src-main/audio/read-audio'
import { WavParser, writeWav } from '../../../src-main/audio/wav'
import { abortReason } from '../../../src-main/lib/abort'
import { pcmBytes, wavHeader } from '../../../src-main/lib/wav-format'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-wav-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function ramp(count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, i) => ((i * 37) % 20_000) - 10_000)
}

function chunk(id: string, body: Buffer, size = body.length): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 'latin1')
  head.writeUInt32LE(size >>> 0, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}

function riff(...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks])
  return Buffer.concat([chunk('RIFF', body)])
}

function fmt({ tag = 1, channels = 1, rateHz = 16_000, bits = 16, extra = Buffer.alloc(0) } = {}): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt16LE(tag, 0)
  body.writeUInt16LE(channels, 2)
  body.writeUInt32LE(rateHz, 4)
  body.writeUInt32LE((rateHz * channels * bits) / 8, 8)
  body.writeUInt16LE((channels * bits) / 8, 12)
  body.writeUInt16LE(bits, 14)
  return chunk('fmt ', Buffer.concat([body, extra]))
}

async function samplesOf(source: string | AsyncIterable<Uint8Array>, options = {}): Promise<number[]> {
  const all: number[] = []
  for await (const frame of readAudio(source, options)) {
    expect({ length: frame.samples.length, rate: frame.sampleRate, at: frame.capturedAtMs }).toEqual({ length: 320, rate: 16_000, at: (all.length / 320) * 20 })
    all.push(...frame.samples)
  }
  return all
}

async function failure(source: string | AsyncIterable<Uint8Array>, options = {}): Promise<{ code: string, message: string }> {
  try {
    await samplesOf(source, options)
  }
  catch (error) {
    return error as { code: string, message: string }
  }
  throw new Error('it did not fail')
}

const stream = (...blocks: Uint8Array[]) => Readable.from(blocks)

describe('reading sound', () => {
  it('gives back what was written, padded to whole frames', async () => {
    const path = join(dir, 'back.wav')
    const samples = ramp(1000)
    await writeWav(path, samples, 16_000)
    const read = await samplesOf(path)
    expect(read.slice(0, 1000)).toEqual([...samples])
    expect(read.length).toBe(1280)
    expect(read.slice(1000).every(sample => sample === 0)).toBe(true)
  })

  it('reads the same however the stream is cut, with foreign and odd chunks around', async () => {
    const samples = ramp(640)
    const file = riff(chunk('LIST', Buffer.from('odd')), fmt(), chunk('fact', Buffer.alloc(4)), chunk('data', pcmBytes(samples)), chunk('id3 ', Buffer.from('tagtag1')))
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 20 }), async (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), file.length]
      const blocks = edges.slice(1).map((to, i) => file.subarray(edges[i], to))
      expect(await samplesOf(stream(...blocks))).toEqual([...samples])
    }), { numRuns: 50 })
  })

  it.each([0, 0xFFFFFFFF, 0x7FFFFFFF])('takes a data size of %i to mean: to the end', async (size) => {
    const samples = ramp(320)
    expect(await samplesOf(stream(riff(fmt(), chunk('data', pcmBytes(samples), size))))).toEqual([...samples])
  })

  it('reads what is there of a file cut short', async () => {
    const file = riff(fmt(), chunk('data', pcmBytes(ramp(3200))))
    const read = await samplesOf(stream(file.subarray(0, file.length - 3201)))
    expect(read.slice(0, 1599)).toEqual([...ramp(1599)])
  })

  it.each([
    ['8-bit', { bits: 8 }, (v: number) => Buffer.from([Math.round(v * 127 + 128)])],
    ['24-bit', { bits: 24 }, (v: number) => {
      const b = Buffer.alloc(3)
      b.writeIntLE(Math.round(v * 8_388_607), 0, 3)
      return b
    }],
    ['32-bit float', { tag: 3, bits: 32 }, (v: number) => {
      const b = Buffer.alloc(4)
      b.writeFloatLE(v)
      return b
    }],
    ['extensible 16-bit', { tag: 0xFFFE, bits: 16, extra: Buffer.from([22, 0, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113]) }, (v: number) => {
      const b = Buffer.alloc(2)
      b.writeInt16LE(Math.round(v * 32767))
      return b
    }],
  ])('reads %s stereo at 96 kHz', async (_name, layout, encode) => {
    const values = Array.from({ length: 9600 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / 96_000))
    const data = Buffer.concat(values.flatMap(v => [encode(v), encode(v)]))
    const read = await samplesOf(stream(riff(fmt({ ...layout, channels: 2, rateHz: 96_000 }), chunk('data', data))))
    expect(read.length).toBe(1600)
    const worst = Math.max(...read.slice(200, 1400).map((sample, i) => Math.abs(sample / 32768 - 0.5 * Math.sin((2 * Math.PI * 440 * (i + 200)) / 16_000))))
    expect(worst).toBeLessThan(0.008)
  })

  it('takes headerless 16 kHz PCM from a stream, cut at odd bytes', async () => {
    const bytes = pcmBytes(ramp(960))
    expect(await samplesOf(stream(bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2, 333), bytes.subarray(333)))).toEqual([...ramp(960)])
  })

  it('says what is wrong and what to do', async () => {
    const text = join(dir, 'text.wav')
    const empty = join(dir, 'empty.wav')
    await writeFile(text, 'this is no sound')
    await writeFile(empty, '')
    const codes = {
      text: await failure(text),
      empty: await failure(empty),
      missing: await failure(join(dir, 'missing.wav')),
      folder: await failure(dir),
      noSamples: await failure(stream(riff(fmt(), chunk('data', Buffer.alloc(0)), Buffer.alloc(0)).subarray(0, 44))),
      headerOnly: await failure(stream(riff(fmt()))),
      cutFormat: await failure(stream(riff(fmt()).subarray(0, 20)), { format: 'wav' }),
      mp3InWav: await failure(stream(riff(fmt({ tag: 0x55 }), chunk('data', Buffer.alloc(8))))),
      twelveBit: await failure(stream(riff(fmt({ bits: 12 }), chunk('data', Buffer.alloc(8))))),
      noChannels: await failure(stream(riff(fmt({ channels: 0 }), chunk('data', Buffer.alloc(8))))),
      noRate: await failure(stream(riff(fmt({ rateHz: 0 }), chunk('data', Buffer.alloc(8))))),
      avi: await failure(stream(Buffer.from('RIFF\x20\0\0\0AVI LIST'))),
      emptyPipe: await failure(stream()),
    }
    expect(Object.fromEntries(Object.entries(codes).map(([name, error]) => [name, error.code]))).toEqual({
      text: 'not-audio',
      empty: 'empty-audio',
      missing: 'not-found',
      folder: 'bad-input',
      noSamples: 'empty-audio',
      headerOnly: 'empty-audio',
      cutFormat: 'bad-input',
      mp3InWav: 'bad-input',
      twelveBit: 'bad-input',
      noChannels: 'bad-input',
      noRate: 'bad-input',
      avi: 'not-audio',
      emptyPipe: 'empty-audio',
    })
    // Each says what to do, in words of people.
    expect(Object.fromEntries(Object.entries(codes).map(([name, error]) => [name, error.message]))).toEqual({
      text: expect.stringMatching(/not a WAV file.*Convert it first: ffmpeg/),
      avi: expect.stringMatching(/not a WAV file.*Convert it first: ffmpeg/),
      empty: expect.stringMatching(/empty.*Record or export it again/),
      emptyPipe: expect.stringMatching(/no sound in it.*Record or export it again/),
      noSamples: expect.stringMatching(/no sound in it.*Record or export it again/),
      headerOnly: expect.stringMatching(/no sound in it.*Record or export it again/),
      missing: expect.stringMatching(/no such sound file.*Check the path/),
      folder: expect.stringMatching(/is a folder.*Name the sound files/),
      cutFormat: expect.stringMatching(/Export it again/),
      mp3InWav: expect.stringMatching(/compressed.*Convert it to PCM WAV first: ffmpeg/),
      twelveBit: expect.stringMatching(/12 bits.*Convert it/),
      noChannels: expect.stringMatching(/0 channels.*Export it again/),
      noRate: expect.stringMatching(/0 samples a second.*Export it again/),
    })
  })

  it('never fails otherwise than with a known error, whatever the bytes', () => {
    const known = new Set(['not-audio', 'bad-input', 'empty-audio'])
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, asRiff) => {
      const parser = new WavParser()
      try {
        parser.push(Buffer.concat([asRiff ? Buffer.from('RIFF\0\0\0\0WAVE') : Buffer.alloc(0), bytes]))
        parser.end()
      }
      catch (error) {
        expect(known).toContain((error as { code?: string }).code)
      }
    }))
  })

  it('reads two hours with flat memory', async () => {
    const path = join(dir, 'long.wav')
    const seconds = 7200
    const file = await open(path, 'w')
    await file.write(wavHeader(seconds * 16_000 * 2, 16_000))
    await file.close()
    await truncate(path, 44 + seconds * 32_000) // a hole: reads as silence, takes no disk
    let frames = 0
    let peak = 0
    const before = process.memoryUsage().rss
    for await (const _ of readAudio(path)) {
      if (++frames % 20_000 === 0)
        peak = Math.max(peak, process.memoryUsage().rss - before)
    }
    expect(frames).toBe(seconds * 50)
    expect(peak).toBeLessThan(100 * 1024 * 1024)
  }, 30_000)

  it('throws the reason of an abort, also while the source is silent, and lets go of the source', async () => {
    const controller = new AbortController()
    const reason = abortReason('enough')
    const source = new Readable({ read() {} })
    source.push(pcmBytes(ramp(640)))
    const reading = failure(source, { signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    expect(await reading).toBe(reason)
    await new Promise(resolve => setImmediate(resolve))
    expect(source.destroyed).toBe(true)
  })
})

describe('header', () => {
  it('says "unknown" rather than a wrong size for what 32 bits cannot say', () => {
    expect(wavHeader(5e9, 16_000).readUInt32LE(40)).toBe(0xFFFFFFFF - 44)
  })

  it('is what other programs expect', async () => {
    const path = join(dir, 'header.wav')
    await writeWav(path, ramp(4), 16_000)
    expect((await readFile(path)).toString('hex')).toBe(`${'524946462c00000057415645666d74201000000001000100803e0000007d00000200100064617461'}08000000${Buffer.from(ramp(4).buffer).toString('hex')}`)
  })
})
