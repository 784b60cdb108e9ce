import type { FakePortal } from '../fakes/fake-portal'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createPortalKeys } from '../../src-main/desktop/inject/wayland-portal'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { startFakePortal } from '../fakes/fake-portal'
import { useStage } from '../support/stage'

const CTRL = 0xFFE3
const SHIFT = 0xFFE1
const V = 0x76
const never = new AbortController().signal

describe('keys through the desktop portal', () => {
  const stage = useStage({ display: false, sound: false })
  const open: (() => Promise<void>)[] = []
  let files = 0

  afterEach(async () => {
    for (const close of open.splice(0).reverse())
      await close()
  })

  const busAddress = (): string => stage().env['DBUS_SESSION_BUS_ADDRESS'] ?? ''
  const newFile = (): string => join(stage().dir, `token-${++files}`)

  async function startPortal(): Promise<FakePortal> {
    const portal = await startFakePortal(busAddress())
    open.push(async () => portal[Symbol.asyncDispose]())
    return portal
  }

  function keysOf(tokenFile: string | null): ReturnType<typeof createPortalKeys> {
    const keys = createPortalKeys({ busAddress: busAddress(), clock: systemClock, logger: silentLogger, tokenFile })
    open.push(() => keys.close())
    return keys
  }

  it('presses chords and types text by symbols, and lets every key go', async () => {
    const portal = await startPortal()
    const keys = keysOf(null)
    expect(await keys.probe()).toBeNull()
    expect(portal.remote.asked()).toBe(0)
    expect(await keys.press('Ctrl+Shift+V')).toBe(true)
    expect(portal.remote.keys).toEqual([`${CTRL} down`, `${SHIFT} down`, `${V} down`, `${V} up`, `${SHIFT} up`, `${CTRL} up`])
    portal.remote.keys.length = 0
    expect(await keys.press('Backspace', 2)).toBe(true)
    expect(portal.remote.keys).toEqual(['65288 down', '65288 up', '65288 down', '65288 up'])
    portal.remote.keys.length = 0
    expect(await keys.type('é漢🙂\n', never)).toBe(true)
    expect(portal.remote.keys.filter(key => key.endsWith('down')).map(key => Number.parseInt(key))).toEqual([0xE9, 0x1006F22, 0x101F642, 0xFF0D])
    expect(portal.remote.down.size).toBe(0)
    expect(portal.remote.asked()).toBe(1)
  })

  it('presses nothing for what is no key', async () => {
    const portal = await startPortal()
    const keys = keysOf(null)
    expect(await keys.press('Ctrl+Banana')).toBe(false)
    expect(await keys.type('bell\u0007', never)).toBe(false)
    expect(portal.remote.keys).toEqual([])
  })

  it('asks once for good: the next run shows the token of the last', async () => {
    const portal = await startPortal()
    const file = newFile()
    for (const run of [1, 2, 3]) {
      const keys = keysOf(file)
      expect(await keys.press('Ctrl+V')).toBe(true)
      expect(await readFile(file, 'utf8')).toBe(`token-${run}`)
      await keys.close()
      expect(portal.remote.sessions.size).toBe(0)
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(portal.remote.asked()).toBe(1)
  })

  it('presses nothing while the person is asked, and is ready afterwards', async () => {
    const portal = await startPortal()
    portal.remote.slow = true
    const keys = keysOf(newFile())
    expect(await keys.press('Ctrl+V')).toBe(false)
    expect(portal.remote.keys).toEqual([])
    portal.remote.answer()
    await expect.poll(() => keys.press('Ctrl+V')).toBe(true)
    expect(portal.remote.asked()).toBe(1)
    expect(portal.remote.down.size).toBe(0)
  })

  it('does not ask again when the person refused', async () => {
    const portal = await startPortal()
    portal.answer = 1
    const keys = keysOf(null)
    expect(await keys.press('Ctrl+V')).toBe(false)
    expect(await keys.probe()).toBe('refused')
    portal.answer = 0
    expect(await keys.press('Ctrl+V')).toBe(false)
    expect(portal.remote.keys).toEqual([])
  })

  it('opens another session when the desktop ended the first, and presses once', async () => {
    const portal = await startPortal()
    const keys = keysOf(newFile())
    expect(await keys.press('Ctrl+V')).toBe(true)
    portal.remote.endAll()
    portal.remote.keys.length = 0
    expect(await keys.press('Ctrl+V')).toBe(true)
    expect(portal.remote.keys).toEqual([`${CTRL} down`, `${V} down`, `${V} up`, `${CTRL} up`])
    expect(portal.remote.asked()).toBe(1)
  })

  it('cannot be used without a portal, or where that has no keyboard', async () => {
    expect(await keysOf(null).probe()).toBe('no-portal')
    const portal = await startPortal()
    portal.remote.devices = 2
    expect(await keysOf(null).probe()).toBe('no-portal')
  })
})
