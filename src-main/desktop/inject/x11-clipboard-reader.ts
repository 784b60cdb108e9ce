import type { InjectionTarget } from '../../ports/text-injector'
import type { SelectionSession } from './x11-clipboard-session'
import { readFile } from 'node:fs/promises'

/**
 * Programs that read the clipboard whenever it changes: they keep a history, show it, or carry it to another machine. The
 * kernel's name of the process, which is cut after 15 characters.
 */
const CLIPBOARD_WATCHERS: ReadonlySet<string> = new Set([
  ...['autocutsel', 'clipcatd', 'clipit', 'clipmenud', 'clipse', 'copyq', 'diodon', 'glipper', 'gpaste-daemon', 'greenclip', 'klipper', 'parcellite', 'qlipper', 'xclipboard', 'xfce4-clipman'],
  ...['cinnamon', 'csd-clipboard', 'fcitx', 'fcitx5', 'gnome-shell', 'gsd-clipboard', 'mate-settings-d', 'msd-clipboard', 'plasmashell', 'xfsettingsd'],
  ...['barrierc', 'barriers', 'deskflow-core', 'input-leapc', 'input-leaps', 'kdeconnectd', 'nxagent', 'spice-vdagent', 'synergyc', 'synergys', 'VBoxClient', 'vmtoolsd', 'vncconfig', 'x0vncserver', 'x11vnc', 'x2goagent', 'xrdp-chansrv'],
])

/** Whether a window is the target's program's: of the same client, or of another connection of the same process. */
export async function isOfProgram(session: SelectionSession, window: number, target: InjectionTarget): Promise<boolean> {
  const targetWindow = Number(target.id)
  const isWindow = Number.isInteger(targetWindow) && targetWindow > 0
  if (isWindow && session.clientOf(window) === session.clientOf(targetWindow))
    return true
  const pid = await session.pidOf(window)
  if (pid === null)
    return false
  return pid === target.pid || (isWindow && pid === await session.pidOf(targetWindow))
}

/** Whether a window is one of a program that reads every content anyway, so that its reading says nothing. */
export async function isClipboardWatcher(session: SelectionSession, window: number): Promise<boolean> {
  const manager = await session.ownerOf(session.atoms.CLIPBOARD_MANAGER)
  if (manager !== 0 && session.clientOf(manager) === session.clientOf(window))
    return true
  const pid = await session.pidOf(window)
  if (pid === null)
    return false
  // No such file: not this machine's, or gone.
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
  return CLIPBOARD_WATCHERS.has(name.trim())
}
