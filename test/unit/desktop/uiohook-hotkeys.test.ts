import type { Modifier } from '../../../src-main/desktop/accelerator'
import type { HookEvent } from '../../../src-main/desktop/keyboard-hook'
import type { UiohookHotkeysOptions } from '../../../src-main/desktop/uiohook-hotkeys'
import type { ManualClock } from '../../fakes/manual-clock'
import { describe, expect, it } from 'vitest'
import { UiohookHotkeys } from '../../../src-main/desktop/uiohook-hotkeys'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'
import { recordHotkeys } from '../../support/hotkey-events'

const SPACE = 0x39
const CTRL_RIGHT = 0x0E1D
const C = 0x2E

interface Scene {
  hotkeys: UiohookHotkeys
  clock: ManualClock
  record: ReturnType<typeof recordHotkeys>
  key: (type: 'down' | 'up', scancode: number, ...modifiers: Modifier[]) => void
  send: (event: HookEvent) => void
  running: () => boolean
}

async function setUp(options: Partial<UiohookHotkeysOptions> = {}): Promise<Scene> {
  let listener: ((event: HookEvent) => void) | undefined
  const clock = createManualClock()
  const hotkeys = new UiohookHotkeys({
    clock,
    logger: silentLogger,
    platform: 'win32',
    loadHook: async () => ({
      start(listen) {
        listener = listen
      },
      stop() {
        listener = undefined
      },
    }),
    ...options,
  })
  await hotkeys.start()
  const send = (event: HookEvent): void => listener?.(event)
  return {
    hotkeys,
    clock,
    record: recordHotkeys(hotkeys.events),
    send,
    key: (type, scancode, ...modifiers) => send({ type: `key-${type}`, scancode, modifiers: new Set(modifiers) }),
    running: () => listener !== undefined,
  }
}

/** Other programs and this one at the system's list of hotkeys. */
function createClaims(taken: readonly string[] = []): { claim: (name: string) => boolean, release: (name: string) => void, held: Set<string> } {
  const held = new Set<string>()
  return {
    held,
    claim(name) {
      if (taken.includes(name) || held.has(name))
        return false
      held.add(name)
      return true
    },
    release: name => held.delete(name),
  }
}

describe('hotkeys by watching the keyboard', () => {
  it('fields 1, 2: folds repeats, and ends at the key\'s release though the modifiers went first', async () => {
    const { hotkeys, clock, record, key } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    key('down', 0x1D, 'Ctrl')
    key('down', 0x38, 'Ctrl', 'Alt')
    key('down', SPACE, 'Ctrl', 'Alt')
    clock.advance(600)
    key('down', SPACE, 'Ctrl', 'Alt')
    expect(await hotkeys.isDown('talk')).toBe(true)
    key('up', 0x1D, 'Alt')
    key('up', 0x38)
    key('down', SPACE)
    clock.advance(100)
    key('up', SPACE)
    expect(record.events).toEqual([{ type: 'down', bindingId: 'talk', atMs: 0 }, { type: 'up', bindingId: 'talk', atMs: 700 }])
    expect(await hotkeys.isDown('talk')).toBe(false)
  })

  it('wants exactly the modifiers, at the press and not at a repeat', async () => {
    const { hotkeys, record, key } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Space' })
    key('down', SPACE, 'Ctrl', 'Shift')
    key('down', SPACE, 'Ctrl')
    key('up', SPACE, 'Ctrl')
    key('down', SPACE)
    key('up', SPACE)
    expect(record.told).toEqual([])
    key('down', SPACE, 'Ctrl')
    key('up', SPACE)
    expect(record.told).toEqual(['talk down', 'talk up'])
  })

  it('knows the numpad with and without Num Lock, and the Shift of an upper sign', async () => {
    const { hotkeys, record, key } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+num7' })
    await hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Plus' })
    key('down', 0xEE47, 'Ctrl')
    key('up', 0xEE47)
    key('down', 0x47, 'Ctrl')
    key('up', 0x47)
    key('down', 0x0D, 'Ctrl', 'Shift')
    key('up', 0x0D)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up', 'dictate down', 'dictate up'])
  })

  it('field 7: takes a lone modifier alone: told twice by the system, held, tapped, never in a chord or a drag', async () => {
    const { hotkeys, clock, record, key, send } = await setUp()
    await hotkeys.bind({ id: 'talk', accelerator: 'RightCtrl' })
    key('down', CTRL_RIGHT, 'Ctrl')
    key('down', C, 'Ctrl')
    key('up', C, 'Ctrl')
    clock.advance(500)
    key('up', CTRL_RIGHT)
    key('down', CTRL_RIGHT, 'Ctrl')
    send({ type: 'button-down', button: 1 })
    clock.advance(500)
    key('up', CTRL_RIGHT)
    send({ type: 'button-up', button: 1 })
    expect(record.told).toEqual([])
    key('down', CTRL_RIGHT, 'Ctrl')
    key('down', CTRL_RIGHT, 'Ctrl')
    clock.advance(150)
    expect(record.told).toEqual(['talk down'])
    key('up', CTRL_RIGHT)
    key('up', CTRL_RIGHT)
    key('down', CTRL_RIGHT, 'Ctrl')
    key('up', CTRL_RIGHT)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
    expect(record.events[0]?.atMs).toBe(1_000)
  })

  it('field 11: claims keys from other programs, gives them back, and keeps the former when the new one is taken', async () => {
    const claims = createClaims(['Ctrl+Alt+J'])
    const { hotkeys, running } = await setUp({ claim: claims })
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    await expect(hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+J' })).rejects.toMatchObject({ code: 'hotkey-taken' })
    await expect(hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Alt+Space' })).rejects.toMatchObject({ code: 'hotkey-taken' })
    expect(await hotkeys.isFree('Ctrl+Alt+J')).toBe(false)
    expect(await hotkeys.isFree('Ctrl+Alt+F8')).toBe(true)
    expect([...claims.held]).toEqual(['Ctrl+Alt+Space'])
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    expect([...claims.held]).toEqual(['F9'])
    await hotkeys.unbind('talk')
    expect([...claims.held]).toEqual([])
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    await hotkeys[Symbol.asyncDispose]()
    expect([...claims.held]).toEqual([])
    expect(running()).toBe(false)
  })

  it('does not claim on Linux, where claiming and watching would be two grabs', async () => {
    const claims = createClaims()
    const { hotkeys } = await setUp({ claim: claims, platform: 'linux' })
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    expect([...claims.held]).toEqual([])
  })

  it('field 12: ends a hold and listens again when it is armed again after sleep', async () => {
    const claims = createClaims()
    const { hotkeys, record, key } = await setUp({ claim: claims })
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    key('down', 0x43)
    await hotkeys.rearm()
    expect(record.told).toEqual(['talk down', 'talk up'])
    expect([...claims.held]).toEqual(['F9'])
    key('down', 0x43)
    key('up', 0x43)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
  })

  it('does not take a key that is down as it is bound for a press', async () => {
    const { hotkeys, record, key } = await setUp()
    key('down', 0x43)
    await hotkeys.bind({ id: 'talk', accelerator: 'F9' })
    key('down', 0x43)
    key('up', 0x43)
    expect(record.told).toEqual([])
    key('down', 0x43)
    expect(record.told).toEqual(['talk down'])
  })

  it('says that the keyboard may not be watched', async () => {
    const refused = setUp({
      loadHook: async () => ({
        start() {
          throw new Error('UIOHOOK_ERROR_AXAPI_DISABLED')
        },
        stop() {},
      }),
    })
    await expect(refused).rejects.toMatchObject({ code: 'hotkey-unsupported' })
  })
})
