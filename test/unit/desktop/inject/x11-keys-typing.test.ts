import type { CharacterSymbols } from '../../../../src-main/desktop/inject/x11-keys-symbols'
import type { TypedKey } from '../../../../src-main/desktop/inject/x11-typing-plan'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCharacterSymbols } from '../../../../src-main/desktop/inject/x11-keys-symbols'
import { stepsOf } from '../../../../src-main/desktop/inject/x11-typing'
import { createKeyFinder, planRound, symbolsOfText } from '../../../../src-main/desktop/inject/x11-typing-plan'
import { boardOf } from './x11-keys-boards'

let symbols: CharacterSymbols
beforeAll(async () => {
  symbols = await loadCharacterSymbols()
})

const codePoint = (character: string): number => character.codePointAt(0) ?? 0

describe('symbols of a text', () => {
  it('are Latin-1\'s own, Unicode\'s, and what layouts use that are older than Unicode', () => {
    expect(['a', 'é', 'ж', '€', '—', 'א', '🙂', '漢'].map(character => symbols.of(codePoint(character)))).toEqual([
      [0x61, 0x1000061],
      [0xE9, 0x10000E9],
      [0x1000436, 0x6D6],
      [0x10020AC, 0x20AC],
      [0x1002014, 0xAA9],
      [0x10005D0, 0xCE0],
      [0x101F642],
      [0x1006F22],
    ])
  })

  it('have one Return for each line\'s end, and Tab', () => {
    expect(symbolsOfText('a\r\nb\rc\nd\t', symbols)?.map(([keysym]) => keysym)).toEqual([0x61, 0xFF0D, 0x62, 0xFF0D, 0x63, 0xFF0D, 0x64, 0xFF09])
  })

  it('do not exist for control characters and half a pair', () => {
    for (const text of ['a\u0000b', '\u001B', '\u007F', '\u0085', '\uD83D'])
      expect(symbolsOfText(text, symbols)).toBe(null)
    expect(symbolsOfText('', symbols)).toEqual([])
  })
})

describe('keys that write a character', () => {
  const german = boardOf({ 20: [['q', 'Q', '@', 0x7D9]], 21: [['2', '"', 0xB2]], 22: [[0x6D6, 0x6F6], ['z', 'Z']] })

  it('are plain, with Shift, with AltGr, with both', () => {
    const find = createKeyFinder(german)
    expect(['q', 'Q', '@', 'Ω', '"', 'ж', 'z', 'x'].map(character => find(symbols.of(codePoint(character))))).toEqual([
      { code: 20, modifiers: [] },
      { code: 20, modifiers: [50] },
      { code: 20, modifiers: [54] },
      { code: 20, modifiers: [50, 54] },
      { code: 21, modifiers: [50] },
      { code: 22, modifiers: [] },
      undefined,
      undefined,
    ])
  })

  it('are those of the layout in force', () => {
    const find = createKeyFinder({ ...german, group: 1 })
    expect(find(symbols.of(codePoint('z')))).toEqual({ code: 22, modifiers: [] })
    expect(find(symbols.of(codePoint('ж')))).toBeUndefined()
  })

  it('are none that somebody holds down', () => {
    expect(createKeyFinder({ ...german, isDown: code => code === 20 })(symbols.of(codePoint('q')))).toBeUndefined()
  })
})

describe('the rounds of a text', () => {
  const board = boardOf({ 20: [['a', 'A']], 21: [['b', 'B']], 22: [[0x20]] })

  /** Carries the rounds out as a server and a program would: what a key writes is looked up in its symbols of that moment. */
  function carryOut(text: string, freeCount: number, most: number): { written: string, changes: number, reuses: number } {
    const meanings = symbolsOfText(text, symbols) ?? []
    const find = createKeyFinder(board)
    const free = Array.from({ length: freeCount }, (_, i) => 40 + i)
    const lent = new Map<number, number>()
    let written = ''
    let changes = 0
    let reuses = 0
    for (let at = 0; at < meanings.length;) {
      const round = planRound(meanings, at, most, { find, free, lent })
      if (!round)
        return { written, changes, reuses }
      const hadOthers = [...round.lend.keys()].some(code => lent.has(code))
      expect(round.reuses).toBe(hadOthers)
      expect(round.keys.length).toBeLessThanOrEqual(most)
      round.lend.forEach((keysym, code) => lent.set(code, keysym))
      changes += round.lend.size > 0 ? 1 : 0
      reuses += round.reuses ? 1 : 0
      written += round.keys.map(key => characterOf(key, lent)).join('')
      at += round.keys.length
    }
    return { written, changes, reuses }
  }

  function characterOf({ code, modifiers }: TypedKey, lent: ReadonlyMap<number, number>): string {
    const own = lent.get(code)
    if (own !== undefined)
      return String.fromCodePoint(own > 0x1000000 ? own - 0x1000000 : own)
    const letter = { 20: 'a', 21: 'b', 22: ' ' }[code] ?? '?'
    return modifiers.length > 0 ? letter.toUpperCase() : letter
  }

  it('write exactly the text, however few keys are free', () => {
    fc.assert(fc.property(
      fc.array(fc.constantFrom(...'aAbB é漢字🙂ж—')).map(list => list.join('')),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 9 }),
      (text, free, most) => {
        expect(carryOut(text, free, most).written).toBe(text)
      },
    ))
  })

  it('change the keyboard once when the free keys are enough for all of it', () => {
    expect(carryOut('aé b漢 aé字 漢字🙂 é'.repeat(20), 4, 32)).toMatchObject({ changes: 1, reuses: 0 })
    expect(carryOut('abab AB', 4, 32)).toMatchObject({ changes: 0 })
  })

  it('take a key for another symbol only when the next character needs it', () => {
    expect(carryOut('éaaaa漢aaaa字', 2, 32)).toMatchObject({ changes: 2, reuses: 1 })
  })

  it('end where a character is not on the layout and no key is free', () => {
    expect(carryOut('ab é', 0, 32).written).toBe('ab ')
    expect(planRound(symbolsOfText('é', symbols) ?? [], 0, 32, { find: createKeyFinder(board), free: [], lent: new Map() })).toBe(null)
  })

  it('press and release in pairs, modifiers held over neighbours and up at the end', () => {
    const steps = stepsOf([{ code: 1, modifiers: [] }, { code: 2, modifiers: [50] }, { code: 2, modifiers: [50] }, { code: 3, modifiers: [50, 54] }])
    expect(steps.map(({ code, press }) => press ? code : -code)).toEqual([1, -1, 50, 2, -2, 2, -2, -50, 50, 54, 3, -3, -54, -50])
    fc.assert(fc.property(fc.array(fc.record({ code: fc.integer({ min: 1, max: 3 }), modifiers: fc.constantFrom([], [50], [54], [50, 54]) })), (keys) => {
      const down = new Set<number>()
      for (const { code, press } of stepsOf(keys)) {
        expect(down.has(code)).toBe(!press)
        if (press)
          down.add(code)
        else
          down.delete(code)
      }
      expect(down.size).toBe(0)
    }))
  })
})
