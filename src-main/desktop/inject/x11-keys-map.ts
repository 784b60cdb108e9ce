import { Buffer } from 'node:buffer'

/** Which level of a key a set of modifiers gives. Levels and groups count from 0. */
export interface XkbType {
  /** Modifiers that matter to such a key. */
  readonly mask: number
  /** What gives another level than the first one. */
  readonly levels: readonly { readonly mods: number, readonly level: number }[]
}

export interface XkbKey {
  /** How many groups (layouts) the key has; 0: it has no symbol. */
  readonly groupCount: number
  /** What becomes of a group that it has not; a number is the group to take instead. */
  readonly outOfRange: 'wrap' | 'clamp' | number
  /** Type of each of the four groups that there can be. */
  readonly types: readonly number[]
  readonly width: number
  readonly keysyms: readonly number[]
}

/** A keyboard as XKB tells it: exact for every group and level, where the core protocol's columns are not. */
export interface XkbMap {
  readonly minCode: number
  readonly maxCode: number
  readonly types: readonly XkbType[]
  /** By key code, from `minCode`. */
  readonly keys: readonly XkbKey[]
  /** Modifier bits that a key code gives; missing: none. */
  readonly modifiers: ReadonlyMap<number, number>
}

/** XkbGetMap: types, symbols and the modifier map in full (X Keyboard Extension protocol, 1.0). `device`: an id, or the core keyboard. */
export function getMapRequest(majorOpcode: number, device: number): Buffer {
  const packet = Buffer.alloc(28)
  packet.writeUInt8(majorOpcode, 0)
  packet.writeUInt8(8, 1)
  packet.writeUInt16LE(packet.length / 4, 2)
  packet.writeUInt16LE(device, 4)
  packet.writeUInt16LE(7, 6)
  return packet
}

/**
 * XkbSetMap: gives keys one symbol at every level, or none (0), all in one request: each change of a keyboard makes every
 * program read it, and a window manager its bindings (openbox: 40 to 100 ms a change). What is between the keys is written
 * as `map` says, so `map` must be what the server has.
 */
export function setSymbolsRequest(majorOpcode: number, device: number, map: XkbMap, symbols: ReadonlyMap<number, number>): Buffer {
  const first = Math.min(...symbols.keys())
  const last = Math.max(...symbols.keys())
  const keys: Buffer[] = []
  let total = 0
  for (let code = first; code <= last; code++) {
    const keysym = symbols.get(code)
    const key = keysym === undefined ? map.keys[code - map.minCode] ?? NO_SYMBOL : keysym === 0 ? NO_SYMBOL : { ...ONE_SYMBOL, keysyms: [keysym] }
    keys.push(writeKey(key))
    total += key.keysyms.length
  }
  const packet = Buffer.concat([Buffer.alloc(36), ...keys])
  packet.writeUInt8(majorOpcode, 0)
  packet.writeUInt8(9, 1)
  packet.writeUInt16LE(packet.length / 4, 2)
  packet.writeUInt16LE(device, 4)
  packet.writeUInt16LE(KEY_SYMBOLS, 6)
  packet.writeUInt8(map.minCode, 10)
  packet.writeUInt8(map.maxCode, 11)
  packet.writeUInt8(first, 14)
  packet.writeUInt8(last - first + 1, 15)
  packet.writeUInt16LE(total, 16)
  return packet
}

function writeKey({ types, groupCount, outOfRange, width, keysyms }: XkbKey): Buffer {
  const wire = Buffer.alloc(SYMBOLS_BYTES + keysyms.length * 4)
  types.forEach((type, group) => wire.writeUInt8(type, group))
  wire.writeUInt8(groupCount | (outOfRange === 'wrap' ? 0 : outOfRange === 'clamp' ? 0x40 : 0x80 | (outOfRange << 4)), 4)
  wire.writeUInt8(width, 5)
  wire.writeUInt16LE(keysyms.length, 6)
  keysyms.forEach((keysym, i) => wire.writeUInt32LE(keysym, SYMBOLS_BYTES + i * 4))
  return wire
}

const BODY = 32
const TYPE_BYTES = 8
const SYMBOLS_BYTES = 8
const KEY_SYMBOLS = 2
const NO_SYMBOL: XkbKey = { groupCount: 0, outOfRange: 'wrap', types: [0, 0, 0, 0], width: 0, keysyms: [] }
/** Type 0 of every keyboard has one level. */
const ONE_SYMBOL: XkbKey = { groupCount: 1, outOfRange: 'wrap', types: [0, 0, 0, 0], width: 1, keysyms: [] }

/** Reads the answer, from its 9th byte on. */
export function parseMap(body: Buffer): XkbMap {
  const minCode = body.readUInt8(2)
  const maxCode = body.readUInt8(3)
  const types: XkbType[] = []
  let at = BODY
  for (let count = body.readUInt8(7); count > 0; count--) {
    const entries = body.readUInt8(at + 5)
    const levels = Array.from({ length: entries }, (_, i) => at + TYPE_BYTES + i * 8)
      .filter(entry => body.readUInt8(entry) !== 0)
      .map(entry => ({ mods: body.readUInt8(entry + 1), level: body.readUInt8(entry + 2) }))
    types.push({ mask: body.readUInt8(at), levels })
    at += TYPE_BYTES + entries * (body.readUInt8(at + 6) === 0 ? 8 : 12)
  }
  const keys = Array.from<XkbKey>({ length: maxCode - minCode + 1 }).fill(NO_SYMBOL)
  const firstSymbols = body.readUInt8(9)
  for (let i = 0; i < body.readUInt8(12); i++) {
    const count = body.readUInt16LE(at + 6)
    keys[firstSymbols + i - minCode] = readKey(body, at, count)
    at += SYMBOLS_BYTES + count * 4
  }
  const modifiers = new Map<number, number>()
  for (let i = 0; i < body.readUInt8(25); i++)
    modifiers.set(body.readUInt8(at + i * 2), body.readUInt8(at + i * 2 + 1))
  return { minCode, maxCode, types, keys, modifiers }
}

function readKey(body: Buffer, at: number, count: number): XkbKey {
  const information = body.readUInt8(at + 4)
  const beyond = information & 0xC0
  return {
    groupCount: information & 0x0F,
    outOfRange: beyond === 0 ? 'wrap' : beyond === 0x40 ? 'clamp' : (information >> 4) & 3,
    types: [...body.subarray(at, at + 4)],
    width: body.readUInt8(at + 5),
    keysyms: Array.from({ length: count }, (_, i) => body.readUInt32LE(at + SYMBOLS_BYTES + i * 4)),
  }
}

/** The group of this key that counts while `group` is in force; undefined: the key has none. */
function groupOn(key: XkbKey, group: number): number | undefined {
  if (key.groupCount === 0)
    return undefined
  if (group < key.groupCount)
    return group
  switch (key.outOfRange) {
    case 'wrap': return group % key.groupCount
    case 'clamp': return key.groupCount - 1
    default: return key.outOfRange < key.groupCount ? key.outOfRange : 0
  }
}

/** The symbol of a key in a group at a level; 0: none. */
export function symbolAt(map: XkbMap, code: number, group: number, level: number): number {
  const key = map.keys[code - map.minCode]
  const on = key && groupOn(key, group)
  return key === undefined || on === undefined || level >= key.width ? 0 : key.keysyms[on * key.width + level] ?? 0
}

/** The level that modifiers give on a key. */
export function levelWith(map: XkbMap, code: number, group: number, mods: number): number {
  const key = map.keys[code - map.minCode]
  const on = key && groupOn(key, group)
  const type = key && on !== undefined ? map.types[key.types[on] ?? 0] : undefined
  if (!type)
    return 0
  return type.levels.find(entry => entry.mods === (mods & type.mask))?.level ?? 0
}

/** Every key code. */
export function allCodes(map: XkbMap): number[] {
  return map.keys.map((_, index) => map.minCode + index)
}

/** Codes without any symbol and without a modifier: no program means anything by them. The highest first: away from the letters. */
export function freeCodes(map: XkbMap): number[] {
  return allCodes(map).filter((code) => {
    const key = map.keys[code - map.minCode]
    return !map.modifiers.get(code) && (key === undefined || key.keysyms.every(keysym => keysym === 0))
  }).reverse()
}

/**
 * A key that gives these modifier bits and nothing else, `preferred` symbols first; undefined: none. What a key is called does
 * not matter to programs, its bit does: with swapped keys the one labelled Caps Lock may be Control.
 */
export function modifierCode(map: XkbMap, bit: number, preferred: readonly number[]): number | undefined {
  const codes = [...map.modifiers].filter(([, bits]) => bits === bit).map(([code]) => code)
  for (const keysym of preferred) {
    const found = codes.find(code => symbolAt(map, code, 0, 0) === keysym)
    if (found !== undefined)
      return found
  }
  return undefined
}

/** The bits that keys with one of these symbols give. */
export function bitsOf(map: XkbMap, keysyms: readonly number[]): number {
  let bits = 0
  for (const [code, given] of map.modifiers) {
    if (map.keys[code - map.minCode]?.keysyms.some(keysym => keysyms.includes(keysym)))
      bits |= given
  }
  return bits
}
