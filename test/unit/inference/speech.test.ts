import type { Voice } from '../../../src-main/inference/child/sherpa'
import type { SpeechChunk } from '../../../src-main/ports/tts-engine'
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { cutParts, isPronounceable } from '../../../src-main/inference/child/tts/speech-parts'
import { shapeSpeech, toInt16 } from '../../../src-main/inference/child/tts/speech-shape'
import { createTtsModel } from '../../../src-main/inference/child/tts/tts-model'
import { abortReason } from '../../../src-main/lib/abort'

const LIMITS = { firstChars: 20, maxChars: 40 }

describe('parts of a piece', () => {
  it('together they are the piece, none too long, no character cut', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      const parts = cutParts(text, LIMITS)
      expect(parts.map(part => part.text).join('')).toBe(text)
      for (const part of parts) {
        expect(part.text.length).toBeLessThanOrEqual(LIMITS.maxChars)
        expect(part.text).not.toMatch(/[\uD800-\uDBFF]$/)
      }
    }))
  })

  it('cuts at the end of clauses, the first part early', () => {
    expect(cutParts('Well, as it happens, the sea is deep. And it is blue, and wide.', LIMITS)).toEqual([
      { text: 'Well, ', end: 'clause' },
      { text: 'as it happens, the sea is deep. ', end: 'sentence' },
      { text: 'And it is blue, and wide.', end: 'sentence' },
    ])
  })

  it('leaves a short piece whole', () => {
    expect(cutParts('Hello there, friend!', LIMITS)).toEqual([{ text: 'Hello there, friend!', end: 'sentence' }])
    expect(cutParts('“Is it?”', LIMITS)).toEqual([{ text: '“Is it?”', end: 'sentence' }])
    expect(cutParts('海は深い。', LIMITS)).toEqual([{ text: '海は深い。', end: 'sentence' }])
  })

  it('never cuts the first part in the middle of a clause for haste', () => {
    expect(cutParts('The long and winding road goes home', LIMITS)).toHaveLength(1)
  })

  it.each([['', false], [' ', false], ['...', false], ['🙂!', false], ['—', false], ['a', true], ['7', true], ['漢', true], ['é.', true]])('%j is pronounceable: %s', (text, expected) => {
    expect(isPronounceable(text)).toBe(expected)
  })
})

/** `leadMs` and `tailMs` of silence around `voiceMs` of tone, at 10 kHz. */
function sound(leadMs: number, voiceMs: number, tailMs: number): Float32Array {
  return Float32Array.from({ length: (leadMs + voiceMs + tailMs) * 10 }, (_, i) => i >= leadMs * 10 && i < (leadMs + voiceMs) * 10 ? (i % 2 === 0 ? 0.5 : -0.5) : 0.001)
}

describe('shape of speech', () => {
  const ms = (samples: Int16Array): number => samples.length / 10
  const shape = { sampleRateHz: 10_000, first: false, end: 'none', speed: 1 } as const
  const leadOf = (samples: Int16Array): number => samples.findIndex(sample => Math.abs(sample) > 1000) / 10

  it('the first part begins within 20 ms, later ones keep some breath', () => {
    expect(leadOf(shapeSpeech(sound(60, 100, 50), { ...shape, first: true }))).toBe(15)
    expect(leadOf(shapeSpeech(sound(60, 100, 50), shape))).toBe(40)
    expect(leadOf(shapeSpeech(sound(5, 100, 50), shape))).toBe(5)
  })

  it('pauses as the text asks, whatever the voice left, faster at speed', () => {
    expect(ms(shapeSpeech(sound(0, 100, 5), { ...shape, end: 'sentence' }))).toBe(340)
    expect(ms(shapeSpeech(sound(0, 100, 400), { ...shape, end: 'sentence' }))).toBe(340)
    expect(ms(shapeSpeech(sound(0, 100, 400), { ...shape, end: 'clause' }))).toBe(210)
    expect(ms(shapeSpeech(sound(0, 100, 400), { ...shape, end: 'none' }))).toBe(115)
    expect(ms(shapeSpeech(sound(0, 100, 400), { ...shape, end: 'sentence', speed: 2 }))).toBe(220)
  })

  it('nothing audible gives nothing', () => {
    expect(shapeSpeech(sound(100, 0, 0), shape)).toHaveLength(0)
    expect(shapeSpeech(new Float32Array(0), shape)).toHaveLength(0)
  })

  it('bends what is loud, keeps the rest, never wraps', () => {
    expect(toInt16(0.5)).toBe(16384)
    expect(toInt16(-0.5)).toBe(-16383)
    fc.assert(fc.property(fc.double({ min: -10, max: 10, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, d) => {
      expect(toInt16(a)).toBeLessThanOrEqual(toInt16(a + d))
      expect(Math.abs(toInt16(a))).toBeLessThanOrEqual(32_767)
    }))
  })
})

describe('a reply being spoken', () => {
  function voice(): Voice & { readonly said: string[], gate: Promise<void> } {
    const said: string[] = []
    return {
      sampleRateHz: 10_000,
      said,
      gate: Promise.resolve(),
      async generate(text) {
        said.push(text)
        await this.gate
        return { samples: sound(0, 10, 0), sampleRateHz: 10_000 }
      },
    }
  }

  function speak(own = voice()): { session: ReturnType<ReturnType<typeof createTtsModel>['createSession']>, chunks: SpeechChunk[], abort: AbortController, own: ReturnType<typeof voice> } {
    const chunks: SpeechChunk[] = []
    const abort = new AbortController()
    const session = createTtsModel(own).createSession({ signal: abort.signal, speed: 1, windowChunks: 2, emit: chunk => chunks.push(chunk) })
    return { session, chunks, abort, own }
  }

  it('each piece has one last chunk, also one with nothing to say', async () => {
    const { session, chunks } = speak()
    session.piece(0, 'Hello.')
    session.piece(1, '🙂 …')
    session.taken()
    session.taken()
    session.piece(2, '')
    session.taken()
    session.finish()
    await session.done
    expect(chunks.map(({ pieceIndex, last, samples }) => [pieceIndex, last, samples.length > 0])).toEqual([[0, true, true], [1, true, false], [2, true, false]])
  })

  it('waits when nobody takes its sound', async () => {
    const { session, chunks, own } = speak()
    for (let index = 0; index < 5; index++)
      session.piece(index, 'Hello.')
    session.finish()
    await vi.waitFor(() => expect(chunks).toHaveLength(2))
    expect(own.said).toHaveLength(2)
    session.taken()
    await vi.waitFor(() => expect(chunks).toHaveLength(3))
    for (let index = 0; index < 4; index++)
      session.taken()
    await session.done
    expect(chunks).toHaveLength(5)
  })

  it('a long piece comes in parts, the last one marked', async () => {
    const { session, chunks, own } = speak()
    session.piece(7, `${'The sea is deep and wide and blue, '.repeat(12)}and that is all.`)
    session.finish()
    for (let i = 0; i < 10; i++)
      session.taken()
    await session.done
    expect(own.said.length).toBeGreaterThan(2)
    expect(chunks.map(chunk => chunk.last)).toEqual([...Array.from({ length: own.said.length - 1 }).fill(false), true])
    expect(new Set(chunks.map(chunk => chunk.pieceIndex))).toEqual(new Set([7]))
  })

  it('abort ends it with the reason, and the next reply is spoken', async () => {
    const own = voice()
    let open = (): void => {}
    own.gate = new Promise((resolve) => {
      open = resolve
    })
    const model = createTtsModel(own)
    const abort = new AbortController()
    const chunks: SpeechChunk[] = []
    const first = model.createSession({ signal: abort.signal, speed: 1, windowChunks: 2, emit: chunk => chunks.push(chunk) })
    first.piece(0, 'Old.')
    const reason = abortReason('test')
    await vi.waitFor(() => expect(own.said).toEqual(['Old.']))
    abort.abort(reason)
    open()
    await expect(first.done).rejects.toBe(reason)
    expect(chunks).toEqual([])
    const second = model.createSession({ signal: new AbortController().signal, speed: 1, windowChunks: 2, emit: chunk => chunks.push(chunk) })
    second.piece(0, 'New.')
    second.finish()
    await second.done
    expect(chunks).toHaveLength(1)
  })

  it('abort while it waits for a piece', async () => {
    const { session, abort } = speak()
    const reason = abortReason('test')
    abort.abort(reason)
    await expect(session.done).rejects.toBe(reason)
  })
})
