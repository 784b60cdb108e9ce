import type { Accelerator, Modifier } from '../accelerator'
import type { XkbMap } from './x11-keys-map'
import { allCodes, bitsOf, levelWith, modifierCode, symbolAt } from './x11-keys-map'
import { KEYSYM } from './x11-keys-symbols'

export const SHIFT = 1
export const LOCK = 2
export const CONTROL = 4
const LETTER_A = 0x61
const LETTER_Z = 0x7A
const LAYOUTS = [0, 1, 2, 3]

/** The keyboard at this moment. */
export interface Board {
  readonly map: XkbMap
  /** The layout in force, from 0. */
  readonly group: number
  /** Whether a key is down now: another press of it would not count. */
  readonly isDown: (code: number) => boolean
}

/** What to press: modifiers first, in this order. */
export interface ChordKeys {
  readonly modifiers: readonly number[]
  /** The main key, or the symbol for which there is none: a free key has to be lent it. */
  readonly main: { readonly code: number } | { readonly keysym: number }
}

/** Null: a modifier does not exist on this keyboard. */
export function planChord(board: Board, chord: Accelerator): ChordKeys | null {
  const found = findMain(board, chord.key.keysym)
  const wanted = new Set(chord.modifiers)
  if (found?.shifted)
    wanted.add('Shift')
  const modifiers: number[] = []
  for (const modifier of ['Ctrl', 'Alt', 'Shift', 'Super'] as const) {
    if (!wanted.has(modifier))
      continue
    const bit = bitOf(board.map, modifier)
    const isHeld = [...board.map.modifiers].some(([code, bits]) => (bits & bit) !== 0 && board.isDown(code))
    if (isHeld)
      continue
    const code = bit === 0 ? undefined : modifierCode(board.map, bit, SYMBOLS[modifier])
    if (code === undefined)
      return null
    modifiers.push(code)
  }
  return { modifiers, main: found ? { code: found.code } : { keysym: chord.key.keysym } }
}

const SYMBOLS: Readonly<Record<Modifier, readonly number[]>> = { Ctrl: KEYSYM.control, Shift: KEYSYM.shift, Alt: KEYSYM.alt, Super: KEYSYM.super }

function bitOf(map: XkbMap, modifier: Modifier): number {
  switch (modifier) {
    case 'Shift': return SHIFT
    case 'Ctrl': return CONTROL
    case 'Alt': return lowest(bitsOf(map, KEYSYM.alt.slice(0, 2)) || bitsOf(map, KEYSYM.alt))
    case 'Super': return lowest(bitsOf(map, KEYSYM.super))
  }
}

function lowest(bits: number): number {
  return bits & -bits
}

/**
 * The key that programs take for this symbol. In the present layout it is plain; a layout without Latin letters leaves it to
 * the others: GTK and Qt look for the letter in every layout of the keyboard, Chromium by the key's place. None of them does
 * where the present layout has another sign of the ASCII set on that key, nor (GTK, Qt) where no layout has the letter at all.
 */
function findMain({ map, group, isDown }: Board, keysym: number): { code: number, shifted: boolean } | undefined {
  const codes = allCodes(map).filter(code => !isDown(code) && !map.modifiers.get(code))
  const at = (layout: number, level: number): number | undefined => codes.find(code => symbolAt(map, code, layout, level) === keysym && levelWith(map, code, layout, level === 0 ? 0 : SHIFT) === level)
  const plain = at(group, 0)
  if (plain !== undefined)
    return { code: plain, shifted: false }
  if (keysym < LETTER_A || keysym > LETTER_Z) {
    const shifted = at(group, 1)
    return shifted === undefined ? undefined : { code: shifted, shifted: true }
  }
  for (const layout of LAYOUTS) {
    const code = at(layout, 0)
    if (code !== undefined && !isAscii(symbolAt(map, code, group, 0)))
      return { code, shifted: false }
  }
  return undefined
}

function isAscii(keysym: number): boolean {
  return keysym >= 0x20 && keysym < 0x7F
}
