import type { Buffer } from 'node:buffer'
import type { StoredDictation } from '../../src-main/ports/dictation-store'
import type { Bundle } from './support/bundle'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { defaultSettings, settingsSchema } from '@contract'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openHistory } from '../../src-main/storage/history-store'
import { createLogger } from '../../src-main/storage/logger'
import { createSettingsStore } from '../../src-main/storage/settings-store'
import { bundle } from './support/bundle'
import { mountSmallDisk } from './support/small-disk'

let child: Bundle
let root: string

beforeAll(async () => {
  child = await bundle('history-child.ts')
})
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-test-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Runs the child until it has saved `count` turns, kills it, and returns the number of the last one it said it had saved. */
async function saveAndKill(file: string, count: number, what: 'turns' | 'dictations' = 'turns'): Promise<{ conversationId: string, last: number }> {
  const running = spawn(process.execPath, [child.path, file, what], { env: child.env, stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  running.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    if (said.split('\n').length > count)
      running.kill('SIGKILL')
  })
  await once(running, 'close')
  return { conversationId: `c${running.pid}`, last: Number(said.trimEnd().split('\n').at(-1)) }
}

describe('a history whose program is killed while saving', () => {
  it('has every turn that was said to be saved, whole, again and again', async () => {
    const file = join(root, 'history.sqlite')
    for (const count of [1, 7, 40]) {
      const { conversationId, last } = await saveAndKill(file, count)
      const { store, brokenFile } = openHistory(file)
      const turns = store.turns(conversationId)
      expect(brokenFile).toBeNull()
      expect(turns.length).toBeGreaterThan(last)
      expect(turns.every((turn, at) => turn.userText === `question ${at}` && turn.replyText === 'answer '.repeat(at % 500))).toBe(true)
      store[Symbol.dispose]()
    }
  })

  it('has every dictation, first as pending and then whole, and the one that was cut off can be tried again', async () => {
    const file = join(root, 'history.sqlite')
    for (const count of [2, 9, 40]) {
      const { conversationId, last } = await saveAndKill(file, count, 'dictations')
      const { store, dictations, brokenFile } = openHistory(file)
      const ours = dictations.list().filter(({ id }) => id.startsWith(conversationId)).reverse()
      expect(brokenFile).toBeNull()
      expect(ours.filter(({ end }) => end !== 'pending').length).toBeGreaterThan(last)
      expect(ours.every(({ end, rawText, takePath }, at) => takePath === `/takes/${at}.wav` && rawText === (end === 'pending' ? '' : `said ${'word '.repeat(at % 300)}${at}`))).toBe(true)
      expect(dictations.closePending()).toBe(ours.filter(({ end }) => end === 'pending').length)
      expect(dictations.list({ search: `said ${last}` }).map(({ id }) => id)).toContain(`${conversationId}-${last}`)
      store[Symbol.dispose]()
    }
  })
})
afterAll(() => child[Symbol.dispose]())

const turn = { id: 't', conversationId: 'c', createdAtMs: 1, takePath: null, userText: 'x', replyText: '', heardText: null, reasoningText: '', end: 'complete', errorCode: null, hops: {}, engines: {}, finish: null, usage: null, routes: {} } as const
const dictation: StoredDictation = { id: 'd', kind: 'dictation', createdAtMs: 1, takePath: '/takes/d.wav', durationMs: 1, rawText: 'said', finalText: '', end: 'pending', errorCode: null, target: null, how: null, confirmed: false, why: null, cleanup: null, times: {}, routes: {} }
const settingsIn = async (folder: string) => createSettingsStore({ file: join(folder, 'settings.json'), schema: settingsSchema, defaults: defaultSettings })

describe('a data folder on a disk', () => {
  it('that becomes full loses nothing, says so, and goes on when there is room', async ({ skip }) => {
    const disk = mountSmallDisk(join(root, 'small'), 'size=4m')
    if (!disk)
      return skip('this user may not mount a file system')
    try {
      const { store, dictations } = openHistory(join(disk.folder, 'history.sqlite'))
      store.createConversation({ id: 'c', title: 'Kept', createdAtMs: 1, updatedAtMs: 1 })
      store.saveTurn(turn)
      dictations.save(dictation)
      const settings = await settingsIn(disk.folder)
      await settings.patch({ theme: 'dark' })
      const ballast = join(disk.folder, 'ballast')
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'])
      expect(() => store.saveTurn({ ...turn, id: 'big', replyText: 'word '.repeat(400_000) })).toThrow(expect.objectContaining({ code: 'disk-full', retryable: true }))
      expect(() => dictations.save({ ...dictation, rawText: 'word '.repeat(400_000) })).toThrow(expect.objectContaining({ code: 'disk-full', retryable: true }))
      expect(dictations.list({ search: 'said' })).toEqual([dictation])
      await settings.patch({ theme: 'light' })
      expect([settings.get().theme, settings.writeFault?.code]).toEqual(['light', 'disk-full'])
      expect(JSON.parse(readFileSync(join(disk.folder, 'settings.json'), 'utf8'))).toMatchObject({ theme: 'dark' })
      expect(store.turns('c')).toEqual([turn])
      rmSync(ballast)
      store.saveTurn({ ...turn, id: 'after' })
      dictations.save({ ...dictation, rawText: 'said again' })
      expect([dictations.list({ search: 'again' }).length, dictations.delete(['d']), dictations.list()]).toEqual([1, ['/takes/d.wav'], []])
      await settings.patch({ theme: 'light' })
      expect([store.turns('c').map(found => found.id), settings.writeFault, (await settingsIn(disk.folder)).get().theme]).toEqual([['t', 'after'], null, 'light'])
      store[Symbol.dispose]()
    }
    finally {
      disk[Symbol.dispose]()
    }
  })

  it('that is read-only leaves the program working in memory, and the files as they are', async ({ skip }) => {
    const disk = mountSmallDisk(join(root, 'small'), 'size=8m')
    if (!disk)
      return skip('this user may not mount a file system')
    try {
      writeFileSync(join(disk.folder, 'settings.json'), JSON.stringify({ theme: 'dark' }))
      const first = openHistory(join(root, 'history.sqlite'))
      first.store.createConversation({ id: 'c', title: 'Kept', createdAtMs: 1, updatedAtMs: 1 })
      first.store[Symbol.dispose]()
      copyFileSync(join(root, 'history.sqlite'), join(disk.folder, 'history.sqlite'))
      disk.remount('ro')
      const { store, dictations, memoryOnly, brokenFile } = openHistory(join(disk.folder, 'history.sqlite'))
      expect([memoryOnly?.code, brokenFile]).toEqual(['read-only', null])
      dictations.save(dictation)
      expect(dictations.get('d')).toEqual(dictation)
      store.createConversation({ id: 'd', title: '', createdAtMs: 1, updatedAtMs: 1 })
      store.saveTurn({ ...turn, conversationId: 'd' })
      expect(store.turns('d')).toHaveLength(1)
      store[Symbol.dispose]()
      const settings = await settingsIn(disk.folder)
      await settings.patch({ theme: 'light' })
      expect([settings.get().theme, settings.writeFault?.code, settings.brokenFile]).toEqual(['light', 'read-only', null])
      await using logger = createLogger({ folder: join(disk.folder, 'logs') })
      logger.info('this goes nowhere, and that is all right')
      await logger.flush()
      expect(readFileSync(join(disk.folder, 'history.sqlite')).equals(readFileSync(join(root, 'history.sqlite')))).toBe(true)
      expect(readFileSync(join(disk.folder, 'settings.json'), 'utf8')).toBe(JSON.stringify({ theme: 'dark' }))
    }
    finally {
      disk[Symbol.dispose]()
    }
  })
})
