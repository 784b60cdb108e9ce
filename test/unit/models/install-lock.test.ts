import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { acquireInstallLock } from '../../../src-main/models/install-lock'
import { useTemporaryFolders } from './support/temporary-folder'

const folder = useTemporaryFolders()
const { signal } = new AbortController()
const never = { signal, onWaiting: (pid: number): void => expect.unreachable(`waits for ${pid}`) }

describe('acquireInstallLock', () => {
  it('is held until it is released', async () => {
    const path = join(folder(), 'deep', 'install.lock')
    const release = await acquireInstallLock(path, never)
    const order: string[] = []
    const second = acquireInstallLock(path, { signal, onWaiting: pid => order.push(`waits for ${pid === process.pid ? 'us' : pid}`) }).then((done) => {
      order.push('got it')
      return done
    })
    while (order.length === 0)
      await new Promise(resolve => setImmediate(resolve))
    order.push('released')
    await release()
    await (await second)()
    expect([order.filter((what, at) => what !== order[at - 1]), existsSync(path)]).toEqual([['waits for us', 'released', 'got it'], false])
  })

  it('is taken over from a process that was killed', async () => {
    const path = join(folder(), 'install.lock')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")'], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    const stat = process.platform === 'linux' ? readFileSync(`/proc/${child.pid}/stat`, 'utf8') : undefined
    const startedAt = stat === undefined ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    writeFileSync(path, JSON.stringify({ pid: child.pid, startedAt }))
    let waited = 0
    const asked = acquireInstallLock(path, {
      signal,
      onWaiting() {
        if (waited++ === 0)
          child.kill('SIGKILL')
      },
    })
    await (await asked)()
    expect(waited).toBeGreaterThan(0)
  })

  it.skipIf(process.platform !== 'linux')('does not mistake a later process of the same number for the holder', async () => {
    const path = join(folder(), 'install.lock')
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: '1' }))
    await (await acquireInstallLock(path, never))()
  })

  it.each(['', '{"pid":', '{"pid":-1}', 'text', '{"pid":"1"}'])('is taken over when its file says nothing: %j', async (content) => {
    const path = join(folder(), 'install.lock')
    writeFileSync(path, content)
    await (await acquireInstallLock(path, never))()
    expect(existsSync(path)).toBe(false)
  })

  it('stops waiting when told to', async () => {
    const path = join(folder(), 'install.lock')
    const release = await acquireInstallLock(path, never)
    const stop = new AbortController()
    const reason = new Error('enough')
    await expect(acquireInstallLock(path, { signal: stop.signal, onWaiting: () => stop.abort(reason) })).rejects.toBe(reason)
    await release()
  })

  it('says when the folder cannot be written', async () => {
    const root = folder()
    writeFileSync(join(root, 'file'), '')
    await expect(acquireInstallLock(join(root, 'file', 'install.lock'), never)).rejects.toMatchObject({ code: 'read-only' })
    await expect(acquireInstallLock(join(root, 'file', 'deep', 'install.lock'), never)).rejects.toMatchObject({ code: 'read-only' })
  })

  it('is held by one at a time, however many ask', async () => {
    const path = join(folder(), 'install.lock')
    writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 7, startedAt: '1' }))
    let inside = 0
    let most = 0
    await Promise.all(Array.from({ length: 4 }, async () => {
      const release = await acquireInstallLock(path, { signal, onWaiting() {} })
      most = Math.max(most, ++inside)
      await new Promise(resolve => setImmediate(resolve))
      inside--
      await release()
    }))
    expect(most).toBe(1)
  })
})
