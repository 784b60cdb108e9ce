import type { ControlServerOptions } from '../../../src-main/desktop/control-socket'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { controlSocketPath, createControlServer, sendControl } from '../../../src-main/desktop/control-socket'
import { AppError } from '../../../src-main/lib/app-error'
import { silentLogger } from '../../../src-main/ports/logger'

const unix = describe.skipIf(process.platform === 'win32')
const options = { signal: new AbortController().signal, timeoutMs: 2_000 }

unix('the control socket', () => {
  let folder = ''
  let path = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-control-'))
    path = join(folder, 'run', 'control.sock')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  function serve(handle: ControlServerOptions['handle'] = async () => ({})): ReturnType<typeof createControlServer> {
    return createControlServer({ path, handle, logger: silentLogger })
  }

  /** Everything the server says to these bytes, until it closes or so many lines have come. */
  async function talk(pieces: readonly (string | Uint8Array)[], lines: number): Promise<unknown[]> {
    const socket = connect(path)
    let heard = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      heard += text
      if (heard.split('\n').length > lines)
        socket.destroy()
    })
    socket.on('error', () => {})
    await once(socket, 'connect')
    for (const piece of pieces)
      socket.write(piece)
    await once(socket, 'close')
    return heard.split('\n').filter(Boolean).map(line => JSON.parse(line) as unknown)
  }

  it('carries commands and answers, and is closed to everybody else', async () => {
    const heard: string[] = []
    await using _server = await serve(async (command) => {
      heard.push(command)
      if (command === 'status')
        return { state: 'listening', hold: true }
      if (command === 'cancel')
        throw new AppError('not-found', 'Nothing to cancel.')
    })
    expect(await sendControl(path, 'status', options)).toEqual({ ok: true, state: 'listening', hold: true })
    expect(await sendControl(path, 'talk-toggle', options)).toEqual({ ok: true })
    expect(await sendControl(path, 'cancel', options)).toEqual({ ok: false, error: { code: 'not-found', message: 'Nothing to cancel.' } })
    expect(heard).toEqual(['status', 'talk-toggle', 'cancel'])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700)
  })

  it('closes a folder that was open to others', async () => {
    await mkdir(join(folder, 'run'))
    await chmod(join(folder, 'run'), 0o777)
    await using _server = await serve()
    expect((await stat(join(folder, 'run'))).mode & 0o777).toBe(0o700)
  })

  it('gives another user no word, by the folder and by the socket itself', async ({ skip }) => {
    if (process.getuid?.() !== 0)
      return skip('only the administrator can try it as somebody else')
    await using _server = await serve(async () => ({ text: 'private words' }))
    await chmod(folder, 0o755)
    expect(await asNobody()).toBe('EACCES')
    await chmod(join(folder, 'run'), 0o755)
    expect(await asNobody()).toBe('EACCES')
    // What would be told if both were open.
    await chmod(path, 0o666)
    expect(await asNobody()).toContain('private words')
  })

  /** What a process of the user `nobody` is told, or how it is refused. */
  async function asNobody(): Promise<string> {
    const script = `const s = require('net').connect(process.argv[1]).on('error', e => console.log(e.code)).on('data', d => s.end(console.log(String(d)))); s.end('{"command":"dictate-status"}')`
    const child = spawn(process.execPath, ['-e', script, path], { uid: 65_534, gid: 65_534, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', data => said += String(data))
    await once(child, 'close')
    return said.trim()
  }

  it('answers bad input with an error, in order, and goes on', async () => {
    await using _server = await serve(async command => ({ did: command }))
    const answers = await talk(['{"command":"sta', 'tus"}\nnonsense\n', `${'x'.repeat(100_000)}\n`, new Uint8Array([0xFF, 0x0A]), '{"command":"boom"}\n{"command":"open"}\n'], 6)
    const bad = { ok: false, error: { code: 'bad-input', message: expect.any(String) as string } }
    expect(answers).toEqual([{ ok: true, did: 'status' }, bad, bad, bad, bad, { ok: true, did: 'open' }])
  })

  it('answers a last command without a line feed, and a client that closes its side first', async () => {
    await using _server = await serve(async command => ({ did: command }))
    const socket = connect({ path, allowHalfOpen: true })
    socket.end('{"command":"talk-stop"}')
    const [data] = await once(socket, 'data') as [Uint8Array]
    expect(JSON.parse(new TextDecoder().decode(data))).toEqual({ ok: true, did: 'talk-stop' })
    await once(socket, 'end')
  })

  it('lives on when a client leaves in the middle, and when a handler throws nonsense', async () => {
    await using _server = await serve(async (command) => {
      if (command === 'open')
        throw new TypeError('surprise')
      return {}
    })
    await talk(['{"command":"status"}\n{"comm'], 1)
    expect(await sendControl(path, 'open', options)).toEqual({ ok: false, error: { code: 'internal', message: 'surprise' } })
    expect(await sendControl(path, 'status', options)).toEqual({ ok: true })
  })

  it('takes the place of a dead process, never of a living one or of a file', async () => {
    await mkdir(join(folder, 'run'))
    const child = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`], { stdio: ['ignore', 'pipe', 'ignore'] })
    await once(child.stdout, 'data')
    await expect(serve()).rejects.toMatchObject({ code: 'internal', params: { reason: 'already-running' } })
    child.kill('SIGKILL')
    await once(child, 'close')
    expect((await stat(path)).isSocket()).toBe(true)
    await expect(sendControl(path, 'status', options)).rejects.toMatchObject({ code: 'not-found' })
    {
      await using _server = await serve()
      await expect(serve()).rejects.toMatchObject({ params: { reason: 'already-running' } })
      expect(await sendControl(path, 'status', options)).toEqual({ ok: true })
    }
    await writeFile(path, 'precious')
    await expect(serve()).rejects.toMatchObject({ code: 'internal' })
    expect(await readFile(path, 'utf8')).toBe('precious')
  })

  it('leaves nothing behind when it is closed, and cuts those who wait', async () => {
    const server = await serve(() => new Promise(() => {}))
    const waiting = sendControl(path, 'status', options)
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'not-found' })
    await talkable(path)
    await server[Symbol.asyncDispose]()
    await outcome
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(sendControl(path, 'status', options)).rejects.toMatchObject({ code: 'not-found' })
  })

  it('gives up in time, and when it is told to', async () => {
    await using _server = await serve(() => new Promise(() => {}))
    await expect(sendControl(path, 'status', { ...options, timeoutMs: 20 })).rejects.toMatchObject({ code: 'timeout', retryable: true })
    const controller = new AbortController()
    const stopped = sendControl(path, 'status', { signal: controller.signal, timeoutMs: 2_000 })
    controller.abort(new AppError('aborted', 'enough'))
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    await expect(sendControl(path, 'status', { signal: controller.signal, timeoutMs: 2_000 })).rejects.toMatchObject({ code: 'aborted' })
  })
})

/** Resolves once the server has taken connections. */
async function talkable(path: string): Promise<void> {
  const socket = connect(path)
  await once(socket, 'connect')
  socket.destroy()
}

describe('the place of the control socket', () => {
  it.each([
    [{ platform: 'linux', env: { XDG_RUNTIME_DIR: '/run/user/7' }, tmpDir: '/tmp', userId: 7 }, '/run/user/7/parley/control.sock'],
    [{ platform: 'linux', env: {}, tmpDir: '/tmp', userId: 7 }, '/tmp/parley-7/control.sock'],
    [{ platform: 'darwin', env: {}, tmpDir: '/var/folders/x', userId: 501 }, '/var/folders/x/parley-501/control.sock'],
    [{ platform: 'win32', env: {}, tmpDir: 'C:\\Temp', userId: 'Jo Do' }, '\\\\.\\pipe\\parley-Jo_Do'],
    [{ platform: 'linux', env: { PARLEY_CONTROL_SOCKET: '/x/y.sock' }, tmpDir: '/tmp', userId: 7 }, '/x/y.sock'],
  ] as const)('%j is %s', (place, expected) => {
    expect(controlSocketPath(place)).toBe(expected)
  })
})
