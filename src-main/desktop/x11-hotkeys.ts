import type { Clock } from '../ports/clock'
import type { HotkeyBinding, HotkeyCapabilities, HotkeyEvent } from '../ports/hotkey-source'
import type { Logger } from '../ports/logger'
import type { Accelerator } from './accelerator'
import type { DesktopHotkeySource, HotkeyProblem } from './desktop-hotkey-source'
import type { FoldTold } from './key-folding'
import type { KeyTracker, LoneModifierTracker } from './key-tracker'
import type { Combo } from './x11-grabs'
import type { X11Chord, X11Keymap } from './x11-keymap'
import type { PressedKeys, X11Event, X11Link } from './x11-link'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { formatAccelerator, parseAccelerator } from './accelerator'
import { createKeyTracker, createLoneModifierTracker } from './key-tracker'
import { createSerialQueue } from './serial-queue'
import { combosOf, X11Grabs } from './x11-grabs'
import { connectX11 } from './x11-link'

/** While a key is held its real state is asked this often: a screen locker can swallow the release. */
const HELD_POLL_MS = 250
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

interface BaseEntry {
  readonly id: string
  readonly accelerator: Accelerator
  chord: X11Chord
  combos: readonly Combo[]
}
/** `heldCode`: the key code whose press began the hold; its release ends it, whatever the modifiers do. */
type Entry = BaseEntry & (
  | { readonly kind: 'chord', readonly tracker: KeyTracker, heldCode: number | null }
  | { readonly kind: 'lone-modifier', readonly tracker: LoneModifierTracker }
)

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
  readonly #entries = new Map<string, Entry>()
  readonly #broken = new Set<string>()
  readonly #grabs = new X11Grabs()
  readonly #serially = createSerialQueue()
  readonly #buttons = new Set<number>()
  #link: X11Link | undefined
  #watchingRaw = false
  #keymap: X11Keymap | undefined
  #starting: Promise<void> | undefined
  #remapping = false
  #reconnectMs = FIRST_RECONNECT_MS
  #cancelReconnect: (() => void) | undefined
  #cancelPoll: (() => void) | undefined
  #disposed = false

  constructor({ display, clock, logger, connect }: X11HotkeysOptions) {
    this.#clock = clock
    this.#logger = logger
    this.#connect = connect ?? (() => connectX11({ display, clock }))
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
      const former = this.#entries.get(binding.id)
      if (former && !this.#broken.has(binding.id) && formatAccelerator(former.accelerator) === formatAccelerator(accelerator))
        return
      const { link, keymap } = this.#connected()
      const chord = keymap.resolve(accelerator)
      const combos = accelerator.kind === 'chord' ? combosOf(chord, keymap) : []
      if (this.#hasLoneTwin(binding.id, accelerator) || !await this.#grabs.take(link, binding.id, combos))
        throw new AppError('hotkey-taken', 'Another program has this hotkey.', { params: { accelerator: formatAccelerator(accelerator) } })
      if (former)
        this.#drop(link, former, combos)
      const entry = this.#createEntry(binding.id, accelerator, chord, combos)
      this.#entries.set(entry.id, entry)
      this.#broken.delete(entry.id)
      link.queryPressed((pressed) => {
        const down = chord.codes.find(code => pressed.has(code))
        if (down === undefined || entry.tracker.watched)
          return
        entry.tracker.block()
        if (entry.kind === 'chord')
          entry.heldCode = down
        this.#poll()
      })
      await this.#watchRawIfNeeded(link)
    })
  }

  unbind(bindingId: string): Promise<void> {
    return this.#serially(async () => {
      const entry = this.#entries.get(bindingId)
      if (!entry)
        return
      this.#entries.delete(bindingId)
      this.#broken.delete(bindingId)
      if (this.#link) {
        this.#drop(this.#link, entry)
        await this.#watchRawIfNeeded(this.#link)
      }
      else {
        entry.tracker.feed({ type: 'lost', atMs: this.#clock.nowMs() })
      }
    })
  }

  async isDown(bindingId: string): Promise<boolean> {
    const entry = this.#entries.get(bindingId)
    const pressed = entry && await this.#pressed()
    if (!entry || !pressed)
      return false
    if (entry.kind === 'chord' && entry.heldCode !== null)
      return pressed.has(entry.heldCode)
    return entry.tracker.held && entry.chord.codes.some(code => pressed.has(code))
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
      this.#checkHeld()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelReconnect?.()
    this.#cancelPoll?.()
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
    link.events.subscribe(event => link === this.#link && this.#onEvent(event, link))
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

  #createEntry(id: string, accelerator: Accelerator, chord: X11Chord, combos: readonly Combo[]): Entry {
    const tell = ({ type, atMs }: FoldTold): void => this.events.emit({ type, bindingId: id, atMs })
    if (accelerator.kind === 'lone-modifier')
      return { kind: 'lone-modifier', id, accelerator, chord, combos, tracker: createLoneModifierTracker({ tell, clock: this.#clock }) }
    return { kind: 'chord', id, accelerator, chord, combos, heldCode: null, tracker: createKeyTracker({ tell, ask: () => this.#checkHeld(), confirmRelease: true }) }
  }

  #drop(link: X11Link, entry: Entry, except: readonly Combo[] = []): void {
    this.#grabs.release(link, entry.id, entry.combos, except)
    entry.tracker.feed({ type: 'lost', atMs: this.#clock.nowMs() })
  }

  #hasLoneTwin(id: string, accelerator: Accelerator): boolean {
    return accelerator.kind === 'lone-modifier'
      && [...this.#entries.values()].some(entry => entry.id !== id && formatAccelerator(entry.accelerator) === formatAccelerator(accelerator))
  }

  #onEvent(event: X11Event, link: X11Link): void {
    switch (event.type) {
      case 'press':
        return this.#onPress(event.code, event.modifiers, event.atMs)
      case 'release':
        for (const entry of this.#chords().filter(({ heldCode }) => heldCode === event.code))
          entry.tracker.feed({ type: 'release', atMs: event.atMs })
        return
      case 'raw-press':
        return this.#onRawPress(event.code, event.atMs, link)
      case 'raw-release':
        for (const entry of this.#lones().filter(({ chord }) => chord.codes.includes(event.code)))
          entry.tracker.feed({ type: 'release', atMs: event.atMs })
        return
      case 'button-press':
        this.#buttons.add(event.button)
        return this.#lones().forEach(entry => entry.tracker.feed({ type: 'other-press' }))
      case 'button-release':
        this.#buttons.delete(event.button)
        return
      case 'mapping':
        return this.#onMapping()
      case 'closed':
        return this.#onClosed()
    }
  }

  /** A hold's own repeats come first; then the chord with exactly these modifiers, or with these and a held hotkey's. */
  #onPress(code: number, modifiers: number, atMs: number): void {
    const chords = this.#chords()
    const held = chords.find(entry => entry.tracker.watched && (entry.heldCode === code || (entry.heldCode === null && entry.chord.codes.includes(code))))
    const pressed = modifiers & ~(this.#keymap?.lockBits ?? 0)
    const heldMask = chords.reduce((mask, entry) => entry.tracker.held ? mask | entry.chord.mask : mask, 0)
    const candidates = chords.filter(entry => entry.chord.codes.includes(code))
    const target = held
      ?? candidates.find(entry => entry.chord.mask === pressed)
      // While Ctrl+Alt+Space is held every key comes here: Escape is Escape, though Ctrl and Alt are down.
      ?? candidates.find(entry => entry.chord.mask === (pressed & ~heldMask))
    if (!target)
      return
    if (!target.tracker.watched)
      target.heldCode = code
    target.tracker.feed({ type: 'press', atMs })
    this.#poll()
  }

  #onRawPress(code: number, atMs: number, link: X11Link): void {
    for (const { tracker, chord } of this.#lones()) {
      if (!chord.codes.includes(code)) {
        tracker.feed({ type: 'other-press' })
        continue
      }
      tracker.feed({ type: this.#buttons.size > 0 ? 'press-among-others' : 'press', atMs })
      link.queryPressed((pressed) => {
        if (pressed.anyBut(chord.codes))
          tracker.feed({ type: 'other-press' })
      })
      this.#poll()
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
      for (const entry of this.#entries.values())
        this.#grabs.release(link, entry.id, entry.combos)
    }
    for (const entry of this.#entries.values()) {
      const chord = this.#resolveOrKeep(entry, keymap)
      const combos = entry.kind === 'chord' ? combosOf(chord, keymap) : []
      if (await this.#grabs.take(link, entry.id, combos)) {
        this.#grabs.release(link, entry.id, entry.combos, combos)
        entry.chord = chord
        entry.combos = combos
        this.#mark(entry.id, null)
      }
      else {
        this.#mark(entry.id, new AppError('hotkey-taken', 'Another program has this hotkey.', { params: { accelerator: formatAccelerator(entry.accelerator) } }))
      }
    }
  }

  #resolveOrKeep(entry: Entry, keymap: X11Keymap): X11Chord {
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
    this.#buttons.clear()
    const atMs = this.#clock.nowMs()
    this.#entries.forEach(entry => entry.tracker.feed({ type: 'lost', atMs }))
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
    const needed = this.#lones().length > 0
    if (needed === this.#watchingRaw)
      return
    await link.watchRaw(needed)
    this.#watchingRaw = needed
  }

  #chords(): (Entry & { kind: 'chord' })[] {
    return [...this.#entries.values()].filter(entry => entry.kind === 'chord')
  }

  #lones(): (Entry & { kind: 'lone-modifier' })[] {
    return [...this.#entries.values()].filter(entry => entry.kind === 'lone-modifier')
  }

  /** Tells every key that is not plainly up what the system says of it. */
  #checkHeld(): void {
    this.#link?.queryPressed((pressed) => {
      const atMs = this.#clock.nowMs()
      for (const entry of this.#entries.values()) {
        if (!entry.tracker.watched)
          continue
        const codes = entry.kind === 'chord' && entry.heldCode !== null ? [entry.heldCode] : entry.chord.codes
        entry.tracker.feed({ type: 'physical', down: codes.some(code => pressed.has(code)), atMs })
      }
    })
  }

  #poll(): void {
    if (this.#cancelPoll || this.#disposed)
      return
    this.#cancelPoll = this.#clock.after(HELD_POLL_MS, () => {
      this.#cancelPoll = undefined
      if (![...this.#entries.values()].some(entry => entry.tracker.watched))
        return
      this.#checkHeld()
      this.#poll()
    })
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
