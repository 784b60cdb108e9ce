import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Stage } from '../../../scripts/stage/index.mjs'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import process from 'node:process'
import { openStageKeyboard } from '../../../scripts/stage/x11.mjs'

/** The system's own: another Python on the PATH has no GTK. */
export const PYTHON = '/usr/bin/python3'
export const PROGRAMS_FOLDER = resolve('test/support/programs')
const DEFAULT_TIMEOUT_MS = 10_000
const SHOWN_TIMEOUT_MS = 30_000

export interface ProgramOptions {
  /** Of the window; distinct titles tell two windows of one kind apart. */
  readonly title?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A real program with a text field that has the focus, and what it says that the field holds. */
export interface TestProgram {
  /** The X window, and the process that owns it. */
  readonly window: number
  readonly pid: number
  readonly text: () => Promise<string>
  /** Resolves with the text when it is so; rejects with the text that there was after `timeoutMs` (10 s). */
  readonly untilText: (wanted: string | ((text: string) => boolean), timeoutMs?: number) => Promise<string>
  readonly clear: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface StartedProgram {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly pid: number
  /** Rejects when the program ends. Never resolves. */
  readonly ended: Promise<never>
  /** Its window, once that has the focus. */
  readonly shown: () => Promise<number>
  /** Kills it and waits for its end. */
  readonly close: () => Promise<void>
}

/** Starts a program on the stage; its window must say that it is this process's. */
export function startProgram(stage: Stage, command: string, args: readonly string[], { env = {} }: { readonly env?: Readonly<Record<string, string>> }): StartedProgram {
  const child = spawn(command, args, { env: { ...process.env, ...stage.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.on('error', () => {})
  const gone = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('close', () => done())
  })
  const ended = gone.then(() => Promise.reject(new Error(`${command} ended`)))
  ended.catch(() => {})
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    close,
    async shown() {
      const keyboard = await openStageKeyboard({ display: stage.env['DISPLAY'] ?? '' })
      try {
        const seen = async (): Promise<number> => {
          const find = async (): Promise<number | undefined> => (await keyboard.windowsOf({ pid: child.pid ?? 0 }))[0]
          const window = await keyboard.waitFor(find, { timeoutMs: SHOWN_TIMEOUT_MS, what: `a window of ${command}` })
          await keyboard.waitForFocus(window ?? 0, { timeoutMs: SHOWN_TIMEOUT_MS })
          return window ?? 0
        }
        return await Promise.race([seen(), ended])
      }
      catch (error) {
        await close()
        throw error
      }
      finally {
        await keyboard.close()
      }
    },
  }
}

export interface Waiting {
  /** Something was told: every wait looks again. */
  readonly changed: () => void
  readonly until: (isSo: () => boolean, describe: () => string, timeoutMs?: number) => Promise<void>
}

/** Waits for what a program tells; fails when the program ends. */
export function createWaiting(ended: Promise<never>): Waiting {
  const waits = new Set<() => void>()
  return {
    changed: () => [...waits].forEach(look => look()),
    until: (isSo, describe, timeoutMs = DEFAULT_TIMEOUT_MS) => new Promise((done, fail) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        waits.delete(look)
        act()
      }
      const look = (): void => {
        if (isSo())
          settle(done)
      }
      const timer = setTimeout(() => settle(() => fail(new Error(`not within ${timeoutMs} ms; there is ${describe()}`))), timeoutMs)
      waits.add(look)
      ended.catch((error: unknown) => settle(() => fail(error as Error)))
      look()
    }),
  }
}

/** `untilText` of a program whose text is `text()`. */
export function textWait(waiting: Waiting, text: () => string): TestProgram['untilText'] {
  return async (wanted, timeoutMs) => {
    await waiting.until(() => typeof wanted === 'string' ? text() === wanted : wanted(text()), () => JSON.stringify(text()), timeoutMs)
    return text()
  }
}
