import type { ChildProcess } from 'node:child_process'
import type { Stage } from '../../scripts/stage/index.mjs'
import type { SelectionSession } from '../../src-main/desktop/inject/x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { afterEach, vi } from 'vitest'
import { openSelectionSession } from '../../src-main/desktop/inject/x11-clipboard-session'
import { systemClock } from '../../src-main/ports/clock'
import { createWaiting, PROGRAMS_FOLDER, PYTHON } from './programs/program'

export type Selection = 'clipboard' | 'primary'
export type Formats = Readonly<Record<string, Buffer>>

/** A GTK program that owns a selection with several formats. */
export interface GtkOwner {
  readonly pid: number
  /** Takes the selection. */
  readonly own: (formats: Formats) => Promise<void>
  /** What the selection's owner gives for a target; null: refused. */
  readonly ask: (target: string) => Promise<Buffer | null>
  /** Targets that it was asked for, in order. */
  readonly asked: readonly string[]
  readonly stop: () => Promise<void>
}

export interface OwnerProcess {
  readonly pid: number
  readonly stop: () => Promise<void>
}

export interface ClipboardPrograms {
  /** xclip owns a selection with one format. */
  readonly xclipOwns: (data: Buffer | string, options?: { readonly target?: string, readonly selection?: Selection }) => Promise<OwnerProcess>
  /** What xclip reads; null: there is no such thing. */
  readonly xclipReads: (target?: string, selection?: Selection) => Promise<Buffer | null>
  readonly openOwner: (selection: 'CLIPBOARD' | 'PRIMARY', formats: Formats) => Promise<GtkOwner>
  readonly startProgram: (command: string, args?: readonly string[], env?: Readonly<Record<string, string>>) => OwnerProcess
}

/** Programs that own and read selections on the stage, for the calling test; ended after it. */
export function useClipboardPrograms(stage: () => Pick<Stage, 'env'>): ClipboardPrograms {
  const running = new Set<ChildProcess>()
  const ended = new WeakMap<ChildProcess, Promise<unknown>>()
  let probe: Promise<SelectionSession> | undefined
  afterEach(async () => {
    await Promise.all([...running].map(stop))
    const session = await probe
    probe = undefined
    session?.close()
  })

  async function ownerOf(selection: Selection): Promise<number> {
    if (!probe || (await probe).connection.isClosed)
      probe = openSelectionSession({ display: stage().env['DISPLAY'] ?? '', clock: systemClock })
    const session = await probe
    return session.ownerOf(selection === 'clipboard' ? session.atoms.CLIPBOARD : session.atoms.PRIMARY)
  }

  async function stop(child: ChildProcess): Promise<void> {
    running.delete(child)
    child.kill('SIGKILL')
    await ended.get(child)
  }

  function start(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(command, args, { env: { ...process.env, ...stage().env, ...env }, stdio: 'pipe' })
    running.add(child)
    ended.set(child, new Promise(resolve => child.once('close', resolve)))
    child.stdin.on('error', () => {})
    child.stderr.resume()
    return child
  }

  return {
    async xclipOwns(data, { target, selection = 'clipboard' } = {}) {
      const child = start('xclip', ['-verbose', '-i', '-selection', selection, ...target ? ['-t', target] : []])
      const owns = new Promise<void>((resolve, reject) => {
        let told = ''
        child.stderr?.on('data', (text: Buffer) => {
          told += text.toString()
          if (told.includes('Waiting for selection request'))
            resolve()
        })
        child.once('close', () => reject(new Error(`xclip ended: ${told}`)))
      })
      owns.catch(() => {})
      const before = await ownerOf(selection)
      child.stdin?.end(data)
      await owns
      // It says so before the server has heard of it.
      await vi.waitFor(async () => {
        const owner = await ownerOf(selection)
        if (owner === 0 || owner === before)
          throw new Error('xclip does not own the selection')
      }, { timeout: 5_000, interval: 2 })
      return { pid: child.pid ?? 0, stop: () => stop(child) }
    },
    async xclipReads(target = 'UTF8_STRING', selection = 'clipboard') {
      const child = start('xclip', ['-o', '-selection', selection, '-t', target])
      const pieces: Buffer[] = []
      child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
      const [code] = await once(child, 'close') as [number]
      running.delete(child)
      return code === 0 ? Buffer.concat(pieces) : null
    },
    async openOwner(selection, formats) {
      const child = start(PYTHON, [join(PROGRAMS_FOLDER, 'clipboard-owner.py'), selection])
      const gone = (ended.get(child) ?? Promise.resolve()).then(() => Promise.reject(new Error('the owner ended')))
      gone.catch(() => {})
      const waiting = createWaiting(gone)
      const asked: string[] = []
      const answers: (string | null)[] = []
      let owned = 0
      createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on('line', (line) => {
        const told = JSON.parse(line) as { owned?: true, asked?: string, answer?: string | null }
        owned += told.owned ? 1 : 0
        if (told.asked !== undefined)
          asked.push(told.asked)
        if (told.answer !== undefined)
          answers.push(told.answer)
        waiting.changed()
      })
      const tell = (order: object): void => void child.stdin?.write(`${JSON.stringify(order)}\n`)
      const own = async (contents: Formats): Promise<void> => {
        const before = owned
        tell({ own: Object.fromEntries(Object.entries(contents).map(([name, data]) => [name, data.toString('base64')])) })
        await waiting.until(() => owned > before, () => 'no owner', 15_000)
      }
      await own(formats)
      return {
        pid: child.pid ?? 0,
        own,
        asked,
        async ask(target) {
          const before = answers.length
          tell({ ask: target })
          await waiting.until(() => answers.length > before, () => 'no answer', 15_000)
          const answer = answers[before]
          return typeof answer === 'string' ? Buffer.from(answer, 'base64') : null
        },
        stop: () => stop(child),
      }
    },
    startProgram(command, args = [], env = {}) {
      const child = start(command, args, env)
      child.stdout?.resume()
      return { pid: child.pid ?? 0, stop: () => stop(child) }
    },
  }
}
