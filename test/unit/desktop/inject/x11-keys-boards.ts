import type { Board } from '../../../../src-main/desktop/inject/x11-keys-chord'
import type { XkbKey, XkbMap } from '../../../../src-main/desktop/inject/x11-keys-map'

const ONE_LEVEL = 0
const TWO_LEVEL = 1
const ALPHABETIC = 2
const FOUR_LEVEL = 4
const SHIFT = 1
const LOCK = 2
const MOD5 = 128

/** A key as one would write it in a layout file: the symbols of each group. */
export type Row = readonly (readonly (string | number)[])[]

const keysym = (symbol: string | number): number => typeof symbol === 'number' ? symbol : symbol.charCodeAt(0)

function keyOf(groups: Row): XkbKey {
  const width = Math.max(0, ...groups.map(group => group.length))
  const types = groups.map(group => group.length === 1 ? ONE_LEVEL : group.length > 2 ? FOUR_LEVEL : /[a-z]/i.test(String(group[0])) ? ALPHABETIC : TWO_LEVEL)
  return {
    groupCount: groups.length,
    outOfRange: 'wrap',
    types: Array.from({ length: 4 }, (_, i) => types[i] ?? 0),
    width,
    keysyms: groups.flatMap(group => Array.from({ length: width }, (_, i) => group[i] === undefined ? 0 : keysym(group[i] ?? 0))),
  }
}

/** `keys`: rows by code, from 10 on; `modifiers`: bits by code. */
export function mapOf(keys: Readonly<Record<number, Row>>, modifiers: Readonly<Record<number, number>>, maxCode = 60): XkbMap {
  return {
    minCode: 8,
    maxCode,
    types: [
      { mask: 0, levels: [] },
      { mask: SHIFT, levels: [{ mods: SHIFT, level: 1 }] },
      { mask: SHIFT | LOCK, levels: [{ mods: SHIFT, level: 1 }, { mods: LOCK, level: 1 }] },
      { mask: SHIFT | 16, levels: [{ mods: SHIFT, level: 1 }, { mods: 16, level: 1 }] },
      { mask: SHIFT | MOD5, levels: [{ mods: SHIFT, level: 1 }, { mods: MOD5, level: 2 }, { mods: SHIFT | MOD5, level: 3 }] },
    ],
    keys: Array.from({ length: maxCode - 7 }, (_, i) => keyOf(keys[i + 8] ?? [])),
    modifiers: new Map(Object.entries(modifiers).map(([code, bits]) => [Number(code), bits])),
  }
}

export const MODIFIER_ROWS: Readonly<Record<number, Row>> = {
  50: [[0xFFE1]],
  51: [[0xFFE3]],
  52: [[0xFFE9]],
  53: [[0xFFEB]],
  54: [[0xFE03]],
  55: [[0xFFE5]],
}
export const MODIFIER_BITS: Readonly<Record<number, number>> = { 50: 1, 51: 4, 52: 8, 53: 64, 54: 128, 55: 2 }

export function boardOf(keys: Readonly<Record<number, Row>>, { group = 0, down = [], modifiers = MODIFIER_BITS, maxCode = 60 }: { group?: number, down?: readonly number[], modifiers?: Readonly<Record<number, number>>, maxCode?: number } = {}): Board {
  return { map: mapOf({ ...MODIFIER_ROWS, ...keys }, modifiers, maxCode), group, isDown: code => down.includes(code) }
}
