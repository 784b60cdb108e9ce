import type { Subscribable } from '../lib/emitter'

/** `atMs` is on the port clock's monotonic scale. */
export interface HotkeyEvent {
  readonly type: 'down' | 'up'
  readonly bindingId: string
  readonly atMs: number
}

export interface HotkeyBinding {
  /** Our name for what it does: `talk`, `dictate`, `captions`, `cancel`. */
  readonly id: string
  /** Electron's accelerator syntax: `Ctrl+Alt+Space`. */
  readonly accelerator: string
}

export interface HotkeyCapabilities {
  /** Which mechanism is in use, for `doctor` and the settings. */
  readonly mechanism: 'x11' | 'uiohook' | 'portal' | 'control-socket' | 'none'
  /** Key up is reported: holding works. */
  readonly hold: boolean
}

/** Global keys, with key down and key up; auto-repeat is folded, so each hold gives one `down` and one `up`. */
export interface HotkeySource extends AsyncDisposable {
  start: () => Promise<void>
  readonly capabilities: HotkeyCapabilities
  readonly events: Subscribable<HotkeyEvent>
  /**
   * Takes effect at once and replaces a former binding of the same id. Throws `hotkey-taken` or
   * `hotkey-impossible` and leaves the former binding in force.
   */
  bind: (binding: HotkeyBinding) => Promise<void>
  unbind: (bindingId: string) => Promise<void>
  /** The key's real state, asked from the system: what a watchdog trusts. */
  isDown: (bindingId: string) => Promise<boolean>
}
