import type { Clock } from '../ports/clock'
import type { DesktopInput } from '../ports/text-injector'
import { createNativeClipboard } from '../desktop/inject/native-clipboard'
import { Emitter } from '../lib/emitter'
import { createElectronClipboard } from './electron-clipboard'

/**
 * The clipboard of Electron alone: what is left where no way to press keys is known. Text is put there, and nothing is sent anywhere.
 */
export function createShellInput(clock: Clock): DesktopInput {
  return {
    mechanism: 'none',
    focus: { current: async () => null, stateOf: async () => 'elsewhere', activity: () => null, changes: new Emitter<void>() },
    keys: { modifiersUp: async () => true, press: async () => false, type: async () => false },
    clipboard: createNativeClipboard({ shell: createElectronClipboard(), clock }),
    async [Symbol.asyncDispose]() {},
  }
}
