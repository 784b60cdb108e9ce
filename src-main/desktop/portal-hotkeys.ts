import type { Clock } from '../ports/clock'
import type { HotkeyBinding, HotkeyCapabilities, HotkeyEvent } from '../ports/hotkey-source'
import type { Logger } from '../ports/logger'
import type { Accelerator, Modifier } from './accelerator'
import type { BindOutcomes, DesktopHotkeySource, HotkeyProblem } from './desktop-hotkey-source'
import type { KeyTracker } from './key-tracker'
import type { PortalBus, PortalSignal, PortalVariant } from './portal-bus'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { formatAccelerator, impossible, parseAccelerator } from './accelerator'
import { createKeyTracker } from './key-tracker'
import { connectPortal } from './portal-bus'
import { createSerialQueue } from './serial-queue'

const INTERFACE = 'org.freedesktop.portal.GlobalShortcuts'
const FIRST_RECONNECT_MS = 500
const SLOWEST_RECONNECT_MS = 30_000

/** What the desktop's own dialog calls each binding. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  talk: 'Talk to Parley',
  dictate: 'Dictate',
  edit: 'Change the selected text by voice',
  undo: 'Take back what was dictated last',
  pasteLast: 'Insert what was dictated last again',
  captions: 'Show captions',
}

const TRIGGER_MODIFIERS: Readonly<Record<Modifier, string>> = { Ctrl: 'CTRL', Alt: 'ALT', Shift: 'SHIFT', Super: 'LOGO' }

/** The accelerator as the XDG shortcuts specification writes it: `CTRL+ALT+space`. */
export function portalTrigger(accelerator: Accelerator): string {
  return [...accelerator.modifiers.map(modifier => TRIGGER_MODIFIERS[modifier]), accelerator.key.xkb].join('+')
}

export interface PortalHotkeysOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** D-Bus address of the session bus; undefined: where the library finds it. */
  readonly busAddress: string | undefined
}

interface Entry {
  readonly id: string
  readonly accelerator: Accelerator
  readonly tracker: KeyTracker
}

/**
 * Global hotkeys through the desktop portal (Wayland): the desktop owns the keys, may ask the person, and may give
 * another key than the wished one. A session's shortcuts are bound once, so a change makes a new session.
 * A key with no modifier (Escape while a take runs) is not asked for: the desktop would ask the person each time.
 */
export class PortalHotkeys implements DesktopHotkeySource {
  readonly capabilities: HotkeyCapabilities = { mechanism: 'portal', hold: true }
  readonly events = new Emitter<HotkeyEvent>()
  readonly problems = new Emitter<HotkeyProblem>()

  readonly #options: PortalHotkeysOptions
  readonly #serially = createSerialQueue()
  #entries: ReadonlyMap<string, Entry> = new Map()
  #bus: PortalBus | undefined
  #session: string | undefined
  #sessions = 0
  #reconnectMs = FIRST_RECONNECT_MS
  #cancelReconnect: (() => void) | undefined
  #disposed = false

  constructor(options: PortalHotkeysOptions) {
    this.#options = options
  }

  /** Idempotent. Throws `hotkey-unsupported` when the portal is not there. */
  start(): Promise<void> {
    return this.#serially(() => this.#connect())
  }

  bind(binding: HotkeyBinding): Promise<void> {
    return this.#serially(async () => {
      const entry = this.#entryFor(binding, this.#entries)
      if (!entry)
        return
      const wished = new Map(this.#entries).set(binding.id, entry)
      const refused = await this.#replace(wished, granted => [...wished.keys()].every(id => granted.has(id)))
      if (refused)
        throw refused
    })
  }

  /** One session for all: the desktop asks the person once. What it does not grant leaves the rest in force. */
  bindAll(bindings: readonly HotkeyBinding[]): Promise<BindOutcomes> {
    return this.#serially(async () => {
      const outcomes = new Map<string, AppError | null>()
      const wished = new Map(this.#entries)
      for (const binding of bindings) {
        try {
          const entry = this.#entryFor(binding, wished)
          if (entry)
            wished.set(binding.id, entry)
          outcomes.set(binding.id, null)
        }
        catch (error) {
          outcomes.set(binding.id, toAppError(error))
        }
      }
      const changed = bindings.filter(({ id }) => wished.get(id) !== this.#entries.get(id))
      if (changed.length === 0)
        return outcomes
      const fail = (error: AppError, ids: readonly string[]): void => ids.forEach(id => outcomes.set(id, error))
      try {
        const refused = await this.#replace(wished, granted => changed.some(({ id }) => granted.has(id)))
        if (refused)
          fail(refused, changed.filter(({ id }) => wished.get(id) !== this.#entries.get(id)).map(({ id }) => id))
      }
      catch (error) {
        fail(toAppError(error), changed.map(({ id }) => id))
      }
      return outcomes
    })
  }

  unbind(bindingId: string): Promise<void> {
    return this.#serially(async () => {
      if (!this.#entries.has(bindingId))
        return
      const rest = new Map(this.#entries)
      rest.delete(bindingId)
      await this.#replace(rest)
    })
  }

  /** The portal can't be asked: what it told last. */
  async isDown(bindingId: string): Promise<boolean> {
    return this.#entries.get(bindingId)?.tracker.held ?? false
  }

  /** The desktop settles conflicts itself, with the person; nothing can be promised. */
  async isFree(): Promise<boolean> {
    return false
  }

  rearm(): Promise<void> {
    return this.#serially(async () => {
      this.#letGo(this.#entries)
      if (!this.#bus)
        await this.#connect()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelReconnect?.()
    await this.#serially(async () => {
      this.#letGo(this.#entries)
      await this.#closeSession(this.#session)
      this.#bus?.close()
      this.#bus = undefined
    })
  }

  async #connect(): Promise<void> {
    if (this.#bus || this.#disposed)
      return
    const { busAddress, clock } = this.#options
    const bus = await connectPortal({ interfaceName: INTERFACE, busAddress, clock })
    this.#bus = bus
    bus.signals.subscribe(signal => this.#onSignal(signal))
    bus.presence.subscribe(({ there, busClosed }) => this.#onPresence(bus, there, busClosed))
    if (this.#entries.size > 0) {
      const { session } = await this.#openSession(bus, this.#entries, granted => [...this.#entries.keys()].every(id => granted.has(id)))
      this.#session = session
    }
    this.#reconnectMs = FIRST_RECONNECT_MS
  }

  /** Null: it is in force already. Throws when it cannot be. */
  #entryFor(binding: HotkeyBinding, entries: ReadonlyMap<string, Entry>): Entry | null {
    const accelerator = parseAccelerator(binding.accelerator, 'linux')
    const name = formatAccelerator(accelerator)
    const former = entries.get(binding.id)
    if (former && formatAccelerator(former.accelerator) === name && this.#session)
      return null
    if (accelerator.kind === 'lone-modifier')
      throw impossible(name, 'no-key')
    if (accelerator.modifiers.length === 0 && accelerator.key.name === 'Escape')
      throw new AppError('hotkey-unsupported', 'This desktop gives no such key to programs.', { params: { accelerator: name } })
    if ([...entries.values()].some(entry => entry.id !== binding.id && formatAccelerator(entry.accelerator) === name))
      throw new AppError('hotkey-taken', 'Another hotkey of this program is the same.', { params: { accelerator: name } })
    return this.#createEntry(binding.id, accelerator)
  }

  /**
   * The former session stays until the new one is granted as far as `isEnough` says: a refusal leaves it in force, and is thrown.
   * Resolves with the refusal of the rest, which is then not bound.
   */
  async #replace(entries: ReadonlyMap<string, Entry>, isEnough: (granted: ReadonlySet<string>) => boolean = () => true): Promise<AppError | null> {
    const bus = this.#bus
    if (!bus)
      throw new AppError('hotkey-unsupported', 'The desktop portal is not there.', { retryable: true })
    const opened = entries.size > 0 ? await this.#openSession(bus, entries, isEnough) : undefined
    const former = { entries: this.#entries, session: this.#session }
    this.#entries = new Map([...entries].filter(([id]) => opened?.granted.has(id)))
    this.#session = opened?.session
    // The end of a hold would be told to the former session alone.
    this.#letGo(former.entries)
    await this.#closeSession(former.session)
    return this.#entries.size === entries.size ? null : notGranted()
  }

  async #openSession(bus: PortalBus, entries: ReadonlyMap<string, Entry>, isEnough: (granted: ReadonlySet<string>) => boolean): Promise<{ readonly session: string, readonly granted: ReadonlySet<string> }> {
    const string = (value: string): PortalVariant => bus.variant('s', value)
    const created = await bus.request('CreateSession', 'a{sv}', token => [{
      handle_token: string(token),
      session_handle_token: string(`parley_session_${++this.#sessions}`),
    }])
    const session = String(created['session_handle'])
    try {
      const shortcuts = [...entries.values()].map(({ id, accelerator }) => [id, {
        description: string(DESCRIPTIONS[id] ?? id),
        preferred_trigger: string(portalTrigger(accelerator)),
      }])
      const bound = await bus.request('BindShortcuts', 'oa(sa{sv})sa{sv}', token => [session, shortcuts, '', { handle_token: string(token) }])
      const granted = new Set(shortcutIds(bound['shortcuts']))
      if (!isEnough(granted))
        throw notGranted()
      return { session, granted }
    }
    catch (error) {
      await this.#closeSession(session)
      throw toAppError(error, 'hotkey-unsupported')
    }
  }

  async #closeSession(session: string | undefined): Promise<void> {
    try {
      if (session !== undefined)
        await this.#bus?.closeSession(session)
    }
    catch {
      // The portal has closed it already, or is gone with it.
    }
  }

  #createEntry(id: string, accelerator: Accelerator): Entry {
    return {
      id,
      accelerator,
      tracker: createKeyTracker({
        tell: ({ type, atMs }) => this.events.emit({ type, bindingId: id, atMs }),
        ask: () => {},
        confirmRelease: false,
      }),
    }
  }

  #onSignal({ member, body }: PortalSignal): void {
    const [session, shortcutId] = body
    if (session !== this.#session || typeof shortcutId !== 'string' || (member !== 'Activated' && member !== 'Deactivated'))
      return
    // The portal's time stamp has no defined base; the time of arrival is on our scale.
    const atMs = this.#options.clock.nowMs()
    this.#entries.get(shortcutId)?.tracker.feed({ type: member === 'Activated' ? 'press' : 'release', atMs })
  }

  /** A portal that was restarted knows nothing of our session. */
  #onPresence(bus: PortalBus, there: boolean, busClosed: boolean): void {
    if (bus !== this.#bus || this.#disposed)
      return
    this.#session = undefined
    this.#letGo(this.#entries)
    if (busClosed || there) {
      bus.close()
      this.#bus = undefined
      this.#reconnectLater(there ? 0 : this.#reconnectMs)
    }
  }

  #reconnectLater(delayMs: number): void {
    const { clock, logger } = this.#options
    this.#cancelReconnect?.()
    this.#cancelReconnect = clock.after(delayMs, () => background(this.#serially(async () => {
      try {
        await this.#connect()
        this.#entries.forEach(({ id }) => this.problems.emit({ bindingId: id, error: null }))
      }
      catch (error) {
        this.#bus?.close()
        this.#bus = undefined
        const failure = toAppError(error)
        this.#entries.forEach(({ id }) => this.problems.emit({ bindingId: id, error: failure }))
        // A person who refused is not asked again and again.
        if (this.#disposed || failure.params['reason'] === 'refused')
          return
        this.#reconnectMs = Math.min(this.#reconnectMs * 2, SLOWEST_RECONNECT_MS)
        this.#reconnectLater(this.#reconnectMs)
      }
    }), logger, 'hotkeys: portal'))
  }

  #letGo(entries: ReadonlyMap<string, Entry>): void {
    const atMs = this.#options.clock.nowMs()
    entries.forEach(({ tracker }) => tracker.feed({ type: 'lost', atMs }))
  }
}

function notGranted(): AppError {
  return new AppError('hotkey-unsupported', 'The desktop did not grant the shortcut.', { params: { reason: 'refused' } })
}

function shortcutIds(shortcuts: unknown): string[] {
  if (!Array.isArray(shortcuts))
    return []
  return shortcuts.flatMap(shortcut => Array.isArray(shortcut) && typeof shortcut[0] === 'string' ? [shortcut[0]] : [])
}
