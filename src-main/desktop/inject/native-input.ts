import type { Clock } from '../../ports/clock'
import type { ClipboardAccess, DesktopInput } from '../../ports/text-injector'
import type { NativeKeyboard } from '../uiohook-module'
import { loadNativeKeyboard } from '../uiohook-module'
import { createBlindFocus } from './blind-focus'
import { createNativeKeys } from './native-keys'

export interface NativeInputOptions {
  readonly platform: NodeJS.Platform
  readonly clock: Clock
  readonly clipboard: ClipboardAccess
  readonly loadKeyboard?: () => Promise<NativeKeyboard>
}

/** Windows and macOS: the shell's clipboard and the native hook's keys. Rejects where there is no hook. */
export async function createNativeInput({ platform, clock, clipboard, loadKeyboard = loadNativeKeyboard }: NativeInputOptions): Promise<DesktopInput> {
  const keys = createNativeKeys({ keyboard: await loadKeyboard(), clock, platform })
  return {
    mechanism: 'native',
    focus: createBlindFocus(),
    keys,
    clipboard,
    async [Symbol.asyncDispose]() {
      keys.close()
    },
  }
}
