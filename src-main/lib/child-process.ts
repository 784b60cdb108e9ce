import { fork } from 'node:child_process'
import process from 'node:process'
import { Emitter } from './emitter'

interface UtilityParentPort {
  on: (event: 'message', listener: (event: { data: unknown }) => void) => void
  postMessage: (message: unknown) => void
}

/** Starts a built entry in plain Node. `stdout` of the child is swallowed: PortAudio prints to it. */
export function forkNode(entryPath: string, env: Readonly<Record<string, string>> = {}): {
  pid: number | undefined
  messages: Emitter<unknown>
  exits: Emitter<{ code: number | null }>
  send: (message: unknown) => void
  kill: () => void
} {
  const messages = new Emitter<unknown>()
  const exits = new Emitter<{ code: number | null }>()
  const child = fork(entryPath, [], {
    env: { ...process.env, ...env },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', process.env['PARLEY_CHILD_STDERR'] === '1' ? 'inherit' : 'ignore', 'ipc'],
  })
  let gone = false
  const leave = (code: number | null): void => {
    if (gone)
      return
    gone = true
    exits.emit({ code })
  }
  child.on('message', message => messages.emit(message))
  child.on('exit', code => leave(code))
  child.on('error', () => leave(null))
  return {
    pid: child.pid,
    messages,
    exits,
    send(message) {
      if (!gone && child.connected)
        child.send(message as object, () => {})
    },
    kill() {
      if (!gone)
        child.kill('SIGKILL')
    },
  }
}

/** The child's own end: Electron's `parentPort` or Node's IPC channel. The child ends with its parent. */
export function parentChannel(): { messages: Emitter<unknown>, send: (message: unknown) => void } {
  const messages = new Emitter<unknown>()
  const port = (process as unknown as { parentPort?: UtilityParentPort }).parentPort
  if (port) {
    port.on('message', event => messages.emit(event.data))
    return { messages, send: message => port.postMessage(message) }
  }
  process.on('message', message => messages.emit(message))
  process.on('disconnect', () => process.exit(0))
  return {
    messages,
    send(message) {
      if (process.connected)
        process.send?.(message)
    },
  }
}
