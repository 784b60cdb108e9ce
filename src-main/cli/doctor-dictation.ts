import type { WaylandKeyMethodName, WaylandObstacle, WaylandReport } from '../desktop/inject/wayland-input'
import type { CliContext } from './context'
import type { Finding } from './finding'
import process from 'node:process'
import { connectAccessibility } from '../desktop/at-spi/accessibility-bus'
import { inspectWayland } from '../desktop/inject/wayland-input'
import { createX11Input } from '../desktop/inject/x11-input'
import { connectMpris } from '../desktop/media/mpris'
import { sessionBusAddress } from '../desktop/session-bus'
import { toAppError } from '../lib/app-error'

const LIMIT_MS = 2_000

/** How dictated text gets into other programs here, what it is told of them, and whether their sound can be held. */
export async function* dictationFindings(context: CliContext): AsyncGenerator<Finding> {
  yield await inserting(context)
  if (process.platform !== 'linux')
    return
  yield await accessibleText(context)
  yield await mediaPlayers(context)
}

async function inserting(context: CliContext): Promise<Finding> {
  const { env } = context
  if (process.platform === 'win32' || process.platform === 'darwin')
    return { check: 'inserting', state: 'ok', detail: 'pasted by the clipboard and the native hook\'s keys; what has the focus is not known' }
  if (env['WAYLAND_DISPLAY'] || env['XDG_SESSION_TYPE'] === 'wayland')
    return waylandFinding(await inspectWayland({ ...context, dataDir: null }))
  return env['DISPLAY'] ? onX11(context, env['DISPLAY']) : { check: 'inserting', state: 'warning', detail: 'There is no display to insert text on.', advice: 'Dictation needs one.' }
}

async function onX11({ clock, logger }: CliContext, display: string): Promise<Finding> {
  const input = createX11Input({ display, clock, logger })
  try {
    await input.start()
    return { check: 'inserting', state: 'ok', detail: 'X11: pasted and seen to be read, else typed; the clipboard is given back whole' }
  }
  catch (error) {
    return { check: 'inserting', state: 'fault', detail: toAppError(error).message, advice: 'Is DISPLAY right? Without it dictated text is left on the clipboard.' }
  }
  finally {
    await input[Symbol.asyncDispose]()
  }
}

const OBSTACLES: Readonly<Record<WaylandObstacle, string>> = {
  'not-installed': 'not installed',
  'no-daemon': 'its daemon does not run',
  'no-device': '/dev/uinput may not be opened',
  'no-protocol': 'this compositor takes none of its keys',
  'no-portal': 'not offered here',
  'refused': 'refused',
}

/** What a person sees of a Wayland session: the first method that can be used, the others in order, and what would mend it. */
export function waylandFinding({ focus, keys, clipboard }: WaylandReport): Finding {
  const chosen = keys.find(({ obstacle }) => obstacle === null)
  const order = keys.map(({ name, obstacle }) => obstacle === null ? name : `${name} (${OBSTACLES[obstacle]})`).join(', ')
  const known = { sway: 'sway tells the focus', windows: 'the compositor tells the focus' }
  const detail = [
    chosen ? `Wayland: keys by ${chosen.name}${chosen.name === 'portal' ? ', which asks once' : ''}` : 'Wayland: nothing presses keys, text is left on the clipboard',
    `tried in this order: ${order}`,
    clipboard === null ? 'clipboard by wl-clipboard' : 'clipboard by the program\'s own window',
    focus === null ? 'what has the focus is not known' : known[focus],
  ].join('; ')
  const advice = [
    ...chosen ? [] : [keysAdvice(keys)],
    ...clipboard === 'not-installed' ? ['Run: sudo apt install wl-clipboard'] : [],
  ].join(' ')
  return advice === '' ? { check: 'inserting', state: 'ok', detail } : { check: 'inserting', state: 'warning', detail, advice }
}

function keysAdvice(keys: WaylandReport['keys']): string {
  const obstacles = new Map<WaylandKeyMethodName, WaylandObstacle | null>(keys.map(({ name, obstacle }) => [name, obstacle]))
  if (obstacles.get('ydotool') === 'no-daemon')
    return 'Start ydotool\'s daemon: systemctl --user enable --now ydotool'
  if (obstacles.get('ydotool') === 'no-device' || obstacles.get('dotool') === 'no-device')
    return 'Run: sudo usermod -aG input $USER, give that group /dev/uinput by a udev rule, and log in again.'
  if (obstacles.get('wtype') === 'not-installed')
    return 'On sway and other wlroots compositors run: sudo apt install wtype. On GNOME: sudo apt install xdg-desktop-portal-gnome. On KDE: sudo apt install xdg-desktop-portal-kde.'
  return 'Install this desktop\'s portal (sudo apt install xdg-desktop-portal-gnome, or xdg-desktop-portal-kde), or ydotool (sudo apt install ydotool).'
}

async function accessibleText({ env, clock }: CliContext): Promise<Finding> {
  const check = 'text context'
  const advice = 'For spaces and capitals that fit what stands there, run: sudo apt install at-spi2-core'
  try {
    const bus = await connectAccessibility({ env, clock }, () => LIMIT_MS)
    bus?.close()
    return bus
      ? { check, state: 'ok', detail: 'programs that tell the text at the cursor are asked for it (AT-SPI)' }
      : { check, state: 'warning', detail: 'No program here tells the text at the cursor.', advice }
  }
  catch (error) {
    return { check, state: 'warning', detail: `The text at the cursor cannot be read: ${toAppError(error).message}`, advice }
  }
}

async function mediaPlayers({ env, clock }: CliContext): Promise<Finding> {
  const check = 'media'
  const advice = 'Pausing players needs the session\'s D-Bus; run: sudo apt install dbus-user-session'
  const address = sessionBusAddress(env)
  if (address === undefined)
    return { check, state: 'warning', detail: 'There is no session bus: players are not paused while recording.', advice }
  try {
    const mpris = await connectMpris({ address, clock, limitMs: LIMIT_MS })
    try {
      const { length } = await mpris.players(LIMIT_MS)
      return { check, state: 'ok', detail: length === 0 ? 'no media player runs now' : `${length} ${length === 1 ? 'player' : 'players'} can be paused while recording` }
    }
    finally {
      mpris.close()
    }
  }
  catch (error) {
    return { check, state: 'warning', detail: `Players are not paused while recording: ${toAppError(error).message}`, advice }
  }
}
