import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import process from 'node:process'
import { diskError, errnoOf } from '../lib/disk-error'

const POLL_MS = 200

interface Holder {
  readonly pid: number
  /** Tells a process from a later one of the same number; null where the system does not say. */
  readonly startedAt: string | null
}

/** Field 22 of `/proc/PID/stat`: start time in ticks since boot. The name in field 2 may hold blanks and parentheses. */
async function startTimeOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  }
  catch {
    return null
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  }
  catch (error) {
    if (errnoOf(error) !== 'EPERM')
      return false
  }
  return holder.startedAt === null || await startTimeOf(holder.pid) === holder.startedAt
}

function parseHolder(content: string): Holder | undefined {
  try {
    const { pid, startedAt } = JSON.parse(content) as Partial<Holder>
    return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 ? { pid, startedAt: startedAt ?? null } : undefined
  }
  catch {
    return undefined
  }
}

/** Breaking takes milliseconds: whoever began it so long ago has died in it. */
const BREAK_LIMIT_MS = 5_000

/**
 * Removes a dead holder's file. One at a time, by a lock of its own: a file that was seen to be stale can then only be
 * that file when it is removed, never one that somebody has made in the meantime.
 */
async function breakStale(path: string, seen: string): Promise<void> {
  const breaking = `${path}.break`
  try {
    await writeFile(breaking, '', { flag: 'wx', mode: 0o600 })
  }
  catch (error) {
    if (errnoOf(error) !== 'EEXIST')
      throw diskError(error, path) ?? error
    const begunAtMs = await stat(breaking).then(({ mtimeMs }) => mtimeMs, () => Infinity)
    if (Date.now() - begunAtMs > BREAK_LIMIT_MS)
      await rm(breaking, { force: true })
    return
  }
  try {
    if (await readFile(path, 'utf8').catch(() => undefined) === seen)
      await rm(path, { force: true })
  }
  finally {
    await rm(breaking, { force: true })
  }
}

/**
 * Only one process installs at a time; the others wait. The lock of a process that died is taken over. It saves double work
 * and keeps partial downloads to one writer; files are published by rename all the same, so that even without it nothing
 * half-written could ever be seen.
 *
 * Resolves with the way to release it. Throws `signal.reason`, `read-only`, `disk-full`.
 */
export async function acquireInstallLock(path: string, options: { readonly signal: AbortSignal, readonly onWaiting: (pid: number) => void }): Promise<() => Promise<void>> {
  const mine = JSON.stringify({ pid: process.pid, startedAt: await startTimeOf(process.pid) } satisfies Holder)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  }
  catch (error) {
    throw diskError(error, dirname(path)) ?? error
  }
  for (;;) {
    options.signal.throwIfAborted()
    try {
      await writeFile(path, mine, { flag: 'wx', mode: 0o600 })
      return async () => rm(path, { force: true })
    }
    catch (error) {
      if (errnoOf(error) !== 'EEXIST')
        throw diskError(error, path) ?? error
    }
    const content = await readFile(path, 'utf8').catch(() => undefined)
    if (content === undefined)
      continue
    const holder = parseHolder(content)
    if (holder !== undefined && await isAlive(holder)) {
      options.onWaiting(holder.pid)
      await nap(options.signal)
      continue
    }
    // An empty file may be one that is just being written: it gets one nap to become a holder's.
    if (holder === undefined) {
      await nap(options.signal)
      if (await readFile(path, 'utf8').catch(() => undefined) !== content)
        continue
    }
    await breakStale(path, content)
  }
}

async function nap(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, POLL_MS)
    signal.addEventListener('abort', wake, { once: true })
  })
}
