import { describe, expect, it } from 'vitest'
import { usePrograms } from '../support/programs'
import { useStage } from '../support/stage'
import { useKeyboard } from '../support/x11'

describe('programs to write into', () => {
  const stage = useStage({ display: true, sound: false })
  const openKeyboard = useKeyboard(stage)
  const programs = usePrograms(stage)

  it('an entry tells its text, caret, selection and keys', async () => {
    const entry = await programs.openEntry()
    const keyboard = await openKeyboard()
    await keyboard.tap('h')
    await keyboard.tap('i')
    await entry.untilText('hi')
    expect(entry.keys.map(({ key }) => key)).toEqual(['h', 'i'])
    await entry.set({ text: 'a 🙂 b', caret: 3, anchor: 2 })
    expect(entry.state()).toEqual({ text: 'a 🙂 b', caret: 3, anchor: 2 })
    await keyboard.tap('x')
    await entry.untilState(({ text, caret }) => text === 'a x b' && caret === 3)
    expect(await keyboard.isFocused(entry.window)).toBe(true)
  })

  it('a text view holds several lines', async () => {
    const view = await programs.openTextView()
    const keyboard = await openKeyboard()
    for (const key of ['a', 'enter', 'b'])
      await keyboard.tap(key)
    await view.untilText('a\nb')
    await view.clear()
    expect(view.state()).toEqual({ text: '', caret: 0, anchor: 0 })
  })

  it('a terminal gives every byte, and a shell tells what was submitted', async () => {
    const keyboard = await openKeyboard()
    const raw = await programs.openXterm()
    for (const key of ['a', 'enter', 'ctrl+c'])
      await keyboard.tap(key)
    await raw.untilText('a\r\x03')
    await raw.close()
    const shell = await programs.openXterm({ shell: true })
    for (const key of ['t', 'r', 'u', 'e'])
      await keyboard.tap(key)
    await shell.untilText('true')
    expect(shell.submitted).toEqual([])
    await keyboard.tap('enter')
    expect(await shell.untilSubmitted(1)).toEqual(['true'])
  })

  it('a browser page has a textarea and an editable element', async () => {
    const page = await programs.openChromium()
    const keyboard = await openKeyboard()
    await keyboard.tap('a')
    await page.untilText('a')
    await page.choose('contenteditable')
    await keyboard.tap('b')
    await page.untilText('b')
    await page.clear()
    expect(page.state()).toMatchObject({ textarea: '', contenteditable: '' })
  })
})
