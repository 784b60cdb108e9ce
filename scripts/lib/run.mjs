import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

/** Children that still run; a signal to us goes to all of them, and none outlives us. */
const running = new Set()
const cleanups = new Set()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
const GRACE_MS = 5000
const PARENT_LOOK_MS = 250
let leaving

/**
 * Registers something to undo when a signal ends this process (a lock, a stage, a temporary folder).
 * Returns the way to unregister.
 */
export function onLeave(cleanup) {
  listen()
  cleanups.add(cleanup)
  return () => cleanups.delete(cleanup)
}

let listening = false
function listen() {
  if (listening)
    return
  listening = true
  for (const signal of SIGNALS)
    process.on(signal, () => leave(signal))
  leaveWithNpm()
}

/**
 * npm hands a signal on to the shell between it and us, and the shell dies alone; npm that was killed outright hands on
 * nothing. Then we leave too. Only under npm: somebody's own shell may end and leave us running on purpose. (On Windows
 * a parent's number never changes.)
 */
function leaveWithNpm() {
  if (process.env.npm_lifecycle_event === undefined)
    return
  const ancestors = () => `${process.ppid} ${parentOf(process.ppid)}`
  const before = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === before)
      return
    clearInterval(timer)
    leave('SIGTERM')
  }, PARENT_LOOK_MS)
  timer.unref()
}

/** Undefined where there is no /proc. */
function parentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[1]
  }
  catch {
    return undefined
  }
}

/** Ends all children (asked first, then killed with everything in their group), then this process. */
async function leave(signal) {
  if (leaving)
    return
  leaving = signal
  await Promise.all(Array.from(running, child => endChild(child, signal)))
  for (const cleanup of [...cleanups].reverse()) {
    try {
      await cleanup()
    }
    catch (error) {
      process.stderr.write(`While ending: ${error?.message ?? error}\n`)
    }
  }
  process.exit(EXIT_CODES[signal])
}

async function endChild(child, signal) {
  const gone = new Promise(resolve => child.once('exit', resolve))
  if (child.exitCode !== null || child.signalCode !== null)
    return
  killGroup(child, signal)
  const timer = setTimeout(killGroup, GRACE_MS, child, 'SIGKILL')
  await gone
  clearTimeout(timer)
  killGroup(child, 'SIGKILL')
}

/**
 * Has the kernel end a child whose parent was killed outright, where no handler can run (`setpriv` is part of
 * util-linux). Elsewhere such a child goes on to its own end.
 */
function leash(command, args) {
  setpriv ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  return setpriv ? ['setpriv', ['--pdeathsig', 'KILL', command, ...args]] : [command, args]
}

let setpriv

/** Signals a child and all that it started in its group. */
export function killGroup(child, signal) {
  try {
    if (child.pid && process.platform !== 'win32')
      process.kill(-child.pid, signal)
    else
      child.kill(signal)
  }
  catch {
    // Gone already.
  }
}

/**
 * Starts a program in a process group of its own; when it has ended, what is left of its group is killed.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options] `spawn` options, and: `timeoutMs` (asked to end after that, then killed), `logFile` (all output goes there too),
 *   `onOutput(text)`, `onSpawn(child)`, `sweep` (false leaves what is left of the group, for the caller to look at)
 * @returns {Promise<{code: number, signal: string | null, stdout: string, output: string, timedOut: boolean}>}
 *   `code` is 128 + n for a signal, 127 when the program is not there
 */
export function run(command, args, options = {}) {
  const { timeoutMs, logFile, onOutput, onSpawn, sweep = true, ...spawnOptions } = options
  listen()
  return new Promise((resolve) => {
    const child = spawn(...leash(command, args), {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      ...spawnOptions,
    })
    running.add(child)
    onSpawn?.(child)
    const log = logFile ? openLog(logFile) : undefined
    let stdout = ''
    let output = ''
    let timedOut = false
    let killTimer
    const take = (data, isStdout) => {
      const text = String(data)
      if (isStdout)
        stdout += text
      output += text
      log?.write(text)
      onOutput?.(text)
    }
    child.stdout?.on('data', data => take(data, true))
    child.stderr?.on('data', data => take(data, false))
    const timer = timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          // Asked first, so that it can take down what it has started in other groups.
          killGroup(child, 'SIGTERM')
          killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS)
        }, timeoutMs)
    const settle = (code, signal) => {
      clearTimeout(timer)
      clearTimeout(killTimer)
      running.delete(child)
      if (sweep)
        killGroup(child, 'SIGKILL')
      log?.end()
      if (!leaving)
        resolve({ code, signal, stdout, output, timedOut })
    }
    child.on('error', error => settle(error.code === 'ENOENT' ? 127 : 126, null))
    child.on('close', (code, signal) => settle(code ?? 128 + signalNumber(signal), signal))
  })
}

function signalNumber(signal) {
  return { SIGHUP: 1, SIGINT: 2, SIGTRAP: 5, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }[signal] ?? 1
}

function openLog(file) {
  mkdirSync(dirname(file), { recursive: true })
  return createWriteStream(file)
}

/** How to call npm here: the one that runs us when there is one. */
export function npmCommand() {
  const fromEnv = process.env.npm_execpath
  if (fromEnv && /npm-cli\.[cm]?js$/.test(fromEnv) && existsSync(fromEnv))
    return { command: process.execPath, args: [fromEnv] }
  const beside = [
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ].find(file => existsSync(file))
  return beside ? { command: process.execPath, args: [beside] } : { command: 'npm', args: [] }
}

/** The last lines of a program's output, for a message. */
export function tail(text, lines = 20) {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
