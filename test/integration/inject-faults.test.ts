import type { InjectionTarget, InsertReport } from '../../src-main/ports/text-injector'
import type { GtkProgram, TestProgram } from '../support/programs'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { useClipboardPrograms } from '../support/clipboard'
import { MIXED, PLAIN, useInsertion, useSharedPrograms } from '../support/insertion'
import { openEntry, openTextView, openXterm } from '../support/programs'
import { useStage } from '../support/stage'

const FORMER = { 'UTF8_STRING': Buffer.from('the old clipboard'), 'text/html': Buffer.from('<b>the old clipboard</b>') }
const SELECTED = 'the old selection'
const IMAGE = { 'image/png': Buffer.from('\x89PNG\r\n\x1A\n and so on', 'latin1') }

describe('inserting when something is in the way', () => {
  const stage = useStage({ sound: false })
  const world = useInsertion(stage)
  const owners = useClipboardPrograms(stage)
  const shared = useSharedPrograms()
  const stopped = new Set<number>()
  let view: GtkProgram
  let xterm: TestProgram
  let former: readonly string[] | null

  beforeAll(async () => {
    view = shared(await openTextView(stage()))
    xterm = shared(await openXterm(stage()))
  })
  afterEach(async () => {
    for (const pid of [...stopped])
      resume(pid)
    await world().keyboard.releaseAll()
    await world().injector.settled()
  })

  function stop(pid: number): void {
    stopped.add(pid)
    process.kill(pid, 'SIGSTOP')
  }

  function resume(pid: number): void {
    stopped.delete(pid)
    process.kill(pid, 'SIGCONT')
  }

  /** A clipboard that somebody filled, and an empty program with the focus. */
  async function ready(program: TestProgram, formats: Readonly<Record<string, Buffer>> = FORMER): Promise<InjectionTarget> {
    await owners.openOwner('CLIPBOARD', formats)
    await owners.xclipOwns(SELECTED, { selection: 'primary' })
    const target = await world().focus(program)
    await program.clear()
    former = await world().clipboardContent()
    return target
  }

  /** The insertion, once its paste chord is on its way. */
  async function chordSent(text: string, target: InjectionTarget): Promise<{ readonly report: Promise<InsertReport> }> {
    const presses = await world().countPresses()
    const report = world().insert(text, target)
    await presses.until(1)
    return { report }
  }

  const clipboardText = async (): Promise<string | undefined> => (await owners.xclipReads())?.toString()

  describe('a modifier', () => {
    it.each(['ctrl', 'super'])('%s that is held too long: nothing is typed, the key stays down, the text is on the clipboard', async (modifier) => {
      const { insert, keyboard, keyboardState } = world()
      const target = await ready(view)
      const before = view.keys.length
      await keyboard.keyDown(modifier)
      await view.untilKeys(before + 1)
      expect(await insert(PLAIN, target)).toMatchObject({ how: 'copied', confirmed: false, why: 'keys-held', undo: null })
      expect((await keyboardState()).down).toEqual([await keyboard.keycodeOf(modifier)])
      await keyboard.keyUp(modifier)
      await keyboard.tap('f9')
      await view.untilKeys(before + 2)
      expect(view.keys.slice(before).map(({ key }) => key).at(-1)).toBe('F9')
      expect(await view.text()).toBe('')
      expect(await clipboardText()).toBe(PLAIN)
    })

    it('that is held for half a second is waited for', async () => {
      const { insert, injector, keyboard, clipboardContent } = world()
      const target = await ready(view)
      await keyboard.keyDown('ctrl+alt')
      const report = insert(MIXED, target)
      await pause(500)
      expect(await view.text()).toBe('')
      await keyboard.keyUp('ctrl+alt')
      expect(await report).toMatchObject({ how: 'pasted', confirmed: true })
      await view.untilText(MIXED)
      await injector.settled()
      expect(await clipboardContent()).toEqual(former)
    })
  })

  describe('a window', () => {
    it('that was closed before: the text is on the clipboard and nowhere else', async () => {
      const { focus, insert, keyboard } = world()
      await ready(view)
      const entry = await openEntry(stage())
      const target = await focus(entry)
      await entry.close()
      await keyboard.waitForFocus(view.window)
      expect(await insert(PLAIN, target)).toMatchObject({ how: 'copied', why: 'target-gone' })
      expect(await clipboardText()).toBe(PLAIN)
      expect(await view.text()).toBe('')
    })

    it('that is closed after the chord', async () => {
      const { focus, keyboard } = world()
      await ready(view)
      const entry = await openEntry(stage())
      const target = await focus(entry)
      stop(entry.pid)
      const { report } = await chordSent(PLAIN, target)
      stopped.delete(entry.pid)
      await entry.close()
      expect(await report).toMatchObject({ how: 'copied', confirmed: false, why: 'target-gone' })
      await keyboard.waitForFocus(view.window)
      expect(await clipboardText()).toBe(PLAIN)
      expect(await view.text()).toBe('')
    })

    it('that lost the focus while a modifier was waited for: nothing goes into the other one', async () => {
      const { focus, insert, keyboard } = world()
      const target = await ready(view)
      await xterm.clear()
      await keyboard.keyDown('shift')
      const report = insert(PLAIN, target)
      await focus(xterm)
      await keyboard.keyUp('shift')
      expect(await report).toMatchObject({ how: 'copied', confirmed: false, why: 'focus-moved' })
      expect(await clipboardText()).toBe(PLAIN)
      await keyboard.tap('k')
      await xterm.untilText('k')
      expect(await view.text()).toBe('')
    })
  })

  describe('a program', () => {
    const each = (): readonly [string, () => TestProgram][] => [['GTK', () => view], ['xterm', () => xterm]]

    it.each(each())('of %s that is stopped for 2 s gets the text once, and never the old clipboard', async (_, program) => {
      const { injector, clipboardContent } = world()
      const target = await ready(program())
      stop(program().pid)
      const { report } = await chordSent(MIXED, target)
      await pause(2_000)
      resume(program().pid)
      expect(await report).toMatchObject({ how: 'pasted', confirmed: true, why: null })
      await program().untilText(MIXED)
      await injector.settled()
      expect(await clipboardContent()).toEqual(former)
      expect((await owners.xclipReads('UTF8_STRING', 'primary'))?.toString()).toBe(SELECTED)
      expect(await program().text()).toBe(MIXED)
    })

    it.each(each())('of %s that is stopped for 8 s: the text is not lost, not doubled, and the next one comes after it', async (_, program) => {
      const { insert, injector } = world()
      const target = await ready(program())
      stop(program().pid)
      const { report } = await chordSent(MIXED, target)
      await pause(8_000)
      expect(await report).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read', undo: null })
      expect(await clipboardText()).toBe(MIXED)
      resume(program().pid)
      await program().untilText(MIXED)
      expect(await insert(PLAIN, target)).toMatchObject({ how: 'pasted', confirmed: true })
      await program().untilText(MIXED + PLAIN)
      await injector.settled()
      expect(await program().text()).toBe(MIXED + PLAIN)
      expect(await clipboardText()).toBe(MIXED)
    })

    it.each(each())('of %s that is still stopped gets no second text, and other windows get theirs by keys', async (_, program) => {
      const { focus, insert, injector } = world()
      const target = await ready(program())
      stop(program().pid)
      const { report } = await chordSent('the first', target)
      expect(await report).toMatchObject({ why: 'not-read' })
      expect(await insert('the second', target)).toMatchObject({ how: 'copied', why: 'not-read' })
      const entry = await openEntry(stage())
      expect(await insert('elsewhere', await focus(entry))).toMatchObject({ how: 'typed', confirmed: true })
      await entry.untilText('elsewhere')
      await entry.close()
      resume(program().pid)
      // It pastes what its selection holds by then: for good, the newest text on the clipboard, and the one of its chord in PRIMARY.
      const expected = program() === view ? 'the second' : 'the first'
      await program().untilText(expected)
      await injector.settled()
      expect(await program().text()).toBe(expected)
    })

    it.each(each())('of %s that does not take the chord is typed into, and the clipboard is as it was', async (_, program) => {
      const { insert, injector, clipboardContent } = world()
      const target = await ready(program())
      const startMs = performance.now()
      expect(await insert(MIXED, target, { chord: 'Shift+F12' })).toMatchObject({ how: 'typed', confirmed: true, why: null })
      expect(performance.now() - startMs).toBeLessThan(2_500)
      await program().untilText(text => text.endsWith(MIXED))
      await injector.settled()
      expect(await clipboardContent()).toEqual(former)
      // A terminal gives its program what Shift+F12 is written as.
      expect((await program().text()).replace('\x1B[24;2~', '')).toBe(MIXED)
    })

    it.each(each())('of %s tells whether it took what was sent to it', async (_, program) => {
      const { input: { focus: { responds } } } = world()
      const target = await ready(program())
      const asked = (limitMs: number): Promise<boolean | null> | undefined => responds?.(target, limitMs, new AbortController().signal)
      expect(await Promise.all([asked(2_000), asked(2_000)])).toEqual([true, true])
      stop(program().pid)
      const late = asked(5_000)
      expect(await asked(300)).toBe(false)
      resume(program().pid)
      expect(await late).toBe(true)
    })
  })

  describe('the clipboard', () => {
    it('has a manager that reads everything: only the window\'s own reading counts', async () => {
      const { injector, clipboardContent } = world()
      const home = { HOME: stage().dir, XDG_CONFIG_HOME: stage().dir, XDG_DATA_HOME: stage().dir }
      owners.startProgram('parcellite', ['--no-icon'], home)
      const target = await ready(view)
      const owner = await owners.openOwner('CLIPBOARD', FORMER)
      // It is there once it has read a text.
      await vi.waitFor(() => expect(owner.asked).toContain('UTF8_STRING'), { timeout: 15_000, interval: 20 })
      stop(view.pid)
      const { report } = await chordSent(MIXED, target)
      // It looks at the clipboard twice a second.
      expect(await Promise.race([report, pause(1_500, 'waiting')])).toBe('waiting')
      resume(view.pid)
      expect(await report).toMatchObject({ how: 'pasted', confirmed: true })
      await view.untilText(MIXED)
      await injector.settled()
      expect(await clipboardContent()).toEqual(former)
      expect(await view.text()).toBe(MIXED)
    })

    it('carries two texts at once, in their order, and then has the picture that was there', async () => {
      const { insert, injector, clipboardContent } = world()
      const target = await ready(view, IMAGE)
      const reports = await Promise.all(['One. ', 'Two. ', MIXED].map(text => insert(text, target)))
      expect(reports.map(({ how, confirmed }) => [how, confirmed])).toEqual(reports.map(() => ['pasted', true]))
      await view.untilText(`One. Two. ${MIXED}`)
      await injector.settled()
      expect(await clipboardContent()).toEqual(former)
      expect(await view.text()).toBe(`One. Two. ${MIXED}`)
    })

    it('is left to a program that copies something right after the text was read', async () => {
      const { insert, injector } = world()
      const target = await ready(view)
      const owner = await owners.openOwner('CLIPBOARD', FORMER)
      expect(await insert(PLAIN, target)).toMatchObject({ how: 'pasted', confirmed: true })
      await owner.own({ UTF8_STRING: Buffer.from('copied meanwhile') })
      await injector.settled()
      expect(await clipboardText()).toBe('copied meanwhile')
      await view.untilText(PLAIN)
      expect(await insert(PLAIN, target)).toMatchObject({ how: 'pasted', confirmed: true })
      await injector.settled()
      expect(await clipboardText()).toBe('copied meanwhile')
    })

    it('is left to a program that copies something before the text was read', async () => {
      const { injector } = world()
      const target = await ready(view)
      const owner = await owners.openOwner('CLIPBOARD', FORMER)
      stop(view.pid)
      const { report } = await chordSent(PLAIN, target)
      await owner.own({ UTF8_STRING: Buffer.from('copied meanwhile') })
      expect(await report).toMatchObject({ how: 'pasted', confirmed: false, why: 'not-read', undo: null })
      resume(view.pid)
      await injector.settled()
      expect(await clipboardText()).toBe('copied meanwhile')
      // A chord cannot be taken back: it pastes what is there.
      await view.untilText('copied meanwhile')
    })
  })
})
