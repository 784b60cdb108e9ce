import type { CliContext } from '../../../src-main/cli/context'
import type { ControlServerOptions } from '../../../src-main/desktop/control-socket'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Writable } from 'node:stream'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { registerDictate } from '../../../src-main/cli/dictate-command'
import { registerTalk } from '../../../src-main/cli/talk-command'
import { createControlServer } from '../../../src-main/desktop/control-socket'
import { AppError } from '../../../src-main/lib/app-error'
import { silentLogger } from '../../../src-main/ports/logger'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-dictate-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function serve(handle: ControlServerOptions['handle']): ReturnType<typeof createControlServer> {
  return createControlServer({ path: join(folder, 'run', 'control.sock'), handle, logger: silentLogger })
}

async function run(...words: string[]): Promise<{ code: number | undefined, stdout: string, stderr: string }> {
  const written = { stdout: '', stderr: '' }
  const into = (stream: 'stdout' | 'stderr'): Writable => new Writable({
    write(text, _, done) {
      written[stream] += String(text)
      done()
    },
  })
  let code: number | undefined
  const context = {
    stdout: into('stdout'),
    stderr: into('stderr'),
    signal: new AbortController().signal,
    paths: { controlSocket: join(folder, 'run', 'control.sock') },
    setExitCode: (given: number) => void (code = given),
  } as unknown as CliContext
  const program = new Command().exitOverride()
  registerDictate(program, context)
  registerTalk(program, context)
  await program.parseAsync(words, { from: 'user' })
  return { code, ...written }
}

describe.skipIf(process.platform === 'win32')('parley dictate', () => {
  it('sends each word as its command, and says what it was told when it was asked', async () => {
    const heard: string[] = []
    await using _server = await serve(async (command) => {
      heard.push(command)
      return { state: 'recording', id: 'd1', text: 'the words so far' }
    })
    for (const word of ['start', 'stop', 'toggle', 'cancel', 'paste-last', 'undo'])
      expect(await run('dictate', word)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await run('dictate', 'status')).toEqual({ code: 0, stdout: 'recording\n', stderr: '' })
    expect(JSON.parse((await run('dictate', 'status', '--json')).stdout)).toEqual({ ok: true, state: 'recording', id: 'd1', text: 'the words so far' })
    expect(await run('talk', 'status')).toEqual({ code: 0, stdout: 'recording\n', stderr: '' })
    expect(heard).toEqual(['dictate-start', 'dictate-stop', 'dictate-toggle', 'dictate-cancel', 'dictate-paste-last', 'dictate-undo', 'dictate-status', 'dictate-status', 'status'])
  })

  it('takes the words of hours', async () => {
    const text = 'word '.repeat(60_000)
    await using _server = await serve(async () => ({ state: 'recording', id: 'd1', text }))
    expect(JSON.parse((await run('dictate', 'status', '--json')).stdout)).toMatchObject({ text })
  })

  it('says when the program is not running, and what it refuses', async () => {
    expect(await run('dictate', 'start')).toEqual({ code: 2, stdout: '', stderr: 'Parley is not running.\n' })
    await using _server = await serve(async () => {
      throw new AppError('not-found', 'This Parley has no dictation.')
    })
    expect(await run('dictate', 'toggle')).toEqual({ code: 2, stdout: '', stderr: 'This Parley has no dictation.\n' })
  })
})
