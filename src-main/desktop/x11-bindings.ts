import type { Clock } from '../ports/clock'
import type { HotkeyEvent } from '../ports/hotkey-source'
import type { Accelerator } from './accelerator'
import type { FoldTold } from './key-folding'
import type { KeyTracker, LoneModifierTracker } from './key-tracker'
import type { Combo } from './x11-grabs'
import type { X11Chord } from './x11-keymap'
import type { PressedKeys, X11Event } from './x11-link'
import { createKeyTracker, createLoneModifierTracker } from './key-tracker'

/** While a key is held its real state is asked this often: a screen locker can swallow the release. */
const HELD_POLL_MS = 250

interface BaseBinding {
  readonly id: string
  readonly accelerator: Accelerator
  chord: X11Chord
  combos: readonly Combo[]
}

/** `heldCode`: the key code whose press began the hold; its release ends it, whatever the modifiers do. */
type ChordBinding = BaseBinding & { readonly kind: 'chord', readonly tracker: KeyTracker, heldCode: number | null }
type LoneModifierBinding = BaseBinding & { readonly kind: 'lone-modifier', readonly tracker: LoneModifierTracker }
export type X11Binding = ChordBinding | LoneModifierBinding

export type X11KeyEvent = Exclude<X11Event, { type: 'mapping' | 'closed' }>

export interface X11BindingsOptions {
  readonly clock: Clock
  readonly emit: (event: HotkeyEvent) => void
  /** Asks the server which keys are down; no answer when there is no connection. */
  readonly queryPressed: (answer: (pressed: PressedKeys) => void) => void
}

/** The bound keys, and what the server's key events mean for each. */
export class X11Bindings {
  readonly #clock: Clock
  readonly #emit: (event: HotkeyEvent) => void
  readonly #queryPressed: X11BindingsOptions['queryPressed']
  readonly #bindings = new Map<string, X11Binding>()
  /** Keys and buttons that are down, kept while there is a lone modifier to watch. */
  #keysDown = new Set<number>()
  readonly #buttons = new Set<number>()
  #cancelPoll: (() => void) | undefined

  constructor({ clock, emit, queryPressed }: X11BindingsOptions) {
    this.#clock = clock
    this.#emit = emit
    this.#queryPressed = queryPressed
  }

  get all(): readonly X11Binding[] {
    return [...this.#bindings.values()]
  }

  get hasLoneModifier(): boolean {
    return this.#loneModifiers().length > 0
  }

  get(id: string): X11Binding | undefined {
    return this.#bindings.get(id)
  }

  /** A key that is down as it is bound means nothing until it was up. */
  add(id: string, accelerator: Accelerator, chord: X11Chord, combos: readonly Combo[]): void {
    const tell = ({ type, atMs }: FoldTold): void => this.#emit({ type, bindingId: id, atMs })
    const base = { id, accelerator, chord, combos }
    const binding: X11Binding = accelerator.kind === 'lone-modifier'
      ? { ...base, kind: 'lone-modifier', tracker: createLoneModifierTracker({ tell, clock: this.#clock }) }
      : { ...base, kind: 'chord', heldCode: null, tracker: createKeyTracker({ tell, ask: () => this.checkHeld(), confirmRelease: true }) }
    this.#bindings.set(id, binding)
    this.#queryPressed((pressed) => {
      this.#keysDown = new Set(pressed.codes())
      const down = chord.codes.find(code => pressed.has(code))
      if (down === undefined || binding.tracker.watched)
        return
      binding.tracker.block()
      if (binding.kind === 'chord')
        binding.heldCode = down
      this.#poll()
    })
  }

  /** A hold of it ends. */
  remove(id: string): void {
    const binding = this.#bindings.get(id)
    this.#bindings.delete(id)
    binding?.tracker.feed({ type: 'lost', atMs: this.#clock.nowMs() })
  }

  /** The connection is gone: every hold ends. */
  lose(): void {
    this.#keysDown.clear()
    this.#buttons.clear()
    this.#cancelPoll?.()
    this.#cancelPoll = undefined
    const atMs = this.#clock.nowMs()
    this.#bindings.forEach(({ tracker }) => tracker.feed({ type: 'lost', atMs }))
  }

  isHeld(id: string, pressed: PressedKeys): boolean {
    const binding = this.#bindings.get(id)
    return Boolean(binding?.tracker.held && codesToWatch(binding).some(code => pressed.has(code)))
  }

  /** `lockBits`: modifier bits that do not count. */
  onEvent(event: X11KeyEvent, lockBits: number): void {
    switch (event.type) {
      case 'press':
        return this.#onPress(event.code, event.modifiers & ~lockBits, event.atMs)
      case 'release':
        return this.#chords().forEach(({ heldCode, tracker }) => heldCode === event.code && tracker.feed({ type: 'release', atMs: event.atMs }))
      case 'raw-press':
        return this.#onRawPress(event.code, event.atMs)
      case 'raw-release':
        this.#keysDown.delete(event.code)
        return this.#loneModifiers().forEach(({ chord, tracker }) => chord.codes.includes(event.code) && tracker.feed({ type: 'release', atMs: event.atMs }))
      case 'button-press':
        this.#buttons.add(event.button)
        return this.#loneModifiers().forEach(({ tracker }) => tracker.feed({ type: 'other-press' }))
      case 'button-release':
        this.#buttons.delete(event.button)
    }
  }

  /** Tells every key that is not plainly up what the system says of it. */
  checkHeld(): void {
    this.#queryPressed((pressed) => {
      const atMs = this.#clock.nowMs()
      for (const binding of this.all) {
        if (binding.tracker.watched)
          binding.tracker.feed({ type: 'physical', down: codesToWatch(binding).some(code => pressed.has(code)), atMs })
      }
    })
  }

  /** A hold's own repeats come first; then the chord with exactly these modifiers, or with these and a held hotkey's. */
  #onPress(code: number, modifiers: number, atMs: number): void {
    const chords = this.#chords()
    const held = chords.find(({ tracker, heldCode }) => tracker.watched && heldCode === code)
    const heldMask = chords.reduce((mask, { tracker, chord }) => tracker.held ? mask | chord.mask : mask, 0)
    const candidates = chords.filter(({ chord }) => chord.codes.includes(code))
    const target = held
      ?? candidates.find(({ chord }) => chord.mask === modifiers)
      // While Ctrl+Alt+Space is held every key comes here: Escape is Escape, though Ctrl and Alt are down.
      ?? candidates.find(({ chord }) => chord.mask === (modifiers & ~heldMask))
    if (!target)
      return
    if (!target.tracker.watched)
      target.heldCode = code
    target.tracker.feed({ type: 'press', atMs })
    this.#poll()
  }

  #onRawPress(code: number, atMs: number): void {
    for (const { tracker, chord } of this.#loneModifiers()) {
      if (!chord.codes.includes(code))
        tracker.feed({ type: 'other-press' })
      else if (this.#buttons.size > 0 || [...this.#keysDown].some(down => !chord.codes.includes(down)))
        tracker.feed({ type: 'press-among-others' })
      else
        tracker.feed({ type: 'press', atMs })
    }
    this.#keysDown.add(code)
    // What was missed, a release while another program had the keyboard, spoils one press at most.
    this.#queryPressed((pressed) => {
      this.#keysDown = new Set(pressed.codes())
    })
    this.#poll()
  }

  #poll(): void {
    this.#cancelPoll ??= this.#clock.after(HELD_POLL_MS, () => {
      this.#cancelPoll = undefined
      if (!this.all.some(({ tracker }) => tracker.watched))
        return
      this.checkHeld()
      this.#poll()
    })
  }

  #chords(): ChordBinding[] {
    return this.all.filter(binding => binding.kind === 'chord')
  }

  #loneModifiers(): LoneModifierBinding[] {
    return this.all.filter(binding => binding.kind === 'lone-modifier')
  }
}

function codesToWatch(binding: X11Binding): readonly number[] {
  return binding.kind === 'chord' && binding.heldCode !== null ? [binding.heldCode] : binding.chord.codes
}
