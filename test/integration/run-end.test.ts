import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'

const NAME = 'PARLEY_RUN_END_TEST'

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  }
  catch {
    return ''
  }
}

/** Command lines of everything that carries the mark in its environment, by process id. */
function marked(mark: string): Map<number, string> {
  const pids = readdirSync('/proc').map(Number).filter(pid => pid > 0)
  const ours = pids.filter(pid => read(pid, 'environ').split('\0').includes(`${NAME}=${mark}`))
  return new Map(ours.map(pid => [pid, read(pid, 'cmdline').replaceAll('\0', ' ')]))
}

interface Run {
  readonly child: ChildProcess
  readonly processes: () => Map<number, string>
}

const runs: Run[] = []

/** A run of the tests as `npm test` starts it: npm, its shell, the script. */
function start(): Run {
  const mark = randomUUID()
  const child = spawn('npm', ['test', '--', 'test/integration/stage.test.ts'], {
    cwd: resolve('.'),
    env: { ...process.env, [NAME]: mark },
    stdio: 'ignore',
    detached: true,
  })
  const run = { child, processes: () => marked(mark) }
  runs.push(run)
  return run
}

describe.runIf(process.platform === 'linux')('a run of the tests that is broken off', () => {
  afterEach(() => {
    for (const pid of runs.splice(0).flatMap(({ processes }) => [...processes().keys()])) {
      try {
        process.kill(pid, 'SIGKILL')
      }
      catch {
        // Ended in the meantime.
      }
    }
  })

  const script = ({ processes }: Run): number => [...processes()].find(([, command]) => /^\S*node scripts\/test\.mjs/.test(command))?.[0] ?? 0

  it.each([
    ['Ctrl+C', (run: Run) => process.kill(-(run.child.pid ?? 0), 'SIGINT')],
    ['SIGTERM to npm', (run: Run) => process.kill(run.child.pid ?? 0, 'SIGTERM')],
    ['SIGKILL to npm', (run: Run) => process.kill(run.child.pid ?? 0, 'SIGKILL')],
    ['SIGKILL to the script', (run: Run) => process.kill(script(run), 'SIGKILL')],
  ])('by %s leaves no process', async (_, strike) => {
    const run = start()
    // The stage of the whole run, and the one of the test that runs.
    const servers = () => [...run.processes().values()].filter(command => command.startsWith('pulseaudio')).length
    await expect.poll(servers, { timeout: 50_000, interval: 100 }).toBe(2)
    strike(run)
    await expect.poll(() => [...run.processes().values()], { timeout: 15_000, interval: 100 }).toEqual([])
  })
})
