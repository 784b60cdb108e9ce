import type { KeyInfo, LoneModifierInfo } from './keys'
import { AppError } from '../lib/app-error'
import { KEYS, LONE_MODIFIERS } from './keys'

export type Modifier = 'Ctrl' | 'Alt' | 'Shift' | 'Super'

/** A hotkey that somebody can press: modifiers in the order of `MODIFIERS`, and one main key. */
export type Accelerator
  = | { readonly kind: 'chord', readonly modifiers: readonly Modifier[], readonly key: KeyInfo }
  /** One modifier key, pressed with nothing else. */
    | { readonly kind: 'lone-modifier', readonly modifiers: readonly [], readonly key: LoneModifierInfo }

/** Why nobody can type it; the `reason` of the error's `params`. */
export type ImpossibleReason = 'empty' | 'too-long' | 'no-key' | 'unknown-key' | 'two-keys' | 'types-text' | 'reserved' | 'not-on-keyboard'

export const MODIFIERS: readonly Modifier[] = ['Ctrl', 'Alt', 'Shift', 'Super']
const LONGEST_CHARS = 64

const MODIFIER_NAMES: ReadonlyMap<string, Modifier> = new Map([
  ['ctrl', 'Ctrl'],
  ['control', 'Ctrl'],
  ['alt', 'Alt'],
  ['option', 'Alt'],
  ['shift', 'Shift'],
  ['super', 'Super'],
  ['meta', 'Super'],
  ['cmd', 'Super'],
  ['command', 'Super'],
  ['win', 'Super'],
])

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['esc', 'Escape'],
  ['return', 'Enter'],
  ['del', 'Delete'],
  ['ins', 'Insert'],
  ['spacebar', 'Space'],
  ['arrowup', 'Up'],
  ['arrowdown', 'Down'],
  ['arrowleft', 'Left'],
  ['arrowright', 'Right'],
  ['pgup', 'PageUp'],
  ['pgdown', 'PageDown'],
  ['print', 'PrintScreen'],
  ['leftcontrol', 'LeftCtrl'],
  ['rightcontrol', 'RightCtrl'],
  ['leftoption', 'LeftAlt'],
  ['rightoption', 'RightAlt'],
  ['altgr', 'RightAlt'],
  ['leftmeta', 'LeftSuper'],
  ['rightmeta', 'RightSuper'],
  ['leftcmd', 'LeftSuper'],
  ['rightcmd', 'RightSuper'],
  ['leftcommand', 'LeftSuper'],
  ['rightcommand', 'RightSuper'],
])

const KEY_BY_NAME: ReadonlyMap<string, KeyInfo> = new Map(KEYS.map(key => [key.name.toLowerCase(), key]))
const LONE_BY_NAME: ReadonlyMap<string, LoneModifierInfo> = new Map(LONE_MODIFIERS.map(key => [key.name.toLowerCase(), key]))

/** What to do about each, as the end of a sentence. */
const ADVICE: Readonly<Record<ImpossibleReason, string>> = {
  'empty': 'it is empty. Choose a key.',
  'too-long': 'it is too long. Choose a key with its modifiers, like Ctrl+Alt+Space.',
  'unknown-key': 'there is no such key. Choose one like Ctrl+Alt+Space.',
  'two-keys': 'it has more than one key. Choose one, with its modifiers.',
  'no-key': 'it has modifiers alone. Add a key, or take a single one of the right side, like RightCtrl.',
  'types-text': 'you could not type it any more. Add Ctrl, Alt or Super.',
  'reserved': 'the system keeps it for itself. Choose another one.',
  'not-on-keyboard': 'this keyboard does not have it. Choose another one.',
}

/** The error for a hotkey that nobody can type. The chosen text is the person's own setting, so it may be shown. */
export function impossible(accelerator: string, reason: ImpossibleReason): AppError {
  const shown = accelerator.slice(0, LONGEST_CHARS)
  return new AppError('hotkey-impossible', `The hotkey “${shown}” cannot be used: ${ADVICE[reason]}`, {
    params: { accelerator: shown, reason },
  })
}

/**
 * Reads Electron's accelerator syntax (`Ctrl+Alt+Space`, any case, any order), and a modifier alone with its side
 * (`RightCtrl`). `CommandOrControl` is Super on macOS and Ctrl elsewhere.
 * Throws `hotkey-impossible` with `params.reason` (see `ImpossibleReason`).
 */
export function parseAccelerator(text: string, platform: NodeJS.Platform): Accelerator {
  const accelerator = parseKeys(text, platform)
  return accelerator.kind === 'chord' ? checkedChord(text, accelerator.modifiers, accelerator.key, platform) : accelerator
}

/**
 * The same syntax for keys that the program presses itself: also what would be no hotkey (`Backspace`, `Shift+Left`).
 * Throws `hotkey-impossible` for what is no key at all.
 */
export function parseKeys(text: string, platform: NodeJS.Platform): Accelerator {
  if (text.length > LONGEST_CHARS)
    throw impossible(text, 'too-long')
  const parts = splitParts(text)
  if (parts.length === 0)
    throw impossible(text, 'empty')

  const modifiers = new Set<Modifier>()
  let main: KeyInfo | undefined
  let loneModifier: LoneModifierInfo | undefined
  for (const part of parts) {
    const name = part.toLowerCase()
    const modifier = modifierOf(name, platform)
    if (modifier) {
      modifiers.add(modifier)
      continue
    }
    const known = (ALIASES.get(name) ?? name).toLowerCase()
    const lone = LONE_BY_NAME.get(known)
    const key = lone ?? KEY_BY_NAME.get(known)
    if (!key)
      throw impossible(text, 'unknown-key')
    if (main)
      throw impossible(text, 'two-keys')
    main = key
    loneModifier = lone
  }
  if (!main)
    throw impossible(text, 'no-key')
  if (loneModifier) {
    if (modifiers.size > 0)
      throw impossible(text, 'two-keys')
    return { kind: 'lone-modifier', modifiers: [], key: loneModifier }
  }
  return { kind: 'chord', modifiers: MODIFIERS.filter(modifier => modifiers.has(modifier)), key: main }
}

function checkedChord(text: string, modifiers: readonly Modifier[], key: KeyInfo, platform: NodeJS.Platform): Accelerator {
  if (key.edits && modifiers.every(modifier => modifier === 'Shift'))
    throw impossible(text, 'types-text')
  if (isReserved([...modifiers, key.name].join('+'), platform))
    throw impossible(text, 'reserved')
  return { kind: 'chord', modifiers, key }
}

/** Keys that the system keeps for itself: no program is told of the press. */
function isReserved(chord: string, platform: NodeJS.Platform): boolean {
  if (platform === 'win32')
    return chord === 'Ctrl+Alt+Delete' || chord === 'Super+L'
  // X servers and Linux consoles switch to another terminal, also with Shift.
  return platform === 'linux' && /^Ctrl\+Alt\+(?:Shift\+)?F(?:[1-9]|1[0-2])$/.test(chord)
}

/** `Ctrl++` names the plus key: a plus sign where a name is due is a name. */
function splitParts(text: string): string[] {
  const trimmed = text.trim()
  if (trimmed === '')
    return []
  if (trimmed === '+')
    return ['Plus']
  if (trimmed.endsWith('+') && trimmed.slice(0, -1).trimEnd().endsWith('+'))
    return [...splitParts(trimmed.slice(0, -1).trimEnd().slice(0, -1)), 'Plus']
  return trimmed.split('+').map(part => part.trim())
}

function modifierOf(name: string, platform: NodeJS.Platform): Modifier | undefined {
  if (name === 'commandorcontrol' || name === 'cmdorctrl')
    return platform === 'darwin' ? 'Super' : 'Ctrl'
  return MODIFIER_NAMES.get(name)
}

/** The normal form: what is stored, and what Electron understands. Reading it gives the same accelerator. */
export function formatAccelerator(accelerator: Accelerator): string {
  return [...accelerator.modifiers, accelerator.key.name].join('+')
}

const DARWIN_NAMES: Readonly<Record<Modifier, string>> = { Ctrl: 'Control', Alt: 'Option', Shift: 'Shift', Super: 'Command' }

/** What people read on their keyboard: `Control+Option+Space` on macOS, `Win+…` on Windows. */
export function displayAccelerator(accelerator: Accelerator, platform: NodeJS.Platform): string {
  const name = (modifier: Modifier): string => {
    if (platform === 'darwin')
      return DARWIN_NAMES[modifier]
    return platform === 'win32' && modifier === 'Super' ? 'Win' : modifier
  }
  if (accelerator.kind === 'lone-modifier') {
    const side = accelerator.key.name.startsWith('Left') ? 'Left' : 'Right'
    return `${side} ${name(accelerator.key.modifier)}`
  }
  const key = accelerator.key.name === 'Plus' ? '+' : accelerator.key.name.replace(/^num(?=\d)/, 'Numpad ')
  return [...accelerator.modifiers.map(name), key].join('+')
}

/** Whether it is a modifier bound alone, which stays a modifier for everybody; what is no key is none. */
export function isLoneModifier(accelerator: string, platform: NodeJS.Platform): boolean {
  try {
    return parseAccelerator(accelerator, platform).kind === 'lone-modifier'
  }
  catch {
    return false
  }
}
