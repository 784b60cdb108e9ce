import type { DecodedPhrase } from '../../../../src-main/inference/child/asr/phrase-decoder'
import type { PhraseSpan } from '../../../../src-main/inference/child/asr/segmenter'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DecodeLanes } from '../../../../src-main/inference/child/asr/decode-lanes'
import { gainFor, levelDb, prepare } from '../../../../src-main/inference/child/asr/level'
import { PartialPlanner } from '../../../../src-main/inference/child/asr/partial-planner'
import { decodePhrase, FIRST_FRAMING, OTHER_FRAMING } from '../../../../src-main/inference/child/asr/phrase-decoder'
import { PhraseDecodes } from '../../../../src-main/inference/child/asr/phrase-decodes'
import { SampleStore } from '../../../../src-main/inference/child/asr/sample-store'
import { listenAgain } from '../../../../src-main/inference/child/asr/second-listening'
import { createWindowJudge } from '../../../../src-main/inference/child/asr/window-judge'
import { settle } from './scripted-take'

describe('decoding a phrase', () => {
  async function decode(results: readonly string[], rescued?: string, certain = true): Promise<DecodedPhrase & { framings: unknown[] }> {
    const left = [...results]
    const framings: unknown[] = []
    const decoded = await decodePhrase(
      {
        voiceMs: 3000,
        certain,
        framed: (framing) => {
          framings.push(framing)
          return new Float32Array(1)
        },
      },
      { main: async () => left.shift() ?? '', rescue: rescued === undefined ? undefined : async () => rescued },
    )
    return { ...decoded, framings }
  }
  const good = 'What is the weather like tomorrow?'
  const loop = 'What is it what is it what is it what is it'

  it('takes a good result at once', async () => {
    expect(await decode([good])).toEqual({ text: good, attempts: 1, complete: true, framings: [FIRST_FRAMING] })
  })

  it('field 38: frames an empty or looping result another way, then asks the rescue model', async () => {
    expect(await decode(['', good])).toEqual({ text: good, attempts: 2, complete: true, framings: [FIRST_FRAMING, OTHER_FRAMING] })
    expect(await decode([loop, loop.slice(5), ''], good)).toMatchObject({ text: good, attempts: 3 })
  })

  it('does not insist when nobody is certain to have spoken', async () => {
    expect(await decode([''], 'Thank you.', false)).toMatchObject({ text: '', attempts: 1 })
  })

  it('says a loop once when there is nothing better, and twice the same is what was said', async () => {
    expect(await decode([loop, ''], '')).toMatchObject({ text: 'What is it' })
    expect(await decode([loop, loop.toUpperCase()], '')).toMatchObject({ text: loop })
  })

  it.each(['2021, tell me a story.', '10. Please buy milk.', '100% pleased to meet you.'])('hears another way whether a number stands before it all: %s', async (text) => {
    expect(await decode([text, good])).toEqual({ text: good, attempts: 2, complete: true, framings: [FIRST_FRAMING, OTHER_FRAMING] })
    expect(await decode([text, text])).toMatchObject({ text, attempts: 2 })
    expect(await decode([text, ''])).toMatchObject({ text, attempts: 2 })
  })

  it.each(['20 people came.', '3.14 is pi.', '1, 2, 3.', '10:30 is fine.'])('takes a number that belongs to what follows as it is: %s', async (text) => {
    expect(await decode([text])).toMatchObject({ text, attempts: 1 })
  })

  it('prefers few words to none', async () => {
    expect(await decode(['', 'Yes.'], 'Yes it is.')).toMatchObject({ text: 'Yes it is.' })
  })
})

describe('the decodes of a phrase', () => {
  const span: PhraseSpan = { start: 0, end: 60, voiced: 60, strong: 60, openStart: false, openEnd: false }

  function scripted(): { decodes: PhraseDecodes, asked: () => number, answer: (text: string) => Promise<void> } {
    const waiting: ((text: string) => void)[] = []
    let asked = 0
    const decodes = new PhraseDecodes({
      lanes: new DecodeLanes(2),
      decoders: {
        main() {
          asked++
          return new Promise(resolve => waiting.push(resolve))
        },
      },
      soundOf: () => ({ voiceMs: 2000, certain: true, framed: () => new Float32Array(1) }),
      onText: () => {},
    })
    return {
      decodes,
      asked: () => asked,
      async answer(text) {
        waiting.shift()?.(text)
        await settle()
      },
    }
  }

  it('are used when the phrase is finished, begun or done', async () => {
    const { decodes, asked, answer } = scripted()
    const texts: string[] = []
    decodes.settle(span, () => true)
    decodes.settle(span, () => true)
    decodes.need(span, text => texts.push(text))
    await answer('Said.')
    decodes.need(span, text => texts.push(text))
    await decodes.finished()
    expect({ asked: asked(), texts }).toEqual({ asked: 1, texts: ['Said.', 'Said.'] })
  })

  it('are begun anew for a finished phrase when they were given up after a faulty attempt', async () => {
    const { decodes, asked, answer } = scripted()
    const texts: string[] = []
    let current = true
    decodes.settle(span, () => current)
    current = false
    await answer('')
    expect({ asked: asked(), text: decodes.textOf(span) }).toEqual({ asked: 1, text: undefined })
    decodes.need(span, text => texts.push(text))
    await answer('')
    await answer('Said.')
    await decodes.finished()
    expect({ asked: asked(), texts }).toEqual({ asked: 3, texts: ['Said.'] })
  })
})

describe('lanes', () => {
  function scripted(count: number): { lanes: DecodeLanes, log: string[], work: (name: string) => () => Promise<void>, end: (name: string) => Promise<void> } {
    const log: string[] = []
    const releases = new Map<string, () => void>()
    return {
      lanes: new DecodeLanes(count),
      log,
      work: name => async () => {
        log.push(name)
        await new Promise<void>(resolve => releases.set(name, resolve))
      },
      async end(name) {
        releases.get(name)?.()
        await settle()
      },
    }
  }

  it('starts needed work beside a guess, in order, and no more at once than lanes', async () => {
    const { lanes, log, work, end } = scripted(1)
    expect(lanes.spare(work('guess'))).toBe(true)
    expect(lanes.spare(work('second guess'))).toBe(false)
    lanes.need(work('a'))
    lanes.need(work('b'))
    expect(lanes.early(work('pause'), () => true)).toBe(false)
    expect(log).toEqual(['guess', 'a'])
    const drained = lanes.drained(0).then(() => log.push('drained'))
    await end('a')
    expect(log).toEqual(['guess', 'a', 'b'])
    await end('b')
    await drained
    expect({ log, backlog: lanes.backlog, running: lanes.running }).toEqual({ log: ['guess', 'a', 'b', 'drained'], backlog: 0, running: 1 })
  })

  it('starts a phrase at its pause beside what has become stale, within bounds', async () => {
    const { lanes, log, work, end } = scripted(2)
    const wanted = new Set(['pause 1'])
    const early = (name: string): boolean => lanes.early(work(name), () => wanted.has(name))
    expect(lanes.spare(work('guess'))).toBe(true)
    expect(early('pause 1')).toBe(true)
    wanted.clear()
    wanted.add('pause 2')
    expect([early('pause 2'), lanes.spare(work('another guess'))]).toEqual([true, false])
    wanted.clear()
    // Two stale ones and a guess run: a third would slow all of them.
    expect(early('pause 3')).toBe(false)
    await end('guess')
    expect(early('pause 3')).toBe(true)
    expect(log).toEqual(['guess', 'pause 1', 'pause 2', 'pause 3'])
  })

  it('releases who waits when closed and begins nothing any more', async () => {
    const lanes = new DecodeLanes(1)
    const begun: string[] = []
    lanes.need(() => new Promise(() => {}))
    lanes.need(async () => {
      begun.push('queued')
    })
    const drained = lanes.drained(0)
    lanes.close()
    await drained
    expect({ begun, guess: lanes.spare(async () => {}), early: lanes.early(async () => {}, () => true) }).toEqual({ begun: [], guess: false, early: false })
  })
})

describe('samples', () => {
  it('gives back what was put in, from wherever it was not forgotten', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9000 }), fc.nat(60_000)), { maxLength: 30 }), (steps) => {
      const store = new SampleStore()
      let next = 0
      for (const [count, forget] of steps) {
        store.append(Int16Array.from({ length: count }, () => (next++ * 7) % 30_011))
        store.forget(Math.min(forget, store.end))
        const from = Math.max(store.begin, store.end - 500)
        expect([...store.slice(from, store.end + 10)]).toEqual(Array.from({ length: store.end - from }, (_, i) => ((from + i) * 7) % 30_011))
      }
      expect(store.end).toBe(next)
    }))
  })

  it('brings the peak to 0.7 with at most 10x', () => {
    expect([gainFor(Int16Array.of(16_384, -100)), gainFor(Int16Array.of(3)), gainFor(new Int16Array(4))]).toEqual([1.4, 10, 1])
    const prepared = prepare(Int16Array.of(-16_384, 0), 2)
    expect([...prepared].map(sample => Math.round(sample * 100) / 100)).toEqual([-0.7, 0, 0, 0])
    expect([levelDb(new Int16Array(8)), Math.round(levelDb(Int16Array.of(3277, -3277)))]).toEqual([-100, -20])
  })
})

describe('when to guess', () => {
  const phrase = { start: 0, windowMs: 32, head: undefined, quietest: () => undefined }

  it('keeps to the interval, to a share of a core when decodes are slow, and goes on at once after a preparation', () => {
    let nowMs = 0
    const planner = new PartialPlanner(() => nowMs)
    expect(planner.due).toBe(true)
    const quick = planner.begin()
    nowMs = 100
    quick.end()
    nowMs = 299
    expect(planner.due).toBe(false)
    nowMs = 300
    expect(planner.due).toBe(true)
    const slow = planner.begin()
    nowMs = 600
    slow.end()
    nowMs = 799
    expect(planner.due).toBe(false)
    nowMs = 800
    expect(planner.due).toBe(true)
    const preparation = planner.begin()
    nowMs = 850
    preparation.end({ prepared: true })
    expect(planner.due).toBe(true)
  })

  it('knows a file by its haste, and a burst at the start from a file', () => {
    let nowMs = 0
    const planner = new PartialPlanner(() => nowMs)
    planner.heard(1600)
    expect(planner.ahead).toBe(true)
    for (let i = 0; i < 1000; i++) {
      nowMs += 20
      planner.heard(20)
    }
    expect(planner.ahead).toBe(false)
    // The process was held for two seconds: what piled up comes at once, and is no file.
    nowMs += 2000
    for (let i = 0; i < 100; i++)
      planner.heard(20)
    expect(planner.ahead).toBe(false)
  })

  it('decodes a long phrase from its last decoded pause, an endless stretch in two', () => {
    const planner = new PartialPlanner(() => 0)
    const head = { text: 'So far so good.', next: 100 }
    expect(planner.plan({ ...phrase, end: 120, head })).toMatchObject({ from: 0, to: 120 })
    const plan = planner.plan({ ...phrase, end: 150, head })
    expect([plan.from, plan.to, plan.apply('And on.')]).toEqual([100, 150, 'So far so good. And on.'])
    const anchor = planner.plan({ ...phrase, end: 190, quietest: (from, to) => (from + to) / 2 })
    expect([anchor.from, anchor.to, anchor.prepares, anchor.apply('It began.')]).toEqual([0, 95, true, undefined])
    const next = planner.plan({ ...phrase, end: 192 })
    expect([next.from, next.prepares, next.apply('Went on')]).toEqual([95, false, 'It began went on'])
    planner.newPhrase()
    expect(planner.plan({ ...phrase, end: 20 }).from).toBe(0)
  })
})

describe('hearing', () => {
  const window = (level: number): Float32Array => Float32Array.from({ length: 512 }, () => level)

  it('asks the strict detector only until it is sure, with what came just before', () => {
    let strictHeard = 0
    const judge = createWindowJudge(
      { windowSamples: 512, isSpeech: samples => (samples[0] ?? 0) > 0.1, reset() {} },
      { windowSamples: 512, isSpeech: samples => strictHeard++ >= 0 && (samples[0] ?? 0) > 0.5, reset() {} },
    )
    for (let i = 0; i < 100; i++)
      judge.judge(window(0))
    expect(strictHeard).toBe(0)
    expect([0.2, 0.9, 0, 0.9].map(level => judge.judge(window(level)))).toEqual([
      { speech: true, strong: false },
      { speech: true, strong: true },
      { speech: false, strong: false },
      { speech: true, strong: true },
    ])
    expect(strictHeard).toBe(16 + 4)
    for (let i = 0; i < 200; i++)
      judge.judge(window(0.9))
    expect(strictHeard).toBeLessThan(50)
    for (let i = 0; i < 12; i++)
      judge.judge(window(0))
    expect(judge.judge(window(0.2))).toEqual({ speech: true, strong: false })
  })

  it('field 37: hears a faint voice at the second listening, but no loud take twice', () => {
    const judge = { windowSamples: 512, judge: (samples: Float32Array) => ({ speech: (samples[5] ?? 0) > 0.3, strong: (samples[5] ?? 0) > 0.3 }) }
    const take = (level: number): Int16Array => new Int16Array(512 * 60).map((_, i) => i > 512 * 20 && i < 512 * 40 ? level : 0)
    const [heard] = listenAgain(take(600), judge)
    expect(heard && { startMs: heard.startMs, endMs: heard.endMs, peak: Math.max(...heard.samples) > 15_000 }).toEqual({ startMs: 19 * 32, endMs: 40 * 32, peak: true })
    expect(listenAgain(take(20_000), judge)).toEqual([])
    expect(listenAgain(take(0), judge)).toEqual([])
  })
})
