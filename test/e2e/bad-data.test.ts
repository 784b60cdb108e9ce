import type { LaunchedApp } from '../../scripts/stage/app.mjs'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { launchApp } from '../../scripts/stage/app.mjs'
import { readAudio } from '../../src-main/audio/read-audio'
import { spokenFile, wordsKept } from '../support/speech'
import { useStage } from '../support/stage'

const stage = useStage()
let folder: string
let app: LaunchedApp | undefined
let mounted: string | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-data-'))
})
afterEach(async () => {
  await app?.close()
  app = undefined
  if (mounted !== undefined)
    spawnSync('umount', ['-l', mounted])
  mounted = undefined
  await rm(folder, { recursive: true, force: true })
})

/** A small disk of its own; undefined where mounting is not allowed. */
async function mountDisk(options: string): Promise<string | undefined> {
  const disk = join(folder, 'disk')
  await mkdir(disk)
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk]).status !== 0)
    return undefined
  mounted = disk
  return disk
}

/** What the window says in its notices. */
async function noticesShown({ page }: LaunchedApp, text: string): Promise<string> {
  await page.getByTestId('toasts').getByText(text).first().waitFor()
  return await page.getByTestId('toasts').textContent() ?? ''
}

async function writtenTurn(running: LaunchedApp, question: string): Promise<string> {
  await running.request('turn.ask', { text: question })
  const turn = await running.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns.at(-1)?.userText === question && turns.at(-1)?.end === 'complete' ? turns.at(-1) : null, { what: 'the answer' })
  return turn.replyText
}

describe('a data folder', () => {
  it('with broken settings and a broken database: both are kept under other names, told by name, and the program works', async () => {
    await writeFile(join(folder, 'settings.json'), '{"voice": {"speed"')
    await writeFile(join(folder, 'history.sqlite'), 'this was a database once. '.repeat(500))
    app = await launchApp({ stage: stage(), dataDir: folder, ready: ['models'] })
    const shown = await noticesShown(app, 'The saved conversations could not be read')
    const kept = (await readdir(folder)).filter(name => name.includes('.broken-')).sort()
    expect(kept).toEqual([expect.stringMatching(/^history\.broken-.*\.sqlite$/), expect.stringMatching(/^settings\.broken-.*\.json$/)])
    for (const name of kept)
      expect(shown).toContain(name)
    expect(shown).toContain('the defaults are used')
    expect(await readFile(join(folder, kept[0] as string), 'utf8')).toBe('this was a database once. '.repeat(500))
    expect(await readFile(join(folder, kept[1] as string), 'utf8')).toBe('{"voice": {"speed"')
    expect(await writtenTurn(app, 'What is the capital of France?')).toContain('Paris')
  })

  it('on a disk that becomes full while somebody speaks: told, answered, whole as far as there was room, and kept once there is room again', async ({ skip }) => {
    const disk = await mountDisk('size=24m')
    if (disk === undefined)
      return skip('this user may not mount a file system')
    app = await launchApp({ stage: stage(), dataDir: disk })
    await app.request('settings.patch', { hotkey: { mode: 'hold' } })
    const ballast = join(disk, 'ballast')
    await app.keyDown()
    await app.until(({ pipeline }) => pipeline.state === 'listening', { what: 'listening' })
    const speaking = stage().playMic(spokenFile('q-capital'))
    // Once a second is on disk somebody else takes all that is left.
    const take = join(disk, 'takes', (await readdir(join(disk, 'takes')))[0] as string)
    while ((await stat(take)).size < 32_000)
      await new Promise(resolve => setTimeout(resolve, 10))
    spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'])
    await speaking
    await app.keyUp()
    const turn = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns[0] && turns[0].end !== 'pending' ? turns[0] : null, { what: 'the turn' })
    // All of it was heard, though not all of it is on disk.
    expect(wordsKept('what is the capital of france', turn.userText)).toBe(1)
    expect(turn).toMatchObject({ end: 'complete', replyText: expect.stringContaining('Paris') as string })
    expect(await noticesShown(app, 'The recording could not be saved')).toMatch(/disk/i)
    const bytes = await readFile(take)
    let heardMs = 0
    for await (const frame of readAudio(take))
      heardMs += frame.samples.length / 16
    expect({ riff: bytes.readUInt32LE(4), data: bytes.readUInt32LE(40) }).toEqual({ riff: bytes.length - 8, data: bytes.length - 44 })
    expect(heardMs).toBeGreaterThan(900)
    // Trying it again goes from the words that were understood, not from half a recording.
    await rm(ballast)
    await app.request('turn.retry', { turnId: turn.id })
    const again = await app.until(({ pipeline, turns }) => pipeline.state === 'idle' && turns[0] && turns[0].end === 'complete' && turns[0].replyText !== '' ? turns[0] : null, { what: 'the second answer' })
    expect(again.userText).toBe(turn.userText)
    await app.close()
    app = await launchApp({ stage: stage(), dataDir: disk, ready: [] })
    expect((await app.snapshot()).turns.map(({ userText, end }) => [userText, end])).toEqual([[turn.userText, 'complete']])
    expect(existsSync(take)).toBe(true)
  })

  it('that is read-only: the program starts, says so and what to do, and answers; no file is touched', async ({ skip }) => {
    const disk = await mountDisk('size=24m')
    if (disk === undefined)
      return skip('this user may not mount a file system')
    await writeFile(join(disk, 'settings.json'), '{"theme":"dark"}')
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0)
    app = await launchApp({ stage: stage(), dataDir: disk, ready: ['models', 'microphone'] })
    expect(await noticesShown(app, 'The data folder cannot be written')).toContain('Check its permissions')
    expect((await app.request('app.snapshot')).settings.theme).toBe('dark')
    expect(await writtenTurn(app, 'What is the capital of France?')).toContain('Paris')
    expect(await readdir(disk)).toEqual(['settings.json'])
  })
})
