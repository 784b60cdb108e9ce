import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { cacheFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { onLeave } from './run.mjs'

const POLL_MS = 250
const held = new Set()

/**
 * Holds the lock `name` among all processes of this user while `work` runs. Someone else's lock is waited for;
 * the lock of a process that is gone is taken over. A process that holds it may take it again.
 */
export async function withLock(name, work) {
  if (held.has(name))
    return await work()
  const folder = join(cacheFolder(), 'locks')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.lock`)
  await acquire(file)
  held.add(name)
  const release = () => rmSync(file, { force: true })
  const forget = onLeave(release)
  try {
    return await work()
  }
  finally {
    held.delete(name)
    forget()
    release()
  }
}

async function acquire(file) {
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) }))
  let progress
  try {
    for (;;) {
      try {
        // A link appears with its content or not at all; a lock that is being written cannot be taken for a stale one.
        linkSync(mine, file)
        progress?.done()
        return
      }
      catch (error) {
        if (error.code !== 'EEXIST')
          throw error
      }
      const owner = readOwner(file)
      if (owner && isAlive(owner)) {
        progress ??= createProgress(`Waiting for another set-up (process ${owner.pid}, lock ${file})`)
        await delay(POLL_MS)
        continue
      }
      takeAway(file)
    }
  }
  finally {
    rmSync(mine, { force: true })
  }
}

/** Removes a stale lock; one that a third process has set in the meantime is put back. */
function takeAway(file) {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  }
  catch {
    return
  }
  const owner = readOwner(aside)
  if (owner && isAlive(owner)) {
    try {
      linkSync(aside, file)
    }
    catch {
      // Another one holds it already.
    }
  }
  rmSync(aside, { force: true })
}

function readOwner(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  }
  catch {
    return undefined
  }
}

function isAlive({ pid, startedAt }) {
  try {
    process.kill(pid, 0)
  }
  catch (error) {
    return error.code === 'EPERM'
  }
  return startedAt === startOf(pid)
}

/** Tells a process from a later one of the same number; only where there is /proc. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[19]
  }
  catch {
    return undefined
  }
}
