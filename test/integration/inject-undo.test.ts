import type { InjectionTarget, InsertReport } from '../../src-main/ports/text-injector'
import type { ChromiumProgram, GtkProgram, XtermProgram } from '../support/programs'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { insertOptions, LONG, MIXED, PLAIN, useInsertion, useSharedPrograms } from '../support/insertion'
import { openChromium, openEntry, openTextView, openXterm } from '../support/programs'
import { useStage } from '../support/stage'

const signal = new AbortController().signal
const COMBINED = 'e\u0301 👩‍👩‍👧 🇩🇪 n\u0303 ❤️ 👍🏽'

describe('in real programs', () => {
  const stage = useStage({ sound: false })
  const world = useInsertion(stage)
  const shared = useSharedPrograms()
  let view: GtkProgram
  let entry: GtkProgram
  let page: ChromiumProgram
  let shell: XtermProgram

  beforeAll(async () => {
    view = shared(await openTextView(stage()))
    entry = shared(await openEntry(stage()))
    shell = shared(await openXterm(stage(), { shell: true }))
    page = shared(await openChromium(stage()))
  })
  beforeEach(async () => {
    await world().injector.settled()
  })

  type Field = Pick<GtkProgram, 'text' | 'untilText' | 'window'>
  /** Text with the cursor in the middle of it. */
  const fields: readonly [string, () => Field, (before: string, after: string) => Promise<void>][] = [
    ['a text view', () => view, (before, after) => view.set({ text: before + after, caret: [...before].length })],
    ['an entry', () => entry, (before, after) => entry.set({ text: before + after, caret: [...before].length })],
    ['a textarea', () => page, async (before, after) => {
      await page.choose('textarea')
      await page.set({ text: before + after, caret: before.length })
    }],
  ]

  async function inserted(program: Field, text: string): Promise<{ readonly report: InsertReport, readonly target: InjectionTarget }> {
    const { focus, insert } = world()
    const target = await focus(program)
    return { report: await insert(text, target), target }
  }

  describe.each(fields)('what was inserted into %s', (name, field, put) => {
    it.each<[string, string]>([
      ['a sentence', PLAIN],
      ['any writing', MIXED],
      ['emoji and combining marks', COMBINED],
      // One line of so many characters takes a GTK entry 50 ms for each key.
      ...name === 'an entry' ? [] : [['2,000 characters', LONG.slice(0, 2_000)] as [string, string]],
    ])('is taken back, and nothing else: %s', async (_, text) => {
      const { focus, injector, keyboardState } = world()
      await focus(field())
      await put('before ', ' after')
      const { report } = await inserted(field(), text)
      await field().untilText(`before ${text} after`)
      expect(report.isLast()).toBe(true)
      expect(await report.undo?.(signal)).toBe('undone')
      await field().untilText('before  after')
      expect((await keyboardState()).down).toEqual([])
      expect(report.isLast()).toBe(false)
      // The cursor is where it was.
      await inserted(field(), 'X')
      await field().untilText('before X after')
      await injector.settled()
    })

    it('is not taken back once a person typed, clicked or moved the cursor', async () => {
      const { focus, keyboard, injector } = world()
      await focus(field())
      const acts: readonly [string, () => Promise<unknown>, string][] = [
        ['typed', () => keyboard.tap('x'), 'x'],
        ['clicked', async () => {
          await keyboard.button(1, true)
          await keyboard.button(1, false)
        }, ''],
        ['moved', () => keyboard.tap('left'), ''],
      ]
      for (const [name, act, typed] of acts) {
        await put('before ', ' after')
        const { report } = await inserted(field(), MIXED)
        await field().untilText(`before ${MIXED} after`)
        await act()
        await field().untilText(`before ${MIXED}${typed} after`)
        expect([name, report.isLast(), await report.undo?.(signal)]).toEqual([name, false, 'changed'])
        expect([name, await field().text()]).toEqual([name, `before ${MIXED}${typed} after`])
      }
      await injector.settled()
    })

    it('is not taken back from a window that lost the focus', async () => {
      const { focus, injector } = world()
      await focus(field())
      await put('', '')
      const { report } = await inserted(field(), PLAIN)
      await field().untilText(PLAIN)
      await focus(shell)
      expect(await report.undo?.(signal)).toBe('changed')
      expect(await field().text()).toBe(PLAIN)
      await injector.settled()
    })

    it('is taken back one after another', async () => {
      const { focus } = world()
      await focus(field())
      await put('', '!')
      const { report: first } = await inserted(field(), 'one ')
      const { report: second } = await inserted(field(), 'two')
      await field().untilText('one two!')
      expect(await first.undo?.(signal)).toBe('changed')
      expect(await second.undo?.(signal)).toBe('undone')
      expect(await first.undo?.(signal)).toBe('undone')
      await field().untilText('!')
    })
  })

  it('2,000 characters in one line are left alone where taking them back would keep the program busy for minutes', async () => {
    const { focus, insert } = world()
    const target = await focus(entry)
    const text = LONG.slice(0, 2_000)
    await entry.set({ text: 'before  after', caret: 7 })
    const report = await insert(text, target)
    await entry.untilText(`before ${text} after`)
    expect(await report.undo?.(signal)).toBe('impossible')
    await insert('X', target)
    await entry.untilText(`before ${text}X after`)
  })

  describe('what was inserted at a shell\'s prompt', () => {
    beforeEach(async () => {
      await world().focus(shell)
      await world().keyboard.tap('ctrl+u')
      await shell.untilText(text => text.endsWith('\x15'))
    })

    /** What stands at the prompt, as the shell has it once it is submitted. */
    async function submitted(): Promise<string | undefined> {
      const before = shell.submitted.length
      await world().keyboard.tap('enter')
      return (await shell.untilSubmitted(before + 1)).at(-1)
    }

    it.each([['a sentence', 'hello world'], ['any writing', '“Ünïcödé” 漢字 שלום']])('is taken back, and nothing else: %s', async (_, text) => {
      const { keyboard, insert, focus } = world()
      for (const key of ['e', 'c', 'h', 'o', 'space', 'a', 'b', 'left'])
        await keyboard.tap(key)
      const report = await insert(text, await focus(shell))
      expect(await report.undo?.(signal)).toBe('undone')
      await keyboard.tap('x')
      expect(await submitted()).toBe('echo axb')
    })

    it('is not taken back where Backspace takes a part of a character, or after a key', async () => {
      const { keyboard, insert, focus } = world()
      const target = await focus(shell)
      expect(await (await insert(COMBINED, target)).undo?.(signal)).toBe('impossible')
      await keyboard.tap('ctrl+u')
      const report = await insert('echo hello', target)
      await keyboard.tap('x')
      expect(await report.undo?.(signal)).toBe('changed')
      expect(await submitted()).toBe('echo hellox')
    })
  })

  describe.each(fields.filter(([name]) => name !== 'an entry'))('text that is written while it is spoken into %s', (_, field, put) => {
    const said = ['The', 'The quick', 'The quick brawn', 'The quick brown fox', 'The quick brown fox. Jumps — “over”', 'The quick brown fox jumps — “over” 漢字 🙂', 'The quick brown fox jumps — “over” 漢字 🙂 the lazy dog.']

    it('grows and is corrected in its last words alone', async () => {
      const { focus, injector, clipboardContent, keyboardState } = world()
      const target = await focus(field())
      await put('before ', ' after')
      const clipboard = await clipboardContent()
      const live = injector.live(target, insertOptions())
      for (const text of said) {
        await live?.update(text)
        await field().untilText(`before ${text} after`)
      }
      const final = `${said.at(-1)?.slice(0, -1)}, twice.`
      const report = await live?.finish(final)
      expect(report).toMatchObject({ how: 'typed', confirmed: true, why: null, text: final })
      await field().untilText(`before ${final} after`)
      expect(await clipboardContent()).toEqual(clipboard)
      expect((await keyboardState()).down).toEqual([])
      expect(await report?.undo?.(signal)).toBe('undone')
      await field().untilText('before  after')
    })

    it('stops when a person types, and harms nothing of theirs', async () => {
      const { focus, injector, keyboard } = world()
      const target = await focus(field())
      await put('before ', ' after')
      const live = injector.live(target, insertOptions())
      await live?.update('hello wor')
      await field().untilText('before hello wor after')
      await keyboard.tap('x')
      await field().untilText('before hello worx after')
      await expect(live?.update('hello world')).rejects.toMatchObject({ code: 'not-found' })
      expect(await live?.finish('hello world')).toMatchObject({ how: 'copied', confirmed: false, undo: null })
      expect(await field().text()).toBe('before hello worx after')
    })

    it('takes the last of what is said when it is said faster than it is written', async () => {
      const { focus, injector } = world()
      const target = await focus(field())
      await put('', '')
      const live = injector.live(target, insertOptions())
      const words = PLAIN.split(' ')
      await Promise.all(words.map((_, i) => live?.update(words.slice(0, i + 1).join(' '))))
      await field().untilText(PLAIN)
      expect(await live?.finish(PLAIN)).toMatchObject({ how: 'typed', confirmed: true })
      expect(await field().text()).toBe(PLAIN)
    })
  })
})
