import { spawn } from 'node:child_process'
import process from 'node:process'
import { afterEach, describe, expect, it } from 'vitest'
import { killLeftovers, markRun, waitForLeftovers } from '../../../scripts/lib/leftovers.mjs'

describe.runIf(process.platform === 'linux')('leftovers', () => {
  afterEach(() => {
    killLeftovers()
    delete process.env.PARLEY_RUN_ID
  })

  it('finds what still runs, also in a session of its own, says which, and ends it', async () => {
    markRun()
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore', detached: true })
    const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(signal)))
    const found = await waitForLeftovers(200)
    expect(found.map(({ pid, command }) => ({ pid, named: command.includes('setTimeout') }))).toEqual([{ pid: child.pid, named: true }])
    killLeftovers()
    expect(await ended).toBe('SIGKILL')
    expect(await waitForLeftovers(2000)).toEqual([])
  })

  it('waits for what is about to end', async () => {
    markRun()
    const child = spawn(process.execPath, ['-e', 'process.stdin.once("data", () => process.exit())'], { stdio: ['pipe', 'ignore', 'ignore'] })
    const waiting = waitForLeftovers(5000)
    child.stdin.write('end')
    expect(await waiting).toEqual([])
  })
})
