import type { SecretPlace, SecretVault } from '../ports/secret-vault'
import { Buffer } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { writeFileAtomic } from '../lib/atomic-file'
import { setAside } from './set-aside'

/** What encrypts: the keychain of the system, by Electron's safeStorage. */
export interface Cipher {
  /** False where the system has no keychain, or only one that hides the text without a secret. */
  readonly isSafe: boolean
  encrypt: (text: string) => Buffer
  decrypt: (bytes: Buffer) => string
}

export interface SecretStoreOptions {
  readonly file: string
  readonly cipher: Cipher
  /** The person chose to keep keys in a file where there is no keychain. */
  readonly keepPlain: () => boolean
  readonly wallMs: () => number
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  secrets: z.record(z.string(), z.strictObject({ how: z.enum(['keychain', 'plain-file']), value: z.base64() })),
})
type Content = z.infer<typeof fileSchema>['secrets']

/**
 * Keys in one file (mode 0600), each encrypted by the system's keychain. Where there is none they are kept for this run
 * only, unless the person chose otherwise. A file that cannot be read is put aside.
 */
export async function openSecretStore({ file, cipher, keepPlain, wallMs }: SecretStoreOptions): Promise<SecretVault> {
  const inUse = new Map<string, { readonly secret: string, readonly place: SecretPlace } | null>()
  let stored = await read(file, wallMs)
  /** Null: there is none, or it cannot be read: another keychain, another machine. What is on disk stays. */
  function find(id: string): { readonly secret: string, readonly place: SecretPlace } | null {
    const known = inUse.get(id)
    if (known !== undefined)
      return known
    const found = decrypted(stored[id])
    inUse.set(id, found)
    return found
  }

  /** Not before a key is wanted: the keychain may ask the person for a password. */
  function decrypted(entry: Content[string] | undefined): { readonly secret: string, readonly place: SecretPlace } | null {
    if (entry === undefined)
      return null
    const bytes = Buffer.from(entry.value, 'base64')
    try {
      return { secret: entry.how === 'keychain' ? cipher.decrypt(bytes) : bytes.toString('utf8'), place: entry.how }
    }
    catch {
      return null
    }
  }

  async function write(next: Content): Promise<void> {
    stored = next
    await writeFileAtomic(file, `${JSON.stringify({ version: 1, secrets: next })}\n`, 0o600)
  }

  return {
    get hasKeychain() {
      return cipher.isSafe
    },
    get: id => find(id)?.secret ?? null,
    place: id => find(id)?.place ?? null,
    async set(id, secret) {
      const place: SecretPlace = cipher.isSafe ? 'keychain' : keepPlain() ? 'plain-file' : 'this-run'
      inUse.set(id, { secret, place })
      const { [id]: _, ...others } = stored
      if (place !== 'this-run')
        await write({ ...others, [id]: { how: place, value: (place === 'keychain' ? cipher.encrypt(secret) : Buffer.from(secret)).toString('base64') } })
      else if (id in stored)
        await write(others)
      return place
    },
    async remove(id) {
      inUse.delete(id)
      const { [id]: _, ...others } = stored
      if (id in stored)
        await write(others)
    },
  }
}

async function read(file: string, wallMs: () => number): Promise<Content> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  }
  catch {
    return {}
  }
  try {
    return fileSchema.parse(JSON.parse(text)).secrets
  }
  catch {
    setAside(file, wallMs())
    return {}
  }
}
