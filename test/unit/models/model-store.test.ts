import type { InstallProgress, ModelStore, ModelStoreOptions } from '../../../src-main/models'
import type { FileServer } from './support/file-server'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createModelStore } from '../../../src-main/models'
import { silentLogger } from '../../../src-main/ports/logger'
import { closedAddress, serve, startFileServer } from './support/file-server'
import { PACKAGE_SOURCES, packageFile, packageManagers, sha256, smallCatalogue, WORLD } from './support/small-catalogue'
import { useTemporaryFolders } from './support/temporary-folder'

const folder = useTemporaryFolders()
let server: FileServer
let calls: string[]
let root: string

beforeEach(async () => {
  server = await startFileServer()
  calls = []
  root = folder()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

function open(over: Partial<ModelStoreOptions> = {}): ModelStore {
  return createModelStore({
    modelsDir: join(root, 'models'),
    cacheDir: join(root, 'cache'),
    catalogue: smallCatalogue(),
    logger: silentLogger,
    run: packageManagers(calls),
    http: { retryDelayMs: 1, connectTimeoutMs: 300 },
    ...over,
  })
}

/** No lock, no half-built folder, no temporary file, no package is left. */
function leftovers(): string[] {
  const below = (path: string): string[] => existsSync(path) ? readdirSync(path).map(name => join(path, name)) : []
  return [...below(join(root, 'models')), ...below(join(root, 'cache')), ...below(join(root, 'cache', 'blobs'))]
    .map(path => path.slice(root.length + 1))
    .filter(path => /\/\.|\.tmp|\.lock$|packages|partial/.test(path))
}

describe('install', () => {
  it('takes the first source that answers, and does nothing the second time', async () => {
    server.on('/vad.onnx', serve(WORLD.vad))
    const store = open({ catalogue: smallCatalogue({ vad: [{ type: 'url', url: server.url('/vad.onnx') }, ...PACKAGE_SOURCES.vad] }) })
    const installed = await store.install('vad')
    expect(installed).toEqual({ id: 'vad', kind: 'vad', format: 'silero-vad', files: { model: join(root, 'models', 'vad', 'vad.onnx') } })
    expect(readFileSync(installed.files['model'] ?? '').equals(WORLD.vad)).toBe(true)
    expect(await store.install('vad')).toEqual(installed)
    expect([server.requests, calls, leftovers()]).toEqual([['/vad.onnx -'], [], []])
  })

  it('goes on to the package when the first source gives a web page', async () => {
    server.on('/vad.onnx', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>'))
    const store = open({ catalogue: smallCatalogue({ vad: [{ type: 'url', url: server.url('/vad.onnx') }, ...PACKAGE_SOURCES.vad] }) })
    const seen: InstallProgress[] = []
    await store.install('vad', { onProgress: progress => seen.push(progress) })
    expect(calls).toEqual(['npm @world/vad@1.0.0'])
    expect(seen.map(({ source, phase }) => `${phase} ${source}`.trim())).toEqual([
      `connecting ${server.url('/vad.onnx')}`,
      'connecting npm package @world/vad@1.0.0',
      'unpacking npm package @world/vad@1.0.0',
      'preparing',
      'done',
    ])
    expect(leftovers()).toEqual([])
  })

  it('prepares a voice: metadata, tokens, phoneme data, one package fetched once', async () => {
    const store = open()
    const { files } = await store.install('voice')
    expect(Object.keys(files).sort()).toEqual(['dataDir', 'model', 'tokens'])
    expect(readFileSync(files['tokens'] ?? '', 'utf8')).toBe('_ 0\na 14\n')
    expect(readFileSync(join(files['dataDir'] ?? '', 'lang', 'en'), 'utf8')).toBe('english')
    expect([...calls].sort()).toEqual(['python3 world-phonemes==2.0', 'python3 world-voice==2.0'])
    expect(await store.verify('voice')).toEqual({ id: 'voice', faults: [] })
    expect(leftovers()).toEqual([])
  })

  it('joins a file from its parts, with the hash of the whole, and keeps no part', async () => {
    const store = open()
    const { files } = await store.install('chat')
    expect(sha256(readFileSync(files['model'] ?? ''))).toBe(sha256(WORLD.chat))
    expect(readdirSync(join(root, 'cache', 'blobs'))).toEqual([sha256(WORLD.chat)])
    // The model's file and the cached one are the same bytes on disk, not a second copy.
    expect(statSync(files['model'] ?? '').nlink).toBe(2)
  })

  it('says which file, which sources and why, and how to help, when all fail', async () => {
    const dead = await closedAddress()
    const catalogue = smallCatalogue({ smallChat: [{ type: 'url', url: server.url('/small.gguf') }, { type: 'url', url: `${dead}/small.gguf` }, ...PACKAGE_SOURCES.smallChat] })
    const store = open({ catalogue, run: packageManagers(calls, new Set(['world-small==2.0'])) })
    const failure = await store.install('small-chat').catch((error: unknown) => error as Error)
    expect(failure).toMatchObject({ code: 'download-failed', retryable: true, params: { file: 'model.gguf', model: 'small-chat', sources: 3 } })
    expect((failure as Error).message.split('\n')).toEqual([
      'model.gguf of small-chat could not be had. Tried:',
      `  - ${server.url('/small.gguf')}: the server answered 404`,
      `  - ${dead}/small.gguf: the connection was refused`,
      '  - PyPI package world-small==2.0: No matching distribution found for world-small==2.0',
      `To put it there by hand: get model.gguf (1000 bytes, SHA-256 ${sha256(WORLD.smallChat)}) into a folder, then run: parley models import FOLDER`,
    ])
    expect(leftovers()).toEqual([])
  })

  it('asks a host that does not answer once, not for every file', async () => {
    let asked = 0
    const dead = await closedAddress()
    const store = open({
      catalogue: smallCatalogue({ chat: [{ type: 'url', url: `${dead}/chat` }, ...PACKAGE_SOURCES.chat], vad: [{ type: 'url', url: `${dead}/vad` }, ...PACKAGE_SOURCES.vad], voice: [{ type: 'url', url: `${dead}/voice` }, ...PACKAGE_SOURCES.voice] }),
      fetch: async (url, init) => {
        asked++
        return fetch(url, init)
      },
    })
    await Promise.all([store.install('chat'), store.install('vad'), store.install('voice')])
    // Those that were already under way when the first found out; never one a file of each model.
    expect(asked).toBeLessThanOrEqual(3)
    expect(asked).toBeGreaterThan(0)
  })

  it('never takes more than three files at a time', async () => {
    let running = 0
    let most = 0
    let letThemGo = (): void => {}
    const three = new Promise<void>((resolve) => {
      letThemGo = resolve
    })
    const managers = packageManagers(calls)
    const store = open({
      run: async (...call) => {
        most = Math.max(most, ++running)
        if (running === 3)
          letThemGo()
        await three
        // Room for a fourth to come in, if anything lets it.
        for (let turn = 0; turn < 20; turn++)
          await new Promise(resolve => setImmediate(resolve))
        const result = await managers(...call)
        running--
        return result
      },
    })
    await Promise.all(['vad', 'chat', 'small-chat', 'voice'].map(async id => store.install(id)))
    expect([most, running, leftovers()]).toEqual([3, 0, []])
  })

  it('mends what is damaged and leaves alone what is right', async () => {
    const store = open()
    const { files } = await store.install('voice')
    writeFileSync(files['tokens'] ?? '', 'x')
    await expect(store.resolveInstalled('voice')).rejects.toMatchObject({ code: 'model-corrupt', params: { files: 'tokens.txt (wrong size)' } })
    expect((await store.list()).find(model => model.id === 'voice')?.state).toBe('corrupt')
    calls.length = 0
    await store.install('voice')
    expect(await store.verify('voice')).toEqual({ id: 'voice', faults: [] })
    // Only the configuration is needed for the tokens, and it is small enough to have stayed in the cache.
    expect(calls).toEqual([])
  })

  it('finds a flipped byte by reading all of it', async () => {
    const store = open()
    const { files } = await store.install('chat')
    const bytes = readFileSync(files['model'] ?? '')
    bytes[4_321] = (bytes[4_321] ?? 0) ^ 1
    writeFileSync(files['model'] ?? '', bytes)
    expect(await store.verify('chat')).toEqual({ id: 'chat', faults: [{ file: 'model.gguf', fault: 'hash' }] })
    await store.remove('chat')
    await store.install('chat')
    expect(await store.verify('chat')).toEqual({ id: 'chat', faults: [] })
  })

  it('does not trust a damaged file in the cache', async () => {
    const blob = join(root, 'cache', 'blobs', sha256(WORLD.vad))
    mkdirSync(dirname(blob), { recursive: true })
    writeFileSync(blob, WORLD.chat.subarray(0, WORLD.vad.length))
    const store = open()
    await store.install('vad')
    expect(await store.verify('vad')).toEqual({ id: 'vad', faults: [] })
  })

  it('stops at once when told to, with the reason, leaving nothing half-done', async () => {
    const stop = new AbortController()
    const reason = new Error('Ctrl+C')
    server.on('/vad.onnx', (_, response) => {
      response.writeHead(200, { 'content-length': WORLD.vad.length }).write(WORLD.vad.subarray(0, 1_000))
    })
    const store = open({ catalogue: smallCatalogue({ vad: [{ type: 'url', url: server.url('/vad.onnx') }, ...PACKAGE_SOURCES.vad] }) })
    await expect(store.install('vad', { signal: stop.signal, onProgress: ({ doneBytes }) => doneBytes > 0 && stop.abort(reason) })).rejects.toBe(reason)
    expect(calls).toEqual([])
    // What came is kept for the next time.
    expect(leftovers().map(path => path.replace(sha256(WORLD.vad), 'HASH')).sort()).toEqual(['cache/blobs/HASH.partial', 'cache/blobs/HASH.partial.json'])
    server.on('/vad.onnx', serve(WORLD.vad))
    server.requests.length = 0
    await store.install('vad')
    expect(server.requests).toEqual(['/vad.onnx bytes=1000-'])
  })

  it('knows no model that is not in the catalogue', async () => {
    await expect(open().install('nonsense')).rejects.toMatchObject({ code: 'not-found' })
    await expect(open().install('../../etc')).rejects.toMatchObject({ code: 'not-found' })
  })

  it('names the folder when a file stands in its place', async () => {
    writeFileSync(join(root, 'models'), '')
    await expect(open().install('vad')).rejects.toMatchObject({ code: 'read-only', message: expect.stringContaining(join(root, 'models')) as string })
    rmSync(join(root, 'models'))
    rmSync(join(root, 'cache'), { recursive: true, force: true })
    writeFileSync(join(root, 'cache'), '')
    await expect(open().install('vad')).rejects.toMatchObject({ code: 'read-only', message: expect.stringContaining(join(root, 'cache')) as string })
  })

  it('installs once when two stores are asked at the same time', async () => {
    await Promise.all([open().install('chat'), open().install('chat'), open().install('vad')])
    expect([...calls].sort()).toEqual(['npm @world/vad@1.0.0', 'python3 world-part0==2.0', 'python3 world-part1==2.0', 'python3 world-part2==2.0'])
    expect([await open().verify('chat'), await open().verify('vad'), leftovers()]).toEqual([{ id: 'chat', faults: [] }, { id: 'vad', faults: [] }, []])
  })
})

describe('resolving', () => {
  it('accepts a folder with the right files and no manifest', async () => {
    mkdirSync(join(root, 'models', 'vad'), { recursive: true })
    writeFileSync(join(root, 'models', 'vad', 'vad.onnx'), WORLD.vad)
    expect(await open().resolveInstalled('vad')).toMatchObject({ id: 'vad', files: { model: join(root, 'models', 'vad', 'vad.onnx') } })
    expect((await open().install('vad')).id).toBe('vad')
    expect(calls).toEqual([])
  })

  it('accepts a manifest without a catalogue, but none that climbs out or is another\'s', async () => {
    const at = join(root, 'models', 'mine')
    mkdirSync(at, { recursive: true })
    writeFileSync(join(at, 'm.gguf'), 'hello')
    const manifest = { version: 1, id: 'mine', kind: 'chat', format: 'gguf', name: 'Mine', licence: 'none', preparedBy: 1, outputs: [{ name: 'm.gguf', role: 'model', sizeBytes: 5, sha256: sha256('hello') }] }
    writeFileSync(join(at, 'manifest.json'), JSON.stringify(manifest))
    expect(await open().resolveInstalled('mine')).toMatchObject({ id: 'mine', kind: 'chat' })
    expect((await open().list()).map(model => [model.id, model.state])).toEqual([['vad', 'absent'], ['chat', 'absent'], ['small-chat', 'absent'], ['voice', 'absent'], ['mine', 'installed']])
    expect((await open().resolveDefault('chat')).id).toBe('mine')
    for (const broken of [{ ...manifest, id: 'other' }, { ...manifest, outputs: [{ ...manifest.outputs[0], name: '../chat/model.gguf' }] }, 'no json']) {
      writeFileSync(join(at, 'manifest.json'), JSON.stringify(broken))
      await expect(open().resolveInstalled('mine')).rejects.toMatchObject({ code: 'model-missing' })
    }
  })

  it('prefers what is asked for, then the defaults in order', async () => {
    const store = open()
    await expect(store.resolveDefault('chat')).rejects.toMatchObject({ code: 'model-missing', message: 'No chat model is installed. Run: parley models install --defaults' })
    await store.install('small-chat')
    expect((await store.resolveDefault('chat', 'chat')).id).toBe('small-chat')
    await store.install('chat')
    expect((await store.resolveDefault('chat')).id).toBe('chat')
    expect((await store.resolveDefault('chat', 'small-chat')).id).toBe('small-chat')
    expect((await store.resolveDefault('chat', 'voice')).id).toBe('chat')
  })

  it('says what is missing and what to run', async () => {
    await expect(open().resolveInstalled('vad')).rejects.toMatchObject({ code: 'model-missing', message: 'The model vad is not installed. Run: parley models install vad' })
    await expect(open().verify('vad')).rejects.toMatchObject({ code: 'model-missing' })
    await expect(open().remove('vad')).rejects.toMatchObject({ code: 'model-missing' })
  })
})

describe('importFolder', () => {
  it('takes files by content, wherever they lie and whatever they are called', async () => {
    const from = folder()
    mkdirSync(join(from, 'deep', 'down'), { recursive: true })
    writeFileSync(join(from, 'deep', 'down', 'renamed.bin'), WORLD.vad)
    writeFileSync(join(from, 'model.gguf'), 'something else')
    const report = await open().importFolder(from)
    expect(report).toEqual({ installed: ['vad'], taken: [join(from, 'deep', 'down', 'renamed.bin')], incomplete: [], rejected: [join(from, 'model.gguf')] })
    expect(await open().verify('vad')).toEqual({ id: 'vad', faults: [] })
    // The user's file is not ours: it is neither moved nor linked.
    expect(statSync(join(from, 'deep', 'down', 'renamed.bin')).nlink).toBe(1)
    expect(calls).toEqual([])
  })

  it('takes packages as npm and pip name them, and parts', async () => {
    const from = folder()
    for (const spec of ['@world/vad@1.0.0', 'world-part0==2.0', 'world-part1==2.0', 'world-part2==2.0', 'world-voice==2.0', 'world-phonemes==2.0']) {
      const file = packageFile(spec)
      writeFileSync(join(from, file?.name ?? ''), file?.content ?? '')
    }
    const report = await open().importFolder(from)
    expect(report.installed).toEqual(['vad', 'chat', 'voice'])
    expect(await Promise.all(report.installed.map(async id => (await open().verify(id)).faults))).toEqual([[], [], []])
    expect([calls, leftovers()]).toEqual([[], []])
  })

  it('takes an installed folder of another machine, prepared files included', async () => {
    await open().install('voice')
    const from = join(root, 'models')
    const other = folder()
    const store = createModelStore({ modelsDir: join(other, 'models'), cacheDir: join(other, 'cache'), catalogue: smallCatalogue(), logger: silentLogger, run: packageManagers(calls) })
    calls.length = 0
    expect((await store.importFolder(from)).installed).toEqual(['voice'])
    expect(await store.verify('voice')).toEqual({ id: 'voice', faults: [] })
    expect(statSync(join(from, 'voice', 'tokens.txt')).nlink).toBe(1)
    expect(calls).toEqual([])
  })

  it('says what is still missing, keeps what it found, and the rest is then downloaded', async () => {
    const from = folder()
    writeFileSync(join(from, 'v.onnx'), WORLD.voice)
    const report = await open().importFolder(from)
    expect(report).toMatchObject({ installed: [], incomplete: [{ id: 'voice', missing: ['v.onnx.json', 'phonemes.whl'] }] })
    await open().install('voice')
    expect(calls.sort()).toEqual(['python3 world-phonemes==2.0', 'python3 world-voice==2.0'])
  })

  it('refuses a folder that is not there', async () => {
    await expect(open().importFolder(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('what a killed process leaves', () => {
  it('is swept by the next installation, and a folder caught between two renames is put back', async () => {
    await open().install('vad')
    const models = join(root, 'models')
    const hex = '0123456789ab'
    mkdirSync(join(models, `.chat.${hex}.tmp`))
    writeFileSync(join(root, 'cache', 'blobs', `.${sha256('x')}.${hex}.tmp`), 'half')
    mkdirSync(join(models, `.small-chat.${hex}.tmp.former`))
    writeFileSync(join(models, `.small-chat.${hex}.tmp.former`, 'model.gguf'), WORLD.smallChat)
    writeFileSync(join(root, 'cache', 'install.lock'), JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' }))
    await open().install('chat')
    expect(leftovers()).toEqual([])
    expect((await open().resolveInstalled('small-chat')).id).toBe('small-chat')
  })
})
