import type { Clock } from '../../ports/clock'
import type { KeySender } from '../../ports/text-injector'
import type { Accelerator, Modifier } from '../accelerator'
import type { NativeKeyboard } from '../uiohook-module'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'
import { parseKeys } from '../accelerator'
import { LONE_MODIFIERS } from '../keys'

export interface NativeKeysOptions {
  readonly keyboard: NativeKeyboard
  readonly clock: Clock
  readonly platform: NodeJS.Platform
}

/**
 * Keys on Windows and macOS. Windows knows a key by its letter; macOS by its place, which is the letter's on QWERTY, QWERTZ and AZERTY.
 * Which modifiers are down is what was seen of them; before the first key that is none. Text cannot be typed: the library knows keys alone.
 */
export function createNativeKeys({ keyboard, clock, platform }: NativeKeysOptions): KeySender & { close: () => void } {
  let held: ReadonlySet<Modifier> = new Set()
  const waiting = new Set<() => void>()
  const unsubscribe = keyboard.events.subscribe((event) => {
    if (event.type !== 'key-down' && event.type !== 'key-up')
      return
    held = event.modifiers
    if (held.size === 0)
      waiting.forEach(tell => tell())
  })

  return {
    async modifiersUp(limitMs, signal) {
      signal.throwIfAborted()
      if (held.size === 0 || limitMs <= 0)
        return held.size === 0
      let clean = (): void => {}
      try {
        return await raceAbort(new Promise<boolean>((resolve) => {
          const up = (): void => resolve(true)
          const cancel = clock.after(limitMs, () => resolve(false))
          waiting.add(up)
          clean = () => {
            waiting.delete(up)
            cancel()
          }
        }), signal)
      }
      finally {
        clean()
      }
    },
    async press(chord, count = 1) {
      const keys = readChord(chord, platform)
      const main = keys?.key.scancode ?? null
      if (!keys || main === null)
        return false
      const modifiers = keys.modifiers.map(scancodeOf)
      const down: number[] = []
      try {
        for (const modifier of modifiers) {
          down.push(modifier)
          keyboard.send(modifier, 'down')
        }
        for (let pressed = 0; pressed < count; pressed++) {
          try {
            keyboard.send(main, 'down')
          }
          finally {
            keyboard.send(main, 'up')
          }
        }
      }
      finally {
        for (const modifier of down.toReversed())
          keyboard.send(modifier, 'up')
      }
      return true
    },
    type: async () => false,
    close: unsubscribe,
  }
}

function scancodeOf(modifier: Modifier): number {
  const key = LONE_MODIFIERS.find(lone => lone.modifier === modifier)
  return key?.scancode ?? 0
}

function readChord(chord: string, platform: NodeJS.Platform): Accelerator | null {
  try {
    return parseKeys(chord, platform)
  }
  catch (error) {
    if (error instanceof AppError && error.code === 'hotkey-impossible')
      return null
    throw error
  }
}
