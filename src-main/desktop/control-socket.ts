import type { Server, Socket } from 'node:net'
import type { Logger } from '../ports/logger'
import type { ControlCommand, ControlLine, ControlReply } from './control-protocol'
import { chmod, lstat, mkdir, rm } from 'node:fs/promises'
import { createServer, connect as netConnect } from 'node:net'
import { dirname, posix } from 'node:path'
import process from 'node:process'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { createLineSplitter, LONGEST_COMMAND_BYTES, LONGEST_REPLY_BYTES, parseControlCommand, parseControlReply } from './control-protocol'

export type { ControlCommand, ControlReply } from './control-protocol'

/** A client that says nothing for so long is dropped. */
const IDLE_MS = 30_000
const MOST_CLIENTS = 16
const PROBE_MS = 1_000

export interface ControlSocketPlace {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  /** The system's folder for temporary files, where there is no folder of the login session. */
  readonly tmpDir: string
  /** Numeric id, or name on Windows. */
  readonly userId: string | number
}

/** Where the control socket of this user is: `PARLEY_CONTROL_SOCKET`, else in the login session's own folder. */
export function controlSocketPath({ platform, env, tmpDir, userId }: ControlSocketPlace): string {
  const given = env['PARLEY_CONTROL_SOCKET']
  if (given)
    return given
  if (platform === 'win32')
    return `\\\\.\\pipe\\parley-${String(userId).replace(/\W/g, '_')}`
  const runtimeDir = env['XDG_RUNTIME_DIR']
  return runtimeDir ? posix.join(runtimeDir, 'parley', 'control.sock') : posix.join(tmpDir, `parley-${userId}`, 'control.sock')
}

export interface ControlServerOptions {
  readonly path: string
  /** What is returned becomes fields of the answer; an `AppError` becomes its `error`. */
  readonly handle: (command: ControlCommand) => Promise<Readonly<Record<string, unknown>> | void>
  readonly logger: Logger
}

export interface ControlServer extends AsyncDisposable {
  readonly path: string
}

/**
 * Listens for commands of the same user: the socket is 0600 in a folder that is 0700 (on Windows a named pipe).
 * What a dead process left is replaced. Throws `internal` with `params.reason` `already-running` when another process
 * answers there, and `read-only` when the folder belongs to somebody else.
 */
export async function createControlServer({ path, handle, logger }: ControlServerOptions): Promise<ControlServer> {
  const sockets = new Set<Socket>()
  const isPipe = path.startsWith('\\\\')
  if (!isPipe)
    await ownFolder(dirname(path))
  // Half open: `printf … | nc -U` closes its side before it reads the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    background(serve(socket, handle), logger, 'control socket')
  })
  server.maxConnections = MOST_CLIENTS
  await listenInPlace(server, path)
  if (!isPipe)
    await chmod(path, 0o600)
  server.on('error', error => logger.error('control socket failed', { error: error.message }))
  return {
    path,
    async [Symbol.asyncDispose]() {
      sockets.forEach(socket => socket.destroy())
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}

async function ownFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const stats = await lstat(folder)
    const uid = process.getuid?.()
    if (!stats.isDirectory() || (uid !== undefined && stats.uid !== uid))
      throw new AppError('read-only', 'The folder of the control socket belongs to somebody else.', { params: { folder } })
    if ((stats.mode & 0o077) !== 0)
      await chmod(folder, 0o700)
  }
  catch (error) {
    throw toAppError(error, 'read-only')
  }
}

async function listenInPlace(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path)
  }
  catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'))
      throw toAppError(error)
    if (await somebodyAnswers(path))
      throw new AppError('internal', 'Parley is already running.', { cause: error, params: { reason: 'already-running' } })
    if (!(await lstat(path)).isSocket())
      throw new AppError('internal', 'A file that is no socket is in the place of the control socket.', { cause: error, params: { file: path } })
    await rm(path, { force: true })
    await listen(server, path)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function somebodyAnswers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = netConnect(path)
    const settle = (answer: boolean) => (): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(PROBE_MS, settle(true))
    socket.once('connect', settle(true))
    socket.once('error', settle(false))
  })
}

/** One command after another; the socket is read no faster than it is answered. */
async function serve(socket: Socket, handle: ControlServerOptions['handle']): Promise<void> {
  const splitter = createLineSplitter(LONGEST_COMMAND_BYTES)
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  const answerAll = async (lines: readonly ControlLine[]): Promise<void> => {
    for (const line of lines)
      await write(socket, `${JSON.stringify(await answer(line, handle))}\n`)
  }
  try {
    // The iterator would destroy the socket at the client's end, with the last answer unsent.
    for await (const chunk of socket.iterator({ destroyOnReturn: false }))
      await answerAll(splitter.push(chunk as Uint8Array))
    await answerAll(splitter.end())
    socket.end()
  }
  catch {
    // The client went away, or this end was closed: there is nobody to tell.
    socket.destroy()
  }
}

async function answer(line: ControlLine, handle: ControlServerOptions['handle']): Promise<ControlReply> {
  try {
    if (line === null)
      throw new AppError('bad-input', `A command is one line of UTF-8, at most ${LONGEST_COMMAND_BYTES} bytes.`)
    return { ...await handle(parseControlCommand(line)), ok: true }
  }
  catch (error) {
    const { code, message } = toAppError(error)
    return { ok: false, error: { code, message } }
  }
}

function write(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(text, error => error ? reject(error) : resolve())
  })
}

/**
 * Sends one command to the running app. Throws `not-found` when none runs, `timeout`, `bad-input` when what answers
 * speaks another language, and `signal.reason`. An answer `{ok: false}` is returned, not thrown.
 */
export function sendControl(path: string, command: ControlCommand, { signal, timeoutMs }: { readonly signal: AbortSignal, readonly timeoutMs: number }): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    if (signal.aborted)
      return reject(signal.reason as Error)
    const splitter = createLineSplitter(LONGEST_REPLY_BYTES)
    const socket = netConnect(path)
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      act()
    }
    const onAbort = (): void => settle(() => reject(signal.reason as Error))
    const timer = setTimeout(() => settle(() => reject(new AppError('timeout', 'Parley did not answer in time.', { retryable: true }))), timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => socket.write(`${JSON.stringify({ command })}\n`))
    socket.on('data', (chunk: Uint8Array) => takeReply(splitter.push(chunk)))
    socket.once('end', () => takeReply(splitter.end(), true))
    socket.once('error', cause => settle(() => reject(new AppError('not-found', 'Parley is not running.', { cause, retryable: true }))))

    function takeReply(lines: readonly ControlLine[], ended = false): void {
      const [line] = lines
      if (line === undefined) {
        if (ended)
          settle(() => reject(new AppError('not-found', 'Parley went away before it answered.', { retryable: true })))
        return
      }
      settle(() => {
        try {
          resolve(parseControlReply(line ?? ''))
        }
        catch (error) {
          reject(error as Error)
        }
      })
    }
  })
}
