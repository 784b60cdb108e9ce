import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src-main/ports/logger'
import { createTakesStore } from '../../../src-main/storage/takes-store'
import { createManualClock } from '../../fakes/manual-clock'

const DAY_MS = 86_400_000
let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
  folder = join(root, 'takes')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const clock = createManualClock()

function take(id: string, ageDays = 0): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${id}.wav`)
  writeFileSync(path, 'RIFF')
  utimesSync(path, new Date(clock.wallMs() - ageDays * DAY_MS), new Date(clock.wallMs() - ageDays * DAY_MS))
  return path
}

const open = () => createTakesStore({ folder, clock, logger: silentLogger })

describe('takes on disk', () => {
  it('are listed newest first, and only what is one', async () => {
    expect(await open().list()).toEqual([])
    const [old, young] = [take('old', 2), take('young')]
    writeFileSync(join(folder, 'notes.txt'), '')
    mkdirSync(join(folder, 'folder.wav'))
    expect((await open().list()).map(({ id, path, sizeBytes }) => ({ id, path, sizeBytes }))).toEqual([{ id: 'young', path: young, sizeBytes: 4 }, { id: 'old', path: old, sizeBytes: 4 }])
  })

  it('are deleted by path; what is elsewhere is left alone', async () => {
    const [a, b] = [take('a'), take('b')]
    const foreign = [join(root, 'mine.wav'), join(folder, '..', 'mine.wav'), join(folder, 'sub', 'c.wav'), join(folder, 'notes.txt')]
    mkdirSync(join(folder, 'sub'))
    for (const path of foreign)
      writeFileSync(path, '')
    expect(await open().delete([a, ...foreign, join(folder, 'gone.wav')])).toBe(1)
    expect([existsSync(a), existsSync(b), ...foreign.map(path => existsSync(path))]).toEqual([false, true, true, true, true, true])
  })

  it('expire after the days that are set, never when none are, and not those that are wanted', async () => {
    const [old, older, young] = [take('old', 8), take('older', 9), take('young', 6)]
    expect(await open().expire(0)).toEqual([])
    expect(await open().expire(7, new Set([older]))).toEqual([old])
    expect([old, older, young].map(path => existsSync(path))).toEqual([false, true, true])
  })

  it('are kept when no turn refers to them', async () => {
    const [known, lost] = [take('known'), take('lost')]
    expect((await open().orphans(new Set([known]))).map(orphan => orphan.path)).toEqual([lost])
    expect(existsSync(lost)).toBe(true)
  })

  it('cannot be listed where there is no folder but a file', async () => {
    writeFileSync(folder, '')
    await expect(open().list()).rejects.toMatchObject({ code: 'read-only' })
  })
})
