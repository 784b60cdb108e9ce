import type { ChromiumProgram, TestProgram, XtermProgram } from '../support/programs'
import { Buffer } from 'node:buffer'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { useClipboardPrograms } from '../support/clipboard'
import { LINES, LONG, MIXED, PLAIN, useInsertion, useSharedPrograms } from '../support/insertion'
import { openChromium, openEntry, openTextView, openXterm } from '../support/programs'
import { useStage } from '../support/stage'

type Kind = 'entry' | 'text view' | 'xterm' | 'bash' | 'textarea' | 'contenteditable'
const KINDS: readonly Kind[] = ['entry', 'text view', 'xterm', 'bash', 'textarea', 'contenteditable']

const FORMER = { 'UTF8_STRING': Buffer.from('what was there'), 'text/html': Buffer.from('<b>what was there</b>') }

/** What a text becomes where a line break submits, when that is not wished. */
const ONE_LINE = LINES.replaceAll(/\n+/g, ' ')

describe('inserting into real programs', () => {
  const stage = useStage({ sound: false })
  const world = useInsertion(stage)
  const owners = useClipboardPrograms(stage)
  const shared = useSharedPrograms()
  let page: ChromiumProgram
  let programs: Readonly<Record<Kind, TestProgram>>

  beforeAll(async () => {
    // One after another: each waits until it has the focus.
    const entry = shared(await openEntry(stage()))
    const view = shared(await openTextView(stage()))
    const xterm = shared(await openXterm(stage()))
    const bash = shared(await openXterm(stage(), { shell: true, title: 'a shell' }))
    page = shared(await openChromium(stage()))
    programs = { entry, 'text view': view, xterm, bash, 'textarea': page, 'contenteditable': page }
  })

  /** Focused, empty, with the field chosen. */
  async function ready(kind: Kind): Promise<TestProgram> {
    const program = programs[kind]
    await world().focus(program)
    if (kind === 'textarea' || kind === 'contenteditable')
      await page.choose(kind)
    if (kind === 'bash') {
      await world().keyboard.tap('ctrl+u')
      await program.untilText(text => text.endsWith('\x15'))
    }
    await program.clear()
    return program
  }

  /** What the program gets of it: a shell's terminal marks a paste. */
  const asPasted = (kind: Kind, text: string): string => kind === 'bash' ? `\x1B[200~${text}\x1B[201~` : text

  describe.each(KINDS)('%s', (kind) => {
    it.each([
      ['plain English', PLAIN, PLAIN],
      ['any writing', MIXED, MIXED],
      ['5,000 characters', LONG, LONG],
      ['several lines', LINES, kind === 'xterm' || kind === 'bash' ? ONE_LINE : LINES],
    ])('%s is pasted, seen to be read, and everything else is as before', async (_, text, expected) => {
      const { focus, insert, injector, keyboard, keyboardState, clipboardContent } = world()
      await owners.openOwner('CLIPBOARD', FORMER)
      const program = await ready(kind)
      const target = await focus(program)
      const before = [await clipboardContent(), await keyboardState()]
      const report = await insert(text, target)
      expect(report).toMatchObject({ how: 'pasted', confirmed: true, why: null, text: expected })
      await program.untilText(asPasted(kind, expected))
      await injector.settled()
      expect(await keyboard.isFocused(program.window)).toBe(true)
      expect([await clipboardContent(), await keyboardState()]).toEqual(before)
      expect(report.isLast()).toBe(true)
      expect(await program.text()).toBe(asPasted(kind, expected))
      if (kind === 'bash')
        expect((programs.bash as XtermProgram).submitted).toEqual([])
    })

    it('texts that follow each other closely all arrive, in their order', async () => {
      const { focus, insert, injector, clipboardContent } = world()
      await owners.openOwner('CLIPBOARD', FORMER)
      const program = await ready(kind)
      const target = await focus(program)
      const before = await clipboardContent()
      const texts = ['One. ', 'Two. ', MIXED, ' Four. ']
      const reports = await Promise.all(texts.map(text => insert(text, target)))
      expect(reports.map(({ how, confirmed }) => [how, confirmed])).toEqual(texts.map(() => ['pasted', true]))
      await program.untilText(texts.map(text => asPasted(kind, text)).join(''))
      await injector.settled()
      expect(await clipboardContent()).toEqual(before)
    })

    it.each([
      ['plain English', PLAIN],
      ['any writing', MIXED],
    ])('%s is typed where that is wished, and the clipboard is not touched', async (_, text) => {
      const { focus, insert, injector, keyboard, keyboardState, clipboardContent } = world()
      const owner = await owners.openOwner('CLIPBOARD', FORMER)
      const program = await ready(kind)
      const target = await focus(program)
      const before = [await clipboardContent(), await keyboardState()]
      const asked = owner.asked.length
      const report = await insert(text, target, { method: 'type' })
      expect(report).toMatchObject({ how: 'typed', confirmed: true, why: null, text })
      await program.untilText(text)
      await injector.settled()
      expect(await keyboard.isFocused(program.window)).toBe(true)
      expect(owner.asked.slice(asked)).toEqual([])
      // Keys that were lent a symbol are given back once the program has read them.
      await vi.waitFor(async () => expect([await clipboardContent(), await keyboardState()]).toEqual(before), { timeout: 5_000, interval: 50 })
    })
  })
})
