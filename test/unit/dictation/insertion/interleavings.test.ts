import type { InsertMethod, InsertReport } from '../../../../src-main/ports/text-injector'
import type { FakeDesktop, FakeWindow } from '../../../fakes/fake-desktop'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setting } from './setting'

const OLD = 'OLD CLIPBOARD'
const TEXTS = ['first text', 'second text'] as const

type Act = 'focus' | 'away' | 'nowhere' | 'key' | 'hold' | 'release' | 'copy' | 'close' | 'stop' | 'resume' | 'abort'

const acts = fc.array(fc.record({
  atMs: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 6_500 })),
  act: fc.constantFrom<Act>('focus', 'away', 'nowhere', 'key', 'hold', 'release', 'copy', 'close', 'stop', 'resume', 'abort'),
}), { maxLength: 7 })

const worlds = fc.record({
  acts,
  latencies: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 7 }),
  saveMs: fc.constantFrom(0, 3, 50),
  readMs: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 500, max: 900 })),
  readsApart: fc.boolean(),
  answersPings: fc.boolean(),
  pings: fc.boolean(),
  isDeaf: fc.boolean(),
  method: fc.constantFrom<InsertMethod>('auto', 'auto', 'paste', 'type'),
  secondAtMs: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 6_500 })),
})

function count(text: string, part: string): number {
  return text.split(part).length - 1
}

describe('insertions in a world that does not stand still', () => {
  it('arrive at most once, in their window and in no other, and the clipboard is whose it should be', async () => {
    await fc.assert(fc.asyncProperty(worlds, async (random) => {
      let asked = 0
      const { clock, desktop, injector, insert } = setting({
        latencyMs: () => random.latencies[asked++ % random.latencies.length] ?? 0,
        saveMs: random.saveMs,
        pings: random.pings,
      })
      desktop.person.copies({ 'text/plain': OLD })
      const window = desktop.open({ readMs: random.readMs, readsApart: random.readsApart, answersPings: random.answersPings, kind: random.isDeaf ? 'deaf' : 'field' })
      const other = desktop.open({ readMs: 5 })
      const stop = new AbortController()
      let theirs: string | null = null
      for (const { act, atMs } of random.acts) {
        clock.after(atMs, () => {
          if (act === 'copy') {
            theirs = `theirs at ${atMs}`
            desktop.person.copies({ 'text/plain': theirs })
          }
          else {
            perform(act, desktop, window, other, stop)
          }
        })
      }
      const first = insert(TEXTS[0], window.target, { method: random.method, signal: stop.signal }).catch(() => null)
      let second: Promise<InsertReport | null> = Promise.resolve(null)
      clock.after(random.secondAtMs, () => {
        second = insert(TEXTS[1], window.target, { method: random.method }).catch(() => null)
      })
      await desktop.pass(6_600)
      const reports = await desktop.until(Promise.all([first, second]))
      await desktop.until(injector.settled())
      window.resume()
      desktop.person.releases()
      await desktop.pass(1_500)

      const mayPasteLate = reports.some(report => report === null || report.why === 'not-read')
      for (const [at, text] of TEXTS.entries()) {
        expect(count(window.text(), text)).toBeLessThanOrEqual(1)
        expect(count(other.text(), text)).toBe(0)
        const report = reports[at]
        if (report?.confirmed && report.how === 'pasted')
          expect(window.pasted().filter(pasted => pasted === text)).toHaveLength(1)
        // Into a stopped program with a chord in its queue, whatever is on the clipboard goes when it wakes up.
        if (report?.how === 'copied' && !mayPasteLate)
          expect(window.pasted()).not.toContain(text)
      }
      expect(window.text() + other.text()).not.toContain('OLD')
      expect(other.pasted()).toEqual([])
      expect(whoseClipboard(desktop, reports, theirs, stop.signal.aborted)).toBe('right')
      expect(desktop.keysDown()).toEqual([])
      await desktop.until(injector[Symbol.asyncDispose]())
      expect(clock.pending).toBe(0)
    }), { numRuns: 150 })
  }, 120_000)
})

function perform(act: Exclude<Act, 'copy'>, desktop: FakeDesktop, window: FakeWindow, other: FakeWindow, stop: AbortController): void {
  const act_: Record<Exclude<Act, 'copy'>, () => void> = {
    focus: () => desktop.focus(window),
    away: () => desktop.focus(other),
    nowhere: () => desktop.focus(null),
    key: () => desktop.person.types('~'),
    hold: () => desktop.person.holds('Ctrl'),
    release: () => desktop.person.releases(),
    close: () => window.close(),
    stop: () => window.stop(),
    resume: () => window.resume(),
    abort: () => stop.abort(new Error('stop')),
  }
  act_[act]()
}

/** The former content, what a person has copied since, or a text that was left there and said to be. */
function whoseClipboard(desktop: FakeDesktop, reports: readonly (InsertReport | null)[], theirs: string | null, isAborted: boolean): string {
  const content = desktop.clipboard()?.['text/plain'] ?? null
  if (content === OLD || content === theirs)
    return 'right'
  const left = reports.filter(report => report?.how === 'copied' || report?.why === 'not-read').map(report => report?.text)
  if (left.includes(content ?? ''))
    return 'right'
  // Stopped after the chord, into a program that may paste at any time: its text stays.
  return isAborted && content === TEXTS[0] ? 'right' : `wrong: ${content}`
}
