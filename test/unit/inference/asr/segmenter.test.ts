import type { SegmentEvent, WindowVerdict } from '../../../../src-main/inference/child/asr/segmenter'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SEGMENTER, Segmenter } from '../../../../src-main/inference/child/asr/segmenter'

const WINDOW_MS = 32

/** `v` voice, `V` quiet voice, `w` weak voice, anything else silence. */
function run(script: string, finish = true): SegmentEvent[] {
  const segmenter = new Segmenter({ ...DEFAULT_SEGMENTER, windowMs: WINDOW_MS })
  const events = [...script].flatMap(letter => segmenter.accept(verdict(letter)))
  return finish ? [...events, ...segmenter.finish()] : events
}

function verdict(letter: string): WindowVerdict {
  return { speech: 'vVw'.includes(letter), strong: 'vV'.includes(letter), levelDb: letter === 'v' ? -20 : -40 }
}

const voice = (windows: number): string => 'v'.repeat(windows)
const pause = (ms: number): string => '.'.repeat(Math.ceil(ms / WINDOW_MS))

function cuts(events: readonly SegmentEvent[]): [number, number][] {
  return events.flatMap(event => event.type === 'cut' ? [[event.phrase.start, event.phrase.end] as [number, number]] : [])
}

describe('where a take is cut', () => {
  it('tells the voice, its end after the hangover, the pause and the cut', () => {
    expect(run(`..${voice(20)}${pause(1000)}`).map(event => event.type)).toEqual(['speech-start', 'speech-end', 'pause', 'cut'])
    expect(run(`..${voice(20)}...`, false)).toEqual([
      { type: 'speech-start', window: 1 },
      { type: 'speech-end', window: 22 },
      { type: 'pause', phrase: { start: 1, end: 22, voiced: 21, strong: 20, openStart: false, openEnd: false } },
    ])
  })

  it('says nothing of a silence shorter than the hangover', () => {
    expect(run(`${voice(10)}..${voice(10)}`, false).map(event => event.type)).toEqual(['speech-start'])
  })

  it('cuts the sooner the longer the phrase is', () => {
    const after = (phraseMs: number, pauseMs: number): number =>
      cuts(run(voice(Math.ceil(phraseMs / WINDOW_MS)) + pause(pauseMs) + voice(20))).length
    expect([
      after(600, 900),
      after(600, 1040),
      after(2000, 500),
      after(2000, 640),
      after(5000, 250),
      after(5000, 320),
      after(9000, 96),
    ]).toEqual([1, 2, 1, 2, 1, 2, 2])
  })

  it('cuts speech that goes on at its last pause', () => {
    const events = run(`${voice(150)}....${voice(300)}`)
    expect(cuts(events)[0]).toEqual([0, 150])
    expect(cuts(events)[1]?.[0]).toBe(153)
  })

  it('cuts speech without a pause at its quietest moment, and loses nothing', () => {
    const events = run(`${voice(270)}VVV${voice(120)}`)
    expect(cuts(events)).toEqual([[0, 272], [272, 393]])
    const [first] = events.filter(event => event.type === 'cut')
    expect(first?.type === 'cut' && { openEnd: first.phrase.openEnd, openStart: first.phrase.openStart }).toEqual({ openEnd: true, openStart: false })
  })

  it('takes short or weak voice for noise', () => {
    expect(run(`..${voice(5)}${pause(400)}`).map(event => event.type)).toEqual(['speech-start', 'speech-end', 'dropped'])
    expect(cuts(run(`..${'w'.repeat(60)}${pause(400)}`))).toEqual([])
    expect(cuts(run(`..${'w'.repeat(60)}`))).toEqual([])
  })

  it('drops weak voice without end piece by piece, and keeps the voice after it', () => {
    const weak = 'w'.repeat(1500)
    const alone = run(weak)
    expect({ dropped: alone.filter(event => event.type === 'dropped').length > 3, cuts: cuts(alone) }).toEqual({ dropped: true, cuts: [] })
    const found = cuts(run(`${weak}${voice(60)}`))
    expect({ end: found.at(-1)?.[1], early: found.filter(([, end]) => end < 1500 - 400) }).toEqual({ end: 1560, early: [] })
  })

  it('keeps a weak beginning of a phrase', () => {
    expect(cuts(run(`..wwww....${voice(20)}`))).toEqual([[1, 30]])
  })

  it('never overlaps phrases, keeps them in order, bounded, and holds all certain voice', () => {
    const stretch = fc.tuple(fc.constantFrom('v', 'V', 'w', '.'), fc.integer({ min: 1, max: 500 })).map(([letter, count]) => letter.repeat(count))
    fc.assert(fc.property(fc.array(stretch, { maxLength: 30 }), (stretches) => {
      const script = stretches.join('')
      const found = cuts(run(script))
      const mostWindows = DEFAULT_SEGMENTER.maxPhraseMs / WINDOW_MS
      let before = 0
      for (const [start, end] of found) {
        expect(start).toBeGreaterThanOrEqual(before)
        expect(end).toBeGreaterThan(start)
        // A weak voice without end has no certain moment to cut at; nothing else gets longer.
        if (script.slice(start, end).includes('v'))
          expect(end - start).toBeLessThanOrEqual(mostWindows * 2)
        before = end
      }
      // A stretch of certain voice that is long enough is inside a phrase.
      for (const match of script.matchAll(/v{16,}/gi)) {
        const covered = found.some(([start, end]) => start < match.index + match[0].length && end > match.index)
        expect(covered).toBe(true)
      }
    }))
  })
})
