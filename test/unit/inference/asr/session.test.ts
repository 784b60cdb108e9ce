import type { AsrEvent } from '../../../../src-main/ports/asr-engine'
import type { Part } from './scripted-take'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readWords, say, settle, soundOf, startTake, WINDOW } from './scripted-take'

const WINDOW_MS = 32

/** Pushes as a microphone does: time passes with the sound, and what is ready gets its turn. */
async function speak(push: (samples: Int16Array) => void, sound: Int16Array, clock: { ms: number }): Promise<void> {
  for (let at = 0; at < sound.length; at += 320) {
    clock.ms += 20
    push(sound.subarray(at, at + 320))
    await settle()
  }
}

function word(number: number, windows = 12): Part {
  return { word: number, windows }
}

function finalOf(events: readonly AsrEvent[]): string | undefined {
  const last = events.at(-1)
  return last?.type === 'final' ? last.text : undefined
}

describe('a take', () => {
  it('tells speech, partials, the settled text at the pause, the phrase and the final, in this order', async () => {
    const clock = { ms: 0 }
    const { session, events } = startTake({ nowMs: () => clock.ms })
    await speak(samples => session.push(samples), soundOf([{ silence: 4 }, word(1), word(2), word(3), { silence: 5 }]), clock)
    expect(events.at(-1)).toEqual({ type: 'partial', text: say(1, 2, 3), stableChars: expect.any(Number), settled: true })
    await session.finish()
    expect(events.filter(event => event.type !== 'partial')).toEqual([
      { type: 'speech-start', atMs: 3 * WINDOW_MS },
      { type: 'speech-end', atMs: 40 * WINDOW_MS },
      { type: 'phrase', text: say(1, 2, 3), index: 0, startMs: 3 * WINDOW_MS, endMs: 40 * WINDOW_MS },
      { type: 'final', text: say(1, 2, 3), speechMs: 37 * WINDOW_MS },
    ])
    expect(events.filter(event => event.type === 'partial' && !event.settled).length).toBeGreaterThan(0)
  })

  it('uses the settled text at the end and decodes nothing again', async () => {
    const clock = { ms: 0 }
    let decodes = 0
    const main = async (samples: Float32Array): Promise<string> => {
      decodes++
      return readWords(samples)
    }
    const { session, events } = startTake({ nowMs: () => clock.ms, decoders: { main } })
    await speak(samples => session.push(samples), soundOf([word(1), word(2), { silence: 4 }]), clock)
    const before = decodes
    await session.finish()
    expect({ again: decodes - before, final: finalOf(events) }).toEqual({ again: 0, final: say(1, 2) })
  })

  it('extends the phrase when the voice resumes, and drops the stale result', async () => {
    const clock = { ms: 0 }
    const held: (() => void)[] = []
    const main = (samples: Float32Array): Promise<string> =>
      new Promise(resolve => held.push(() => resolve(readWords(samples))))
    const { session, events } = startTake({ nowMs: () => clock.ms, decoders: { main } })
    // Too short for partials: the first decode is the one at the pause.
    await speak(samples => session.push(samples), soundOf([word(1, 9), { silence: 4 }]), clock)
    expect(held.length).toBe(1)
    await speak(samples => session.push(samples), soundOf([word(2, 9), { silence: 4 }]), clock)
    held[0]?.()
    await settle()
    expect(events.filter(event => event.type === 'partial' && event.settled)).toEqual([])
    const finished = session.finish()
    for (const release of held.slice(1))
      release()
    await finished
    expect(events.filter(event => event.type === 'phrase').map(event => event.text)).toEqual([say(1, 2)])
  })

  it('gives a phrase every attempt it needs, also when it is cut while the first one runs', async () => {
    const clock = { ms: 0 }
    const held: (() => void)[] = []
    let attempts = 0
    const main = (samples: Float32Array): Promise<string> => new Promise((resolve) => {
      const text = ++attempts === 1 ? 'over and over and over and over again' : readWords(samples)
      held.push(() => resolve(text))
    })
    const { session, events } = startTake({ nowMs: () => clock.ms, decoders: { main } })
    // Too short for partials: the first decode is the one at the pause, which lasts beyond the end of the phrase.
    await speak(samples => session.push(samples), soundOf([word(1, 9), { silence: 40 }]), clock)
    expect({ attempts, told: events.filter(event => event.type === 'phrase') }).toEqual({ attempts: 1, told: [] })
    const finished = session.finish()
    held[0]?.()
    await settle()
    held[1]?.()
    await finished
    expect(finalOf(events)).toBe(say(1))
  })

  it('never takes back a stable word of the phrase that is spoken', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 5, maxLength: 40 }), async (mishearings) => {
      const clock = { ms: 0 }
      let decodes = 0
      const main = async (samples: Float32Array): Promise<string> => {
        const kind = mishearings[decodes++ % mishearings.length]
        const words = readWords(samples).split(' ')
        return (kind === 0 ? words : kind === 1 ? words.map((each, index) => index === decodes % 7 ? `${each}x` : each) : words.slice(0, -2)).join(' ')
      }
      const { session, events } = startTake({ nowMs: () => clock.ms, decoders: { main } })
      await speak(samples => session.push(samples), soundOf(Array.from({ length: 20 }, (_, index) => word(index + 1))), clock)
      let before = ''
      for (const event of events) {
        if (event.type !== 'partial')
          continue
        const stable = event.text.slice(0, event.stableChars)
        expect(stable.startsWith(before)).toBe(true)
        before = stable
      }
      session.cancel()
    }), { numRuns: 20 })
  })

  it('does not wait for a stale partial', async () => {
    const clock = { ms: 0 }
    let hang = true
    const main = (samples: Float32Array): Promise<string> =>
      hang ? new Promise(() => {}) : Promise.resolve(readWords(samples))
    const { session, events } = startTake({ nowMs: () => clock.ms, decoders: { main } })
    await speak(samples => session.push(samples), soundOf([word(1), word(2)]), clock)
    hang = false
    await session.finish()
    expect(finalOf(events)).toBe(say(1, 2))
  })

  it('never runs two partials at once and never queues one', async () => {
    const clock = { ms: 0 }
    let running = 0
    let most = 0
    const held: (() => void)[] = []
    const main = async (samples: Float32Array): Promise<string> => {
      most = Math.max(most, ++running)
      await new Promise<void>(resolve => held.push(resolve))
      running--
      return readWords(samples)
    }
    const { session } = startTake({ nowMs: () => clock.ms, decoders: { main } })
    await speak(samples => session.push(samples), soundOf([word(1, 100)]), clock)
    expect({ most, decodes: held.length }).toEqual({ most: 1, decodes: 1 })
    session.cancel()
  })

  it('tells a partial at least every 400 ms while somebody speaks', async () => {
    const clock = { ms: 0 }
    const at: number[] = []
    const { session } = startTake({
      nowMs: () => clock.ms,
      emit: (event) => {
        if (event.type === 'partial')
          at.push(clock.ms)
      },
    })
    const words = Array.from({ length: 30 }, (_, index) => word(index + 1))
    await speak(samples => session.push(samples), soundOf(words), clock)
    const gaps = at.slice(1).map((ms, index) => ms - (at[index] as number))
    expect({ some: gaps.length > 20, longest: Math.max(...gaps) <= 400 }).toEqual({ some: true, longest: true })
    session.cancel()
  })

  it('field 35: gives nothing for silence and noise, and never asks the decoder', async () => {
    let decodes = 0
    const main = async (): Promise<string> => {
      decodes++
      return 'Thank you.'
    }
    const { session, events } = startTake({ decoders: { main } })
    session.push(soundOf([{ silence: 60 }, { noise: 30 }, { silence: 20 }, { noise: 2 }, { silence: 9 }, word(3, 3), { silence: 20 }]))
    await session.finish()
    expect({ decodes, final: events.at(-1) }).toEqual({ decodes: 0, final: { type: 'final', text: '', speechMs: 0 } })
  })

  it('emits nothing after cancel, frees once, and its finish resolves', async () => {
    const release: (() => void)[] = []
    const main = (): Promise<string> => new Promise(resolve => release.push(() => resolve('late')))
    const { session, events, closed } = startTake({ decoders: { main } })
    session.push(soundOf([word(1), { silence: 40 }]))
    const finished = session.finish()
    const before = events.length
    session.cancel()
    session.cancel()
    for (const each of release)
      each()
    await finished
    session.push(soundOf([word(2)]))
    await settle()
    expect({ more: events.length - before, closed: closed() }).toEqual({ more: 0, closed: 1 })
  })

  it('field 38: decodes a phrase again when the decoder fails once, and fails the take when it fails again', async () => {
    let failures = 1
    const main = async (samples: Float32Array): Promise<string> => {
      if (failures-- > 0)
        throw new Error('out of memory')
      return readWords(samples)
    }
    const once = startTake({ decoders: { main } })
    once.session.push(soundOf([word(1), word(2)]))
    await once.session.finish()
    expect(finalOf(once.events)).toBe(say(1, 2))
    failures = 100
    const always = startTake({ decoders: { main } })
    always.session.push(soundOf([word(1), word(2)]))
    await expect(always.session.finish()).rejects.toMatchObject({ name: 'AppError' })
    expect({ finals: always.events.filter(event => event.type === 'final'), closed: always.closed() }).toEqual({ finals: [], closed: 1 })
  })

  it('field 37: listens again to a take that gave nothing, and to no other', async () => {
    let asked = 0
    const listenAgain = (samples: Int16Array): { samples: Int16Array, startMs: number, endMs: number, voiceMs: number }[] => {
      asked++
      return [{ samples: soundOf([word(7, 20)]), startMs: 0, endMs: samples.length / 16, voiceMs: 640 }]
    }
    const silent = startTake({ listenAgain })
    silent.session.push(soundOf([{ silence: 30 }]))
    await silent.session.finish()
    expect({ asked, final: finalOf(silent.events) }).toEqual({ asked: 1, final: say(7) })
    const spoken = startTake({ listenAgain })
    spoken.session.push(soundOf([word(1)]))
    await spoken.session.finish()
    expect({ asked, final: finalOf(spoken.events) }).toEqual({ asked: 1, final: say(1) })
  })

  it('keeps two takes apart', async () => {
    const takes = [startTake(), startTake()] as const
    const sounds = [soundOf([word(1), word(2), { silence: 40 }, word(3)]), soundOf([word(11), { silence: 40 }, word(12), word(13)])] as const
    for (let at = 0; at < 40_000; at += 320) {
      takes[0].session.push(sounds[0].subarray(at, at + 320))
      takes[1].session.push(sounds[1].subarray(at, at + 320))
    }
    await Promise.all(takes.map(take => take.session.finish()))
    expect(takes.map(take => finalOf(take.events))).toEqual([say(1, 2, 3), say(11, 12, 13)])
  })

  it.each<[string, readonly Part[]]>([
    ['phrases', Array.from({ length: 40 }, (_, index): Part[] => [word(index + 1), { silence: 35 }]).flat()],
    ['speech without a pause', Array.from({ length: 150 }, (_, index) => word(index + 1))],
    ['noise', [{ noise: 1880 }]],
    ['silence', [{ silence: 1880 }]],
  ])('holds no more of an hour than of two minutes: %s', async (_, parts) => {
    const { session } = startTake()
    const minute = soundOf(parts)
    const heldAfter: number[] = []
    let highest = 0
    for (let round = 1; round <= 60; round++) {
      for (let at = 0; at < minute.length; at += 16_000) {
        session.push(minute.subarray(at, at + 16_000))
        await session.drained()
        highest = Math.max(highest, session.heldSamples)
      }
      if (round === 2 || round === 60)
        heldAfter.push(highest)
    }
    await session.finish()
    expect(heldAfter[0]).toBeLessThan(16_000 * 45)
    expect(heldAfter[1]).toBe(heldAfter[0])
  })
})

describe('the same take, pushed in any way', () => {
  const part = fc.oneof(
    { weight: 5, arbitrary: fc.record({ word: fc.integer({ min: 1, max: 900 }), windows: fc.integer({ min: 12, max: 16 }) }) },
    { weight: 3, arbitrary: fc.record({ silence: fc.integer({ min: 1, max: 45 }) }) },
    { weight: 1, arbitrary: fc.record({ noise: fc.integer({ min: 1, max: 8 }) }) },
  )

  /** The same word twice in a row is one long word to the scripted decoder. */
  function distinct(parts: readonly Part[]): Part[] {
    let index = 0
    return parts.map(each => 'word' in each ? { ...each, word: ++index } : each)
  }

  it('has the same phrases and final, with nothing lost', async () => {
    await fc.assert(fc.asyncProperty(
      fc.array(part, { minLength: 1, maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      async (script, sizes, realTime) => {
        const parts = distinct(script)
        const sound = soundOf(parts)
        const whole = startTake()
        whole.session.push(sound)
        await whole.session.finish()

        const clock = { ms: 0 }
        const cut = startTake({ nowMs: () => clock.ms })
        let at = 0
        for (let i = 0; at < sound.length; i++) {
          const size = sizes[i % sizes.length] as number
          cut.session.push(sound.subarray(at, at + size))
          at += size
          if (realTime) {
            clock.ms += size / 16
            await settle()
          }
        }
        await cut.session.finish()

        const lasting = (events: readonly AsrEvent[]): AsrEvent[] => events.filter(event => event.type === 'phrase' || event.type === 'final')
        expect(lasting(cut.events)).toEqual(lasting(whole.events))
        const spoken = say(...parts.flatMap(each => 'word' in each ? [each.word] : []))
        expect(finalOf(whole.events)).toBe(spoken)
        const phrases = whole.events.filter(event => event.type === 'phrase')
        expect(phrases.map(phrase => phrase.index)).toEqual(phrases.map((_, index) => index))
        expect(phrases.map(phrase => phrase.text).join(' ')).toBe(spoken)
      },
    ), { numRuns: 60 })
  })

  it('has the order of speech when decodes end in another order', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 8, maxLength: 8 }), async (delays) => {
      let count = 0
      const main = async (samples: Float32Array): Promise<string> => {
        for (let i = delays[count++ % delays.length] as number; i > 0; i--)
          await settle()
        return readWords(samples)
      }
      const { session, events } = startTake({ decoders: { main }, lanes: 4 })
      session.push(soundOf([1, 2, 3, 4, 5, 6].flatMap((number): Part[] => [word(number), { silence: 35 }])))
      await session.finish()
      expect(finalOf(events)).toBe(say(1, 2, 3, 4, 5, 6))
    }), { numRuns: 20 })
  })

  it('takes a last window that is not whole', async () => {
    const { session, events } = startTake()
    session.push(soundOf([word(1)]).subarray(0, 12 * WINDOW - 100))
    await session.finish()
    expect(finalOf(events)).toBe(say(1))
  })
})
