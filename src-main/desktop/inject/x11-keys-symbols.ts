/** Key symbols (X.Org's keysymdef.h). */
export const KEYSYM = {
  return: 0xFF0D,
  tab: 0xFF09,
  shift: [0xFFE1, 0xFFE2],
  control: [0xFFE3, 0xFFE4],
  alt: [0xFFE9, 0xFFEA, 0xFFE7, 0xFFE8],
  super: [0xFFEB, 0xFFEC],
  level3: [0xFE03],
  capsLock: [0xFFE5],
  numLock: [0xFF7F],
  scrollLock: [0xFF14],
} as const

const UNICODE_BASE = 0x1000000
const FIRST_LEGACY = 0x100
const FIRST_FUNCTION = 0xFD00

/** The symbols that mean this character to every program; the first one is what a key gets that is to write it. */
export interface CharacterSymbols {
  /** Empty: no key writes it (control characters, half a surrogate pair). */
  of: (codePoint: number) => readonly number[]
}

/** Layouts write many letters by symbols that are older than Unicode: Cyrillic, Greek, Hebrew, the euro. */
export async function loadCharacterSymbols(): Promise<CharacterSymbols> {
  // Loaded on first use: no other system needs it.
  const x11 = await import('x11')
  const table = x11.keySyms ?? (x11 as unknown as { default: typeof x11 }).default.keySyms
  const legacy = new Map<number, number[]>()
  for (const { code, description } of Object.values(table)) {
    // A doubled bracket marks a likeness, not the same character.
    const character = /^\(([^(])\) /u.exec(description ?? '')?.[1]?.codePointAt(0)
    if (character !== undefined && code >= FIRST_LEGACY && code < FIRST_FUNCTION)
      legacy.set(character, [...legacy.get(character) ?? [], code])
  }
  return { of: codePoint => symbolsOf(codePoint, legacy) }
}

function symbolsOf(codePoint: number, legacy: ReadonlyMap<number, readonly number[]>): readonly number[] {
  if (codePoint === 0x0A)
    return [KEYSYM.return]
  if (codePoint === 0x09)
    return [KEYSYM.tab]
  if (codePoint < 0x20 || (codePoint >= 0x7F && codePoint < 0xA0) || (codePoint >= 0xD800 && codePoint < 0xE000))
    return []
  const unicode = UNICODE_BASE + codePoint
  return codePoint < 0x100 ? [codePoint, unicode] : [unicode, ...legacy.get(codePoint) ?? []]
}
