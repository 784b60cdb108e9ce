import { describe, expect, it } from 'vitest'
import { parseAccelerator } from '../../../src-main/desktop/accelerator'
import { candidatesFor, createHotkeySource, mechanismsFor } from '../../../src-main/desktop/hotkey-source'
import { portalTrigger } from '../../../src-main/desktop/portal-hotkeys'
import { systemClock } from '../../../src-main/ports/clock'
import { silentLogger } from '../../../src-main/ports/logger'

describe('choice of the mechanism', () => {
  it.each([
    ['darwin', {}, ['uiohook', 'control-socket']],
    ['win32', {}, ['uiohook', 'control-socket']],
    ['linux', { DISPLAY: ':0' }, ['x11', 'uiohook', 'control-socket']],
    ['linux', { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' }, ['portal', 'control-socket']],
    ['linux', { DISPLAY: ':0', XDG_SESSION_TYPE: 'wayland' }, ['portal', 'control-socket']],
    ['linux', { DISPLAY: ':0', WAYLAND_DISPLAY: '' }, ['x11', 'uiohook', 'control-socket']],
    ['linux', {}, ['control-socket']],
  ] as const)('on %s with %j: %j', (platform, env, expected) => {
    expect(mechanismsFor({ platform, env })).toEqual(expected)
  })

  it('field 8: says that holding is impossible where only the control socket is left', async () => {
    await using source = createHotkeySource({
      platform: 'linux',
      env: { WAYLAND_DISPLAY: 'wayland-0', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' },
      logger: silentLogger,
      clock: systemClock,
    })
    expect(source.capabilities).toEqual({ mechanism: 'none', hold: false })
    await Promise.all([source.start(), source.start()])
    expect(source.capabilities).toEqual({ mechanism: 'control-socket', hold: false })
    await expect(source.bind({ id: 'talk', accelerator: 'Ctrl+Alt+Space' })).rejects.toMatchObject({ code: 'hotkey-unsupported' })
    expect(await source.suggestFree('Ctrl+Alt+Space')).toBe(null)
  })
})

describe('keys offered instead of a taken one', () => {
  it('stay near the wished one, never are it, and can be typed on each system', () => {
    expect(candidatesFor('alt+ctrl+j', 'linux').slice(0, 3)).toEqual(['Ctrl+Shift+J', 'Alt+Shift+J', 'Ctrl+Alt+Shift+J'])
    for (const platform of ['linux', 'win32', 'darwin'] as const) {
      for (const wished of ['Ctrl+Alt+Space', 'RightCtrl', 'nonsense', 'Super+L']) {
        const candidates = candidatesFor(wished, platform)
        expect(candidates.length).toBeGreaterThan(3)
        expect(candidates).not.toContain(wished)
        candidates.forEach(candidate => parseAccelerator(candidate, platform))
      }
    }
  })
})

describe('the trigger for the portal', () => {
  it.each([
    ['Ctrl+Alt+Space', 'CTRL+ALT+space'],
    ['Super+Shift+K', 'SHIFT+LOGO+k'],
    ['Ctrl+Plus', 'CTRL+plus'],
    ['F9', 'F9'],
    ['MediaPlayPause', 'XF86AudioPlay'],
  ])('of %s is %s', (accelerator, trigger) => {
    expect(portalTrigger(parseAccelerator(accelerator, 'linux'))).toBe(trigger)
  })
})
