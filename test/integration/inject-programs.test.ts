import type { ChromiumProgram, TestProgram, XtermProgram } from '../support/programs'
import { Buffer } from 'node:buffer'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { useClipboardPrograms } from '../support/clipboard'
import { LINES, LONG, MIXED, PLAIN, useInsertion } from '../support/insertion'
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
  let page: ChromiumProgram
  let programs: Readonly<Record<Kind, TestProgram>>

  beforeAll(async () => {
    // One after another: each waits until it has the focus.
    const entry = await openEntry(stage())
    const view = await openTextView(stage())
    const xterm = await openXterm(stage())
    const bash = await openXterm(stage(), { shell: true, title: 'a shell' })
    page = await openChromium(stage())
    programs = { entry, 'text view': view, xterm, bash, 'textarea': page, 'contenteditable': page }
  })
  afterAll(async () => {
    await Promise.all([...new Set(Object.values(programs ?? {}))].map(program => program.close()))
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
