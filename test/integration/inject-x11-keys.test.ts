import type { DesktopInput } from '../../src-main/ports/text-injector'
import type { TestProgram } from '../support/programs'
import type { StageKeyboard } from '../support/x11'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createX11Input } from '../../src-main/desktop/inject/x11-input'
import { createActivity } from '../../src-main/desktop/inject/x11-keys-activity'
import { freeCodes } from '../../src-main/desktop/inject/x11-keys-map'
import { openInputSession } from '../../src-main/desktop/inject/x11-keys-session'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { usePrograms } from '../support/programs'
import { useStage } from '../support/stage'
import { useKeyboard } from '../support/x11'

const run = promisify(execFile)
const MIXED = 'Ünïcödé — “quotes” 漢字 🙂 שלום e\u0301 {x} ~y @z'
const SIGNS = [...'漢字—“”é🙂ש']
const LONG = Array.from({ length: 5000 }, (_, i) => i % 80 === 79 ? '\n' : i % 23 === 0 ? SIGNS[(i / 23) % 8] : String.fromCharCode(97 + i % 26)).join('')
/** More different signs than any keyboard has free keys. */
const MANY_SIGNS = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x4E00 + i * 7)).join('')
const never = new AbortController().signal

describe('keys on X11', () => {
  const stage = useStage({ display: true, sound: false })
  const openKeyboard = useKeyboard(stage)
  const programs = usePrograms(stage)
  const open: DesktopInput[] = []
  let layoutChanged = false

  afterEach(async () => {
    await Promise.all(open.splice(0).map(input => input[Symbol.asyncDispose]()))
    if (layoutChanged)
      await setLayouts('us', '-option', '')
    layoutChanged = false
  })

  const display = (): string => stage().env['DISPLAY'] ?? ''

  async function openInput(): Promise<DesktopInput> {
    const input = createX11Input({ display: display(), clock: systemClock, logger: silentLogger })
    open.push(input)
    await input.start()
    return input
  }

  async function setLayouts(...args: string[]): Promise<void> {
    layoutChanged = true
    await run('setxkbmap', args, { env: { ...process.env, ...stage().env } })
  }

  /** What the server says of its keyboard: codes that mean nothing, and what is down. */
  async function look(): Promise<{ free: number[], down: number[] }> {
    const session = await openInputSession({ display: display(), clock: systemClock, activity: createActivity() })
    try {
      const [map, isDown] = await Promise.all([session.keys!.map(), session.keys!.pressed()])
      return { free: freeCodes(map), down: map.keys.map((_, i) => map.minCode + i).filter(isDown) }
    }
    finally {
      session.connection.close()
    }
  }

  const opener = (kind: 'entry' | 'text view' | 'xterm' | 'chromium'): Promise<TestProgram> => {
    switch (kind) {
      case 'entry': return programs.openEntry()
      case 'text view': return programs.openTextView()
      case 'xterm': return programs.openXterm()
      case 'chromium': return programs.openChromium()
    }
  }

  describe('typing', () => {
    it.each(['entry', 'text view', 'xterm', 'chromium'] as const)('any characters arrive in a %s, again and again, and the keyboard is as it was', async (kind) => {
      const input = await openInput()
      const program = await opener(kind)
      const before = await look()
      for (let i = 0; i < 5; i++) {
        await program.clear()
        expect(await input.keys.type(MIXED, never)).toBe(true)
        await program.untilText(MIXED)
      }
      await input[Symbol.asyncDispose]()
      expect(await look()).toEqual({ free: before.free, down: [] })
    })

    it.each(['text view', 'xterm', 'chromium'] as const)('field 21: 5,000 characters, and more signs than there are free keys, arrive in a %s', async (kind) => {
      const input = await openInput()
      const program = await opener(kind)
      for (const text of [LONG, MANY_SIGNS]) {
        await program.clear()
        const expected = kind === 'xterm' ? text.replaceAll('\n', '\r') : text
        expect(await input.keys.type(text, never)).toBe(true)
        await program.untilText(now => now.length >= expected.length, 30_000)
        expect(await program.text()).toBe(expected)
      }
    })

    it.each([['us'], ['de'], ['fr'], ['dvorak'], ['ru'], ['il'], ['us,ru'], ['us', '-option', 'ctrl:swapcaps']])('fields 18, 23: works with the layout %s, Caps Lock on, and leaves both as they are', async (...layout) => {
      const input = await openInput()
      const view = await programs.openTextView()
      const keyboard = await openKeyboard()
      await setLayouts(...layout)
      if (layout[0] === 'us,ru')
        await keyboard.setLayout(1)
      const before = await look()
      const text = `${MIXED} ñ Zwölf ДВА 3 € ß`
      await keyboard.setLocks({ caps: true })
      try {
        expect(await input.keys.type(text, never)).toBe(true)
        await view.untilText(text)
      }
      finally {
        await keyboard.setLocks({ caps: false })
      }
      await view.clear()
      await keyboard.tap('enter')
      await view.untilText('\n')
      expect(view.keys.at(-1)?.group).toBe(layout[0] === 'us,ru' ? 1 : 0)
      await input[Symbol.asyncDispose]()
      expect(await look()).toEqual(before)
    })

    it('field 19: goes on right when the layout is changed in the middle', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      const typed = input.keys.type(LONG, never)
      await view.untilText(text => text.length > 100)
      await setLayouts('de')
      expect(await typed).toBe(true)
      const text = await view.untilText(now => now.endsWith(LONG.slice(-1_000)), 30_000)
      // What was on its way is read by the new layout: a lent sign is gone there, letters may change places.
      expect(text.slice(0, 100)).toBe(LONG.slice(0, 100))
      expect(text.length).toBeGreaterThan(LONG.length - 30)
    })

    it.each(['text view', 'xterm'] as const)('waits for a %s that was stopped before a key is given another sign', async (kind) => {
      const input = await openInput()
      const program = await opener(kind)
      process.kill(program.pid, 'SIGSTOP')
      const typed = input.keys.type(MANY_SIGNS, never)
      try {
        expect(await Promise.race([typed, new Promise(resolve => setTimeout(resolve, 1_000, 'waiting'))])).toBe('waiting')
      }
      finally {
        process.kill(program.pid, 'SIGCONT')
      }
      expect(await typed).toBe(true)
      await program.untilText(MANY_SIGNS)
    })

    it('keeps the signs for a program that was stopped after they were typed', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      process.kill(view.pid, 'SIGSTOP')
      try {
        expect(await input.keys.type(MIXED, never)).toBe(true)
        await new Promise(resolve => setTimeout(resolve, 500))
      }
      finally {
        process.kill(view.pid, 'SIGCONT')
      }
      await view.untilText(MIXED)
    })

    it('ends at an abort with no key down and the keyboard as it was', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      const before = await look()
      const abort = new AbortController()
      const typed = input.keys.type(LONG.repeat(4), abort.signal)
      await view.untilText(text => text.length > 50)
      abort.abort(new Error('stopped'))
      await expect(typed).rejects.toThrow('stopped')
      await input[Symbol.asyncDispose]()
      expect(await look()).toEqual(before)
      expect(before.down).toEqual([])
    })

    it('fields 20, 24: stops when the focus goes elsewhere', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      const typed = input.keys.type(LONG.repeat(4), never)
      await view.untilText(text => text.length > 50)
      const other = await programs.openEntry({ title: 'another' })
      await expect(typed).rejects.toMatchObject({ code: 'not-found' })
      expect((await other.text()).length).toBeLessThanOrEqual(64)
    })

    it('field 17: waits while a modifier is held in the middle', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      const keyboard = await openKeyboard()
      await keyboard.keyDown('super')
      const typed = input.keys.type('held', never)
      expect(await Promise.race([typed, new Promise(resolve => setTimeout(resolve, 300, 'waiting'))])).toBe('waiting')
      await keyboard.keyUp('super')
      expect(await typed).toBe(true)
      await view.untilText('held')
    })

    it('types nothing of what it cannot type', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      expect(await input.keys.type('a\u0007b', never)).toBe(false)
      expect(await input.keys.type('after', never)).toBe(true)
      await view.untilText('after')
      expect(await input.keys.type('', never)).toBe(true)
    })
  })

  describe('chords', () => {
    async function pasteWorks(input: DesktopInput, program: TestProgram, expected = 'paste me'): Promise<void> {
      expect(await input.keys.press('Ctrl+V')).toBe(true)
      await program.untilText(expected)
    }

    it.each([['us'], ['de'], ['fr'], ['dvorak'], ['us,ru'], ['us', '-option', 'ctrl:swapcaps'], ['ru'], ['il']])('field 18: Ctrl+V pastes with the layout %s, Caps Lock or not', async (...layout) => {
      const input = await openInput()
      const entry = await programs.openEntry()
      const keyboard = await openKeyboard()
      await setLayouts(...layout)
      if (layout[0] === 'us,ru')
        await keyboard.setLayout(1)
      const before = await look()
      await input.clipboard.copy('paste me')
      await pasteWorks(input, entry)
      await entry.clear()
      await keyboard.setLocks({ caps: true })
      try {
        await pasteWorks(input, entry)
        expect(entry.keys.filter(({ key }) => /shift/i.test(key))).toEqual([])
      }
      finally {
        await keyboard.setLocks({ caps: false })
      }
      await input.keys.type('', never)
      await input[Symbol.asyncDispose]()
      expect(await look()).toEqual(before)
    })

    it.each([['us'], ['de'], ['fr'], ['dvorak'], ['us,ru']])('field 18: Ctrl+V pastes in a browser with the layout %s', async (layout) => {
      const input = await openInput()
      const page = await programs.openChromium()
      const keyboard = await openKeyboard()
      await setLayouts(layout)
      if (layout === 'us,ru')
        await keyboard.setLayout(1)
      await input.clipboard.copy('paste me')
      await pasteWorks(input, page)
    })

    it('shift+Insert pastes in a terminal, whatever Num Lock is', async () => {
      const input = await openInput()
      const xterm = await programs.openXterm()
      const keyboard = await openKeyboard()
      for (const num of [false, true]) {
        await xterm.clear()
        await keyboard.setLocks({ num })
        await input.clipboard.offer('primary', { reader: null, alsoPrimary: true })
        expect(await input.keys.press('Shift+Insert')).toBe(true)
        await xterm.untilText('primary')
      }
      await keyboard.setLocks({ num: false })
    })

    it('are pressed as often as asked, and a key that does not exist is not pressed', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      await view.set({ text: 'x'.repeat(100) })
      expect(await input.keys.press('Backspace', 90)).toBe(true)
      await view.untilText('x'.repeat(10))
      expect(await input.keys.press('Shift+Left', 3)).toBe(true)
      await view.untilState(({ caret, anchor }) => caret === 7 && anchor === 10)
    })

    it('field 16: leave a modifier that a person holds as it is', async () => {
      const input = await openInput()
      const view = await programs.openTextView()
      const keyboard = await openKeyboard()
      await keyboard.keyDown('ctrl')
      await input.clipboard.copy('paste me')
      expect(await input.keys.press('Ctrl+V')).toBe(true)
      await view.untilText('paste me')
      expect((await look()).down).toEqual([await keyboard.keycodeOf('leftctrl')])
      await keyboard.keyUp('ctrl')
      expect((await look()).down).toEqual([])
    })

    it('leave no key down when the connection ends at once', async () => {
      const entry = await programs.openEntry()
      for (let i = 0; i < 10; i++) {
        const session = await openInputSession({ display: display(), clock: systemClock, activity: createActivity() })
        const sent = session.keys!.send([37, 55].map(code => ({ code, press: true })).concat([55, 37].map(code => ({ code, press: false })))).catch(() => {})
        session.connection.close()
        await sent
        expect((await look()).down).toEqual([])
      }
      await entry.clear()
    })
  })

  describe('held modifiers', () => {
    it.each(['ctrl', 'shift', 'alt', 'super'])('field 3: %s is waited for', async (modifier) => {
      const input = await openInput()
      const keyboard = await openKeyboard()
      expect(await input.keys.modifiersUp(0, never)).toBe(true)
      await keyboard.keyDown(modifier)
      expect(await input.keys.modifiersUp(50, never)).toBe(false)
      const up = input.keys.modifiersUp(5_000, never)
      await keyboard.keyUp(modifier)
      expect(await up).toBe(true)
    })

    it('are not letters, nor Caps Lock that is on, and the wait can be given up', async () => {
      const input = await openInput()
      const keyboard = await openKeyboard()
      await keyboard.keyDown('k')
      await keyboard.setLocks({ caps: true, num: true })
      expect(await input.keys.modifiersUp(0, never)).toBe(true)
      await keyboard.setLocks({ caps: false, num: false })
      await keyboard.keyUp('k')
      await keyboard.keyDown('ctrl')
      const abort = new AbortController()
      const up = input.keys.modifiersUp(5_000, abort.signal)
      abort.abort(new Error('given up'))
      await expect(up).rejects.toThrow('given up')
      await keyboard.keyUp('ctrl')
    })
  })

  describe('the focus', () => {
    it('is the client\'s window, with its program and title', async () => {
      const input = await openInput()
      expect(await input.focus.current()).toBe(null)
      const entry = await programs.openEntry({ title: 'Brief — ünï' })
      const target = await input.focus.current()
      expect(target).toEqual({ id: String(entry.window), appId: 'Gtk-entry.py', title: 'Brief — ünï', pid: entry.pid })
      let changes = 0
      input.focus.changes.subscribe(() => changes++)
      const xterm = await programs.openXterm()
      expect(await input.focus.current()).toMatchObject({ id: String(xterm.window), appId: 'XTerm', pid: xterm.pid })
      expect(changes).toBeGreaterThan(0)
      expect(await input.focus.stateOf(target!)).toBe('elsewhere')
      await xterm.close()
      const keyboard = await openKeyboard()
      await keyboard.waitForFocus(entry.window)
      expect(await input.focus.stateOf(target!)).toBe('focused')
      await entry.close()
      await keyboard.waitFor(async () => await input.focus.stateOf(target!) === 'gone')
      expect(await input.focus.current()).toBe(null)
    })

    it('is known of a browser, too', async () => {
      const input = await openInput()
      const page = await programs.openChromium()
      expect(await input.focus.current()).toMatchObject({ id: String(page.window), appId: 'Chromium', pid: page.pid })
    })
  })

  describe('what a person does', () => {
    async function grownBy(input: DesktopInput, keyboard: StageKeyboard, act: () => Promise<unknown>): Promise<number> {
      const before = input.focus.activity() ?? Number.NaN
      await act()
      // An answer to this connection comes after what it was told of.
      await keyboard.focusedWindow()
      await input.focus.current()
      return (input.focus.activity() ?? Number.NaN) - before
    }

    it('is counted, and what is sent from here is not', async () => {
      const input = await openInput()
      await programs.openTextView()
      const keyboard = await openKeyboard()
      // A modifier alone changes no text.
      expect(await grownBy(input, keyboard, () => keyboard.tap('ctrl+k'))).toBe(1)
      expect(await grownBy(input, keyboard, async () => {
        await keyboard.button(1, true)
        await keyboard.button(1, false)
      })).toBe(1)
      expect(await grownBy(input, keyboard, () => input.keys.type(LONG, never))).toBe(0)
      expect(await grownBy(input, keyboard, () => input.keys.press('Ctrl+V', 100))).toBe(0)
      expect(await grownBy(input, keyboard, async () => {
        const typed = input.keys.type(LONG, never)
        for (let i = 0; i < 20; i++)
          await keyboard.tap('f9')
        await typed
      })).toBe(20)
    })
  })
})
