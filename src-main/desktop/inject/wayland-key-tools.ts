import type { Modifier } from '../accelerator'
import type { KeyInfo } from '../keys'
import type { WaylandKeyMethod, WaylandObstacle } from './wayland-keys'
import type { ToolEnv, Tools } from './wayland-tool'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../lib/app-error'
import { parseKeys } from '../accelerator'

const CHORD_LIMIT_MS = 3_000
const TYPE_LIMIT_MS = 10_000
const PROBE_LIMIT_MS = 1_000
const UINPUT = '/dev/uinput'

export interface ChordKeys {
  readonly modifiers: readonly Modifier[]
  readonly key: KeyInfo
}

/** Null: no keyboard has such a key. */
export function readChord(chord: string): ChordKeys | null {
  try {
    return parseKeys(chord, 'linux')
  }
  catch (error) {
    if (error instanceof AppError && error.code === 'hotkey-impossible')
      return null
    throw error
  }
}

/** All of them, `count` times over. */
export function repeated<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count * items.length }, (_, index) => items[index % items.length] as T)
}

async function ran(tools: Tools, name: string, args: readonly string[], call: { readonly stdin?: string, readonly limitMs: number, readonly signal?: AbortSignal }): Promise<true> {
  const { code } = await tools.run(name, args, call)
  if (code !== 0)
    throw new AppError('internal', `${name} failed.`, { params: { exit: code ?? -1 } })
  return true
}

/** In the mapping that wtype makes for a call, a key that does nothing and is let go of last: GTK 3 does not find the last key of a mapping, and would not know the chord. */
const LAST_KEY = ['-p', 'VoidSymbol']
const WTYPE_MODIFIERS: Readonly<Record<Modifier, string>> = { Ctrl: 'ctrl', Alt: 'alt', Shift: 'shift', Super: 'logo' }

/** `wtype`: a virtual keyboard with a mapping of its own for each call. Any text, any chord, whatever the layout. */
export function createWtype({ tools, takesKeyboards }: { readonly tools: Tools, readonly takesKeyboards: () => Promise<boolean> }): WaylandKeyMethod {
  return {
    name: 'wtype',
    async probe() {
      if (!await tools.find('wtype'))
        return 'not-installed'
      return await takesKeyboards() ? null : 'no-protocol'
    },
    async press(chord, count = 1) {
      const keys = readChord(chord)
      if (!keys)
        return false
      const modifiers = keys.modifiers.map(modifier => WTYPE_MODIFIERS[modifier])
      const taps = repeated(['-k', keys.key.xkb], count)
      return ran(tools, 'wtype', [...modifiers.flatMap(name => ['-M', name]), ...taps, ...modifiers.toReversed().flatMap(name => ['-m', name]), ...LAST_KEY], { limitMs: CHORD_LIMIT_MS })
    },
    type: (text, signal) => ran(tools, 'wtype', ['-'], { stdin: text, limitMs: TYPE_LIMIT_MS, signal }),
    close: async () => {},
  }
}

/** Linux key codes of the keys whose scan code begins with 0xE0 (linux/input-event-codes.h); all others are their scan code. */
const EXTENDED_CODES: Readonly<Record<string, number>> = {
  Insert: 110,
  Delete: 111,
  Home: 102,
  End: 107,
  PageUp: 104,
  PageDown: 109,
  Up: 103,
  Down: 108,
  Left: 105,
  Right: 106,
}
const MODIFIER_CODES: Readonly<Record<Modifier, number>> = { Ctrl: 29, Alt: 56, Shift: 42, Super: 125 }

function keyCode({ name, scancode }: KeyInfo): number | null {
  return EXTENDED_CODES[name] ?? (scancode !== null && scancode < 0x80 ? scancode : null)
}

/**
 * `ydotool`: keys by their place on a keyboard, which fits the letters of a US layout. Since version 1 it needs its daemon;
 * before that it opens the device itself. It types by the same places, so text would come out garbled: it types none.
 */
export function createYdotool({ tools, env }: { readonly tools: Tools, readonly env: ToolEnv }): WaylandKeyMethod {
  let isOld: boolean | undefined
  const socket = env['YDOTOOL_SOCKET'] || (env['XDG_RUNTIME_DIR'] ? join(env['XDG_RUNTIME_DIR'], '.ydotool_socket') : '/tmp/.ydotool_socket')

  async function probe(): Promise<WaylandObstacle | null> {
    if (!await tools.find('ydotool'))
      return 'not-installed'
    const { stdout } = await tools.run('ydotool', ['--help'], { limitMs: PROBE_LIMIT_MS, withErrors: true })
    // Its list of commands lost this one with the change of the syntax of `key`.
    isOld = stdout.includes('recorder')
    if (isOld)
      return await mayWrite(UINPUT) ? null : 'no-device'
    return await mayWrite(socket) || await mayWrite('/tmp/.ydotool_socket') ? null : 'no-daemon'
  }

  return {
    name: 'ydotool',
    probe: () => probe().catch(() => 'not-installed' as const),
    async press(chord, count = 1) {
      const keys = readChord(chord)
      const code = keys && keyCode(keys.key)
      if (!keys || code === null || (isOld === undefined && await probe() !== null))
        return false
      if (isOld)
        return ran(tools, 'ydotool', ['key', '--repeat', String(count), [...keys.modifiers, keys.key.name].join('+').toLowerCase()], { limitMs: CHORD_LIMIT_MS })
      const modifiers = keys.modifiers.map(modifier => MODIFIER_CODES[modifier])
      const taps = repeated([`${code}:1`, `${code}:0`], count)
      return ran(tools, 'ydotool', ['key', '--key-delay', '1', ...modifiers.map(own => `${own}:1`), ...taps, ...modifiers.toReversed().map(own => `${own}:0`)], { limitMs: CHORD_LIMIT_MS + count * 5 })
    },
    type: async () => false,
    close: async () => {},
  }
}

/**
 * `dotool`: keys by their place, too, told on its input; `dotoolc` where its daemon runs, which is quicker. Which layout it
 * counts with is in its own environment, and may not be the session's: it types no text.
 */
export function createDotool({ tools, env }: { readonly tools: Tools, readonly env: ToolEnv }): WaylandKeyMethod {
  const hasDaemon = async (): Promise<boolean> => await tools.find('dotoolc') !== null && await mayWrite(env['DOTOOL_PIPE'] || '/tmp/dotool-pipe')
  return {
    name: 'dotool',
    async probe() {
      if (await hasDaemon())
        return null
      if (!await tools.find('dotool'))
        return 'not-installed'
      return await mayWrite(UINPUT) ? null : 'no-device'
    },
    async press(chord, count = 1) {
      const keys = readChord(chord)
      const code = keys && keyCode(keys.key)
      if (!keys || code === null)
        return false
      const line = `key ${[...keys.modifiers, `k:${code}`].join('+').toLowerCase()}\n`
      return ran(tools, await hasDaemon() ? 'dotoolc' : 'dotool', [], { stdin: line.repeat(count), limitMs: CHORD_LIMIT_MS + count * 20 })
    },
    type: async () => false,
    close: async () => {},
  }
}

function mayWrite(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(() => true, () => false)
}
