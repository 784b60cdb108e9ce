import type { Catalogue } from '../../src-main/models'
import type { FileServer } from '../unit/models/support/file-server'
import type { Bundle } from './support/bundle'
import { Buffer } from 'node:buffer'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModelStore, parseCatalogue } from '../../src-main/models'
import { silentLogger } from '../../src-main/ports/logger'
import { serve, startFileServer } from '../unit/models/support/file-server'
import { sha256 } from '../unit/models/support/small-catalogue'
import { bundle } from './support/bundle'

const PART_BYTES = 3 * 1024 * 1024
const PARTS = [1, 2, 3].map(seed => Buffer.alloc(PART_BYTES, `part ${seed} `))
const WHOLE = Buffer.concat(PARTS)
const VAD = Buffer.alloc(2 * 1024 * 1024, 'voice')

let child: Bundle
let server: FileServer
let root: string

beforeAll(async () => {
  child = await bundle('install-child.ts')
})
beforeEach(async () => {
  server = await startFileServer()
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})
afterAll(() => child[Symbol.dispose]())

function catalogue(): Catalogue {
  const common = { licence: 'MIT', languages: ['en'], minMemoryMiB: 1 }
  const url = (path: string) => [{ type: 'url', url: server.url(path) }]
  return parseCatalogue({
    version: 1,
    defaults: { asr: ['vad'], vad: ['vad'], tts: ['vad'], chat: ['chat'] },
    rescue: {},
    models: [
      { id: 'vad', kind: 'vad', format: 'silero-vad', name: 'V', ...common, files: [{ name: 'vad.onnx', role: 'model', sizeBytes: VAD.length, sha256: sha256(VAD), sources: url('/vad') }] },
      { id: 'chat', kind: 'chat', format: 'gguf', name: 'C', ...common, files: [{ name: 'model.gguf', role: 'model', sizeBytes: WHOLE.length, sha256: sha256(WHOLE), sources: [{ type: 'parts', parts: PARTS.map((part, at) => ({ name: `${at}.bin`, sizeBytes: part.length, sha256: sha256(part), sources: url(`/part${at}`) })) }] }] },
    ],
  })
}

function serveAll(): void {
  server.on('/vad', serve(VAD, { etag: '"v"' }))
  PARTS.forEach((part, at) => server.on(`/part${at}`, serve(part, { etag: `"${at}"` })))
}

function job(folder = root): string {
  const path = join(root, 'job.json')
  writeFileSync(path, JSON.stringify({ catalogue: catalogue(), modelsDir: join(folder, 'models'), cacheDir: join(folder, 'cache'), ids: ['vad', 'chat'] }))
  return path
}

const store = (folder = root) => createModelStore({ modelsDir: join(folder, 'models'), cacheDir: join(folder, 'cache'), catalogue: catalogue(), logger: silentLogger })

interface Result { readonly done?: boolean, readonly code?: string, readonly message?: string }

function runChild(folder = root): Result {
  const ran = spawnSync(process.execPath, [child.path, job(folder)], { env: child.env, encoding: 'utf8' })
  return JSON.parse(ran.stdout) as Result
}

async function runChildBeside(): Promise<Result> {
  const running = spawn(process.execPath, [child.path, job()], { env: child.env, stdio: ['ignore', 'pipe', 'ignore'] })
  let out = ''
  running.stdout.on('data', (text: Buffer) => (out += text.toString()))
  await once(running, 'close')
  return JSON.parse(out) as Result
}

/** Kills the child after it has reported progress `kills` times: another moment of the work each time. */
async function runAndKill(after: number): Promise<void> {
  const running = spawn(process.execPath, [child.path, job()], { env: child.env, stdio: ['ignore', 'ignore', 'pipe'] })
  let seen = 0
  running.stderr.on('data', (text: Buffer) => {
    seen += text.toString().split('\n').length - 1
    if (seen >= after)
      running.kill('SIGKILL')
  })
  await once(running, 'close')
}

describe('installing in a process that is killed', () => {
  it('never shows anything half-made, and is finished by the next one without asking again for what was there', async () => {
    serveAll()
    for (const after of [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 120, 144, 170]) {
      await runAndKill(after)
      for (const model of await store().list()) {
        expect(model.state).not.toBe('corrupt')
        if (model.state === 'installed')
          expect(await store().verify(model.id)).toEqual({ id: model.id, faults: [] })
      }
    }
    expect(await runChildBeside()).toEqual({ done: true })
    expect([await store().verify('vad'), await store().verify('chat')]).toEqual([{ id: 'vad', faults: [] }, { id: 'chat', faults: [] }])
    expect(readdirSync(join(root, 'models')).sort()).toEqual(['chat', 'vad'])
    expect(readdirSync(join(root, 'cache')).sort()).toEqual(['blobs'])
    expect(readdirSync(join(root, 'cache', 'blobs')).sort()).toEqual([sha256(VAD), sha256(WHOLE)].sort())
    // At least one download went on from where a killed one stopped.
    expect(server.requests.some(request => /bytes=[1-9]\d*-/.test(request))).toBe(true)
    server.requests.length = 0
    expect(await runChildBeside()).toEqual({ done: true })
    expect(server.requests).toEqual([])
  })

  it('works beside another process that installs the same', async () => {
    serveAll()
    expect(await Promise.all([runChildBeside(), runChildBeside()])).toEqual([{ done: true }, { done: true }])
    expect(server.requests.map(request => request.split(' ')[0]).sort()).toEqual(['/part0', '/part1', '/part2', '/vad'])
    expect([await store().verify('vad'), await store().verify('chat')]).toEqual([{ id: 'vad', faults: [] }, { id: 'chat', faults: [] }])
  })
})

/** A small file system of its own; undefined where mounting is not allowed. */
function mount(options: string): { folder: string, remount: (options: string) => void, unmount: () => void } | undefined {
  const folder = join(root, 'small')
  mkdirSync(folder)
  if (process.platform !== 'linux' || spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0)
    return undefined
  return {
    folder,
    remount(changed) {
      expect(spawnSync('mount', ['-o', `remount,${changed}`, folder]).status).toBe(0)
    },
    unmount: () => void spawnSync('umount', ['-l', folder]),
  }
}

describe('a disk', () => {
  it('that is too small is found before the first byte is asked for', async ({ skip }) => {
    const disk = mount('size=8m')
    if (!disk)
      return skip('this user may not mount a file system')
    try {
      serveAll()
      expect(await store(disk.folder).install('chat').catch((error: unknown) => error)).toMatchObject({ code: 'disk-full', message: expect.stringMatching(/^C needs \d+ MiB of free space while it is installed; .*small.* has \d+ MiB\. Make room/) as string })
      expect(server.requests).toEqual([])
    }
    finally {
      disk.unmount()
    }
  })

  it('that becomes full on the way stops it clearly, keeps what came, and it goes on once there is room', async ({ skip }) => {
    const disk = mount('size=64m')
    if (!disk)
      return skip('this user may not mount a file system')
    try {
      const ballast = join(disk.folder, 'ballast')
      let filled = false
      server.on('/vad', (request, response) => {
        if (!filled) {
          // Somebody else takes all but 1 MiB.
          filled = true
          spawnSync('fallocate', ['-l', String(63 * 1024 * 1024), ballast])
        }
        serve(VAD, { etag: '"v"' })(request, response)
      })
      const failure: unknown = await store(disk.folder).install('vad').catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'disk-full', message: expect.stringMatching(/^The disk is full: make room, then try again: .*small/) as string })
      const partial = join(disk.folder, 'cache', 'blobs', `${sha256(VAD)}.partial`)
      const heldBytes = statSync(partial).size
      expect(heldBytes).toBeGreaterThan(0)
      rmSync(ballast)
      await store(disk.folder).install('vad')
      expect(server.requests).toEqual(['/vad -', `/vad bytes=${heldBytes}-`])
      expect(await store(disk.folder).verify('vad')).toEqual({ id: 'vad', faults: [] })
      expect(existsSync(partial)).toBe(false)
    }
    finally {
      disk.unmount()
    }
  })

  it('that is read-only is named, and what is installed on it still serves', async ({ skip }) => {
    const disk = mount('size=64m')
    if (!disk)
      return skip('this user may not mount a file system')
    try {
      serveAll()
      await store(disk.folder).install('vad')
      disk.remount('ro')
      expect((await store(disk.folder).resolveInstalled('vad')).id).toBe('vad')
      expect((await store(disk.folder).install('vad')).id).toBe('vad')
      expect(await store(disk.folder).verify('vad')).toEqual({ id: 'vad', faults: [] })
      expect(await store(disk.folder).install('chat').catch((error: unknown) => error)).toMatchObject({ code: 'read-only', message: expect.stringContaining(disk.folder) as string })
      expect(runChild(disk.folder)).toMatchObject({ code: 'read-only' })
    }
    finally {
      disk.unmount()
    }
  })
})
