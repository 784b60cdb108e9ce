import type { WaylandReport } from '../../../src-main/desktop/inject/wayland-input'
import { describe, expect, it } from 'vitest'
import { waylandFinding } from '../../../src-main/cli/doctor-dictation'

const NOTHING: WaylandReport['keys'] = [
  { name: 'portal', obstacle: 'no-portal' },
  { name: 'wtype', obstacle: 'not-installed' },
  { name: 'ydotool', obstacle: 'not-installed' },
  { name: 'dotool', obstacle: 'not-installed' },
]

function withObstacle(name: string, obstacle: WaylandReport['keys'][number]['obstacle']): WaylandReport['keys'] {
  return NOTHING.map(method => method.name === name ? { ...method, obstacle } : method)
}

describe('what doctor says of inserting in a Wayland session', () => {
  it('names the method, the order and the rest where all is well', () => {
    expect(waylandFinding({ focus: 'sway', keys: withObstacle('wtype', null), clipboard: null })).toEqual({
      check: 'inserting',
      state: 'ok',
      detail: 'Wayland: keys by wtype; tried in this order: portal (not offered here), wtype, ydotool (not installed), dotool (not installed); clipboard by wl-clipboard; sway tells the focus',
    })
  })

  it('says that the portal asks', () => {
    expect(waylandFinding({ focus: null, keys: withObstacle('portal', null), clipboard: 'no-protocol' })).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/^Wayland: keys by portal, which asks once; .*clipboard by the program's own window; what has the focus is not known$/) as string,
    })
  })

  it.each([
    ['nothing at all', NOTHING, null, 'sudo apt install wtype'],
    ['a compositor that takes no keys of wtype', withObstacle('wtype', 'no-protocol'), null, 'sudo apt install xdg-desktop-portal-gnome'],
    ['no daemon', withObstacle('ydotool', 'no-daemon'), null, 'systemctl --user enable --now ydotool'],
    ['no right to the device', withObstacle('dotool', 'no-device'), null, 'sudo usermod -aG input $USER'],
    ['no wl-clipboard', withObstacle('wtype', null), 'not-installed', 'sudo apt install wl-clipboard'],
  ] as const)('says what to do: %s', (_, keys, clipboard, advice) => {
    const finding = waylandFinding({ focus: 'windows', keys, clipboard })
    expect(finding.state).toBe('warning')
    expect(finding.advice).toContain(advice)
  })
})
