import type { TakeFile } from '../../../src-main/audio/take-recorder'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAudio } from '../../../src-main/audio/read-audio'
import { TakeRecorder } from '../../../src-main/audio/take-recorder'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-take-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** Frame `n` is filled with `n + 1`, so that a reader can tell which ones it has. */
function frame(n: number): Int16Array {
  return new Int16Array(320).fill(n + 1)
}

async function framesIn(path: string): Promise<number[]> {
  const found: number[] = []
  for await (const { samples } of readAudio(path))
    found.push((samples[0] ?? 0) - 1)
  return found
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('take recorder', () => {
  it('is a whole WAV after each append', async () => {
    const path = join(dir, 'new', 'folder', 'a.wav')
    const recorder = new TakeRecorder(path)
    await recorder.start()
    for (let n = 0; n < 10; n++) {
      await recorder.append(frame(n))
      const bytes = await readFile(path)
      expect(bytes.length).toBe(44 + (n + 1) * 640)
      // The sizes lag by less than three frames, and agree with each other.
      const said = bytes.readUInt32LE(40)
      expect({ whole: said % 640, lag: (n + 1) - said / 640 < 3, riff: bytes.readUInt32LE(4) }).toEqual({ whole: 0, lag: true, riff: said + 36 })
    }
    await recorder.close()
    await recorder.close()
    expect(await framesIn(path)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(recorder.failed).toBeUndefined()
  })

  it('writes what came in while the disk was busy together, in order', async () => {
    const writes: { bytes: number, position: number }[] = []
    let release: (() => void)[] = []
    const file: TakeFile = {
      write: (bytes, position) => {
        writes.push({ bytes: bytes.length, position })
        return new Promise<void>((done) => {
          release.push(done)
        })
      },
      truncate: async () => {},
      close: async () => {},
    }
    const recorder = new TakeRecorder('x', async () => file)
    const settled = Promise.all([recorder.start(), ...[0, 1, 2, 3].map(n => recorder.append(frame(n)))]).then(() => recorder.close())
    for (let i = 0; i < 3; i++) {
      await new Promise(done => setImmediate(done))
      release.forEach(done => done())
      release = []
    }
    await settled
    expect(writes).toEqual([{ bytes: 44, position: 0 }, { bytes: 4 * 640, position: 44 }, { bytes: 44, position: 0 }])
  })

  it.each([['ENOSPC', 'disk-full'], ['EROFS', 'read-only'], ['EACCES', 'read-only']])('%s while recording is told once as %s, and append goes on', async (code, expected) => {
    const calls: (string | number)[] = []
    let writes = 0
    const recorder = new TakeRecorder('x', async () => ({
      write: async (bytes, position) => {
        calls.push(position)
        // The disk is full for new bytes; what is there can be written over.
        if (++writes > 4 && position > 0)
          throw errno(code)
      },
      truncate: async bytes => void calls.push(`cut to ${bytes}`),
      close: async () => void calls.push('closed'),
    }))
    let told = 0
    recorder.failure.then(() => told++)
    await recorder.start()
    for (let n = 0; n < 20; n++)
      await recorder.append(frame(n))
    await recorder.close()
    // The header, three frames and the header they need; the fourth fails, goes, and the header says three.
    expect({ code: recorder.failed?.code, told, calls }).toEqual({ code: expected, told: 1, calls: [0, 44, 684, 1324, 0, 1964, 'cut to 1964', 0, 'closed'] })
    expect(recorder.failed?.message).toMatch(code === 'ENOSPC' ? /disk is full.*Free some space/ : /cannot be written.*Check its permissions/)
  })

  it('a disk that refuses even that is told once, and the file is closed', async () => {
    let closed = 0
    const recorder = new TakeRecorder('x', async () => ({
      write: async () => {
        throw errno('ENOSPC')
      },
      truncate: async () => {
        throw errno('EIO')
      },
      close: async () => {
        closed++
        throw errno('EIO')
      },
    }))
    await recorder.start()
    await recorder.append(frame(0))
    await recorder.close()
    expect({ code: recorder.failed?.code, closed }).toEqual({ code: 'disk-full', closed: 1 })
  })

  it('a folder that cannot be made is told as a failure, not thrown', async () => {
    const file = join(dir, 'a-file')
    await writeFile(file, '')
    const recorder = new TakeRecorder(join(file, 'below', 'a.wav'))
    await recorder.start()
    await recorder.append(frame(0))
    await recorder.close()
    expect(recorder.failed).toBe(await recorder.failure)
  })

  it('never replaces an earlier take', async () => {
    const path = join(dir, 'kept.wav')
    await writeFile(path, 'precious')
    const recorder = new TakeRecorder(path)
    await recorder.start()
    await recorder.append(frame(0))
    await recorder.close()
    expect(recorder.failed).toBeDefined()
    expect(await readFile(path, 'utf8')).toBe('precious')
  })

  it('gives up a disk that never answers before memory grows without bound', async () => {
    const recorder = new TakeRecorder('x', async () => ({ write: () => new Promise(() => {}), truncate: async () => {}, close: async () => {} }))
    recorder.start()
    for (let n = 0; n < 3100 && !recorder.failed; n++)
      recorder.append(frame(0))
    expect(recorder.failed?.code).toBe('timeout')
  })

  it('a writer killed at any moment leaves a readable file that lacks at most the last 100 ms', async () => {
    const out = join(dir, 'writer')
    await build({
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: resolve('test/unit/audio/support/take-writer.ts'),
        outDir: out,
        rollupOptions: { output: { format: 'cjs', entryFileNames: 'writer.cjs' } },
      },
    })
    await mkdir(join(dir, 'killed'), { recursive: true })
    for (let round = 0; round < 8; round++) {
      const path = join(dir, 'killed', `${round}.wav`)
      const child = fork(join(out, 'writer.cjs'), [path], { execArgv: [] })
      let last = -1
      child.on('message', n => last = n as number)
      const killAt = 40 + round * 13
      await new Promise<void>((done) => {
        child.on('message', n => (n as number) >= killAt && done())
      })
      child.kill('SIGKILL')
      await once(child, 'exit')
      const found = await framesIn(path)
      expect(found).toEqual(found.map((_, i) => i))
      expect(found.length).toBeGreaterThanOrEqual(last + 1 - 5)
    }
  }, 30_000)
})
