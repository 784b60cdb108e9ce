import type { ChildProcess } from 'node:child_process'
import type { HotkeyEvent } from '../../src-main/ports/hotkey-source'
import type { UiohookAsk } from '../support/uiohook-child'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Emitter } from '../../src-main/lib/emitter'
import { recordHotkeys } from '../support/hotkey-events'
import { useStage } from '../support/stage'
import { useKeyboard } from '../support/x11'

interface ChildMessage { readonly event?: HotkeyEvent, readonly value?: unknown, readonly error?: string }

describe('hotkeys by the native hook', () => {
  const stage = useStage({ display: true, sound: false })
  const openKeyboard = useKeyboard(stage)
  const children: ChildProcess[] = []
  let folder = ''

  beforeAll(async () => {
    // Inside the project, so that the child finds its packages.
    folder = await mkdtemp(resolve('node_modules/.parley-test-'))
    await build({
      configFile: false,
      logLevel: 'error',
      build: { ssr: resolve('test/support/uiohook-child.ts'), outDir: folder, emptyOutDir: false, rollupOptions: { output: { format: 'es', entryFileNames: 'child.mjs' } } },
    })
  })
  afterEach(async () => {
    await Promise.all(children.splice(0).map(async (child) => {
      child.kill('SIGKILL')
      await once(child, 'close')
    }))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function startChild(): Promise<{ events: Emitter<HotkeyEvent>, ask: (ask: UiohookAsk) => Promise<unknown> }> {
    const child = fork(join(folder, 'child.mjs'), { env: { ...process.env, ...stage().env }, execArgv: [] })
    children.push(child)
    const events = new Emitter<HotkeyEvent>()
    const answers = new Emitter<ChildMessage>()
    child.on('message', (message: ChildMessage) => message.event ? events.emit(message.event) : answers.emit(message))
    return {
      events,
      ask: ask => new Promise((settle, fail) => {
        const stop = answers.subscribe(({ value, error }) => {
          stop()
          if (error === undefined)
            settle(value)
          else
            fail(new Error(error))
        })
        child.once('exit', code => fail(new Error(`the child ended with ${code}`)))
        child.send(ask)
      }),
    }
  }

  it('tells holds, lone modifiers and changes of the key, and leaves every key to the window', async () => {
    const keyboard = await openKeyboard()
    await keyboard.setAutoRepeat(true)
    const window = await keyboard.openWindow()
    const { events, ask } = await startChild()
    const record = recordHotkeys(events)
    await ask({ call: 'start' })
    await ask({ call: 'start' })
    await ask({ call: 'bind', accelerator: 'Ctrl+Alt+K' })

    await keyboard.keyDown('ctrl+alt+k')
    await record.until(1)
    expect(await ask({ call: 'isDown' })).toBe(true)
    // It only watches: the window sees the key, and its auto-repeat.
    const code = await keyboard.keycodeOf('k')
    await keyboard.waitFor(() => window.keys.filter(({ type, keycode }) => type === 'press' && keycode === code).length > 5)
    await keyboard.keyUp('ctrl+alt')
    expect(record.told).toEqual(['talk down'])
    await keyboard.keyUp('k')
    await record.until(2)
    expect(await ask({ call: 'isDown' })).toBe(false)

    await ask({ call: 'bind', accelerator: 'RightCtrl' })
    await keyboard.tap('rightctrl+c')
    await keyboard.tap('rightctrl')
    await record.until(4)
    await keyboard.keyDown('rightctrl')
    await record.until(5)
    await keyboard.keyUp('rightctrl')
    await record.until(6)

    await ask({ call: 'rearm' })
    await ask({ call: 'bind', accelerator: 'F8' })
    await keyboard.tap('f8')
    await record.until(8)
    expect(record.told).toEqual(Array.from({ length: 4 }).fill(['talk down', 'talk up']).flat())
  })

  it('presses keys that windows see, and does not take them for a person\'s', async () => {
    const keyboard = await openKeyboard()
    const window = await keyboard.openWindow()
    const { events, ask } = await startChild()
    const record = recordHotkeys(events)
    await ask({ call: 'start' })
    await ask({ call: 'bind', accelerator: 'Ctrl+F9' })
    expect(await ask({ call: 'press', accelerator: 'Ctrl+F9' })).toBe(true)
    const code = await keyboard.keycodeOf('F9')
    await keyboard.waitFor(() => window.keys.some(({ type, keycode }) => type === 'release' && keycode === code))
    expect(await ask({ call: 'isDown' })).toBe(false)
    await ask({ call: 'bind', accelerator: 'Ctrl+F8' })
    await keyboard.tap('ctrl+f8')
    await record.until(2)
    expect(record.told).toEqual(['talk down', 'talk up'])
  })
})
