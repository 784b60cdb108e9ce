import type { UndoOutcome } from '../../../../src-main/ports/text-injector'
import type { FakeWindow, FakeWindowOptions } from '../../../fakes/fake-desktop'
import type { Setting } from './setting'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { setting } from './setting'

let world: Setting
afterEach(() => world.close())

interface Scene {
  readonly window: FakeWindow
  readonly undo: (signal?: AbortSignal) => Promise<UndoOutcome>
}

/** Something stands there, and the text was inserted behind it. */
async function after(text: string, options: FakeWindowOptions = {}, start: Parameters<typeof setting>[0] = {}): Promise<Scene> {
  world = setting(start)
  const window = world.desktop.open(options)
  window.set('before after', 7)
  const report = await world.inserted(text, window.target, { mayInsertNewlines: true })
  if (!report.undo)
    throw new Error('It cannot be taken back.')
  const { undo } = report
  return { window, undo: (signal = new AbortController().signal) => world.desktop.until(undo(signal)) }
}

describe('taking back what was inserted', () => {
  it.each([
    ['plain words', {}],
    ['two\nlines\n', {}],
    ['Ünïcödé — “quotes” 漢字 🙂 שלום 👩‍💻🇩🇪', {}],
    ['Ünïcödé — “quotes” 漢字 🙂 שלום 👩‍💻🇩🇪', { step: 'code-point' }],
    ['words in a program that tells no selection', { tellsSelection: false }],
    ['x'.repeat(5_000), {}],
  ] as const)('leaves what stood there before: %j %j', async (text, options) => {
    const { window, undo } = await after(text, options)
    expect(window.text()).toBe(`before ${text}after`)
    expect(await undo()).toBe('undone')
    expect([window.text(), window.cursor(), window.selection()]).toEqual(['before after', 7, ''])
  })

  it('works for what was typed', async () => {
    world = setting()
    const window = world.desktop.open()
    const report = await world.inserted('typed', window.target, { method: 'type' })
    expect(await world.desktop.until(report.undo!(new AbortController().signal))).toBe('undone')
    expect(window.text()).toBe('')
  })

  it('goes back one insertion after another', async () => {
    world = setting()
    const window = world.desktop.open()
    const undos = []
    for (const text of ['one ', 'two ', 'three'])
      undos.push((await world.inserted(text, window.target)).undo!)
    const { signal } = new AbortController()
    expect(await world.desktop.until(undos[0]!(signal))).toBe('changed')
    expect(await world.desktop.until(undos[2]!(signal))).toBe('undone')
    expect(await world.desktop.until(undos[2]!(signal))).toBe('changed')
    expect(window.text()).toBe('one two ')
    expect(await world.desktop.until(undos[1]!(signal))).toBe('undone')
    expect(await world.desktop.until(undos[0]!(signal))).toBe('undone')
    expect(window.text()).toBe('')
  })

  it.each<[string, (scene: Scene) => void, UndoOutcome]>([
    ['a key was pressed', () => world.desktop.person.types('!'), 'changed'],
    ['another window has the focus', () => world.desktop.focus(world.desktop.open()), 'changed'],
    ['the window was closed', ({ window }) => window.close(), 'target-gone'],
    ['the program has changed the text', ({ window }) => window.set('before Inserted after', 15), 'changed'],
    ['a modifier is held', () => world.desktop.person.holds('Ctrl'), 'changed'],
  ])('does nothing when %s', async (_, happen, outcome) => {
    const scene = await after('inserted ')
    happen(scene)
    await world.desktop.pass(10)
    const text = scene.window.text()
    const cursor = scene.window.cursor()
    expect(await scene.undo()).toBe(outcome)
    expect([scene.window.text(), scene.window.cursor(), scene.window.selection()]).toEqual([text, cursor, ''])
    world.desktop.person.releases()
  })

  it('reads the selection where nobody counts keys', async () => {
    const { window, undo } = await after('inserted ')
    world.desktop.faults.noActivity = true
    expect(await undo()).toBe('changed')
    expect(window.text()).toBe('before inserted after')
  })

  it.each([
    [{}, 'undone'],
    [{ tellsSelection: false }, 'impossible'],
    [{ appId: 'kitty', kind: 'terminal', pastes: { 'Ctrl+Shift+V': 'clipboard' } }, 'impossible'],
  ] as const)('where keys are not counted, in %j: %s', async (options, outcome) => {
    world = setting()
    world.desktop.faults.noActivity = true
    const window = world.desktop.open(options)
    const report = await world.inserted('inserted', window.target)
    expect(await world.desktop.until(report.undo!(new AbortController().signal))).toBe(outcome)
    expect([window.text(), window.cursor(), window.selection()]).toEqual(outcome === 'undone' ? ['', 0, ''] : ['inserted', 8, ''])
  })

  it('trusts no selection that was there before, where keys are not counted', async () => {
    world = setting()
    world.desktop.faults.noActivity = true
    const window = world.desktop.open()
    window.set('same')
    window.select(0, 4)
    window.set('')
    const report = await world.inserted('same', window.target)
    expect(await world.desktop.until(report.undo!(new AbortController().signal))).toBe('impossible')
    expect(window.text()).toBe('same')
  })

  it.each([
    ['a short command', 'undone'],
    ['x'.repeat(500), 'undone'],
    ['x'.repeat(501), 'impossible'],
    ['two\nlines', 'impossible'],
    ['family 👩‍💻', 'impossible'],
  ])('in a terminal, %j: %s', async (text, outcome) => {
    const { window, undo } = await after(text, { appId: 'kitty', kind: 'terminal', step: 'code-point', pastes: { 'Ctrl+Shift+V': 'clipboard' } })
    const before = window.text()
    expect(await undo()).toBe(outcome)
    expect(window.text()).toBe(outcome === 'undone' ? 'before after' : before)
  })

  it.each([
    [1, 2_000, 'undone', 2_500],
    [30, 200, 'impossible', 8_000],
    [60, 2_000, 'impossible', 4_500],
  ] as const)('where each key takes %i ms, of %i characters: %s', async (keyMs, length, outcome, withinMs) => {
    const text = 'x'.repeat(length)
    const { window, undo } = await after(text, { keyMs })
    const startMs = world.clock.nowMs()
    expect(await undo()).toBe(outcome)
    await world.desktop.pass(3_000)
    expect(world.clock.nowMs() - startMs).toBeLessThan(withinMs + 3_000)
    expect([window.text(), window.selection()]).toEqual([outcome === 'undone' ? 'before after' : `before ${text}after`, ''])
  })

  it('is not attempted for what may not be there, nor for what was only copied', async () => {
    world = setting()
    const window = world.desktop.open({ pastes: {} })
    expect((await world.inserted('x', window.target, { method: 'paste' })).undo).toBe(null)
    expect((await world.inserted('x', window.target, { method: 'copy' })).undo).toBe(null)
  })

  it('is done or not when it is stopped, and leaves nothing selected', async () => {
    const outcomes = new Set<string>()
    for (let afterMs = 0; afterMs < 10; afterMs++) {
      const { window, undo } = await after('inserted ', {}, { latencyMs: () => 1 })
      const stop = new AbortController()
      const outcome = undo(stop.signal).catch((error: Error) => error.message)
      await world.desktop.pass(afterMs)
      stop.abort(new Error('stop'))
      const isDone = await world.desktop.until(outcome) === 'undone'
      expect([window.text(), window.cursor(), window.selection()]).toEqual(isDone ? ['before after', 7, ''] : ['before inserted after', 16, ''])
      outcomes.add(await outcome)
      await world.close()
    }
    expect([...outcomes].sort()).toEqual(['stop', 'undone'])
  })

  it('is exact, whatever was inserted, in programs of every kind', async () => {
    const text = fc.string({ unit: fc.oneof(fc.constantFrom('a', ' ', '\n', 'é', '漢', '🙂', '👩‍💻', '🇩🇪', 'שָ', 'e\u0301'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })), minLength: 1, maxLength: 30 })
    await fc.assert(fc.asyncProperty(text, fc.boolean(), fc.boolean(), fc.constantFrom('grapheme', 'code-point'), async (content, tellsSelection, noActivity, step) => {
      world = setting()
      world.desktop.faults.noActivity = noActivity
      const window = world.desktop.open({ tellsSelection, step })
      window.set('[ ]', 1)
      const report = await world.inserted(content, window.target)
      const before = window.text()
      const outcome = report.undo ? await world.desktop.until(report.undo(new AbortController().signal)) : 'nothing'
      expect(window.text()).toBe(outcome === 'undone' ? '[ ]' : before)
      if (tellsSelection && report.text !== '' && !/^[\s\u0300-\u036F]|\p{M}|\p{Cf}/u.test(report.text))
        expect(outcome).toBe('undone')
      await world.close()
    }), { numRuns: 60 })
  })
})
