import type { ServiceSettings, Snapshot } from '../../src-main/contract'
import type { ChatServer } from '../fakes/service-server/chat-server'
import { Buffer } from 'node:buffer'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServiceHub } from '../../src-main/app/service-hub'
import { createStateHub } from '../../src-main/app/state-hub'
import { defaultSettings, serviceSchema, settingsSchema } from '../../src-main/contract'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'
import { openSecretStore } from '../../src-main/storage/secret-store'
import { createSettingsStore } from '../../src-main/storage/settings-store'
import { CHAT_SCRIPTS } from '../fakes/service-server/chat-scripts'
import { startChatServer } from '../fakes/service-server/chat-server'

const KEY = 'sk-secret-1'
let folder: string
let server: ChatServer
let other: ChatServer
const closing: AsyncDisposable[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-hub-'))
  server = await startChatServer()
  other = await startChatServer()
  for (const each of [server, other])
    each.serve({ script: CHAT_SCRIPTS['plain'] as NonNullable<typeof CHAT_SCRIPTS[string]> })
})
afterEach(async () => {
  for (const each of [...closing.splice(0), server, other])
    await each[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function serviceAt(baseUrl: string): ServiceSettings {
  return serviceSchema.parse({ id: 'office', name: 'The office', baseUrl, chat: { model: 'router' } })
}

async function openHub(options: { readonly isSafe?: boolean, readonly env?: Readonly<Record<string, string>> } = {}) {
  const { env = {} } = options
  const settings = await createSettingsStore({ file: join(folder, 'settings.json'), schema: settingsSchema, defaults: defaultSettings })
  const cipher = {
    get isSafe() {
      return options.isSafe ?? false
    },
    encrypt: (text: string) => Buffer.from(text).reverse() as Buffer,
    decrypt: (bytes: Buffer) => Buffer.from(bytes).reverse().toString(),
  }
  const vault = await openSecretStore({ file: join(folder, 'secrets.json'), cipher, keepPlain: () => settings.get().keysInFile, wallMs: () => systemClock.wallMs() })
  const state = createStateHub({ turns: [], services: [], notices: [] } as unknown as Snapshot, systemClock)
  const hub = createServiceHub({ hub: state, settings, vault, env, clock: systemClock, logger: silentLogger, own: () => ({}), offline: () => false })
  closing.push(hub)
  let known = settings.get()
  const applied: Promise<void>[] = []
  settings.subscribe((after) => {
    applied.push(hub.applySettings(known, after))
    known = after
  })
  const call = hub.requests
  const sender = { id: 1 }
  return { settings, state, hub, call, sender, vault, applied }
}

const keys = (of: ChatServer): unknown[] => of.seen.map(({ headers }) => headers.authorization)

describe('services in the running program', () => {
  it('saves one, with its key for this run where there is no keychain, and tells the windows where the key is', async () => {
    const { call, sender, state } = await openHub()
    const views = await call['services.save']({ service: serviceAt(server.baseUrl), key: KEY }, sender)
    expect(views).toMatchObject([{ service: { id: 'office' }, privacy: 'machine', key: 'this-run', errorCode: null }])
    expect(state.snapshot().services).toEqual(views)
    await expect(stat(join(folder, 'secrets.json'))).rejects.toThrow('ENOENT')
    expect(await readFile(join(folder, 'settings.json'), 'utf8')).not.toContain(KEY)
    await call['services.test']({ service: serviceAt(server.baseUrl), part: 'chat' }, sender)
    expect(keys(server)).toEqual([`Bearer ${KEY}`])
  })

  it('shows what was set up before, and asks the keychain for nothing as long as there is no key', async () => {
    const first = await openHub()
    await first.call['services.save']({ service: serviceAt(server.baseUrl) }, first.sender)
    const later = await openHub({ get isSafe(): boolean {
      throw new Error('the person was asked for a password')
    } })
    expect(later.state.snapshot().services).toMatchObject([{ service: { id: 'office' }, key: 'none' }])
    expect(() => later.call['services.keychain'](undefined, later.sender)).toThrow('password')
  })

  it('forgets nothing of a service when something else is changed', async () => {
    const { call, sender, hub, state, settings, applied } = await openHub()
    await call['services.save']({ service: serviceAt(server.baseUrl), key: KEY }, sender)
    server.serve({ fault: { type: 'status', status: 401 } })
    const ask = async (): Promise<void> => {
      for await (const event of hub.engines.chat.complete([{ role: 'user', content: 'x' }], { signal: new AbortController().signal }))
        expect(event).toBeDefined()
    }
    await expect(ask()).rejects.toMatchObject({ code: 'service-key' })
    await settings.patch({ theme: 'dark', routing: { hedge: false } })
    await Promise.all(applied)
    expect(state.snapshot().services).toMatchObject([{ errorCode: 'service-key' }])
    await expect(ask()).rejects.toThrow()
    expect(server.seen).toHaveLength(1)
    await call['services.save']({ service: serviceAt(server.baseUrl), key: 'another' }, sender)
    expect(state.snapshot().services).toMatchObject([{ errorCode: null }])
  })

  it('keeps keys in the file when told to, and takes them out again', async () => {
    const { call, sender, settings, applied } = await openHub()
    await call['services.save']({ service: serviceAt(server.baseUrl), key: KEY }, sender)
    await settings.patch({ keysInFile: true })
    await Promise.all(applied)
    expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600)
    const again = await openHub()
    expect((await again.call['services.save']({ service: serviceAt(server.baseUrl) }, sender))[0]?.key).toBe('file')
    await again.settings.patch({ keysInFile: false })
    await Promise.all(again.applied)
    expect(await readFile(join(folder, 'secrets.json'), 'utf8')).not.toContain(Buffer.from(KEY).toString('base64'))
  })

  it('never sends the key of one address to another', async () => {
    const { call, sender } = await openHub({ isSafe: true })
    await call['services.save']({ service: serviceAt(server.baseUrl), key: KEY }, sender)
    const moved = serviceAt(other.baseUrl)
    await call['services.test']({ service: moved, part: 'chat' }, sender)
    const [view] = await call['services.save']({ service: moved }, sender)
    await expect(async () => await call['services.models']({ service: moved }, sender)).rejects.toMatchObject({ code: 'service-reply' })
    expect(view?.key).toBe('none')
    expect(keys(other)).toEqual([undefined, undefined])
    expect(JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))).toMatchObject({ secrets: {} })
  })

  it('forgets the key of one that is removed', async () => {
    const { call, sender, vault } = await openHub({ isSafe: true })
    await call['services.save']({ service: serviceAt(server.baseUrl), key: KEY }, sender)
    expect(await readFile(join(folder, 'secrets.json'), 'utf8')).toContain('keychain')
    await call['services.remove']({ serviceId: 'office' }, sender)
    expect(vault.get(`office@${new URL(server.baseUrl).origin}`)).toBeNull()
    expect(JSON.parse(await readFile(join(folder, 'secrets.json'), 'utf8'))).toMatchObject({ secrets: {} })
    await expect(call['services.remove']({ serviceId: 'office' }, sender)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('tests one part, also of what is not saved, and says what exactly failed', async () => {
    const { call, sender, state } = await openHub()
    const draft = { service: serviceAt(server.baseUrl), part: 'chat' } as const
    expect(await call['services.test'](draft, sender)).toMatchObject({ part: 'chat', ok: true, firstOutputMs: expect.any(Number) as number, errorCode: null })
    server.serve({ fault: { type: 'status', status: 404, body: '{"error":{"message":"model router not found"}}' } })
    expect(await call['services.test'](draft, sender)).toMatchObject({ ok: false, status: 404, errorCode: 'service-refused', detail: expect.stringContaining('model router not found') as string })
    await expect(call['services.test']({ ...draft, part: 'tts' }, sender)).rejects.toMatchObject({ code: 'bad-input' })
    expect(state.snapshot().services).toEqual([])
  })

  it('offers what the environment names, the presets it has keys for, and nothing that is a service already', async () => {
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${server.baseUrl}/`, GROQ_API_KEY: ' ' }
    const { call, sender } = await openHub({ env })
    const offers = await call['services.offers'](undefined, sender)
    expect(offers.environment).toEqual({ name: '127.0.0.1', baseUrl: server.baseUrl, keyEnv: 'OPENAI_API_KEY' })
    expect(offers.presets.filter(({ keyEnv }) => keyEnv !== null).map(({ id }) => id)).toEqual(['openai'])
    expect(JSON.stringify(offers)).not.toContain(KEY)
    const [view] = await call['services.save']({ service: { ...serviceAt(server.baseUrl), keyEnv: 'OPENAI_API_KEY' } }, sender)
    expect(view?.key).toBe('environment')
    expect((await call['services.offers'](undefined, sender)).environment).toBeNull()
  })

  it('tells what its last request failed with, and that it is well again', async () => {
    const { call, sender, hub, state } = await openHub()
    await call['services.save']({ service: serviceAt(server.baseUrl) }, sender)
    const ask = async (): Promise<void> => {
      for await (const event of hub.engines.chat.complete([{ role: 'user', content: 'x' }], { signal: new AbortController().signal }))
        expect(event).toBeDefined()
    }
    const view = (): unknown => {
      hub.onRunnerEvent({ type: 'state', state: 'idle', turnId: null, latched: false, errorCode: null, hint: null })
      return state.snapshot().services[0]
    }
    server.serve({ fault: { type: 'status', status: 404 } })
    await expect(ask()).rejects.toMatchObject({ code: 'service-refused' })
    expect(view()).toMatchObject({ errorCode: 'service-refused', restsUntilMs: null })
    server.serve({ script: CHAT_SCRIPTS['plain'] as NonNullable<typeof CHAT_SCRIPTS[string]> })
    await ask()
    expect(view()).toMatchObject({ errorCode: null, latencyMs: { chat: expect.any(Number) as number } })
  })

  it('closes what is open when it is told to stay on this machine, and refuses what is not', async () => {
    const { call, sender, settings, hub, applied } = await openHub()
    await call['services.save']({ service: serviceAt(server.baseUrl) }, sender)
    const signal = new AbortController().signal
    for await (const event of hub.engines.chat.complete([{ role: 'user', content: 'x' }], { signal }))
      expect(event).toBeDefined()
    expect(server.openSockets()).toBe(1)
    const closed = server.nextClose()
    await settings.patch({ routing: { localOnly: true } })
    await Promise.all(applied)
    await closed
    const far = { ...serviceAt(server.baseUrl.replace('127.0.0.1', 'office.invalid')), id: 'far' }
    expect(await call['services.test']({ service: far, part: 'chat' }, sender)).toMatchObject({ ok: false, errorCode: 'no-service' })
  })
})
