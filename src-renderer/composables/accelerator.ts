/** The part of a keyboard event that names a key. */
export interface KeyStroke {
  readonly key: string
  readonly code: string
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
  readonly metaKey: boolean
}

export type Recorded
  /** Modifiers alone so far: `Ctrl+Alt`. */
  = | { readonly kind: 'partial', readonly modifiers: readonly string[] }
    | { readonly kind: 'complete', readonly accelerator: string }
  /** A key that would be taken away from typing everywhere. */
    | { readonly kind: 'needs-modifier' }
    | { readonly kind: 'unknown' }

const MODIFIER_KEYS = new Set(['Control', 'Alt', 'Shift', 'Meta', 'AltGraph', 'OS'])

const NAMED: Readonly<Record<string, string>> = {
  ' ': 'Space',
  'ArrowUp': 'Up',
  'ArrowDown': 'Down',
  'ArrowLeft': 'Left',
  'ArrowRight': 'Right',
  'Enter': 'Return',
  'Tab': 'Tab',
  'Backspace': 'Backspace',
  'Delete': 'Delete',
  'Insert': 'Insert',
  'Home': 'Home',
  'End': 'End',
  'PageUp': 'PageUp',
  'PageDown': 'PageDown',
  'Pause': 'Pause',
  'ScrollLock': 'Scrolllock',
  'PrintScreen': 'PrintScreen',
}

/** Keys that may stand without a modifier: nobody types text with them. */
const ALONE = /^(?:F\d{1,2}|Pause|Scrolllock|PrintScreen|Insert)$/

function modifiersOf(stroke: KeyStroke, isMac: boolean): string[] {
  return [
    stroke.ctrlKey ? 'Ctrl' : '',
    stroke.altKey ? 'Alt' : '',
    stroke.shiftKey ? 'Shift' : '',
    stroke.metaKey ? isMac ? 'Cmd' : 'Super' : '',
  ].filter(name => name !== '')
}

function keyName({ key, code }: KeyStroke): string | undefined {
  const named = NAMED[key]
  if (named !== undefined)
    return named
  if (/^F(?:[1-9]|1\d|2[0-4])$/.test(key))
    return key
  const digit = /^(Digit|Numpad)(\d)$/.exec(code)
  if (digit)
    return digit[1] === 'Numpad' ? `num${digit[2]}` : digit[2]
  // The label of the key where it is Latin, so that any layout works; its place where it is not.
  if (/^[a-z]$/i.test(key))
    return key.toUpperCase()
  const letter = /^Key([A-Z])$/.exec(code)?.[1]
  if (letter !== undefined)
    return letter
  return /^[-=[\]\\;',./`]$/.test(key) ? key : undefined
}

/** What a key stroke says in Electron's accelerator syntax. */
export function recordAccelerator(stroke: KeyStroke, isMac = false): Recorded {
  const modifiers = modifiersOf(stroke, isMac)
  if (MODIFIER_KEYS.has(stroke.key))
    return { kind: 'partial', modifiers }
  const key = keyName(stroke)
  if (key === undefined)
    return { kind: 'unknown' }
  const guarded = modifiers.some(name => name !== 'Shift')
  if (!guarded && !ALONE.test(key))
    return { kind: 'needs-modifier' }
  return { kind: 'complete', accelerator: [...modifiers, key].join('+') }
}

const MAC_LABELS: Readonly<Record<string, string>> = { Ctrl: '⌃', Control: '⌃', Alt: '⌥', Option: '⌥', Shift: '⇧', Cmd: '⌘', Command: '⌘', CommandOrControl: '⌘', CmdOrCtrl: '⌘', Return: '↩' }
const LABELS: Readonly<Record<string, string>> = { Control: 'Ctrl', CommandOrControl: 'Ctrl', CmdOrCtrl: 'Ctrl', Return: 'Enter', Up: '↑', Down: '↓', Left: '←', Right: '→' }

/** The caps to draw for `Ctrl+Alt+Space`, in order. */
export function keyCaps(accelerator: string, isMac = false): readonly string[] {
  const labels = isMac ? { ...LABELS, ...MAC_LABELS } : LABELS
  return accelerator.split('+').filter(name => name !== '').map(name => labels[name] ?? name)
}

/** Of the machine this window is on. */
export const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.userAgent)
