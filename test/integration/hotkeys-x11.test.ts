import type { X11HotkeysOptions } from '../../src-main/desktop/x11-hotkeys'
import type { X11Link } from '../../src-main/desktop/x11-link'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createHotkeySource } from '../../src-main/desktop/hotkey-source'
import { X11Hotkeys } from '../../src-main/desktop/x11-hotkeys'
import { connectX11 } from '../../src-main/desktop/x11-link'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { recordHotkeys } from '../support/hotkey-events'
import { useStage } from '../support/stage'
import { useKeyboard } from '../support/x11'

const run = promisify(execFile)

describe('hotkeys on X11', () => {
  const stage = useStage({ display: true, sound: false })
  const openKeyboard = useKeyboard(stage)
  const open: X11Hotkeys[] = []

  afterEach(async () => {
    await Promise.all(open.splice(0).map(hotkeys => hotkeys[Symbol.asyncDispose]()))
  })

  async function startHotkeys(options: Partial<X11HotkeysOptions> = {}): Promise<X11Hotkeys> {
    const hotkeys = new X11Hotkeys({ display: stage().env['DISPLAY'] ?? '', clock: systemClock, logger: silentLogger, ...options })
    open.push(hotkeys)
    await hotkeys.start()
    return hotkeys
  }

  /** A connection that counts the presses it is told of: the proof that auto-repeat was at work. */
  async function watchedServer(): Promise<{ link: X11Link, presses: () => number }> {
    const link = await connectX11({ display: stage().env['DISPLAY'] ?? '', clock: systemClock })
    let presses = 0
    link.events.subscribe((event) => {
      if (event.type === 'press')
        presses++
    })
    return { link, presses: () => presses }
  }

  async function setLayouts(...args: string[]): Promise<void> {
    await run('setxkbmap', args, { env: { ...process.env, ...stage().env } })
  }

  it('fields 1, 2: gives one down and one up for a hold, with auto-repeat on and the modifiers let go first', async () => {
    const keyboard = await openKeyboard()
    await keyboard.setAutoRepeat(true)
    const server = await watchedServer()
    const hotkeys = await startHotkeys({ connect: async () => server.link })
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })

    const pressed = await keyboard.keyDown('ctrl+alt+space')
    await record.until(1)
    expect(await hotkeys.isDown('talk')).toBe(true)
    // The server's own auto-repeat starts after 660 ms, 25 a second; it goes on when the modifiers are let go.
    await keyboard.waitFor(() => server.presses() > 20)
    await keyboard.keyUp('ctrl+alt')
    await keyboard.waitFor(() => server.presses() > 30)
    expect(record.told).toEqual(['talk down'])
    const released = await keyboard.keyUp('space')
    await record.until(2)

    expect(record.told).toEqual(['talk down', 'talk up'])
    expect(await hotkeys.isDown('talk')).toBe(false)
    const [down, up] = record.events
    expect(down?.atMs).toBeGreaterThanOrEqual(pressed.sentAtMs - 2)
    expect(down?.atMs).toBeLessThanOrEqual(pressed.syncedAtMs)
    expect(up?.atMs).toBeGreaterThanOrEqual(released.sentAtMs - 2)
    expect(up?.atMs).toBeLessThanOrEqual(released.syncedAtMs)
  })

  it('notices a release that the server gives to another program', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await keyboard.keyDown('ctrl+alt+space')
    await record.until(1)
    await keyboard.keyUp('ctrl+alt')
    // A bounce of the key: its release ends the grab, so what follows goes to the focused window. All within a
    // millisecond, it looks like auto-repeat.
    await Promise.all([keyboard.keyUp('space'), keyboard.keyDown('space')])
    expect(await hotkeys.isDown('talk')).toBe(record.told.length === 1)
    await keyboard.keyUp('space')
    await record.until(2, 1_000)
    expect(record.told).toEqual(['talk down', 'talk up'])
  })

  it('field 5: tells quick taps each on its own', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await keyboard.keyDown('ctrl+alt')
    for (let taps = 1; taps <= 10; taps++) {
      await keyboard.tap('space')
      await record.until(taps * 2)
    }
    expect(record.told).toEqual(Array.from({ length: 10 }).fill(['talk down', 'talk up']).flat())
  })

  it('field 11: keeps the key from the window that has the focus, and only this key', async () => {
    const keyboard = await openKeyboard()
    const window = await keyboard.openWindow()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })

    await keyboard.tap('f9')
    await record.until(2)
    await keyboard.tap('f10')
    const other = await keyboard.keycodeOf('f10')
    await keyboard.waitFor(() => window.keys.length >= 2)
    expect(window.keys).toEqual([{ type: 'press', keycode: other }, { type: 'release', keycode: other }])
    expect(await keyboard.isFocused(window.window)).toBe(true)
  })

  it('field 11: types nothing into an entry while it is held', async () => {
    const keyboard = await openKeyboard()
    const entry = await keyboard.openProgram('zenity', ['--entry', '--text', 'name'], { env: stage().env })
    await keyboard.setAutoRepeat(true)
    const server = await watchedServer()
    const hotkeys = await startHotkeys({ connect: async () => server.link })
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+K' })
    await keyboard.keyDown('ctrl+alt+k')
    await record.until(1)
    await keyboard.keyUp('ctrl+alt')
    await keyboard.waitFor(() => server.presses() > 10)
    await keyboard.keyUp('k')
    await record.until(2)
    await keyboard.tap('o')
    await keyboard.tap('k')
    await keyboard.tap('enter')
    expect(await entry.ended).toEqual({ code: 0, output: 'ok\n' })
  })

  it('works with Caps Lock and Num Lock on', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    for (const locks of [{ caps: true, num: false }, { caps: false, num: true }, { caps: true, num: true }]) {
      await keyboard.setLocks(locks)
      const before = record.told.length
      await keyboard.tap('ctrl+alt+space')
      await record.until(before + 2)
    }
    await keyboard.setLocks({ caps: false, num: false })
    expect(record.told).toEqual(Array.from({ length: 3 }).fill(['talk down', 'talk up']).flat())
  })

  it('reports a taken key, leaves the former one in force, and offers a free one', async () => {
    const keyboard = await openKeyboard()
    const release = await keyboard.takeKey('ctrl+alt+j')
    await using source = createHotkeySource({ platform: 'linux', env: { DISPLAY: stage().env['DISPLAY'] }, logger: silentLogger, clock: systemClock })
    await source.start()
    expect(source.capabilities).toEqual({ mechanism: 'x11', hold: true })
    const record = recordHotkeys(source.events)
    await source.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })

    await expect(source.bind({ id: 'talk', accelerator: 'Ctrl+Alt+J' })).rejects.toMatchObject({ code: 'hotkey-taken', params: { accelerator: 'Ctrl+Alt+J' } })
    await keyboard.tap('ctrl+alt+space')
    await record.until(2)
    const suggestion = await source.suggestFree('Ctrl+Alt+J')
    expect(suggestion).toBe('Ctrl+Shift+J')
    await source.bind({ id: 'talk', accelerator: suggestion ?? '' })
    await keyboard.tap('ctrl+shift+j')
    await record.until(4)
    // The former key is free again: others get it.
    await (await keyboard.takeKey('ctrl+alt+space'))()

    await release()
    await source.bind({ id: 'talk', accelerator: 'Ctrl+Alt+J' })
    await keyboard.tap('ctrl+alt+j')
    await record.until(6)
    expect(record.told).toEqual(Array.from({ length: 3 }).fill(['talk down', 'talk up']).flat())
  })

  it('refuses a key that this program uses already, and one that no keyboard has', async () => {
    const hotkeys = await startHotkeys()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await expect(hotkeys.bind({ id: 'dictate', accelerator: 'alt+control+space' })).rejects.toMatchObject({ code: 'hotkey-taken' })
    await setLayouts('-layout', 'ru')
    try {
      await expect(hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Alt+K' })).rejects.toMatchObject({ code: 'hotkey-impossible', params: { reason: 'not-on-keyboard' } })
    }
    finally {
      await setLayouts('-layout', 'us')
    }
  })

  it('changes the key at once; an up ends the hold of the former', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await keyboard.keyDown('ctrl+alt+space')
    await record.until(1)
    await hotkeys.bind({ id: 'talk', accelerator: 'F8' })
    await record.until(2)
    await keyboard.keyUp('ctrl+alt+space')
    await keyboard.tap('ctrl+alt+space')
    await keyboard.tap('f8')
    await record.until(4)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
  })

  it('does not take a key that is down as it is bound for a press', async () => {
    const keyboard = await openKeyboard()
    await keyboard.setAutoRepeat(true)
    const server = await watchedServer()
    const hotkeys = await startHotkeys({ connect: async () => server.link })
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'first', accelerator: 'F7' })
    await keyboard.keyDown('f7')
    await record.until(1)
    await hotkeys.unbind('first')
    await hotkeys.bind({ id: 'talk', accelerator: 'F7' })
    const before = server.presses()
    await keyboard.waitFor(() => server.presses() > before + 5)
    await keyboard.keyUp('f7')
    await keyboard.waitFor(async () => {
      await keyboard.tap('f7')
      return record.told.includes('talk up')
    })
    expect(record.told.slice(0, 4)).toEqual(['first down', 'first up', 'talk down', 'talk up'])
  })

  it('field 18: goes on after the keyboard was changed: another layout, another place of the key, an active second layout', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+K' })
    const before = await keyboard.keycodeOf('k')
    try {
      await setLayouts('-layout', 'us', '-variant', 'dvorak')
      const after = await keyboard.waitFor(async () => {
        const code = await keyboard.keycodeOf('k')
        return code === before ? 0 : code
      })
      expect(after).not.toBe(before)
      // The notice of the change and this press take different ways: the new grab may come a moment later.
      await keyboard.waitFor(async () => {
        await keyboard.tap('ctrl+alt+k')
        return record.told.length >= 2
      })
      const taps = record.told.length
      await setLayouts('-layout', 'us,ru')
      await keyboard.setLayout(1)
      await keyboard.waitFor(async () => {
        await keyboard.tap('ctrl+alt+k')
        return record.told.length >= taps + 2
      })
      await keyboard.setLayout(0)
      expect(record.told.every((told, index) => told === (index % 2 === 0 ? 'talk down' : 'talk up'))).toBe(true)
    }
    finally {
      await keyboard.setLayout(0)
      await setLayouts('-layout', 'us', '-variant', '')
    }
  })

  it('binds Escape for the time of a take: also while the hotkey is held, and gives it back', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await keyboard.keyDown('ctrl+alt+space')
    await record.until(1)
    await hotkeys.bind({ id: 'cancel', accelerator: 'Escape' })
    await keyboard.tap('escape')
    await record.until(3)
    await keyboard.keyUp('ctrl+alt+space')
    await record.until(4)
    await keyboard.tap('escape')
    await record.until(6)
    await hotkeys.unbind('cancel')
    const window = await keyboard.openWindow()
    await keyboard.tap('escape')
    await keyboard.waitFor(() => window.keys.length >= 2)
    expect(record.told).toEqual(['talk down', 'cancel down', 'cancel up', 'talk up', 'cancel down', 'cancel up'])
    await window.close()
  })

  it('field 7: takes a lone right Ctrl for a hold, but never as a modifier, and leaves it working', async () => {
    const keyboard = await openKeyboard()
    const window = await keyboard.openWindow()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'RightCtrl' })

    await keyboard.keyDown('rightctrl+c')
    await keyboard.keyUp('rightctrl+c')
    await keyboard.waitFor(() => window.keys.length >= 4)
    await keyboard.keyDown('rightctrl')
    await keyboard.button(1, true)
    await keyboard.button(1, false)
    await keyboard.keyUp('rightctrl')
    await keyboard.keyDown('leftshift')
    await keyboard.tap('rightctrl')
    await keyboard.keyUp('leftshift')
    expect(record.told).toEqual([])

    await keyboard.tap('rightctrl')
    await record.until(2)
    const pressed = await keyboard.keyDown('rightctrl')
    await record.until(3)
    expect(Math.abs((record.events[2]?.atMs ?? 0) - pressed.sentAtMs)).toBeLessThan(20)
    await keyboard.keyUp('rightctrl')
    await record.until(4)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
    await window.close()
  })

  it('field 4: starts once however often it is started, and binds the same key twice without harm', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    await Promise.all([hotkeys.start(), hotkeys.start()])
    const record = recordHotkeys(hotkeys.events)
    await Promise.all([1, 2, 3].map(() => hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })))
    await keyboard.tap('ctrl+alt+space')
    await record.until(2)
    await keyboard.tap('ctrl+alt+space')
    await record.until(4)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
  })

  it('field 12: is armed again after sleep', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await hotkeys.rearm()
    await keyboard.tap('ctrl+alt+space')
    await record.until(2)
    expect(record.told).toEqual(['talk down', 'talk up'])
  })

  it('lets every key go when it is closed', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await expect(keyboard.takeKey('ctrl+alt+space')).rejects.toThrow()
    await hotkeys[Symbol.asyncDispose]()
    await keyboard.waitFor(async () => {
      try {
        await (await keyboard.takeKey('ctrl+alt+space'))()
        return true
      }
      catch {
        return false
      }
    })
  })

  it('tells a press and a release within milliseconds', async () => {
    const keyboard = await openKeyboard()
    const hotkeys = await startHotkeys()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    const record = recordHotkeys(hotkeys.events)
    const toldAtMs: number[] = []
    hotkeys.events.subscribe(() => toldAtMs.push(systemClock.nowMs()))
    const sentAtMs: number[] = []
    await keyboard.keyDown('ctrl+alt')
    for (let round = 1; round <= 50; round++) {
      sentAtMs.push((await keyboard.keyDown('space')).sentAtMs)
      await record.until(round * 2 - 1)
      sentAtMs.push((await keyboard.keyUp('space')).sentAtMs)
      await record.until(round * 2)
    }
    for (const [name, parity] of [['press', 0], ['release', 1]] as const) {
      const delays = toldAtMs.map((atMs, index) => atMs - (sentAtMs[index] ?? Number.NaN)).filter((_, index) => index % 2 === parity).toSorted((a, b) => a - b)
      if (process.env['PARLEY_TEST_FIGURES'])
        process.stdout.write(`${name} to event: median ${delays[25]?.toFixed(2)} ms, p95 ${delays[47]?.toFixed(2)} ms\n`)
      expect(delays[25]).toBeLessThan(20)
    }
  })
})
