import type { Subscribable } from '../lib/emitter'
import type { Modifier } from './accelerator'
import type { HookEvent, KeyboardHook } from './keyboard-hook'
import { Emitter } from '../lib/emitter'
import { systemClock } from '../ports/clock'
import { createOwnKeys } from './own-keys'

/** Presses keys of the session, and hears what people press while a `KeyboardHook` runs. */
export interface NativeKeyboard {
  readonly events: Subscribable<HookEvent>
  /** By libuiohook's scan code. */
  send: (scancode: number, direction: 'down' | 'up') => void
}

// There is one hook a process, whoever asks: what this program presses itself is taken out here, for all.
const people = new Emitter<HookEvent>()
const own = createOwnKeys(systemClock)

async function load(): Promise<typeof import('uiohook-napi')['uIOhook']> {
  return (await import('uiohook-napi')).uIOhook
}

/** The native hook; this file is the only one that loads it. */
export async function loadUiohook(): Promise<KeyboardHook> {
  const hook = await load()
  return {
    start(listener) {
      // A hook that is started again must not tell twice.
      hook.removeAllListeners()
      const tell = (event: HookEvent): void => {
        if (own.isOwn(event))
          return
        people.emit(event)
        listener(event)
      }
      hook.on('keydown', event => tell({ type: 'key-down', scancode: event.keycode, modifiers: modifiersOf(event) }))
      hook.on('keyup', event => tell({ type: 'key-up', scancode: event.keycode, modifiers: modifiersOf(event) }))
      hook.on('mousedown', event => tell({ type: 'button-down', button: Number(event.button) }))
      hook.on('mouseup', event => tell({ type: 'button-up', button: Number(event.button) }))
      hook.start()
    },
    stop() {
      hook.stop()
      hook.removeAllListeners()
    },
  }
}

/** Rejects where the native module is not there. */
export async function loadNativeKeyboard(): Promise<NativeKeyboard> {
  const hook = await load()
  return {
    events: people,
    send(scancode, direction) {
      own.expect(scancode, direction)
      hook.keyToggle(scancode, direction)
    },
  }
}

function modifiersOf(event: { ctrlKey: boolean, altKey: boolean, shiftKey: boolean, metaKey: boolean }): ReadonlySet<Modifier> {
  const pressed = new Set<Modifier>()
  if (event.ctrlKey)
    pressed.add('Ctrl')
  if (event.altKey)
    pressed.add('Alt')
  if (event.shiftKey)
    pressed.add('Shift')
  if (event.metaKey)
    pressed.add('Super')
  return pressed
}
