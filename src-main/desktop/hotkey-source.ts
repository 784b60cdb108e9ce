import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import type { HotkeyBinding, HotkeyCapabilities, HotkeyEvent } from '../ports/hotkey-source'
import type { Logger } from '../ports/logger'
import type { BindOutcomes, DesktopHotkeySource, HotkeyProblem } from './desktop-hotkey-source'
import type { HotkeyClaim } from './uiohook-hotkeys'
import { AppError, toAppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'
import { formatAccelerator, parseAccelerator } from './accelerator'
import { PortalHotkeys } from './portal-hotkeys'
import { createSerialQueue } from './serial-queue'
import { UiohookHotkeys } from './uiohook-hotkeys'
import { X11Hotkeys } from './x11-hotkeys'

export interface HotkeySourceOptions {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  readonly clock: Clock
  /** Takes the key from other programs where the mechanism only observes (Electron's globalShortcut). */
  readonly claim?: HotkeyClaim
}

export interface ChosenHotkeySource extends DesktopHotkeySource {
  /** A free key near the wished one, or null when none of a short list is. */
  suggestFree: (accelerator: string) => Promise<string | null>
  bindAll: NonNullable<DesktopHotkeySource['bindAll']>
}

type Mechanism = HotkeyCapabilities['mechanism']

/**
 * Which mechanisms to try, in order. A Wayland session is asked through its portal: a grab in XWayland would see the
 * key only while an X program has the focus. The control socket is what is left: key bindings of the desktop that run
 * `parley` commands.
 */
export function mechanismsFor({ platform, env }: Pick<HotkeySourceOptions, 'platform' | 'env'>): readonly Mechanism[] {
  if (platform === 'darwin' || platform === 'win32')
    return ['uiohook', 'control-socket']
  if (env['WAYLAND_DISPLAY'] || env['XDG_SESSION_TYPE'] === 'wayland')
    return ['portal', 'control-socket']
  return env['DISPLAY'] ? ['x11', 'uiohook', 'control-socket'] : ['control-socket']
}

/** Global hotkeys by the best mechanism this desktop has; which one is known after `start()`. */
export function createHotkeySource(options: HotkeySourceOptions): ChosenHotkeySource {
  return new FirstThatStarts(options)
}

class FirstThatStarts implements ChosenHotkeySource {
  readonly events = new Emitter<HotkeyEvent>()
  readonly problems = new Emitter<HotkeyProblem>()
  readonly #options: HotkeySourceOptions
  readonly #serially = createSerialQueue()
  #chosen: DesktopHotkeySource | undefined
  #starting: Promise<void> | undefined
  #disposed = false

  constructor(options: HotkeySourceOptions) {
    this.#options = options
  }

  get capabilities(): HotkeyCapabilities {
    return this.#chosen?.capabilities ?? { mechanism: 'none', hold: false }
  }

  /** Idempotent; never throws: what is left when nothing else starts is the control socket. */
  start(): Promise<void> {
    this.#starting ??= this.#serially(() => this.#choose())
    return this.#starting
  }

  bind(binding: HotkeyBinding): Promise<void> {
    return this.#started().bind(binding)
  }

  async bindAll(bindings: readonly HotkeyBinding[]): Promise<BindOutcomes> {
    const source = this.#started()
    if (source.bindAll)
      return source.bindAll(bindings)
    return new Map(await Promise.all(bindings.map(async binding =>
      [binding.id, await source.bind(binding).then(() => null, error => toAppError(error))] as const)))
  }

  unbind(bindingId: string): Promise<void> {
    return this.#started().unbind(bindingId)
  }

  isDown(bindingId: string): Promise<boolean> {
    return this.#started().isDown(bindingId)
  }

  isFree(accelerator: string): Promise<boolean> {
    return this.#started().isFree(accelerator)
  }

  rearm(): Promise<void> {
    return this.#started().rearm()
  }

  async suggestFree(accelerator: string): Promise<string | null> {
    for (const candidate of candidatesFor(accelerator, this.#options.platform)) {
      try {
        if (await this.isFree(candidate))
          return candidate
      }
      catch (error) {
        // A key this keyboard does not have is no suggestion; anything else is the caller's to know.
        if (!(error instanceof AppError) || error.code !== 'hotkey-impossible')
          throw error
      }
    }
    return null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await this.#serially(async () => this.#chosen?.[Symbol.asyncDispose]())
  }

  #started(): DesktopHotkeySource {
    if (!this.#chosen)
      throw new AppError('hotkey-unsupported', 'Hotkeys have not been started.')
    return this.#chosen
  }

  async #choose(): Promise<void> {
    for (const mechanism of mechanismsFor(this.#options)) {
      if (this.#disposed)
        return
      const source = this.#create(mechanism)
      try {
        await source.start()
      }
      catch (error) {
        this.#options.logger.warn('a hotkey mechanism is not available', { mechanism, code: toAppError(error).code })
        await source[Symbol.asyncDispose]()
        continue
      }
      this.#chosen = source
      source.events.subscribe(event => this.events.emit(event))
      source.problems.subscribe(problem => this.problems.emit(problem))
      this.#options.logger.info('hotkey mechanism chosen', { mechanism, hold: source.capabilities.hold })
      return
    }
  }

  #create(mechanism: Mechanism): DesktopHotkeySource {
    const { clock, logger, env, platform, claim } = this.#options
    switch (mechanism) {
      case 'x11': return new X11Hotkeys({ display: env['DISPLAY'] ?? ':0', clock, logger })
      case 'uiohook': return new UiohookHotkeys({ clock, logger, platform, ...(claim && { claim }) })
      case 'portal': return new PortalHotkeys({ clock, logger, busAddress: env['DBUS_SESSION_BUS_ADDRESS'] })
      case 'control-socket':
      case 'none':
        return new ControlSocketOnly()
    }
  }
}

/** No global keys here: the desktop's own key bindings run `parley` commands, which the app answers. */
class ControlSocketOnly implements DesktopHotkeySource {
  readonly capabilities: HotkeyCapabilities = { mechanism: 'control-socket', hold: false }
  readonly events: Subscribable<HotkeyEvent> = new Emitter<HotkeyEvent>()
  readonly problems: Subscribable<HotkeyProblem> = new Emitter<HotkeyProblem>()
  async start(): Promise<void> {}
  async bind(): Promise<void> {
    throw new AppError('hotkey-unsupported', 'This desktop gives programs no global hotkeys; bind a parley command in its keyboard settings.')
  }

  async unbind(): Promise<void> {}
  async isDown(): Promise<boolean> {
    return false
  }

  async isFree(): Promise<boolean> {
    return false
  }

  async rearm(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

const FALLBACKS = ['Ctrl+Alt+Space', 'Ctrl+Shift+Space', 'Ctrl+Alt+Enter', 'Ctrl+Alt+J', 'Super+Alt+Space', 'Ctrl+Shift+F9', 'F9', 'Scrolllock']
const OTHER_MODIFIERS = ['Ctrl+Alt', 'Ctrl+Shift', 'Alt+Shift', 'Ctrl+Alt+Shift', 'Super+Alt']

/** The same key with other modifiers, then usual ones; in normal form, without the wished one. */
export function candidatesFor(accelerator: string, platform: NodeJS.Platform): string[] {
  let wished: string | undefined
  let sameKey: string[] = []
  try {
    const parsed = parseAccelerator(accelerator, platform)
    wished = formatAccelerator(parsed)
    sameKey = parsed.kind === 'chord' ? OTHER_MODIFIERS.map(modifiers => `${modifiers}+${parsed.key.name}`) : []
  }
  catch {
    // Nothing to stay near to: the usual ones will do.
  }
  return [...new Set([...sameKey, ...FALLBACKS])]
    .filter(candidate => candidate !== wished)
    .filter((candidate) => {
      try {
        return Boolean(parseAccelerator(candidate, platform))
      }
      catch {
        return false
      }
    })
}
