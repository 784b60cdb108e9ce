import type { Buffer } from 'node:buffer'
import type { ModelsContext } from '../../../src-main/cli/models-command'
import type { InstallOptions, ModelStore } from '../../../src-main/models'
import { Writable } from 'node:stream'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { registerModelsCommands } from '../../../src-main/cli/models-command'
import { createProgressLines } from '../../../src-main/cli/progress-lines'
import { AppError } from '../../../src-main/lib/app-error'
import { smallCatalogue } from '../models/support/small-catalogue'

class Page extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

interface Ran { readonly code: number, readonly out: string, readonly err: string, readonly installed: readonly string[] }

/** A store in which some models cannot be had. */
async function run(args: readonly string[], fails: Readonly<Record<string, AppError>> = {}): Promise<Ran> {
  const out = new Page()
  const err = new Page()
  const installed: string[] = []
  let code = 0
  const store = {
    catalogue: smallCatalogue(),
    list: async () => [{ id: 'vad', kind: 'vad', format: 'silero-vad', name: 'Detector', licence: 'MIT', languages: ['en'], sizeBytes: 5_000_000, minMemoryMiB: 10, upstreamOnly: false, isDefault: true, state: 'installed' }],
    async install(id: string, options: InstallOptions) {
      const failure = fails[id]
      if (failure)
        throw failure
      installed.push(id)
      options.onProgress?.({ modelId: id, fileName: '', source: '', doneBytes: 1, totalBytes: 1, phase: 'done' })
    },
    importFolder: async () => ({ installed: ['vad'], taken: ['/f/a'], incomplete: [{ id: 'voice', missing: ['v.onnx'] }], rejected: ['/f/model.gguf'] }),
    verify: async (id: string) => ({ id, faults: fails[id] ? [{ file: 'vad.onnx', fault: 'hash' }] : [] }),
  }
  const context: ModelsContext = {
    stdout: out,
    stderr: err,
    store: () => store as unknown as ModelStore,
    signal: new AbortController().signal,
    setExitCode(given) {
      code = given
    },
  }
  const program = new Command().exitOverride()
  registerModelsCommands(program, context)
  await program.parseAsync(['models', ...args], { from: 'user' })
  return { code, out: out.text, err: err.text, installed }
}

const failed = new AppError('download-failed', 'model.gguf of chat could not be had.')

describe('parley models', () => {
  it('lists what there is', async () => {
    expect((await run(['list'])).out).toBe('installed  vad   vad                                     4.8 MiB  MIT  (default)\n')
    expect(JSON.parse((await run(['list', '--json'])).out)).toMatchObject({ type: 'model', id: 'vad', state: 'installed' })
  })

  it('installs what is named, and the exit code tells', async () => {
    expect(await run(['install', 'vad', 'voice'])).toMatchObject({ code: 0, installed: ['vad', 'voice'], out: 'Installed: vad, voice\n' })
    expect(await run(['install', 'chat', 'vad'], { chat: failed })).toMatchObject({ code: 1, installed: ['vad'], err: expect.stringContaining(failed.message) as string })
    expect(await run(['install'])).toMatchObject({ code: 2, err: expect.stringContaining('--defaults') as string })
  })

  it('takes the next default when the first cannot be had, and says so', async () => {
    const ran = await run(['install', '--defaults'], { chat: failed })
    expect([ran.code, [...new Set(ran.installed)].sort()]).toEqual([0, ['small-chat', 'vad', 'voice']])
    expect(ran.err).toContain('The first choice for chat could not be had; small-chat is used instead.')
    const events = (await run(['install', '--defaults', '--json'], { chat: failed })).out.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
    expect(events.filter(event => event['type'] === 'default' || event['type'] === 'failed')).toEqual([
      { type: 'default', kind: 'asr', modelId: 'vad', firstChoice: true },
      { type: 'default', kind: 'vad', modelId: 'vad', firstChoice: true },
      { type: 'default', kind: 'tts', modelId: 'voice', firstChoice: true },
      { type: 'failed', modelId: 'chat', code: 'download-failed', message: failed.message },
      { type: 'default', kind: 'chat', modelId: 'small-chat', firstChoice: false },
    ])
  })

  it('fails when no default of a kind can be had, after having tried the others', async () => {
    const ran = await run(['install', '--defaults'], { voice: failed })
    expect([ran.code, ran.installed.includes('chat')]).toEqual([1, true])
    expect(ran.err).toContain('No tts model could be had.')
  })

  it('stops at once when the disk is full: the next model would not fit either', async () => {
    const ran = await run(['install', '--defaults'], { vad: new AppError('disk-full', 'The disk is full') })
    expect(ran).toMatchObject({ code: 1, installed: [], err: expect.stringContaining('The disk is full') as string })
  })

  it('says that it was stopped', async () => {
    expect(await run(['install', 'vad'], { vad: new AppError('aborted', 'SIGINT') })).toMatchObject({ code: 130, err: 'Stopped. What was downloaded is kept.\n' })
  })

  it('imports, and says what was taken and what is missing', async () => {
    expect(await run(['import', '/f'])).toMatchObject({ code: 0, out: 'Installed: vad\nNot complete: voice still needs v.onnx (`parley models install voice` gets them)\n', err: 'Not taken: /f/model.gguf has a model file\'s name, but other content\n' })
  })

  it('verifies, and a damaged model is a failure', async () => {
    expect(await run(['verify'])).toMatchObject({ code: 0, out: 'ok       vad\n' })
    expect(await run(['verify', '--json'], { vad: failed })).toMatchObject({ code: 1, out: `${JSON.stringify({ type: 'verified', modelId: 'vad', ok: false, faults: [{ file: 'vad.onnx', fault: 'hash' }] })}\n` })
  })
})

describe('progress', () => {
  const at = (doneBytes: number, fileName = 'a', source = 's'): Parameters<ReturnType<typeof createProgressLines>['report']>[0] => ({ modelId: 'm', fileName, source, doneBytes, totalBytes: 100, phase: 'downloading' })

  it('is a line at each quarter where there is no terminal, whatever the parts of a file do', () => {
    const page = new Page()
    const lines = createProgressLines({ terminal: page })
    for (let done = 0; done <= 100; done++)
      lines.report(at(done, 'a', `part ${done % 3}`))
    expect(page.text.split('\n').filter(Boolean)).toEqual([0, 25, 50, 75, 100].map(percent => `m  a  downloading  ${percent} %`))
  })

  it('is one line that is drawn again on a terminal, at most ten times a second, never wider than it', () => {
    const page = Object.assign(new Page(), { isTTY: true, columns: 60 })
    let nowMs = 0
    const lines = createProgressLines({ terminal: page }, () => nowMs)
    for (; nowMs < 1_000; nowMs += 5) {
      lines.report(at(nowMs / 20))
      lines.report(at(nowMs / 20, 'b'))
    }
    const drawn = page.text.split('\r\x1B[2K').filter(Boolean)
    expect(drawn).toHaveLength(10)
    expect(Math.max(...drawn.map(line => line.length))).toBeLessThan(60)
    expect(drawn.at(-1)).toMatch(/^m {2}\[#{11}\.{13}\] 44 %/)
  })
})
