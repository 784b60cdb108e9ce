import type { SoundBlock } from '../../../../src-main/engines/tts/wav-stream'
import type { SpeechScript } from '../../../fakes/service-server/speech'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SpeechBody } from '../../../../src-main/engines/tts/speech-body'
import { toAppError } from '../../../../src-main/lib/app-error'
import { SPEECH_SCRIPTS, tone, wav } from '../../../fakes/service-server/speech'
import { byteByByte, cutBytes, forRandomSplits, splitsEach, splitsLimitMs } from '../../../support/splits'

const SPLITS_EACH = splitsEach(Object.keys(SPEECH_SCRIPTS).length)

interface Read {
  readonly samples: Int16Array
  readonly rates: readonly number[]
  readonly failure: string | undefined
}

function read(contentType: string, pieces: readonly Uint8Array[], maxSoundMs = 60_000): Read {
  const blocks: SoundBlock[] = []
  let failure: string | undefined
  try {
    const body = new SpeechBody({ service: 'Test', contentType, maxSoundMs })
    for (const piece of pieces) {
      for (const block of body.push(piece))
        blocks.push(block)
      if (body.done)
        break
    }
    for (const block of body.end())
      blocks.push(block)
  }
  catch (error) {
    failure = toAppError(error).code
  }
  return {
    samples: together(blocks),
    rates: [...new Set(blocks.map(({ sampleRate }) => sampleRate))],
    failure,
  }
}

function meaning({ means: { samples, sampleRate }, failure }: SpeechScript): Read {
  return { samples, rates: samples.length === 0 ? [] : [sampleRate], failure }
}

function together(blocks: readonly SoundBlock[]): Int16Array {
  const all = new Int16Array(blocks.reduce((sum, { samples }) => sum + samples.length, 0))
  let at = 0
  for (const { samples } of blocks) {
    all.set(samples, at)
    at += samples.length
  }
  return all
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Quicker than the test library's own comparison. */
function isSame(a: Read, b: Read): boolean {
  return a.failure === b.failure && a.rates.join() === b.rates.join() && Buffer.compare(bytesOf(a.samples), bytesOf(b.samples)) === 0
}

describe('the body of a reply with sound', () => {
  for (const [name, script] of Object.entries(SPEECH_SCRIPTS)) {
    it(`${name}: means the same in one piece, byte by byte, and in ${SPLITS_EACH} random splits`, () => {
      const meant = meaning(script)
      expect(read(script.contentType, [script.body])).toEqual(meant)
      expect(read(script.contentType, byteByByte(script.body))).toEqual(meant)
      forRandomSplits(script.body, SPLITS_EACH, (pieces) => {
        const got = read(script.contentType, pieces)
        if (!isSame(got, meant))
          expect(got).toEqual(meant)
      })
    }, splitsLimitMs(SPLITS_EACH))
  }

  it('gives out sound before its end is there', () => {
    const body = new SpeechBody({ service: 'Test', contentType: 'audio/pcm', maxSoundMs: 60_000 })
    const bytes = Buffer.alloc(1920)
    expect([...body.push(bytes)].reduce((sum, { samples }) => sum + samples.length, 0)).toBe(960)
  })

  it('an endless reply ends: no more sound than the text can have', () => {
    const body = new SpeechBody({ service: 'Test', contentType: 'audio/pcm', maxSoundMs: 1000 })
    let blocks = 0
    expect(() => {
      for (;;) {
        for (const _ of body.push(Buffer.alloc(4800)))
          blocks++
      }
    }).toThrow(expect.objectContaining({ code: 'too-large' }))
    expect(blocks).toBe(10)
  })

  it('an endless text where sound should be ends too', () => {
    const body = new SpeechBody({ service: 'Test', contentType: 'application/json', maxSoundMs: 1000 })
    expect(() => {
      for (;;)
        expect([...body.push(Buffer.alloc(64 * 1024, 32))]).toEqual([])
    }).toThrow(expect.objectContaining({ code: 'service-reply' }))
  })

  it('any header, any sound, any cut', () => {
    fc.assert(fc.property(
      fc.record({
        rate: fc.constantFrom(8_000, 16_000, 22_050, 24_000, 44_100, 48_000),
        channels: fc.constantFrom(1, 2, 6),
        size: fc.constantFrom(undefined, 0, 0x7FFFFFFF, 0xFFFFFFFF),
        extensible: fc.boolean(),
      }),
      fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 1, maxLength: 400 }),
      fc.array(fc.nat(2000), { maxLength: 12 }),
      ({ size, ...options }, values, at) => {
        const data = Buffer.from(Int16Array.from(values.flatMap(value => Array.from({ length: options.channels }).fill(value))).buffer)
        const bytes = wav(data, { ...options, ...(size !== undefined && { size }) })
        const got = read('audio/wav', cutBytes(bytes, at))
        expect(got).toEqual({ samples: Int16Array.from(values), rates: [options.rate], failure: undefined })
      },
    ), { numRuns: 300 })
  })

  it('sound that happens to hold the letters of a header is sound', () => {
    const sound = tone(200)
    const data = Buffer.from(sound.buffer)
    data.write('RIFF', 40, 'latin1')
    data.write('RIF', data.length - 3, 'latin1')
    for (const pieces of [[wav(data, { size: 0 })], byteByByte(wav(data, { size: 0 }))])
      expect(read('audio/wav', pieces).samples).toEqual(Int16Array.from(sound))
  })
})
