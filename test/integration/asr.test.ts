import type { LoadedAsr } from '../../src-main/inference/child/asr'
import type { AsrEvent } from '../../src-main/ports/asr-engine'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAudio } from '../../src-main/audio/read-audio'
import { loadAsr } from '../../src-main/inference/child/asr'
import { wordsOf } from '../../src-main/inference/child/asr/transcript-check'
import { createVoice } from '../../src-main/inference/child/sherpa'
import texts from '../fixtures/speech.json'
import { MOONSHINE_BASE, MOONSHINE_TINY, PIPER, SILERO } from '../support/local-models'
import { spokenFile } from '../support/speech'

const RATE_HZ = 16_000
/** The recording that set-up made: the same in every run, where the voice speaks a little differently each time. */
const QUESTION = texts['k-france']
const STORY = 'The little town wakes up late on a winter morning. First the baker opens his door. Then the children walk to school. '
  + 'At noon the market is full, and people come to see what is new this week. Some of them buy fresh fish. Others only take bread and stay for the talk.'

let asr: LoadedAsr
let question: Int16Array
let story: Int16Array

async function recorded(name: keyof typeof texts): Promise<Int16Array> {
  const samples: number[] = []
  for await (const frame of readAudio(spokenFile(name)))
    samples.push(...frame.samples)
  return Int16Array.from(samples)
}

/** Spoken by the embedded voice, as a microphone would hear it. */
async function speak(text: string): Promise<Int16Array> {
  const voice = await createVoice(PIPER, { threads: 2 })
  const { samples, sampleRateHz } = await voice.generate(text, { speed: 1 })
  const length = Math.floor(samples.length * RATE_HZ / sampleRateHz)
  return Int16Array.from({ length }, (_, i) => {
    const at = i * sampleRateHz / RATE_HZ
    const left = samples[Math.floor(at)] ?? 0
    return Math.round((left + ((samples[Math.floor(at) + 1] ?? left) - left) * (at % 1)) * 20_000)
  })
}

interface Taken {
  readonly events: readonly AsrEvent[]
  readonly text: string
  readonly phrases: readonly string[]
}

/** Pushes as a microphone does, or as fast as the session takes it. With `awaitSettled`, the take ends after that. */
async function take(sound: Int16Array, options: { step?: number, realTime?: boolean, awaitSettled?: boolean } = {}): Promise<Taken> {
  const { step = 320, realTime = false, awaitSettled = false } = options
  const events: AsrEvent[] = []
  let settled = (): void => {}
  const whenSettled = new Promise<void>((resolve) => {
    settled = resolve
  })
  const session = asr.createSession({
    emit(event) {
      events.push(event)
      if (event.type === 'partial' && event.settled)
        settled()
    },
  })
  const beganMs = performance.now()
  for (let at = 0; at < sound.length; at += step) {
    if (realTime)
      await delay(Math.max(0, beganMs + (at + step) * 1000 / RATE_HZ - performance.now()))
    session.push(sound.subarray(at, at + step))
    if (!realTime)
      await session.drained()
  }
  if (awaitSettled)
    await whenSettled
  await session.finish()
  expect(events.filter(event => event.type === 'final').length).toBe(1)
  const last = events.at(-1)
  return {
    events,
    text: last?.type === 'final' ? last.text : 'no final at the end',
    phrases: events.flatMap(event => event.type === 'phrase' ? [event.text] : []),
  }
}

function wordErrors(reference: string, hypothesis: string): number {
  const heard = wordsOf(hypothesis)
  const left = [...heard]
  const missing = wordsOf(reference).filter((word) => {
    const at = left.indexOf(word)
    if (at >= 0)
      left.splice(at, 1)
    return at < 0
  })
  return Math.max(missing.length, left.length)
}

function noise(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 31 - 1
  }
}

function sound(seconds: number, sample: (index: number) => number): Int16Array {
  return Int16Array.from({ length: RATE_HZ * seconds }, (_, i) => Math.round(Math.max(-1, Math.min(1, sample(i))) * 32_767))
}

beforeAll(async () => {
  asr = await loadAsr({ asr: MOONSHINE_BASE, rescue: MOONSHINE_TINY, vad: SILERO }, { threads: 2 })
  await asr.warmUp()
  question = await recorded('k-france')
  story = await speak(STORY)
})

afterAll(() => asr.dispose())

describe('speech recognition with the embedded models', () => {
  it('hears what the embedded voice says, phrase by phrase', async () => {
    const { text, phrases } = await take(story)
    // The voice is not the same twice; a tenth of the words may be misheard.
    expect(wordErrors(STORY, text), text).toBeLessThanOrEqual(5)
    expect(phrases.length).toBeGreaterThan(1)
    expect(phrases.join(' ')).toBe(text)
  })

  it('gives the same text whatever the size of the pushes', async () => {
    const [whole, frames, odd] = await Promise.all([take(story, { step: story.length }), take(story), take(story, { step: 777 })])
    expect([frames.phrases, odd.phrases]).toEqual([whole.phrases, whole.phrases])
  })

  it('has the text settled before the take ends, and the same text as from a file', async () => {
    const spoken = new Int16Array(question.length + RATE_HZ)
    spoken.set(question)
    const live = await take(spoken, { realTime: true, awaitSettled: true })
    expect(live.events[0]?.type).toBe('speech-start')
    expect(live.events.filter(event => event.type === 'partial' && !event.settled).length).toBeGreaterThan(0)
    expect(live.events.findLast(event => event.type === 'partial')).toMatchObject({ text: live.text, settled: true })
    expect((await take(spoken)).text).toBe(live.text)
    expect(wordErrors(QUESTION, live.text)).toBeLessThanOrEqual(1)
  })

  it('keeps two takes at once apart', async () => {
    const alone = [(await take(story)).text, (await take(question)).text]
    const together = await Promise.all([take(story), take(question)])
    expect(together.map(({ text }) => text)).toEqual(alone)
  })

  it('field 37: hears a voice far too quiet for the detector', async () => {
    const faint = question.map(sample => Math.round(sample * 0.004))
    const { text } = await take(faint)
    expect(wordErrors(QUESTION, text)).toBeLessThanOrEqual(3)
  })

  it('field 35: gives no text for what is no speech', async () => {
    const random = noise(1)
    let low = 0
    const sounds: Record<string, Int16Array> = {
      silence: new Int16Array(RATE_HZ * 5),
      hiss: sound(5, () => random() * 0.003),
      white: sound(5, () => random() * 0.1),
      hum: sound(5, i => 0.2 * Math.sin(i * 2 * Math.PI * 50 / RATE_HZ) + 0.1 * Math.sin(i * 2 * Math.PI * 150 / RATE_HZ)),
      keys: sound(5, i => (i % 3700 < 160 ? 0.6 * random() * Math.exp(-(i % 3700) / 25) : 0.001 * random())),
      breath: sound(6, (i) => {
        low = low * 0.6 + random() * 0.4
        const second = (i % 48_000) / RATE_HZ
        return second < 1.2 ? 0.15 * low * Math.sin(Math.PI * second / 1.2) : 0
      }),
      chord: sound(5, i => [262, 330, 392].reduce((sum, hz) => sum + 0.1 * Math.sin(i * 2 * Math.PI * hz / RATE_HZ), 0)),
      bang: sound(3, i => (i > 20_000 && i < 20_800 ? random() * 0.9 : 0)),
    }
    const texts: Record<string, string> = {}
    for (const [name, samples] of Object.entries(sounds))
      texts[name] = (await take(samples)).text
    expect(texts).toEqual(Object.fromEntries(Object.keys(sounds).map(name => [name, ''])))
  })

  it('stops at once when cancelled and tells nothing more', async () => {
    const events: AsrEvent[] = []
    const session = asr.createSession({ emit: event => events.push(event) })
    session.push(story)
    const finished = session.finish()
    session.cancel()
    const told = events.length
    await finished
    expect((await take(question)).text).not.toBe('')
    expect(events.length).toBe(told)
  })

  it('streams for long in the memory of a minute', async () => {
    const minute = new Int16Array(RATE_HZ * 60)
    minute.set(question, RATE_HZ * 10)
    const session = asr.createSession({ emit: () => {} })
    const rssMiB: number[] = []
    for (let i = 0; i < 20; i++) {
      for (let at = 0; at < minute.length; at += 3200) {
        session.push(minute.subarray(at, at + 3200))
        await session.drained()
      }
      rssMiB.push(process.memoryUsage().rss / 2 ** 20)
    }
    await session.finish()
    // The first minutes fill the allocators' pools.
    expect((rssMiB.at(-1) as number) - (rssMiB[5] as number)).toBeLessThan(40)
  }, 180_000)
})
