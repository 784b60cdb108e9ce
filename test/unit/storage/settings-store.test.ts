import type { Settings } from '@contract'
import type { SettingsStoreOptions } from '../../../src-main/storage/settings-store'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultSettings, settingsSchema } from '@contract'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSettingsStore } from '../../../src-main/storage/settings-store'

let root: string
let file: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
  file = join(root, 'data', 'settings.json')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const WALL_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

async function open(over: Partial<SettingsStoreOptions<Settings>> = {}) {
  return createSettingsStore<Settings>({ file, schema: settingsSchema, defaults: defaultSettings, wallMs: () => WALL_MS, ...over })
}

function put(content: string): void {
  mkdirSync(join(root, 'data'), { recursive: true })
  writeFileSync(file, content)
}

function read(): Record<string, unknown> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}

describe('settings on disk', () => {
  it('are the defaults when there is no file, and write none before something changes', async () => {
    const store = await open()
    expect([store.get(), store.brokenFile, store.writeFault]).toEqual([defaultSettings, null, null])
    expect(readdirSync(root)).toEqual([])
  })

  it('change by leaves, tell listeners at once, and are there after a restart', async () => {
    const store = await open()
    const seen: number[] = []
    store.subscribe(settings => seen.push(settings.voice.speed))
    const saved = store.patch({ voice: { speed: 1.5 } })
    expect([store.get().voice, seen]).toEqual([{ ...defaultSettings.voice, speed: 1.5 }, [1.5]])
    await saved
    await store.patch({ hotkey: { talk: 'F9' }, theme: 'dark' })
    expect((await open()).get()).toEqual({ ...defaultSettings, theme: 'dark', hotkey: { ...defaultSettings.hotkey, talk: 'F9' }, voice: { ...defaultSettings.voice, speed: 1.5 } })
    expect(readdirSync(join(root, 'data'))).toEqual(['settings.json'])
  })

  it('take in what another program has changed before they are written', async () => {
    const [app, other] = [await open(), await open()]
    await app.patch({ theme: 'dark' })
    await other.patch({ voice: { speed: 1.5 }, chat: { maxTokens: 64 } })
    const told: number[] = []
    app.subscribe(({ voice }) => told.push(voice.speed))
    await app.patch({ chat: { maxTokens: 99 } })
    const together = { ...defaultSettings, theme: 'dark', voice: { ...defaultSettings.voice, speed: 1.5 }, chat: { ...defaultSettings.chat, maxTokens: 99 } }
    expect([app.get(), (await open()).get(), told]).toEqual([together, together, [1, 1.5]])
  })

  it('follow the file: what another program writes is in force here, what is no settings is not', async () => {
    await (await open()).patch({ theme: 'dark' })
    const app = await open()
    using followed = app.follow()
    expect(followed).toBeDefined()
    const changed = (): Promise<Settings> => new Promise(resolve => app.subscribe(resolve))
    const [next] = await Promise.all([changed(), (await open()).patch({ voice: { speed: 1.5 } })])
    expect([next.voice.speed, next.theme]).toEqual([1.5, 'dark'])
    put('{"theme": "purple"}')
    put('no settings')
    const [after] = await Promise.all([changed(), (await open()).patch({ voice: { speed: 2 } })])
    expect(after.voice.speed).toBe(2)
  })

  it('keep what is set to null, and take undefined for no change', async () => {
    const store = await open()
    await store.patch({ audio: { inputId: 'mic', outputId: undefined } })
    await store.patch({ audio: { inputId: null, lingerMs: undefined } })
    expect((await open()).get()).toEqual(defaultSettings)
  })

  it('refuse what is not valid and stay as they are', async () => {
    const store = await open()
    for (const patch of [{ voice: { speed: 9 } }, { theme: 'pink' }, { nonsense: 1 }, { voice: null }])
      await expect(store.patch(patch as never)).rejects.toMatchObject({ code: 'bad-input' })
    expect(store.get()).toEqual(defaultSettings)
  })

  it('end in the last state when many changes come at once', async () => {
    const store = await open()
    await Promise.all(Array.from({ length: 20 }, async (_, at) => store.patch({ voice: { volume: at / 20 } })))
    expect((await open()).get().voice.volume).toBe(0.95)
    expect(readdirSync(join(root, 'data'))).toEqual(['settings.json'])
  })
})

describe('a settings file that is broken', () => {
  it.each(['', '{', 'null', '[]', '"text"', '\0\0\0\0', '{"voice":{"speed":1.5}'])('is set aside, never overwritten: %j', async (content) => {
    put(content)
    const store = await open()
    const aside = join(root, 'data', 'settings.broken-20260102T030405Z.json')
    expect([store.get(), store.brokenFile]).toEqual([defaultSettings, aside])
    await store.patch({ theme: 'dark' })
    expect(readFileSync(aside, 'utf8')).toBe(content)
    put('also broken')
    const second = await open()
    expect(second.brokenFile).toBe(join(root, 'data', 'settings.broken-20260102T030405Z-1.json'))
    expect(readFileSync(aside, 'utf8')).toBe(content)
  })

  it('keeps every leaf that is valid, and a copy of what was not', async () => {
    put(JSON.stringify({ theme: 'dark', voice: { speed: 'fast', volume: 0.5 }, hotkey: 'F9', chat: { maxTokens: -1 } }))
    const store = await open()
    const expected = { ...defaultSettings, theme: 'dark', voice: { ...defaultSettings.voice, volume: 0.5 } }
    expect(store.get()).toEqual(expected)
    expect(JSON.parse(readFileSync(store.brokenFile ?? '', 'utf8'))).toMatchObject({ voice: { speed: 'fast' } })
    const again = await open()
    expect([again.get(), again.brokenFile]).toEqual([expected, null])
  })

  it('always ends in valid settings, whatever is in it', async () => {
    await fc.assert(fc.asyncProperty(fc.json({ maxDepth: 3 }), fc.dictionary(fc.constantFrom('theme', 'voice', 'audio', 'hotkey', '__proto__', 'constructor', 'x'), fc.jsonValue({ maxDepth: 2 })), fc.boolean(), async (json, near, useNear) => {
      put(useNear ? JSON.stringify(near) : json)
      const store = await open()
      expect(settingsSchema.parse(store.get())).toEqual(store.get())
    }), { numRuns: 100 })
    expect(({} as Record<string, unknown>)['speed']).toBeUndefined()
  })
})

describe('another version\'s file', () => {
  it('keeps the keys this version does not know', async () => {
    put(JSON.stringify({ $version: 9, theme: 'dark', future: { a: 1 }, voice: { speed: 2, whisper: true } }))
    const store = await open()
    expect([store.get().theme, store.get().voice.speed, store.brokenFile]).toEqual(['dark', 2, null])
    await store.patch({ voice: { speed: 1 } })
    expect(read()).toMatchObject({ $version: 9, theme: 'dark', future: { a: 1 }, voice: { speed: 1, whisper: true } })
  })

  it('is brought up by each step from its own version, and only once', async () => {
    put(JSON.stringify({ talkKey: 'F8' }))
    const migrations = {
      0: (content: Readonly<Record<string, unknown>>) => ({ ...content, key: content['talkKey'], talkKey: undefined }),
      1: (content: Readonly<Record<string, unknown>>) => ({ hotkey: { talk: content['key'] } }),
    }
    const store = await open({ version: 2, migrations })
    expect(store.get().hotkey.talk).toBe('F8')
    await store.patch({ theme: 'dark' })
    expect(read()).toMatchObject({ $version: 2, hotkey: { talk: 'F8' } })
    expect((await open({ version: 2, migrations })).get().hotkey.talk).toBe('F8')
  })
})

describe('a folder that cannot be written', () => {
  it('leaves the settings in memory and says why', async () => {
    writeFileSync(join(root, 'data'), 'a file in the folder\'s place')
    const store = await open()
    expect(store.get()).toEqual(defaultSettings)
    expect(await store.patch({ theme: 'dark' })).toMatchObject({ theme: 'dark' })
    expect([store.get().theme, store.writeFault?.code]).toEqual(['dark', 'read-only'])
    expect(readFileSync(join(root, 'data'), 'utf8')).toBe('a file in the folder\'s place')
  })

  it('never writes over what could not be read', async () => {
    mkdirSync(file, { recursive: true })
    const store = await open()
    await store.patch({ theme: 'dark' })
    expect([store.get().theme, store.writeFault === null, readdirSync(join(root, 'data'))]).toEqual(['dark', false, ['settings.json']])
  })
})
