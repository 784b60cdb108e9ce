import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run, tail } from '../../../scripts/lib/run.mjs'

const NODE = process.execPath
/** Starts a grandchild that would live for a minute, prints its number, and ends. */
const LEAVES_ONE_BEHIND = `
  const { spawn } = require('node:child_process')
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' })
  child.unref()
  console.log(child.pid)
`

/** As a script of ours that has started something; says who is who. */
const SCRIPT = `
  import { run } from ${JSON.stringify(pathToFileURL(resolve('scripts/lib/run.mjs')).href)}
  run(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], {
    onSpawn: child => console.log(JSON.stringify({ shell: process.ppid, script: process.pid, child: child.pid })),
  })
`
/** As npm: a shell between itself and the script. The shell stays, since something comes after the script. */
const NPM = `
  const { spawn } = require('node:child_process')
  spawn('sh', ['-c', '"$0" --input-type=module -e "$1"; true', process.execPath, process.env.SCRIPT], { stdio: ['ignore', 'inherit', 'inherit'] })
`

/** A zombie has ended too: it only waits for its parent to look. */
function isRunning(pid) {
  return /^[^Z\s]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())
}

describe('run', () => {
  it('gives the code and the output', async () => {
    const { code, stdout, output } = await run(NODE, ['-e', 'console.log("out"); console.error("err"); process.exitCode = 3'])
    expect({ code, stdout, hasBoth: output.includes('out') && output.includes('err') }).toEqual({ code: 3, stdout: 'out\n', hasBoth: true })
  })

  it('tells a program that is not there and one that was killed', async () => {
    const absent = await run('parley-no-such-program', [])
    const killed = await run(NODE, ['-e', 'process.kill(process.pid, "SIGKILL")'])
    expect([absent.code, killed.code]).toEqual([127, 137])
  })

  it('ends what takes too long', async () => {
    const { timedOut } = await run(NODE, ['-e', 'setTimeout(() => {}, 60000)'], { timeoutMs: 300 })
    expect(timedOut).toBe(true)
  })

  it.runIf(process.platform !== 'win32')('leaves nothing of the group behind', async () => {
    const { stdout } = await run(NODE, ['-e', LEAVES_ONE_BEHIND])
    await expect.poll(() => isRunning(Number(stdout))).toBe(false)
  })

  it.runIf(process.platform === 'linux').each(['npm', 'shell'])('leaves nothing when the %s above it is killed outright', async (who) => {
    const npm = spawn(NODE, ['-e', NPM], { env: { ...process.env, npm_lifecycle_event: 'test', SCRIPT }, stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(npm.stdout, 'data')
    const { shell, script, child } = JSON.parse(String(line))
    expect([script, child].every(isRunning)).toBe(true)
    process.kill(who === 'npm' ? npm.pid : shell, 'SIGKILL')
    await expect.poll(() => [script, child].filter(isRunning), { timeout: 5000 }).toEqual([])
  })

  it('shows the last lines', () => {
    expect(tail('1\n2\n3\n4\n', 2)).toBe('3\n4')
  })
})
