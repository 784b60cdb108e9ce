import type { Cipher } from '../storage/secret-store'
import process from 'node:process'
import { safeStorage } from 'electron'

/** The system's keychain, as far as there is one; after the app's `ready`. Asked only when there is a key: it may want a password. */
export function systemKeychain(): Cipher {
  return {
    get isSafe() {
      // Linux without a keyring: Chromium hides the text behind a password that everybody knows.
      return safeStorage.isEncryptionAvailable() && !(process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text')
    },
    encrypt: text => safeStorage.encryptString(text),
    decrypt: bytes => safeStorage.decryptString(bytes),
  }
}
