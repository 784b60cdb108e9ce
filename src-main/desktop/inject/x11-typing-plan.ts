import type { Board } from './x11-keys-chord'
import type { CharacterSymbols } from './x11-keys-symbols'
import { SHIFT } from './x11-keys-chord'
import { allCodes, bitsOf, levelWith, modifierCode, symbolAt } from './x11-keys-map'
import { KEYSYM } from './x11-keys-symbols'

/** One key to press and release, with modifiers pressed before and released after. */
export interface TypedKey {
  readonly code: number
  readonly modifiers: readonly number[]
}

export interface TypingRound {
  /** Symbols by free key, to be given before the keys are pressed. */
  readonly lend: ReadonlyMap<number, number>
  /** Some of these keys had another symbol that was typed: whoever reads must have seen that first. */
  readonly reuses: boolean
  readonly keys: readonly TypedKey[]
}

/**
 * The characters of a text as symbols; each with the others that mean the same. A line's end, however written, is one Return.
 * Null: something in it no key can write.
 */
export function symbolsOfText(text: string, symbols: CharacterSymbols): (readonly number[])[] | null {
  const all: (readonly number[])[] = []
  for (const character of text.replaceAll(/\r\n?/g, '\n')) {
    const meanings = symbols.of(character.codePointAt(0) ?? 0)
    if (meanings.length === 0)
      return null
    all.push(meanings)
  }
  return all
}

/** Finds the keys of this layout that write a symbol: plain, with Shift, with AltGr, with both. */
export function createKeyFinder({ map, group, isDown }: Board): (meanings: readonly number[]) => TypedKey | undefined {
  const shift = modifierCode(map, SHIFT, KEYSYM.shift)
  const level3Bit = bitsOf(map, KEYSYM.level3)
  const level3 = modifierCode(map, level3Bit, KEYSYM.level3)
  const ways: { mods: number, modifiers: readonly number[] }[] = [{ mods: 0, modifiers: [] }]
  if (shift !== undefined)
    ways.push({ mods: SHIFT, modifiers: [shift] })
  if (level3 !== undefined)
    ways.push({ mods: level3Bit, modifiers: [level3] })
  if (shift !== undefined && level3 !== undefined)
    ways.push({ mods: SHIFT | level3Bit, modifiers: [shift, level3] })
  const found = new Map<number, TypedKey>()
  for (const { mods, modifiers } of ways) {
    for (const code of allCodes(map)) {
      if (isDown(code) || map.modifiers.get(code))
        continue
      const keysym = symbolAt(map, code, group, levelWith(map, code, group, mods))
      if (keysym !== 0 && !found.has(keysym))
        found.set(keysym, { code, modifiers })
    }
  }
  return (meanings) => {
    for (const keysym of meanings) {
      const key = found.get(keysym)
      if (key)
        return key
    }
    return undefined
  }
}

/**
 * The next keys of a text from `at` on, at most `most`. Characters that are not on the layout need a free key each; as many
 * of those that come are given at once, so that keys are given symbols as seldom as can be. `lent`: what the free keys
 * have now. Null: not one more character can be typed.
 */
export function planRound(text: readonly (readonly number[])[], at: number, most: number, options: {
  readonly find: (meanings: readonly number[]) => TypedKey | undefined
  readonly free: readonly number[]
  readonly lent: ReadonlyMap<number, number>
}): TypingRound | null {
  const { find, free } = options
  const codeOf = new Map([...options.lent].map(([code, keysym]) => [keysym, code]))
  const symbolOf = (meanings: readonly number[]): number => meanings[0] ?? 0
  const lend = new Map<number, number>()
  let reuses = false
  const needsMore = text.slice(at, at + most).some(meanings => !find(meanings) && !codeOf.has(symbolOf(meanings)))
  if (needsMore) {
    const coming = firstSymbols(text, at, free.length, find)
    const missing = coming.filter(keysym => !codeOf.has(keysym))
    const unused = free.filter(code => !options.lent.has(code))
    const spent = free.filter(code => options.lent.has(code) && !coming.includes(options.lent.get(code) ?? 0))
    // What is used again has to be waited for: only where the next character needs it.
    const next = text[at] ?? []
    const mustReuse = !find(next) && missing[0] === symbolOf(next) && unused.length === 0
    const codes = mustReuse ? spent : unused
    for (const [index, keysym] of missing.slice(0, codes.length).entries()) {
      const code = codes[index] ?? 0
      lend.set(code, keysym)
      codeOf.delete(options.lent.get(code) ?? 0)
      codeOf.set(keysym, code)
    }
    reuses = mustReuse && lend.size > 0
  }
  const keys: TypedKey[] = []
  for (const meanings of text.slice(at, at + most)) {
    const lentCode = codeOf.get(symbolOf(meanings))
    const key = find(meanings) ?? (lentCode === undefined ? undefined : { code: lentCode, modifiers: [] })
    if (!key)
      break
    keys.push(key)
  }
  return keys.length === 0 ? null : { lend, reuses, keys }
}

/** The first `most` different symbols from `at` on that the layout lacks. */
function firstSymbols(text: readonly (readonly number[])[], at: number, most: number, find: (meanings: readonly number[]) => TypedKey | undefined): number[] {
  const symbols = new Set<number>()
  for (let i = at; i < text.length && symbols.size < most; i++) {
    const meanings = text[i] ?? []
    if (!find(meanings))
      symbols.add(meanings[0] ?? 0)
  }
  return [...symbols]
}
