import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import process from 'node:process'

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The lines of stdout that are JSON. */
  readonly events: readonly Record<string, unknown>[]
}

export interface CliOptions {
  readonly input?: Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningCli {
  readonly result: Promise<CliResult>
  readonly kill: (signal: 'SIGINT' | 'SIGTERM') => void
}

/** Runs the built command line as a user would. */
export function parley(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startParley(args, options).result
}

/** The same, for who wants to stop it. */
export function startParley(args: readonly string[], options: CliOptions = {}): RunningCli {
  const child = spawn(process.execPath, [resolve('out/main/cli.js'), ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const blocks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  child.stdout.on('data', (block: Buffer) => blocks.stdout.push(block))
  child.stderr.on('data', (block: Buffer) => blocks.stderr.push(block))
  child.stdin.on('error', () => {}) // it may end without reading
  child.stdin.end(options.input)
  const closed = new Promise<number | null>(done => child.on('close', done))
  return {
    kill: signal => void child.kill(signal),
    result: closed.then((code) => {
      const stdout = Buffer.concat(blocks.stdout).toString()
      const events = stdout.split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Record<string, unknown>)
      return { code, stdout, stderr: Buffer.concat(blocks.stderr).toString(), events }
    }),
  }
}
