import type { ChildProcess, ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../../ports/clock'
import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { AppError } from '../../lib/app-error'

export type ToolEnv = Readonly<Record<string, string | undefined>>

export interface ToolResult {
  /** Null: killed. */
  readonly code: number | null
  readonly stdout: Buffer
  /** There was more than `limitBytes`; the program was ended. */
  readonly isCut: boolean
}

export interface ToolCall {
  /** What must not be seen in the list of processes goes here. */
  readonly stdin?: string | Buffer
  readonly limitMs: number
  readonly limitBytes?: number
  /** What it says on its error output is part of the answer. */
  readonly withErrors?: boolean
  readonly signal?: AbortSignal
}

/** Programs of the desktop, run one at a time and never through a shell. */
export interface Tools {
  /** Where it is; null: not installed. */
  find: (name: string) => Promise<string | null>
  /** Rejects on abort, with `not-found` when there is no such program, with `timeout` when it was too slow and was killed. */
  run: (name: string, args: readonly string[], call: ToolCall) => Promise<ToolResult>
  /** Starts one that outlives this program. `gone` resolves when it has ended. */
  leave: (name: string, args: readonly string[], stdin: Buffer) => { readonly gone: Promise<void>, readonly hasEnded: () => boolean }
}

const STDOUT_LIMIT_BYTES = 1024 * 1024

export function createTools({ env, clock }: { readonly env: ToolEnv, readonly clock: Clock }): Tools {
  const plainEnv = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
  return {
    find: name => findProgram(name, env),
    run: (name, args, call) => new Promise((resolve, reject) => {
      call.signal?.throwIfAborted()
      const child = spawn(name, [...args], { env: plainEnv, stdio: ['pipe', 'pipe', call.withErrors ? 'pipe' : 'ignore'] }) as ChildProcessByStdio<Writable, Readable, Readable | null>
      const chunks: Buffer[] = []
      let sizeBytes = 0
      let isCut = false
      const settle = (act: () => void): void => {
        cancel()
        call.signal?.removeEventListener('abort', onAbort)
        child.kill('SIGKILL')
        child.stdout.destroy()
        act()
      }
      const onAbort = (): void => settle(() => reject(call.signal?.reason))
      const cancel = clock.after(call.limitMs, () => settle(() => reject(new AppError('timeout', `${name} did not end.`))))
      call.signal?.addEventListener('abort', onAbort)
      const take = (data: Buffer): void => {
        sizeBytes += data.length
        chunks.push(data)
        if (sizeBytes > (call.limitBytes ?? STDOUT_LIMIT_BYTES)) {
          isCut = true
          child.kill('SIGKILL')
        }
      }
      child.stdout.on('data', take)
      child.stderr?.on('data', take)
      child.once('error', cause => settle(() => reject(new AppError('not-found', `${name} could not be run.`, { cause }))))
      // A program that leaves a process of its own behind may leave it the pipe, too.
      child.once('exit', (code) => {
        const finish = (): void => settle(() => resolve({ code, stdout: Buffer.concat(chunks), isCut }))
        if (child.stdout.readableEnded)
          finish()
        else
          child.stdout.once('close', finish)
      })
      feed(child, call.stdin ?? '')
    }),
    leave(name, args, stdin) {
      const child = spawn(name, [...args], { env: plainEnv, stdio: ['pipe', 'ignore', 'ignore'], detached: true })
      let isOver = false
      const gone = new Promise<void>((resolve) => {
        const end = (): void => {
          isOver = true
          resolve()
        }
        child.once('error', end)
        child.once('exit', end)
      })
      feed(child, stdin)
      child.unref()
      return { gone, hasEnded: () => isOver }
    },
  }
}

function feed(child: ChildProcess, stdin: string | Buffer): void {
  // Whoever ends without reading is told by its code.
  child.stdin?.on('error', () => {})
  child.stdin?.end(stdin)
}

async function findProgram(name: string, env: ToolEnv): Promise<string | null> {
  for (const folder of (env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name)
    if (await access(path, constants.X_OK).then(() => true, () => false))
      return path
  }
  return null
}
