/**
 * One main key of a hotkey and what each system calls it.
 * Sources: names from Electron's accelerators; `keysym` and `xkb` from X.Org's keysymdef.h and XF86keysym.h;
 * `scancode` from libuiohook's uiohook.h (set 1, `0x0E..` for extended keys).
 */
export interface KeyInfo {
  /** The normal name, as Electron writes it. */
  readonly name: string
  readonly keysym: number
  readonly xkb: string
  /** Null: libuiohook has no code for it. */
  readonly scancode: number | null
  /** Bare, or with Shift alone, it writes or edits: taking it away from every program would break typing. */
  readonly edits: boolean
  /** On a US keyboard it is typed with Shift; scan codes know only the key below. */
  readonly shifted: boolean
}

/** A modifier pressed alone is a hotkey of its own (`RightCtrl`). */
export interface LoneModifierInfo extends KeyInfo {
  readonly modifier: 'Ctrl' | 'Alt' | 'Shift' | 'Super'
  /** More key symbols that sit on this key: AltGr is the right Alt of many layouts. */
  readonly otherKeysyms: readonly number[]
}

function key(name: string, keysym: number, xkb: string, scancode: number | null, edits = false): KeyInfo {
  return { name, keysym, xkb, scancode, edits, shifted: false }
}

const LETTER_SCANCODES: Readonly<Record<string, number>> = {
  A: 0x1E,
  B: 0x30,
  C: 0x2E,
  D: 0x20,
  E: 0x12,
  F: 0x21,
  G: 0x22,
  H: 0x23,
  I: 0x17,
  J: 0x24,
  K: 0x25,
  L: 0x26,
  M: 0x32,
  N: 0x31,
  O: 0x18,
  P: 0x19,
  Q: 0x10,
  R: 0x13,
  S: 0x1F,
  T: 0x14,
  U: 0x16,
  V: 0x2F,
  W: 0x11,
  X: 0x2D,
  Y: 0x15,
  Z: 0x2C,
}

const LETTERS = Object.entries(LETTER_SCANCODES).map(([letter, scancode]) =>
  key(letter, letter.toLowerCase().charCodeAt(0), letter.toLowerCase(), scancode, true))

const DIGITS = [...'0123456789'].map(digit => key(digit, digit.charCodeAt(0), digit, digit === '0' ? 0x0B : 0x01 + Number(digit), true))

/** Character, its key symbol's name, scan code, and the character above it on a US keyboard. */
const PUNCTUATION_ROWS: readonly (readonly [string, string, number, string, string])[] = [
  ['-', 'minus', 0x0C, '_', 'underscore'],
  ['=', 'equal', 0x0D, '+', 'plus'],
  ['[', 'bracketleft', 0x1A, '{', 'braceleft'],
  [']', 'bracketright', 0x1B, '}', 'braceright'],
  [';', 'semicolon', 0x27, ':', 'colon'],
  ['\'', 'apostrophe', 0x28, '"', 'quotedbl'],
  ['`', 'grave', 0x29, '~', 'asciitilde'],
  ['\\', 'backslash', 0x2B, '|', 'bar'],
  [',', 'comma', 0x33, '<', 'less'],
  ['.', 'period', 0x34, '>', 'greater'],
  ['/', 'slash', 0x35, '?', 'question'],
]
const SHIFTED_DIGITS: readonly (readonly [string, string, number])[] = [
  ['!', 'exclam', 0x02],
  ['@', 'at', 0x03],
  ['#', 'numbersign', 0x04],
  ['$', 'dollar', 0x05],
  ['%', 'percent', 0x06],
  ['^', 'asciicircum', 0x07],
  ['&', 'ampersand', 0x08],
  ['*', 'asterisk', 0x09],
  ['(', 'parenleft', 0x0A],
  [')', 'parenright', 0x0B],
]

function shifted(character: string, xkb: string, scancode: number): KeyInfo {
  return { name: character === '+' ? 'Plus' : character, keysym: character.charCodeAt(0), xkb, scancode, edits: true, shifted: true }
}

const PUNCTUATION = [
  ...PUNCTUATION_ROWS.flatMap(([plain, plainXkb, scancode, above, aboveXkb]) => [
    key(plain, plain.charCodeAt(0), plainXkb, scancode, true),
    shifted(above, aboveXkb, scancode),
  ]),
  ...SHIFTED_DIGITS.map(([character, xkb, scancode]) => shifted(character, xkb, scancode)),
]

const FUNCTION_SCANCODES = [0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41, 0x42, 0x43, 0x44, 0x57, 0x58, 0x5B, 0x5C, 0x5D, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B]
const FUNCTION_KEYS = FUNCTION_SCANCODES.map((scancode, index) => key(`F${index + 1}`, 0xFFBE + index, `F${index + 1}`, scancode))

const EDITING = [
  key('Space', 0x20, 'space', 0x39, true),
  key('Tab', 0xFF09, 'Tab', 0x0F, true),
  key('Enter', 0xFF0D, 'Return', 0x1C, true),
  key('Backspace', 0xFF08, 'BackSpace', 0x0E, true),
  key('Delete', 0xFFFF, 'Delete', 0x0E53, true),
  key('Insert', 0xFF63, 'Insert', 0x0E52),
  key('Up', 0xFF52, 'Up', 0xE048, true),
  key('Down', 0xFF54, 'Down', 0xE050, true),
  key('Left', 0xFF51, 'Left', 0xE04B, true),
  key('Right', 0xFF53, 'Right', 0xE04D, true),
  key('Home', 0xFF50, 'Home', 0x0E47, true),
  key('End', 0xFF57, 'End', 0x0E4F, true),
  key('PageUp', 0xFF55, 'Prior', 0x0E49, true),
  key('PageDown', 0xFF56, 'Next', 0x0E51, true),
]

const OTHERS = [
  key('Escape', 0xFF1B, 'Escape', 0x01),
  key('PrintScreen', 0xFF61, 'Print', 0x0E37),
  key('Scrolllock', 0xFF14, 'Scroll_Lock', 0x46),
  key('VolumeUp', 0x1008FF13, 'XF86AudioRaiseVolume', 0xE030),
  key('VolumeDown', 0x1008FF11, 'XF86AudioLowerVolume', 0xE02E),
  key('VolumeMute', 0x1008FF12, 'XF86AudioMute', 0xE020),
  key('MediaNextTrack', 0x1008FF17, 'XF86AudioNext', 0xE019),
  key('MediaPreviousTrack', 0x1008FF16, 'XF86AudioPrev', 0xE010),
  key('MediaStop', 0x1008FF15, 'XF86AudioStop', 0xE024),
  key('MediaPlayPause', 0x1008FF14, 'XF86AudioPlay', 0xE022),
]

const NUMPAD_SCANCODES = [0x52, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49]
const NUMPAD = [
  ...NUMPAD_SCANCODES.map((scancode, digit) => key(`num${digit}`, 0xFFB0 + digit, `KP_${digit}`, scancode, true)),
  key('numdec', 0xFFAE, 'KP_Decimal', 0x53, true),
  key('numadd', 0xFFAB, 'KP_Add', 0x4E, true),
  key('numsub', 0xFFAD, 'KP_Subtract', 0x4A, true),
  key('nummult', 0xFFAA, 'KP_Multiply', 0x37, true),
  key('numdiv', 0xFFAF, 'KP_Divide', 0x0E35, true),
]

function lone(name: string, modifier: LoneModifierInfo['modifier'], keysym: number, xkb: string, scancode: number, otherKeysyms: readonly number[] = []): LoneModifierInfo {
  return { ...key(name, keysym, xkb, scancode), modifier, otherKeysyms }
}

export const LONE_MODIFIERS: readonly LoneModifierInfo[] = [
  lone('LeftCtrl', 'Ctrl', 0xFFE3, 'Control_L', 0x1D),
  lone('RightCtrl', 'Ctrl', 0xFFE4, 'Control_R', 0x0E1D),
  lone('LeftAlt', 'Alt', 0xFFE9, 'Alt_L', 0x38),
  lone('RightAlt', 'Alt', 0xFFEA, 'Alt_R', 0x0E38, [0xFE03]),
  lone('LeftShift', 'Shift', 0xFFE1, 'Shift_L', 0x2A),
  lone('RightShift', 'Shift', 0xFFE2, 'Shift_R', 0x36),
  lone('LeftSuper', 'Super', 0xFFEB, 'Super_L', 0x0E5B),
  lone('RightSuper', 'Super', 0xFFEC, 'Super_R', 0x0E5C),
]

export const KEYS: readonly KeyInfo[] = [...LETTERS, ...DIGITS, ...PUNCTUATION, ...FUNCTION_KEYS, ...EDITING, ...OTHERS, ...NUMPAD]
