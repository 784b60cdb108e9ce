import type { StateHub } from '../../src-main/app/state-hub'
import type { PortalHotkeysOptions } from '../../src-main/desktop/portal-hotkeys'
import type { FakePortal } from '../fakes/fake-portal'
import { afterEach, describe, expect, it } from 'vitest'
import { createHotkeyService } from '../../src-main/app/hotkey-service'
import { defaultSettings } from '../../src-main/contract/settings'
import { createHotkeySource } from '../../src-main/desktop/hotkey-source'
import { PortalHotkeys } from '../../src-main/desktop/portal-hotkeys'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { startFakePortal } from '../fakes/fake-portal'
import { recordHotkeys } from '../support/hotkey-events'
import { useStage } from '../support/stage'

describe('hotkeys through the desktop portal', () => {
  const stage = useStage({ display: false, sound: false })
  const open: AsyncDisposable[] = []

  afterEach(async () => {
    for (const thing of open.splice(0).reverse())
      await thing[Symbol.asyncDispose]()
  })

  const busAddress = (): string => stage().env['DBUS_SESSION_BUS_ADDRESS'] ?? ''

  async function startPortal(): Promise<FakePortal> {
    const portal = await startFakePortal(busAddress())
    open.push(portal)
    return portal
  }

  async function startHotkeys(options: Partial<PortalHotkeysOptions> = {}): Promise<PortalHotkeys> {
    const hotkeys = new PortalHotkeys({ clock: systemClock, logger: silentLogger, busAddress: busAddress(), ...options })
    open.push(hotkeys)
    await hotkeys.start()
    return hotkeys
  }

  function bound(portal: FakePortal): unknown {
    return [...portal.sessions.values()]
  }

  it('binds with the wished trigger, and tells down and up', async () => {
    const portal = await startPortal()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    expect(bound(portal)).toEqual([[{ id: 'talk', description: 'Talk to Parley', trigger: 'CTRL+ALT+space' }]])
    portal.activate('talk')
    await record.until(1)
    expect(await hotkeys.isDown('talk')).toBe(true)
    portal.activate('talk')
    portal.deactivate('talk')
    portal.deactivate('talk')
    await record.until(2)
    portal.activate('talk')
    portal.deactivate('talk')
    await record.until(4)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down', 'talk up'])
  })

  it('makes a new session for each change, ends holds, and closes the former', async () => {
    const portal = await startPortal()
    portal.hasty = true
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    portal.activate('talk')
    await record.until(1)
    await hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Alt+D' })
    await record.until(2)
    expect(bound(portal)).toEqual([[
      { id: 'talk', description: 'Talk to Parley', trigger: 'CTRL+ALT+space' },
      { id: 'dictate', description: 'Dictate', trigger: 'CTRL+ALT+d' },
    ]])
    await hotkeys.unbind('talk')
    expect(bound(portal)).toEqual([[{ id: 'dictate', description: 'Dictate', trigger: 'CTRL+ALT+d' }]])
    await hotkeys.unbind('dictate')
    expect(bound(portal)).toEqual([])
  })

  it('keeps the former key when the person refuses the new one', async () => {
    const portal = await startPortal()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    portal.answer = 1
    await expect(hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+J' })).rejects.toMatchObject({ code: 'hotkey-unsupported', params: { reason: 'refused' } })
    await expect(hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Banana' })).rejects.toMatchObject({ code: 'hotkey-impossible' })
    await expect(hotkeys.bind({ id: 'cancel', accelerator: 'Escape' })).rejects.toMatchObject({ code: 'hotkey-unsupported' })
    await expect(hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Alt+Space' })).rejects.toMatchObject({ code: 'hotkey-taken' })
    portal.activate('talk')
    await record.until(1)
    expect(record.told).toEqual(['talk down'])
  })

  it('asks the person once for all keys at the start', async () => {
    const portal = await startPortal()
    const hotkeys = await startHotkeys()
    const outcomes = await hotkeys.bindAll([
      { id: 'talk', accelerator: 'Ctrl+Alt+Space' },
      { id: 'dictate', accelerator: 'Ctrl+Alt+D' },
      { id: 'edit', accelerator: 'Ctrl+Alt+E' },
      { id: 'undo', accelerator: 'Ctrl+Alt+Banana' },
      { id: 'pasteLast', accelerator: 'Ctrl+Alt+D' },
    ])
    expect([...outcomes].map(([id, error]) => [id, error?.code ?? null])).toEqual([['talk', null], ['dictate', null], ['edit', null], ['undo', 'hotkey-impossible'], ['pasteLast', 'hotkey-taken']])
    expect(bound(portal)).toEqual([[
      { id: 'talk', description: 'Talk to Parley', trigger: 'CTRL+ALT+space' },
      { id: 'dictate', description: 'Dictate', trigger: 'CTRL+ALT+d' },
      { id: 'edit', description: 'Change the selected text by voice', trigger: 'CTRL+ALT+e' },
    ]])
    expect(portal.asked).toBe(1)
    expect(await hotkeys.bindAll([{ id: 'talk', accelerator: 'Ctrl+Alt+Space' }])).toEqual(new Map([['talk', null]]))
    expect(portal.asked).toBe(1)
  })

  it('has the keys that were granted when others were not', async () => {
    const portal = await startPortal()
    portal.withheld.add('edit')
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    const outcomes = await hotkeys.bindAll([{ id: 'talk', accelerator: 'Ctrl+Alt+Space' }, { id: 'edit', accelerator: 'Ctrl+Alt+E' }])
    expect(outcomes.get('talk')).toBeNull()
    expect(outcomes.get('edit')).toMatchObject({ code: 'hotkey-unsupported', params: { reason: 'refused' } })
    portal.activate('talk')
    await record.until(1)
    await hotkeys.bind({ id: 'dictate', accelerator: 'Ctrl+Alt+D' })
    expect(bound(portal)).toEqual([[expect.objectContaining({ id: 'talk' }), expect.objectContaining({ id: 'dictate' })]])
  })

  it('fails for every key when the person refuses, and keeps what was in force', async () => {
    const portal = await startPortal()
    const hotkeys = await startHotkeys()
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    portal.answer = 1
    const outcomes = await hotkeys.bindAll([{ id: 'dictate', accelerator: 'Ctrl+Alt+D' }, { id: 'edit', accelerator: 'Ctrl+Alt+E' }])
    expect([...outcomes.values()]).toEqual([expect.objectContaining({ code: 'hotkey-unsupported' }), expect.objectContaining({ code: 'hotkey-unsupported' })])
    expect(bound(portal)).toEqual([[expect.objectContaining({ id: 'talk' })]])
  })

  it('is how the program binds its keys', async () => {
    const portal = await startPortal()
    await using source = createHotkeySource({ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0', DBUS_SESSION_BUS_ADDRESS: busAddress() }, logger: silentLogger, clock: systemClock })
    portal.withheld.add('undo')
    const told: unknown[] = []
    const settings = { hotkey: { ...defaultSettings.hotkey, talk: 'Ctrl+Alt+Space', dictate: 'Ctrl+Alt+D', edit: 'Ctrl+Alt+E', undo: 'Ctrl+Alt+Z', pasteLast: '' } }
    const hub = { publish: (change: unknown) => void told.push(change), notify: () => {} } as unknown as StateHub
    await createHotkeyService({ source, hub, logger: silentLogger, settings: () => ({ ...defaultSettings, ...settings }), save: () => {} }).start()
    expect(portal.asked).toBe(1)
    expect(bound(portal)).toEqual([[expect.objectContaining({ id: 'talk' }), expect.objectContaining({ id: 'dictate' }), expect.objectContaining({ id: 'edit' })]])
    expect(told).toContainEqual({ type: 'keys', keys: expect.objectContaining({
      edit: { accelerator: 'Ctrl+Alt+E', errorCode: null, suggestion: null },
      undo: { accelerator: 'Ctrl+Alt+Z', errorCode: 'hotkey-unsupported', suggestion: null },
    }) as unknown })
  })

  it('binds again when the portal was started anew', async () => {
    const first = await startPortal()
    const hotkeys = await startHotkeys()
    const record = recordHotkeys(hotkeys.events)
    await hotkeys.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })
    first.activate('talk')
    await record.until(1)
    await first[Symbol.asyncDispose]()
    await record.until(2)
    const again = new Promise<void>((resolve) => {
      hotkeys.problems.subscribe(({ error }) => error ?? resolve())
    })
    const second = await startPortal()
    await again
    expect(bound(second)).toEqual([[{ id: 'talk', description: 'Talk to Parley', trigger: 'CTRL+ALT+space' }]])
    second.activate('talk')
    await record.until(3)
    expect(record.told).toEqual(['talk down', 'talk up', 'talk down'])
  })

  it('is the mechanism of a Wayland session that has it; without it the control socket is left', async () => {
    const options = { platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0', DBUS_SESSION_BUS_ADDRESS: busAddress() }, logger: silentLogger, clock: systemClock } as const
    {
      await using source = createHotkeySource(options)
      await source.start()
      expect(source.capabilities).toEqual({ mechanism: 'control-socket', hold: false })
    }
    await startPortal()
    await using source = createHotkeySource(options)
    await source.start()
    expect(source.capabilities).toEqual({ mechanism: 'portal', hold: true })
  })
})
