import type { InferenceHost } from '../../src-main/inference/inference-host'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { SpeechChunk, SpeechPiece } from '../../src-main/ports/tts-engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInferenceHost } from '../../src-main/inference/inference-host'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { collect, describeAsrConformance, describeTtsConformance } from '../support/engine-conformance'
import { inferenceChildSpawner } from '../support/inference-child'
import { LOCAL_MODELS } from '../support/local-models'
import { framesOf } from '../support/resample-for-test'

let host: InferenceHost
let question: AudioFrame[]

const { chat: _, ...MODELS } = LOCAL_MODELS
const fresh = (): AbortSignal => new AbortController().signal

async function* pieces(...texts: string[]): AsyncGenerator<SpeechPiece, void, undefined> {
  for (const [index, text] of texts.entries())
    yield { index, text }
}

function say(texts: string[], speed?: number): Promise<SpeechChunk[]> {
  return collect(host.tts.synthesize(pieces(...texts), { signal: fresh(), ...(speed === undefined ? {} : { speed }) }))
}

const durationMs = (chunks: readonly SpeechChunk[]): number => chunks.reduce((sum, chunk) => sum + chunk.samples.length * 1000 / chunk.sampleRate, 0)

async function hear(frames: Iterable<AudioFrame>): Promise<string> {
  async function* given(): AsyncGenerator<AudioFrame> {
    yield* frames
  }
  const last = (await collect(host.asr.transcribe(given(), { signal: fresh() }))).at(-1)
  return last?.type === 'final' ? last.text : 'no final'
}

beforeAll(async () => {
  host = createInferenceHost({ spawn: await inferenceChildSpawner(), clock: systemClock, logger: silentLogger, models: MODELS })
  host.start()
  await Promise.all([host.ready('tts'), host.ready('asr')])
  question = framesOf(await say(['What is the capital of France?']))
})

afterAll(() => host[Symbol.asyncDispose]())

describe('the voice in its process', () => {
  it('says what is asked: the recogniser reads it back', async () => {
    const heard = await hear(framesOf(await say(['The quick brown fox,', 'jumps over the lazy dog.'])))
    expect(heard.toLowerCase().replace(/[^a-z ]/g, '')).toBe('the quick brown fox jumps over the lazy dog')
  })

  it('begins within 20 ms of its first sample and is neither silent nor clipped', async () => {
    const chunks = await say(['Hello there.'])
    const samples = chunks[0]?.samples ?? new Int16Array(0)
    const rate = chunks[0]?.sampleRate ?? 1
    expect(samples.findIndex(sample => Math.abs(sample) > 300) * 1000 / rate).toBeLessThanOrEqual(20)
    const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    expect(peak).toBeGreaterThan(5000)
    expect(peak).toBeLessThan(32_767)
  })

  it('speaks faster and slower', async () => {
    const text = ['The capital of France is Paris, which lies on the river Seine.']
    const [slow, fast] = [durationMs(await say(text, 0.7)), durationMs(await say(text, 1.6))]
    expect(slow / fast).toBeGreaterThan(1.7)
  })

  it('pulls one piece ahead of what is heard, and no more', async () => {
    let pulled = 0
    async function* counted(): AsyncGenerator<SpeechPiece> {
      for (let index = 0; index < 6; index++) {
        pulled++
        yield { index, text: 'This is a sentence.' }
      }
    }
    const speech = host.tts.synthesize(counted(), { signal: fresh() })[Symbol.asyncIterator]()
    for (let index = 0; index < 4; index++) {
      const { value } = await speech.next()
      expect(value).toMatchObject({ pieceIndex: index, last: true })
      await expect.poll(() => pulled).toBe(index + 2)
    }
    await speech.return?.()
  })

  it('a very long piece comes in parts, first ones soon', async () => {
    const chunks = await say([`${'The sea is wide and deep, and nobody knows all of it. '.repeat(12)}`])
    expect(chunks.length).toBeGreaterThan(3)
    expect(chunks.filter(chunk => chunk.last)).toHaveLength(1)
    expect(durationMs(chunks.slice(0, 1))).toBeLessThan(5000)
  })

  it('survives text of any kind', async () => {
    for (const text of ['\0\uD800', '漢字かな', '🙂🙂', 'a'.repeat(500), '1/0 = ∞', '\n\n\n']) {
      const chunks = await say([text])
      expect(chunks.at(-1)?.last).toBe(true)
    }
  })
})

describeTtsConformance('Piper', { engine: () => host.tts })
describeAsrConformance('Moonshine', { engine: () => host.asr, speech: () => question, heard: /capital of France/i })
