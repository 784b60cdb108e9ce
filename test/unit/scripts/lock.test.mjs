import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from '../../../scripts/lib/lock.mjs'

const LOCK_MODULE = join(import.meta.dirname, '..', '..', '..', 'scripts', 'lib', 'lock.mjs')

/** A process that takes the lock, says so, and holds it until it is killed or told to let go. */
function startHolder(cache) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `
    import { withLock } from ${JSON.stringify(LOCK_MODULE)}
    await withLock('set-up', () => new Promise((resolve) => {
      process.stdout.write('held')
      process.stdin.once('data', resolve)
    }))
    process.exit(0)
  `], { env: { ...process.env, PARLEY_CACHE_DIR: cache }, stdio: ['pipe', 'pipe', 'ignore'] })
  const holds = new Promise(resolve => child.stdout.once('data', resolve))
  const ended = new Promise(resolve => child.once('exit', resolve))
  return { child, holds, ended }
}

describe('lock', () => {
  let cache
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'parley-lock-'))
    process.env.PARLEY_CACHE_DIR = cache
  })
  afterEach(() => {
    delete process.env.PARLEY_CACHE_DIR
    rmSync(cache, { recursive: true, force: true })
  })

  it('keeps one process waiting while another one holds it', async () => {
    const { child, holds, ended } = startHolder(cache)
    await holds
    const order = []
    const mine = withLock('set-up', async () => order.push('mine'))
    await withLock('another name', async () => order.push('other name'))
    expect(order).toEqual(['other name'])
    child.stdin.write('go')
    await Promise.all([ended.then(() => order.push('let go')), mine])
    expect(order.at(0)).toBe('other name')
    expect(order).toContain('mine')
    expect(readdirSync(join(cache, 'locks'))).toEqual([])
  })

  it('takes over the lock of a process that was killed', async () => {
    const { child, holds, ended } = startHolder(cache)
    await holds
    child.kill('SIGKILL')
    await ended
    expect(readdirSync(join(cache, 'locks'))).toHaveLength(1)
    expect(await withLock('set-up', async () => 'mine')).toBe('mine')
    expect(readdirSync(join(cache, 'locks'))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('is not fooled by a process that got the number of the one that held it', async () => {
    await withLock('set-up', async () => {})
    const { child, holds, ended } = startHolder(cache)
    await holds
    const [file] = readdirSync(join(cache, 'locks'))
    child.kill('SIGKILL')
    await ended
    writeFileSync(join(cache, 'locks', file), JSON.stringify({ pid: process.ppid, startedAt: '1' }))
    expect(await withLock('set-up', async () => 'mine')).toBe('mine')
  })

  it('may be taken again by who holds it, and is let go after a failure', async () => {
    expect(await withLock('set-up', () => withLock('set-up', async () => 'inner'))).toBe('inner')
    await expect(withLock('set-up', async () => {
      throw new Error('failed')
    })).rejects.toThrow('failed')
    expect(await withLock('set-up', async () => 'again')).toBe('again')
  })
})
