import type { InsertOptions, LiveInsertion } from '../../../../src-main/ports/text-injector'
import type { FakeDesktopOptions, FakeWindow, FakeWindowOptions } from '../../../fakes/fake-desktop'
import type { Setting } from './setting'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { plain, setting } from './setting'

let world: Setting
afterEach(() => world.close())

interface Scene {
  readonly window: FakeWindow
  readonly live: LiveInsertion
  readonly update: (text: string) => Promise<void>
}

function begin(windowOptions: FakeWindowOptions = {}, options: Partial<InsertOptions> = {}, start: Omit<FakeDesktopOptions, 'clock'> = {}): Scene {
  world = setting(start)
  world.desktop.person.copies({ 'image/png': 'PNG' })
  const window = world.desktop.open(windowOptions)
  window.set('before after', 7)
  const live = world.injector.live(window.target, { ...plain(), ...options })
  if (!live)
    throw new Error('Nothing can be written live there.')
  return { window, live, update: text => world.desktop.until(live.update(text)) }
}

describe('text at the cursor while it is spoken', () => {
  it('grows and is corrected at its end, without the clipboard, and is taken back as one', async () => {
    const { window, live, update } = begin()
    const seen = []
    for (const text of ['I', 'I scream', 'ice cream', 'ice cream 👩‍💻', 'ice cream 🙂 and'] as const) {
      await update(text)
      seen.push(window.text())
    }
    expect(seen).toEqual(['before Iafter', 'before I screamafter', 'before ice creamafter', 'before ice cream 👩‍💻after', 'before ice cream 🙂 andafter'])
    const report = await world.desktop.until(live.finish('Ice cream 🙂 and cake.'))
    expect(report).toEqual({ how: 'typed', confirmed: true, why: null, text: 'Ice cream 🙂 and cake.', undo: expect.any(Function), isLast: expect.any(Function) })
    expect(window.text()).toBe('before Ice cream 🙂 and cake.after')
    expect([world.desktop.clipboard(), world.desktop.clipboardStory().length]).toEqual([{ 'image/png': 'PNG' }, 1])
    expect(await world.desktop.until(report.undo!(new AbortController().signal))).toBe('undone')
    expect(window.text()).toBe('before after')
  })

  it('writes only the rest', async () => {
    const { update } = begin()
    await update('one')
    await update('one two')
    await update('one tow')
    await update('one tow')
    expect(world.desktop.sent()).toEqual(['“one”', '“ two”', 'Backspace×2', '“ow”'])
  })

  it('leaves out what was overtaken', async () => {
    const { window, live } = begin({}, {}, { latencyMs: () => 5 })
    const updates = ['a', 'a b', 'a b c', 'a b c d'].map(text => live.update(text))
    await world.desktop.until(Promise.all(updates))
    expect(window.text()).toBe('before a b c dafter')
    expect(world.desktop.sent()).toEqual(['“a b c d”'])
  })

  it('waits for modifiers without being lost', async () => {
    const { window, live, update } = begin()
    world.desktop.person.holds('Ctrl')
    await update('not yet')
    expect(window.text()).toBe('before after')
    world.desktop.person.releases()
    await update('not yet here')
    expect(window.text()).toBe('before not yet hereafter')
    await world.desktop.until(live.finish('here'))
  })

  it('is pasted as a whole at the end when no word could be written', async () => {
    const { window, live, update } = begin()
    world.desktop.person.holds('Ctrl')
    await update('words')
    world.desktop.person.releases()
    expect(await world.desktop.until(live.finish('words\nand more'))).toMatchObject({ how: 'pasted', confirmed: true, text: 'words\nand more' })
    await world.desktop.until(world.injector.settled())
    expect([window.text(), world.desktop.clipboard()]).toEqual(['before words\nand moreafter', { 'image/png': 'PNG' }])
  })

  it('is pasted as a whole at the end where nothing can be typed', async () => {
    const { window, live, update } = begin()
    world.desktop.faults.noTyping = true
    await update('words')
    expect(await world.desktop.until(live.finish('words here'))).toMatchObject({ how: 'pasted', confirmed: true })
    expect(window.text()).toBe('before words hereafter')
  })

  it('submits nothing', async () => {
    const { window, update, live } = begin({ appId: 'Slack', kind: 'chat' })
    await update('one\ntwo')
    await world.desktop.until(live.finish('one\ntwo\n'))
    expect([window.text(), window.submitted()]).toEqual(['before one twoafter', []])
  })

  it.each<[string, (scene: Scene) => void, string]>([
    ['a person types', () => world.desktop.person.types('!'), 'focus-moved'],
    ['the focus moves', () => world.desktop.focus(world.desktop.open()), 'focus-moved'],
    ['the window is closed', ({ window }) => window.close(), 'target-gone'],
    ['something else is inserted', ({ window }) => void world.insert('other', window.target), 'focus-moved'],
    ['another one begins', ({ window }) => void world.injector.live(window.target, plain()), 'focus-moved'],
  ])('stays as it is once %s, and the whole is on the clipboard at the end', async (_, happen, why) => {
    const scene = begin()
    await scene.update('some words')
    happen(scene)
    await world.desktop.pass(300)
    const text = scene.window.text()
    await expect(scene.update('some other words')).rejects.toMatchObject({ code: 'not-found' })
    await expect(scene.update('again')).rejects.toMatchObject({ code: 'not-found' })
    expect(await world.desktop.until(scene.live.finish('some other words.'))).toMatchObject({ how: 'copied', why, text: 'some other words.', undo: null })
    expect(scene.window.text()).toBe(text)
    expect(world.desktop.clipboard()).toEqual({ 'text/plain': 'some other words.' })
  })

  it('takes back a phrase and no more', async () => {
    const { window, update } = begin()
    await update(`${'x'.repeat(301)}`)
    await expect(update('y')).rejects.toMatchObject({ code: 'too-large' })
    expect(window.text()).toBe(`before ${'x'.repeat(301)}after`)
    await update(`x${'y'.repeat(10)}`)
    expect(window.text()).toBe(`before x${'y'.repeat(10)}after`)
  })

  it('takes back nothing in a terminal that it cannot take back exactly', async () => {
    const { window, update } = begin({ appId: 'XTerm', kind: 'terminal' })
    await update('hi 👩‍💻')
    const text = window.text()
    await expect(update('hi')).rejects.toMatchObject({ code: 'not-found' })
    expect(window.text()).toBe(text)
  })

  it.each([
    ['paste', 'gedit'],
    ['copy', 'gedit'],
    ['auto', 'Gvim'],
  ] as const)('is not for %s into %s', (method, appId) => {
    world = setting()
    const window = world.desktop.open({ appId })
    expect(world.injector.live(window.target, { ...plain(), method })).toBe(null)
  })

  it('ends with its signal', async () => {
    const stop = new AbortController()
    const { window, live, update } = begin({}, { signal: stop.signal })
    await update('some')
    stop.abort(new Error('stop'))
    await expect(live.update('some more')).rejects.toThrow('stop')
    await expect(live.finish('some more')).rejects.toThrow('stop')
    expect(window.text()).toBe('before someafter')
  })

  it('reads as wished after any changes, and touches nothing else', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '漢', '🙂', '👩‍💻', '🇩🇪'), maxLength: 12 })
    await fc.assert(fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), async (texts) => {
      const { window, live, update } = begin()
      for (const next of texts) {
        await update(next)
        expect(window.text()).toBe(`before ${next}after`)
      }
      await world.desktop.until(live.finish(texts[0]!))
      expect(window.text()).toBe(`before ${texts[0]!}after`)
      await world.close()
    }), { numRuns: 60 })
  })
})
