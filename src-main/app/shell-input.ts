import type { ClipboardOffer, DesktopInput } from '../ports/text-injector'
import { clipboard } from 'electron'
import { Emitter } from '../lib/emitter'

/**
 * The clipboard of Electron alone: what is left where no way to press keys is known. Text is put there, and nothing is sent anywhere.
 */
export function createShellInput(): DesktopInput {
  const offer: ClipboardOffer = {
    wasRead: async () => false,
    isCurrent: async () => true,
    restore: async () => 'lost',
    keep: async () => {},
  }
  return {
    mechanism: 'none',
    focus: { current: async () => null, stateOf: async () => 'elsewhere', activity: () => null, changes: new Emitter<void>() },
    keys: { modifiersUp: async () => true, press: async () => false, type: async () => false },
    clipboard: {
      save: async () => null,
      async offer(text) {
        clipboard.writeText(text)
        return offer
      },
      copy: async text => clipboard.writeText(text),
      selectedText: async () => null,
    },
    async [Symbol.asyncDispose]() {},
  }
}
