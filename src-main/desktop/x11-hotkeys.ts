import type { Clock } from '../ports/clock'
import type { HotkeyBinding, HotkeyCapabilities, HotkeyEvent } from '../ports/hotkey-source'
import type { Logger } from '../ports/logger'
import type { Accelerator } from './accelerator'
import type { DesktopHotkeySource, HotkeyProblem } from './desktop-hotkey-source'
import type { X11Binding } from './x11-bindings'
import type { X11Chord, X11Keymap } from './x11-keymap'
import type { PressedKeys, X11Event, X11Link } from './x11-link'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { formatAccelerator, parseAccelerator } from './accelerator'
import { createSerialQueue } from './serial-queue'
import { X11Bindings } from './x11-bindings'
import { combosOf, X11Grabs } from './x11-grabs'
import { connectX11 } from './x11-link'

const FIRST_RECONNECT_MS = 100
const SLOWEST_RECONNECT_MS = 5_000
/** A connection that does not answer in this time after sleep is replaced. */
const ALIVE_TIMEOUT_MS = 1_000
const PROBE_OWNER = '(probe)'

export interface X11HotkeysOptions {
  /** `:0` */
  readonly display: string
  readonly clock: Clock
  readonly logger: Logger
  /** The connection to the server; another one in unit tests. */
  readonly connect?: () => Promise<X11Link>
}

/**
 * Global hotkeys on an X server by key grabs of our own: the key is consumed, holding and letting go are told.
 * A lost connection is made again, with every binding. A lone modifier is observed (XInput raw events), never
 * consumed: it must keep working as a modifier.
 */
export class X11Hotkeys implements DesktopHotkeySource {
  readonly capabilities: HotkeyCapabilities = { mechanism: 'x11', hold: true }
  readonly events = new Emitter<HotkeyEvent>()
  readonly problems = new Emitter<HotkeyProblem>()

  readonly #clock: Clock
  readonly #logger: Logger
  readonly #connect: () => Promise<X11Link>
  readonly #bindings: X11Bindings
  readonly #broken = new Set<string>()
  readonly #grabs = new X11Grabs()
  readonly #serially = createSerialQueue()
  #link: X11Link | undefined
  #watchingRaw = false
  #keymap: X11Keymap | undefined
  #starting: Promise<void> | undefined
  #remapping = false
  #reconnectMs = FIRST_RECONNECT_MS
  #cancelReconnect: (() => void) | undefined
  #disposed = false

  constructor({ display, clock, logger, connect }: X11HotkeysOptions) {
    this.#clock = clock
    this.#logger = logger
    this.#connect = connect ?? (() => connectX11({ display, clock }))
    this.#bindings = new X11Bindings({
      clock,
      emit: event => this.events.emit(event),
      queryPressed: answer => this.#link?.queryPressed(answer),
    })
  }

  /** Idempotent. Throws `no-display`. */
  start(): Promise<void> {
    this.#starting ??= this.#serially(() => this.#open()).catch((error: unknown) => {
      this.#starting = undefined
      throw toAppError(error, 'no-display')
    })
    return this.#starting
  }

  bind(binding: HotkeyBinding): Promise<void> {
    return this.#serially(async () => {
      const accelerator = parseAccelerator(binding.accelerator, 'linux')
      const former = this.#bindings.get(binding.id)
      if (former && !this.#broken.has(binding.id) && formatAccelerator(former.accelerator) === formatAccelerator(accelerator))
        return
      const { link, keymap } = this.#connected()
      const chord = keymap.resolve(accelerator)
      const combos = accelerator.kind === 'chord' ? combosOf(chord, keymap) : []
      if (this.#hasLoneTwin(binding.id, accelerator) || !await this.#grabs.take(link, binding.id, combos))
        throw taken(accelerator)
      if (former)
        this.#grabs.release(link, former.id, former.combos, combos)
      this.#bindings.remove(binding.id)
      this.#bindings.add(binding.id, accelerator, chord, combos)
      this.#broken.delete(binding.id)
      await this.#watchRawIfNeeded(link)
    })
  }

  unbind(bindingId: string): Promise<void> {
    return this.#serially(async () => {
      const former = this.#bindings.get(bindingId)
      if (!former)
        return
      this.#bindings.remove(bindingId)
      this.#broken.delete(bindingId)
      if (!this.#link)
        return
      this.#grabs.release(this.#link, bindingId, former.combos)
      await this.#watchRawIfNeeded(this.#link)
    })
  }

  /** False too when the server does not answer: then nothing is known to be held. */
  async isDown(bindingId: string): Promise<boolean> {
    const pressed = await this.#pressed()
    return pressed !== undefined && this.#bindings.isHeld(bindingId, pressed)
  }

  isFree(accelerator: string): Promise<boolean> {
    return this.#serially(async () => {
      const parsed = parseAccelerator(accelerator, 'linux')
      const { link, keymap } = this.#connected()
      const chord = keymap.resolve(parsed)
      if (parsed.kind === 'lone-modifier')
        return !this.#hasLoneTwin('', parsed)
      const combos = combosOf(chord, keymap)
      const free = await this.#grabs.take(link, PROBE_OWNER, combos)
      this.#grabs.release(link, PROBE_OWNER, combos)
      return free
    })
  }

  rearm(): Promise<void> {
    return this.#serially(async () => {
      if (this.#disposed)
        return
      if (this.#link && !await this.#pressed())
        this.#link.close()
      if (!this.#link)
        await this.#open()
      else
        await this.#remap(true)
      this.#bindings.checkHeld()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelReconnect?.()
    this.#link?.close()
    await this.#serially(async () => this.#link?.close())
  }

  async #open(): Promise<void> {
    if (this.#link)
      return
    const link = await this.#connect()
    if (this.#disposed)
      return link.close()
    this.#cancelReconnect?.()
    this.#link = link
    link.events.subscribe(event => link === this.#link && this.#onEvent(event))
    try {
      await this.#remap(true)
      await this.#watchRawIfNeeded(link)
    }
    catch (error) {
      this.#link = undefined
      this.#grabs.forget()
      link.close()
      throw error
    }
    this.#reconnectMs = FIRST_RECONNECT_MS
  }

  #connected(): { link: X11Link, keymap: X11Keymap } {
    if (!this.#link || !this.#keymap)
      throw new AppError('no-display', 'There is no connection to the X display.', { retryable: true })
    return { link: this.#link, keymap: this.#keymap }
  }

  #hasLoneTwin(id: string, accelerator: Accelerator): boolean {
    return accelerator.kind === 'lone-modifier'
      && this.#bindings.all.some(entry => entry.id !== id && formatAccelerator(entry.accelerator) === formatAccelerator(accelerator))
  }

  #onEvent(event: X11Event): void {
    switch (event.type) {
      case 'mapping': return this.#onMapping()
      case 'closed': return this.#onClosed()
      default: return this.#bindings.onEvent(event, this.#keymap?.lockBits ?? 0)
    }
  }

  /** Several notices come at once; one look at the keyboard answers them all. */
  #onMapping(): void {
    if (this.#remapping)
      return
    this.#remapping = true
    background(this.#serially(() => {
      this.#remapping = false
      return this.#remap(false)
    }), this.#logger, 'hotkeys: keyboard change')
  }

  /** Finds every binding's key codes anew and grabs what is missing. A key that is gone stays where it was. */
  async #remap(again: boolean): Promise<void> {
    const link = this.#link
    if (!link)
      return
    const keymap = await link.keymap()
    this.#keymap = keymap
    if (again) {
      for (const entry of this.#bindings.all)
        this.#grabs.release(link, entry.id, entry.combos)
    }
    for (const entry of this.#bindings.all) {
      const chord = this.#resolveOrKeep(entry, keymap)
      const combos = entry.kind === 'chord' ? combosOf(chord, keymap) : []
      if (await this.#grabs.take(link, entry.id, combos)) {
        this.#grabs.release(link, entry.id, entry.combos, combos)
        entry.chord = chord
        entry.combos = combos
        this.#mark(entry.id, null)
      }
      else {
        this.#mark(entry.id, taken(entry.accelerator))
      }
    }
  }

  #resolveOrKeep(entry: X11Binding, keymap: X11Keymap): X11Chord {
    try {
      return keymap.resolve(entry.accelerator)
    }
    catch {
      this.#logger.warn('a hotkey is not on the new keyboard; its former key stays', { bindingId: entry.id })
      return entry.chord
    }
  }

  #mark(bindingId: string, error: AppError | null): void {
    if (error ? this.#broken.has(bindingId) : !this.#broken.delete(bindingId))
      return
    if (error)
      this.#broken.add(bindingId)
    this.problems.emit({ bindingId, error })
  }

  #onClosed(): void {
    if (!this.#link)
      return
    this.#link = undefined
    this.#watchingRaw = false
    this.#grabs.forget()
    this.#bindings.lose()
    if (this.#disposed)
      return
    this.#logger.warn('connection to the X display lost')
    this.#reconnectLater()
  }

  #reconnectLater(): void {
    this.#cancelReconnect?.()
    const delayMs = this.#reconnectMs
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, SLOWEST_RECONNECT_MS)
    this.#cancelReconnect = this.#clock.after(delayMs, () => {
      background(this.#serially(async () => {
        try {
          await this.#open()
          this.#logger.info('connected to the X display again')
        }
        catch {
          if (!this.#disposed)
            this.#reconnectLater()
        }
      }), this.#logger, 'hotkeys: reconnect')
    })
  }

  async #watchRawIfNeeded(link: X11Link): Promise<void> {
    const needed = this.#bindings.hasLoneModifier
    if (needed === this.#watchingRaw)
      return
    await link.watchRaw(needed)
    this.#watchingRaw = needed
  }

  /** Undefined: no answer in time, or no connection. */
  #pressed(): Promise<PressedKeys | undefined> {
    const link = this.#link
    if (!link)
      return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ALIVE_TIMEOUT_MS, () => resolve(undefined))
      link.queryPressed((pressed) => {
        cancel()
        resolve(pressed)
      })
    })
  }
}

function taken(accelerator: Accelerator): AppError {
  return new AppError('hotkey-taken', 'Another program has this hotkey.', { params: { accelerator: formatAccelerator(accelerator) } })
}
