import type { Clock } from '../ports/clock'
import type { HotkeyBinding, HotkeyCapabilities, HotkeyEvent } from '../ports/hotkey-source'
import type { Logger } from '../ports/logger'
import type { Accelerator, Modifier } from './accelerator'
import type { DesktopHotkeySource, HotkeyProblem } from './desktop-hotkey-source'
import type { FoldTold } from './key-folding'
import type { KeyTracker, LoneModifierTracker } from './key-tracker'
import type { HookEvent, KeyboardHook } from './keyboard-hook'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'
import { formatAccelerator, impossible, MODIFIERS, parseAccelerator } from './accelerator'
import { createKeyTracker, createLoneModifierTracker } from './key-tracker'
import { createSerialQueue } from './serial-queue'
import { loadUiohook } from './uiohook-module'

/** Takes a key from every other program, and gives it back; Electron's globalShortcut in the app. */
export interface HotkeyClaim {
  /** False: another program has it. */
  claim: (accelerator: string) => boolean
  release: (accelerator: string) => void
}

export interface UiohookHotkeysOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly platform: NodeJS.Platform
  readonly claim?: HotkeyClaim
  readonly loadHook?: () => Promise<KeyboardHook>
}

type Entry = { readonly id: string, readonly accelerator: Accelerator, claimed: boolean } & (
  | { readonly kind: 'chord', readonly tracker: KeyTracker }
  | { readonly kind: 'lone-modifier', readonly tracker: LoneModifierTracker }
)

/** Numpad keys without Num Lock carry this prefix; it is the same key. */
const NUMPAD_NAVIGATION = 0xEE00

/**
 * Global hotkeys by watching the keyboard (Windows, macOS; X11 without grabs). Watching does not consume: `claim` does,
 * where it is given and the system is not Linux. The hook knows no query of a key's state: `isDown` is what was seen.
 */
export class UiohookHotkeys implements DesktopHotkeySource {
  readonly capabilities: HotkeyCapabilities = { mechanism: 'uiohook', hold: true }
  readonly events = new Emitter<HotkeyEvent>()
  readonly problems = new Emitter<HotkeyProblem>()

  readonly #clock: Clock
  readonly #logger: Logger
  readonly #platform: NodeJS.Platform
  readonly #claim: HotkeyClaim | undefined
  readonly #loadHook: () => Promise<KeyboardHook>
  readonly #entries = new Map<string, Entry>()
  readonly #downKeys = new Set<number>()
  readonly #downButtons = new Set<number>()
  readonly #serially = createSerialQueue()
  #hook: KeyboardHook | undefined

  constructor({ clock, logger, platform, claim, loadHook = loadUiohook }: UiohookHotkeysOptions) {
    this.#clock = clock
    this.#logger = logger
    this.#platform = platform
    this.#claim = platform === 'linux' ? undefined : claim
    this.#loadHook = loadHook
  }

  /** Idempotent. Throws `hotkey-unsupported` when the keyboard may not be watched (on macOS: accessibility). */
  start(): Promise<void> {
    return this.#serially(async () => {
      if (this.#hook)
        return
      try {
        const hook = await this.#loadHook()
        hook.start(event => this.#onEvent(event))
        this.#hook = hook
      }
      catch (cause) {
        throw new AppError('hotkey-unsupported', 'The keyboard cannot be watched.', { cause })
      }
    })
  }

  bind(binding: HotkeyBinding): Promise<void> {
    return this.#serially(async () => {
      const accelerator = parseAccelerator(binding.accelerator, this.#platform)
      const name = formatAccelerator(accelerator)
      const former = this.#entries.get(binding.id)
      if (former && formatAccelerator(former.accelerator) === name)
        return
      if (!this.#take(accelerator, binding.id))
        throw new AppError('hotkey-taken', 'Another program has this hotkey.', { params: { accelerator: name } })
      if (former)
        this.#drop(former)
      const entry = this.#createEntry(binding.id, accelerator)
      this.#entries.set(entry.id, entry)
      if (accelerator.key.scancode !== null && this.#downKeys.has(accelerator.key.scancode))
        entry.tracker.block()
    })
  }

  unbind(bindingId: string): Promise<void> {
    return this.#serially(async () => {
      const entry = this.#entries.get(bindingId)
      if (!entry)
        return
      this.#entries.delete(bindingId)
      this.#drop(entry)
    })
  }

  async isDown(bindingId: string): Promise<boolean> {
    const entry = this.#entries.get(bindingId)
    return Boolean(entry?.tracker.held && this.#downKeys.has(entry.accelerator.key.scancode ?? -1))
  }

  isFree(accelerator: string): Promise<boolean> {
    return this.#serially(async () => {
      const parsed = parseAccelerator(accelerator, this.#platform)
      if (!this.#take(parsed, ''))
        return false
      if (parsed.kind === 'chord')
        this.#claim?.release(formatAccelerator(parsed))
      return true
    })
  }

  rearm(): Promise<void> {
    return this.#serially(async () => {
      const hook = this.#hook
      if (!hook)
        return
      hook.stop()
      this.#downKeys.clear()
      this.#downButtons.clear()
      const atMs = this.#clock.nowMs()
      this.#entries.forEach(entry => entry.tracker.feed({ type: 'lost', atMs }))
      hook.start(event => this.#onEvent(event))
      for (const entry of this.#entries.values())
        this.#claimAgain(entry)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serially(async () => {
      this.#entries.forEach(entry => this.#drop(entry))
      this.#entries.clear()
      this.#hook?.stop()
      this.#hook = undefined
    })
  }

  /** Whether it is free of our own other bindings and, where keys are claimed, of other programs; then it is claimed. */
  #take(accelerator: Accelerator, id: string): boolean {
    const name = formatAccelerator(accelerator)
    if (accelerator.key.scancode === null)
      throw impossible(name, 'not-on-keyboard')
    if ([...this.#entries.values()].some(entry => entry.id !== id && formatAccelerator(entry.accelerator) === name))
      return false
    return accelerator.kind === 'lone-modifier' || !this.#claim || this.#claim.claim(name)
  }

  #claimAgain(entry: Entry): void {
    if (!this.#claim || entry.kind === 'lone-modifier')
      return
    const name = formatAccelerator(entry.accelerator)
    if (entry.claimed)
      this.#claim.release(name)
    const claimed = this.#claim.claim(name)
    if (claimed !== entry.claimed)
      this.problems.emit({ bindingId: entry.id, error: claimed ? null : new AppError('hotkey-taken', 'Another program has this hotkey.', { params: { accelerator: name } }) })
    if (!claimed)
      this.#logger.warn('a hotkey could not be claimed again', { bindingId: entry.id })
    entry.claimed = claimed
  }

  #createEntry(id: string, accelerator: Accelerator): Entry {
    const tell = ({ type, atMs }: FoldTold): void => this.events.emit({ type, bindingId: id, atMs })
    if (accelerator.kind === 'lone-modifier')
      return { id, accelerator, claimed: false, kind: 'lone-modifier', tracker: createLoneModifierTracker({ tell, clock: this.#clock }) }
    // The hook asks X for detectable auto-repeat, and other systems repeat presses alone: a release is a release.
    return { id, accelerator, claimed: this.#claim !== undefined, kind: 'chord', tracker: createKeyTracker({ tell, ask: () => {}, confirmRelease: false }) }
  }

  #drop(entry: Entry): void {
    if (entry.claimed)
      this.#claim?.release(formatAccelerator(entry.accelerator))
    entry.tracker.feed({ type: 'lost', atMs: this.#clock.nowMs() })
  }

  #onEvent(event: HookEvent): void {
    switch (event.type) {
      case 'button-down':
        this.#downButtons.add(event.button)
        return this.#entries.forEach(entry => entry.kind === 'lone-modifier' && entry.tracker.feed({ type: 'other-press' }))
      case 'button-up':
        this.#downButtons.delete(event.button)
        return
      case 'key-down':
        return this.#onKeyDown(plainScancode(event.scancode), event.modifiers)
      case 'key-up':
        return this.#onKeyUp(plainScancode(event.scancode))
    }
  }

  #onKeyDown(scancode: number, modifiers: ReadonlySet<Modifier>): void {
    const atMs = this.#clock.nowMs()
    const others = this.#downButtons.size > 0 || [...this.#downKeys].some(code => code !== scancode)
    const repeated = this.#downKeys.has(scancode)
    this.#downKeys.add(scancode)
    for (const entry of this.#entries.values()) {
      const own = entry.accelerator.key.scancode === scancode
      if (entry.kind === 'lone-modifier')
        entry.tracker.feed(own ? { type: others ? 'press-among-others' : 'press', atMs } : { type: 'other-press' })
      else if (own && (entry.tracker.watched || (!repeated && sameModifiers(entry.accelerator, modifiers))))
        entry.tracker.feed({ type: 'press', atMs })
    }
  }

  #onKeyUp(scancode: number): void {
    const atMs = this.#clock.nowMs()
    this.#downKeys.delete(scancode)
    for (const entry of this.#entries.values()) {
      if (entry.accelerator.key.scancode === scancode)
        entry.tracker.feed({ type: 'release', atMs })
    }
  }
}

function plainScancode(scancode: number): number {
  return (scancode & 0xFF00) === NUMPAD_NAVIGATION ? scancode & 0xFF : scancode
}

/** The scan code of a sign above another is the key below, so Shift belongs to it. */
function sameModifiers(accelerator: Accelerator, pressed: ReadonlySet<Modifier>): boolean {
  const wanted = new Set<Modifier>(accelerator.modifiers)
  if (accelerator.key.shifted)
    wanted.add('Shift')
  return MODIFIERS.every(modifier => wanted.has(modifier) === pressed.has(modifier))
}
