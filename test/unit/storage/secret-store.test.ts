import type { Cipher } from '../../../src-main/storage/secret-store'
import { Buffer } from 'node:buffer'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSecretStore } from '../../../src-main/storage/secret-store'

const KEY = 'sk-very-secret'
let dir = ''
let file = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-secrets-'))
  file = join(dir, 'keys.json')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** A keychain of its own: what another one wrote it cannot read. */
function keychain(name = 'mine'): Cipher {
  return {
    isSafe: true,
    encrypt: text => Buffer.from([...Buffer.from(`${name}:${text}`)].map(byte => byte ^ 0x5A)),
    decrypt(bytes) {
      const text = Buffer.from([...bytes].map(byte => byte ^ 0x5A)).toString()
      if (!text.startsWith(`${name}:`))
        throw new Error('not ours')
      return text.slice(name.length + 1)
    },
  }
}

const none: Cipher = {
  isSafe: false,
  encrypt: () => {
    throw new Error('there is no keychain')
  },
  decrypt: () => {
    throw new Error('there is no keychain')
  },
}

function open(cipher: Cipher, keepPlain = false) {
  return openSecretStore({ file, cipher, keepPlain: () => keepPlain, wallMs: () => 0 })
}

describe('keys of services', () => {
  it('are kept encrypted, over a restart, in a file that only the user reads', async () => {
    const store = await open(keychain())
    expect(await store.set('openai', KEY)).toBe('keychain')
    expect(await readFile(file, 'utf8')).not.toContain(KEY)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const again = await open(keychain())
    expect([again.get('openai'), again.place('openai'), again.get('other')]).toEqual([KEY, 'keychain', null])
  })

  it('with no keychain are kept for this run only', async () => {
    const store = await open(none)
    expect(await store.set('openai', KEY)).toBe('this-run')
    expect(store.get('openai')).toBe(KEY)
    expect(await readdir(dir)).toEqual([])
    expect((await open(none)).get('openai')).toBeNull()
  })

  it('with no keychain are kept in the file where the person chose it', async () => {
    expect(await (await open(none, true)).set('openai', KEY)).toBe('plain-file')
    expect((await open(none, true)).get('openai')).toBe(KEY)
  })

  it('that another keychain wrote are asked for again, and not lost', async () => {
    await (await open(keychain('old'))).set('openai', KEY)
    const store = await open(keychain('new'))
    expect(store.get('openai')).toBeNull()
    await store.set('groq', 'gsk')
    expect((await open(keychain('old'))).get('openai')).toBe(KEY)
  })

  it('are gone when removed', async () => {
    const store = await open(keychain())
    await store.set('openai', KEY)
    await store.remove('openai')
    expect(store.get('openai')).toBeNull()
    expect((await open(keychain())).get('openai')).toBeNull()
  })

  it('a broken file is put aside', async () => {
    await writeFile(file, '{"version":1,')
    const store = await open(keychain())
    expect(store.get('openai')).toBeNull()
    await store.set('openai', KEY)
    const names = await readdir(dir)
    expect(names).toHaveLength(2)
    expect(await readFile(join(dir, names.find(name => name.includes('broken')) ?? ''), 'utf8')).toBe('{"version":1,')
  })
})
