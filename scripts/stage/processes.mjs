import { spawn, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import process from 'node:process'

/** `setpriv --pdeathsig` makes the kernel end a child whose parent was killed outright, where no handler can run. */
const leash = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0
  ? ['setpriv', '--pdeathsig', 'KILL']
  : []

export function isInstalled(command) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command], { stdio: 'ignore' }).status === 0
}

/** The children of one stage: started, waited for and killed by pid, never by name. */
export class Processes {
  #children = new Set()
  #dir
  #onExit = () => this.killAllSync()
  #signals = new Map()

  constructor(dir) {
    this.#dir = dir
    process.once('exit', this.#onExit)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      const handler = () => {
        this.killAllSync()
        // Somebody else's handler (a test runner's) decides how to end; alone, the default action is taken.
        if (process.listenerCount(signal) === 0)
          process.kill(process.pid, signal)
      }
      this.#signals.set(signal, handler)
      process.once(signal, handler)
    }
  }

  /** Starts a command; the child is forgotten when it exits. `stderr` is kept (last 4 kB) for error messages. */
  start(command, args, { env, stdio = ['ignore', 'ignore', 'pipe'] } = {}) {
    const [head, ...rest] = [...leash, command, ...args]
    const child = spawn(head, rest, { env, stdio })
    this.#children.add(child)
    child.lastWords = ''
    child.stderr?.on('data', (data) => {
      child.lastWords = (child.lastWords + data).slice(-4096)
    })
    child.ended = new Promise((resolve) => {
      child.once('error', error => resolve({ code: null, error }))
      child.once('close', (code, signal) => resolve({ code, signal }))
    })
    child.ended.then(() => this.#children.delete(child))
    return child
  }

  /** Kills one child and waits until it is gone. */
  async kill(child, signal = 'SIGKILL') {
    if (!child || child.exitCode !== null || child.signalCode !== null)
      return
    child.kill(signal)
    await child.ended
  }

  get pids() {
    return [...this.#children].map(child => child.pid)
  }

  async killAll() {
    await Promise.all([...this.#children].map(child => this.kill(child)))
    this.#release()
  }

  killAllSync() {
    for (const child of this.#children)
      child.kill('SIGKILL')
    this.#release()
  }

  #release() {
    process.off('exit', this.#onExit)
    for (const [signal, handler] of this.#signals)
      process.off(signal, handler)
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Fails with the child's last words when it ends before `ready`, or after `timeoutMs`. */
export async function readyOrDead(child, name, ready, timeoutMs = 10_000) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} was not ready after ${timeoutMs} ms: ${child.lastWords}`)), timeoutMs)
  })
  const dead = child.ended.then(({ code, signal, error }) => {
    throw error ?? new Error(`${name} ended (${code ?? signal}) before it was ready: ${child.lastWords}`)
  })
  dead.catch(() => {})
  try {
    return await Promise.race([ready, dead, late])
  }
  finally {
    clearTimeout(timer)
  }
}
