import type { Accelerator, Modifier } from './accelerator'
import type { KeyInfo } from './keys'
import { formatAccelerator, impossible } from './accelerator'

/** The server's keyboard as it is now: what GetKeyboardMapping and GetModifierMapping answer. */
export interface X11Keyboard {
  readonly firstKeycode: number
  /** One row a key code: key symbols by column (group 1 plain, shifted; group 2 plain, shifted; then third levels). */
  readonly keysyms: readonly (readonly number[])[]
  /** Eight rows (Shift, Lock, Control, Mod1…Mod5) of key codes, 0 for none. */
  readonly modifierKeycodes: readonly (readonly number[])[]
}

export interface X11Chord {
  readonly codes: readonly number[]
  /** X modifier mask without the locks. */
  readonly mask: number
}

const SHIFT = 1
const CAPS_LOCK = 2
const CONTROL = 4
const NUM_LOCK_KEYSYM = 0xFF7F
const SCROLL_LOCK_KEYSYM = 0xFF14
const LEVEL3_KEYSYM = 0xFE03
const ALT_KEYSYMS = [0xFFE9, 0xFFEA]
const META_KEYSYMS = [0xFFE7, 0xFFE8]
const SUPER_KEYSYMS = [0xFFEB, 0xFFEC]

/** Columns in the order in which a key is looked for: plain in any group, then shifted, then third level. */
const PLAIN_COLUMNS = [0, 2]
const SHIFTED_COLUMNS = [1, 3]

export class X11Keymap {
  readonly #keyboard: X11Keyboard

  constructor(keyboard: X11Keyboard) {
    this.#keyboard = keyboard
  }

  /**
   * The key codes and modifiers to press for an accelerator, on this keyboard and in any of its layouts.
   * A letter or digit is its physical key; another sign that needs Shift (or AltGr) here gets it.
   * Throws `hotkey-impossible` when a key or modifier does not exist here.
   */
  resolve(accelerator: Accelerator): X11Chord {
    const notHere = (): Error => impossible(formatAccelerator(accelerator), 'not-on-keyboard')
    if (accelerator.kind === 'lone-modifier') {
      const codes = [accelerator.key.keysym, ...accelerator.key.otherKeysyms].flatMap(keysym => this.#codesAt(keysym, undefined))
      if (codes.length === 0)
        throw notHere()
      return { codes: [...new Set(codes)], mask: 0 }
    }
    const found = this.#find(accelerator.key)
    if (!found)
      throw notHere()
    let mask = found.mask
    for (const modifier of accelerator.modifiers) {
      const bit = this.#maskOf(modifier)
      if (bit === 0)
        throw notHere()
      mask |= bit
    }
    return { codes: found.codes, mask }
  }

  /** The bits of Caps Lock, Num Lock and Scroll Lock. */
  get lockBits(): number {
    return CAPS_LOCK | this.#rowWith([NUM_LOCK_KEYSYM]) | this.#rowWith([SCROLL_LOCK_KEYSYM])
  }

  /** Every combination of the locks: a grab holds for one exact set of modifiers. */
  get lockVariants(): number[] {
    const bits = [1, 2, 4, 8, 16, 32, 64, 128].filter(bit => (this.lockBits & bit) !== 0)
    return bits.reduce<number[]>((variants, bit) => [...variants, ...variants.map(variant => variant | bit)], [0])
  }

  #find(key: KeyInfo): X11Chord | undefined {
    const widest = this.#keyboard.keysyms[0]?.length ?? 0
    const others = Array.from({ length: widest }, (_, column) => column).filter(column => column > 3)
    const movesWithShift = /^[A-Z0-9]$/.test(key.name) || key.name.startsWith('num') || !key.edits
    const levels = [
      { columns: PLAIN_COLUMNS, mask: 0 },
      { columns: SHIFTED_COLUMNS, mask: movesWithShift ? 0 : SHIFT },
      { columns: others, mask: movesWithShift ? 0 : this.#rowWith([LEVEL3_KEYSYM]) },
    ]
    for (const { columns, mask } of levels) {
      for (const column of columns) {
        const codes = this.#codesAt(key.keysym, column)
        if (codes.length > 0)
          return { codes, mask }
      }
    }
    return undefined
  }

  /** Without a column: anywhere on the key. */
  #codesAt(keysym: number, column: number | undefined): number[] {
    return this.#keyboard.keysyms.flatMap((row, index) => {
      const there = column === undefined ? row.includes(keysym) : row[column] === keysym
      return there ? [this.#keyboard.firstKeycode + index] : []
    })
  }

  #maskOf(modifier: Modifier): number {
    switch (modifier) {
      case 'Ctrl': return CONTROL
      case 'Shift': return SHIFT
      case 'Alt': return this.#rowWith(ALT_KEYSYMS) || this.#rowWith(META_KEYSYMS)
      case 'Super': return this.#rowWith(SUPER_KEYSYMS)
    }
  }

  /** The bit of the first of Mod1…Mod5 that holds a key with one of these symbols; 0 for none. */
  #rowWith(keysyms: readonly number[]): number {
    for (let row = 3; row < 8; row++) {
      for (const code of this.#keyboard.modifierKeycodes[row] ?? []) {
        if (code !== 0 && this.#keyboard.keysyms[code - this.#keyboard.firstKeycode]?.some(keysym => keysyms.includes(keysym)))
          return 1 << row
      }
    }
    return 0
  }
}
