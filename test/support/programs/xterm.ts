import type { Stage } from '../../../scripts/stage/index.mjs'
import type { ProgramOptions, TestProgram } from './program'
import { Buffer } from 'node:buffer'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createWaiting, PROGRAMS_FOLDER, PYTHON, startProgram, textWait } from './program'

export interface XtermOptions extends ProgramOptions {
  /** A bash prompt that takes bracketed pastes; otherwise a program that reads in raw mode. */
  readonly shell?: boolean
}

/**
 * `text` is every byte that the terminal gave since the last `clear`, as UTF-8: Return is `\r`, and a paste at the shell's
 * prompt is between `\x1b[200~` and `\x1b[201~`.
 */
export interface XtermProgram extends TestProgram {
  /** The lines that were submitted to the shell. */
  readonly submitted: readonly string[]
  readonly untilSubmitted: (count: number, timeoutMs?: number) => Promise<readonly string[]>
}

export async function openXterm(stage: Stage, { shell = false, title = 'xterm under test', env = {} }: XtermOptions = {}): Promise<XtermProgram> {
  const dir = await mkdtemp(join(stage.dir, 'xterm-'))
  const bytes: Buffer[] = []
  const events: string[] = []
  let partOfEvent = ''
  let changed = (): void => {}
  const closers = [
    await listen(join(dir, 'bytes'), (data) => {
      bytes.push(data)
      changed()
    }),
    await listen(join(dir, 'events'), (data) => {
      const parts = (partOfEvent + data.toString('utf8')).split('\0')
      partOfEvent = parts.pop() ?? ''
      events.push(...parts)
      changed()
    }),
  ]
  const command = shell ? ['bash', '--noprofile', '--rcfile', join(PROGRAMS_FOLDER, 'bashrc'), '-i'] : []
  const recorder = [PYTHON, join(PROGRAMS_FOLDER, 'terminal-recorder.py'), join(dir, 'bytes'), join(dir, 'events'), ...command]
  const program = startProgram(stage, 'xterm', ['-T', title, '-u8', '-e', ...recorder], { env: { LC_ALL: 'C.UTF-8', ...env } })
  const waiting = createWaiting(program.ended)
  changed = waiting.changed
  const text = (): string => Buffer.concat(bytes).toString('utf8')
  const submitted = (): readonly string[] => events.slice(1)
  const window = await program.shown()
  await waiting.until(() => events.length > 0, () => 'a terminal whose program is not ready')
  return {
    window,
    pid: program.pid,
    text: async () => text(),
    untilText: textWait(waiting, text),
    get submitted() {
      return submitted()
    },
    async untilSubmitted(count, timeoutMs) {
      await waiting.until(() => submitted().length >= count, () => JSON.stringify(submitted()), timeoutMs)
      return submitted()
    },
    async clear() {
      bytes.length = 0
    },
    async close() {
      await program.close()
      await Promise.all(closers.map(close => close()))
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** A Unix socket that takes what is sent to it; resolves with the way to close it and its connections. */
async function listen(path: string, take: (data: Buffer) => void): Promise<() => Promise<void>> {
  const closing = new AbortController()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', take)
    closing.signal.addEventListener('abort', () => socket.destroy())
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(path, done)
  })
  return () => new Promise((done) => {
    server.close(() => done())
    closing.abort()
  })
}
