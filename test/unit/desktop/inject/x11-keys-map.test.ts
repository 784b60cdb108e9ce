import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { freeCodes, getMapRequest, levelWith, modifierCode, parseMap, setSymbolsRequest, symbolAt } from '../../../../src-main/desktop/inject/x11-keys-map'

interface WireKey { readonly types: readonly number[], readonly groupInfo: number, readonly width: number, readonly keysyms: readonly number[] }

/** An answer to XkbGetMap as a server writes it, from its 9th byte: two types (the second with preserved modifiers), then keys from code 9. */
function answer(keys: readonly WireKey[], modifiers: readonly (readonly [number, number])[]): Buffer {
  const header = Buffer.alloc(32)
  header.writeUInt8(9, 2)
  header.writeUInt8(9 + keys.length, 3)
  header.writeUInt8(2, 7)
  header.writeUInt8(10, 9)
  header.writeUInt8(keys.length, 12)
  header.writeUInt8(modifiers.length, 25)
  const types = Buffer.from([
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    3,
    3,
    0,
    0,
    2,
    3,
    1,
    0,
    1,
    1,
    1,
    1,
    0,
    0,
    0,
    0,
    1,
    2,
    1,
    2,
    0,
    0,
    0,
    0,
    0,
    128,
    1,
    0,
    0,
    4,
    0,
    0, // inactive: its virtual modifier has no key
    0,
    0,
    0,
    0,
    2,
    2,
    0,
    0,
    0,
    0,
    0,
    0,
  ])
  const symbols = keys.map(({ types, groupInfo, width, keysyms }) => {
    const wire = Buffer.alloc(8 + keysyms.length * 4)
    types.forEach((type, i) => wire.writeUInt8(type, i))
    wire.writeUInt8(groupInfo, 4)
    wire.writeUInt8(width, 5)
    wire.writeUInt16LE(keysyms.length, 6)
    keysyms.forEach((keysym, i) => wire.writeUInt32LE(keysym, 8 + i * 4))
    return wire
  })
  return Buffer.concat([header, types, ...symbols, Buffer.from(modifiers.flat())])
}

const KEYS: readonly WireKey[] = [
  { types: [1, 1, 0, 0], groupInfo: 2, width: 2, keysyms: [0x61, 0x41, 0x6C1, 0x6E1] }, // 10
  { types: [0, 0, 0, 0], groupInfo: 0x41, width: 1, keysyms: [0x20] }, // 11: clamps
  { types: [0, 0, 0, 0], groupInfo: 0x92, width: 1, keysyms: [0x62, 0x63] }, // 12: redirects to the second
  { types: [0, 0, 0, 0], groupInfo: 0, width: 0, keysyms: [] }, // 13
  { types: [0, 0, 0, 0], groupInfo: 1, width: 1, keysyms: [0xFFE3] }, // 14
  { types: [0, 0, 0, 0], groupInfo: 0, width: 0, keysyms: [] }, // 15, a modifier without a symbol
]
const map = parseMap(answer(KEYS, [[14, 4], [15, 128]]))

describe('a keyboard map from the wire', () => {
  it('has symbols by group and level', () => {
    expect([0, 1].flatMap(group => [0, 1].map(level => symbolAt(map, 10, group, level)))).toEqual([0x61, 0x41, 0x6C1, 0x6E1])
    expect(symbolAt(map, 10, 0, 2)).toBe(0)
    expect(symbolAt(map, 200, 0, 0)).toBe(0)
  })

  it('treats a group that a key lacks as the key says', () => {
    expect(symbolAt(map, 10, 2, 0)).toBe(0x61)
    expect(symbolAt(map, 10, 3, 0)).toBe(0x6C1)
    expect(symbolAt(map, 11, 3, 0)).toBe(0x20)
    expect(symbolAt(map, 12, 3, 0)).toBe(0x63)
    expect(symbolAt(map, 13, 0, 0)).toBe(0)
  })

  it('knows which modifiers give which level', () => {
    expect([0, 1, 2, 3, 4, 5, 128].map(mods => levelWith(map, 10, 0, mods))).toEqual([0, 1, 1, 0, 0, 1, 0])
    expect(levelWith(map, 11, 0, 1)).toBe(0)
  })

  it('knows modifier keys and free codes', () => {
    expect(modifierCode(map, 4, [0xFFE3])).toBe(14)
    expect(modifierCode(map, 1, [0xFFE1])).toBeUndefined()
    expect(freeCodes(map)).toEqual([13, 9])
  })

  it('is asked for in one request of 28 bytes', () => {
    expect([...getMapRequest(135, 0x105).subarray(0, 8)]).toEqual([135, 8, 7, 0, 5, 1, 7, 0])
    expect(getMapRequest(135, 5)).toHaveLength(28)
  })

  it('is written back as it was read, but for the symbols that are given', () => {
    const request = setSymbolsRequest(135, 0x100, map, new Map([[13, 0x1006F22], [9, 0]]))
    const expected = answer([
      { types: [0, 0, 0, 0], groupInfo: 0, width: 0, keysyms: [] },
      ...KEYS.slice(0, 3),
      { types: [0, 0, 0, 0], groupInfo: 1, width: 1, keysyms: [0x1006F22] },
    ], []).subarray(32 + 52)
    expect([...request.subarray(36)]).toEqual([...expected])
    expect([...request.subarray(0, 18)]).toEqual([135, 9, request.length / 4, 0, 0, 1, 2, 0, 0, 0, 9, 15, 0, 0, 9, 5, 8, 0])
  })
})
