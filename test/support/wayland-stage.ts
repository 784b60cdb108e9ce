import type { ChildProcess } from 'node:child_process'
import { Buffer } from 'node:buffer'
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, watch, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { connectSway } from '../../src-main/desktop/inject/wayland-sway'
import { systemClock } from '../../src-main/ports/clock'
import { createWaiting, PROGRAMS_FOLDER, PYTHON } from './programs/program'

/** `nobody`: sway refuses to run as root. */
const ORDINARY_ID = 65534
const NEEDED = ['sway', 'foot', 'wtype', 'wl-copy', 'wl-paste', 'setpriv']
const START_LIMIT_MS = 15_000

/** What is missing to run a compositor here; empty: nothing. */
export function missingForWayland(): string[] {
  return NEEDED.filter(name => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { stdio: 'ignore' }).status !== 0)
}

export interface WaylandProgram {
  readonly text: () => string
  readonly untilText: (wanted: string, timeoutMs?: number) => Promise<void>
  /** There is some text. */
  readonly untilStarted: () => Promise<void>
  /** From within: this text, selected from a position (in code points) to its end. Not of a terminal. */
  readonly select: (text: string, from: number) => Promise<void>
  /** Gives it the focus. */
  readonly focus: () => Promise<void>
  readonly close: () => Promise<void>
}

export interface WaylandStage extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
  /** A GTK 3 entry. */
  readonly openEntry: (title: string) => Promise<WaylandProgram>
  /** A GTK 3 text of many lines. */
  readonly openTextView: (title: string) => Promise<WaylandProgram>
  /** foot, with a program that tells each byte it gets. */
  readonly openTerminal: (title: string) => Promise<WaylandProgram>
  /** Ctrl+C, in whatever has the focus. */
  readonly copyByKeys: () => void
  /** A folder of links to the programs of the session, but for one. */
  readonly pathWithout: (name: string) => Promise<string>
  readonly clear: () => void
  /** A content of one kind on the clipboard, as another program puts it there. */
  readonly copy: (type: string, data: string | Buffer) => void
  /** The clipboard's kinds, and its content as one of them. */
  readonly clipboard: (type?: string) => { readonly types: readonly string[], readonly data: Buffer }
}

/** A headless compositor with a keyboard, run as an ordinary user, whose sockets the tests use. */
export async function startWaylandStage(): Promise<WaylandStage> {
  const dir = mkdtempSync(join(tmpdir(), 'parley-wayland-'))
  const runtime = join(dir, 'runtime')
  mkdirSync(runtime, { mode: 0o700 })
  const config = join(dir, 'config')
  writeFileSync(config, 'output HEADLESS-1 resolution 800x600\nfocus_follows_mouse no\nxwayland disable\n')
  chmodSync(dir, 0o755)
  const isRoot = process.getuid?.() === 0
  if (isRoot)
    chownSync(runtime, ORDINARY_ID, ORDINARY_ID)
  const children: Started[] = []
  const base = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C.UTF-8', HOME: runtime, XDG_RUNTIME_DIR: runtime }
  const start = (command: readonly string[], env: Readonly<Record<string, string>>): Started => {
    const started = startChild(['setpriv', ...isRoot ? ['--reuid', String(ORDINARY_ID), '--regid', String(ORDINARY_ID), '--clear-groups'] : [], '--pdeathsig', 'KILL', ...command], env)
    children.push(started)
    return started
  }
  const stop = async (): Promise<void> => {
    for (const child of children.splice(0).reverse())
      await child.close()
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    const sway = start(['sway', '-c', config], { ...base, WLR_BACKENDS: 'headless', WLR_LIBINPUT_NO_DEVICES: '1', WLR_RENDERER: 'pixman' })
    const sockets = await Promise.race([socketsIn(runtime), sway.ended])
    const env = { ...base, WAYLAND_DISPLAY: sockets.display, SWAYSOCK: join(runtime, sockets.sway), XDG_SESSION_TYPE: 'wayland' }
    // The keyboard on the desk: without one the seat has none between two calls of a tool.
    start(['wtype', '-s', '100000000'], env)
    return createStage({ dir, env, start, isRoot, stop })
  }
  catch (error) {
    await stop()
    throw error
  }
}

interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<never>
  readonly close: () => Promise<void>
}

function startChild([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let lastWords = ''
  child.stderr.on('data', (data: Buffer) => {
    lastWords = (lastWords + data.toString()).slice(-2000)
  })
  const gone = new Promise<void>((done) => {
    child.once('error', () => done())
    child.once('close', () => done())
  })
  const ended = gone.then(() => Promise.reject(new Error(`${args.at(-1) ?? command} ended: ${lastWords}`)))
  ended.catch(() => {})
  return {
    child,
    ended,
    async close() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

async function socketsIn(folder: string): Promise<{ readonly display: string, readonly sway: string }> {
  const look = async (): Promise<{ readonly display: string, readonly sway: string } | undefined> => {
    const names = await readdir(folder)
    const display = names.find(name => /^wayland-\d+$/.test(name))
    const sway = names.find(name => name.startsWith('sway-ipc.'))
    return display !== undefined && sway !== undefined ? { display, sway } : undefined
  }
  const limit = AbortSignal.timeout(START_LIMIT_MS)
  const watcher = watch(folder, { signal: limit })
  try {
    for (;;) {
      const changed = new Promise<void>((resolve, reject) => {
        watcher.once('change', () => resolve())
        limit.addEventListener('abort', () => reject(new Error('the compositor does not come up')))
      })
      const found = await look()
      changed.catch(() => {})
      if (found)
        return found
      await changed
    }
  }
  finally {
    watcher.close()
  }
}

interface StageParts {
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  readonly isRoot: boolean
  readonly start: (command: readonly string[], env: Readonly<Record<string, string>>) => Started
  readonly stop: () => Promise<void>
}

function createStage({ dir, env, isRoot, start, stop }: StageParts): WaylandStage {
  const programEnv = { ...env, GDK_BACKEND: 'wayland', GTK_IM_MODULE: 'gtk-im-context-simple', NO_AT_BRIDGE: '1', GSETTINGS_BACKEND: 'memory' }
  let terminals = 0

  function wlTool(name: string, args: readonly string[], input: string | Buffer = ''): void {
    if (spawnSync(name, [...args], { env, input, stdio: ['pipe', 'ignore', 'ignore'], timeout: 5_000 }).status !== 0)
      throw new Error(`${name} failed`)
  }

  async function shown(title: string, ended: Promise<never>): Promise<string> {
    await Promise.race([untilFocused(env['SWAYSOCK'] ?? '', title), ended])
    return title
  }

  function focus(title: string): Promise<void> {
    wlTool('swaymsg', [`[title="^${title}$"] focus`])
    return untilFocused(env['SWAYSOCK'] ?? '', title)
  }

  async function openGtk(script: string, title: string): Promise<WaylandProgram> {
    const { child, ended, close } = start([PYTHON, join(PROGRAMS_FOLDER, script), title], programEnv)
    const waiting = createWaiting(ended)
    let text = ''
    let obeyed = 0
    let ordered = 0
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const told = JSON.parse(line) as { readonly text?: string, readonly obeyed?: boolean }
        text = told.text ?? text
        obeyed += told.obeyed ? 1 : 0
        waiting.changed()
      })
    }
    const set = async (wanted: string, anchor: number): Promise<void> => {
      const mine = ++ordered
      child.stdin?.write(`${JSON.stringify({ set: wanted, caret: [...wanted].length, anchor })}\n`)
      await waiting.until(() => obeyed >= mine, () => 'no answer')
    }
    await shown(title, ended)
    return {
      text: () => text,
      untilText: (wanted, timeoutMs) => waiting.until(() => text === wanted, () => JSON.stringify(text), timeoutMs),
      untilStarted: () => waiting.until(() => text !== '', () => 'no text'),
      select: set,
      focus: () => focus(title),
      close,
    }
  }

  return {
    env,
    openEntry: title => openGtk('gtk-entry.py', title),
    openTextView: title => openGtk('gtk-text.py', title),
    async openTerminal(title) {
      const folder = join(dir, `terminal-${++terminals}`)
      mkdirSync(folder, { mode: 0o755 })
      const chunks: Buffer[] = []
      let isReady = false
      let changed = (): void => {}
      const servers = [
        await listen(join(folder, 'bytes'), isRoot, (data) => {
          chunks.push(data)
          changed()
        }),
        await listen(join(folder, 'events'), isRoot, () => {
          isReady = true
          changed()
        }),
      ]
      const { ended, close } = start(['foot', '--title', title, '--override', 'locked-title=yes', PYTHON, join(PROGRAMS_FOLDER, 'terminal-recorder.py'), join(folder, 'bytes'), join(folder, 'events')], programEnv)
      const waiting = createWaiting(ended)
      changed = waiting.changed
      const decoded = (): string => Buffer.concat(chunks).toString('utf8')
      await shown(title, ended)
      await waiting.until(() => isReady, () => 'a terminal whose program is not ready')
      return {
        text: decoded,
        untilText: (wanted, timeoutMs) => waiting.until(() => decoded() === wanted, () => JSON.stringify(decoded()), timeoutMs),
        untilStarted: () => waiting.until(() => chunks.length > 0, () => 'no text'),
        select: () => Promise.reject(new Error('a terminal has no selection of ours')),
        focus: () => focus(title),
        async close() {
          await close()
          servers.forEach(server => server.close())
        },
      }
    },
    copyByKeys: () => wlTool('wtype', ['-M', 'ctrl', '-k', 'c', '-m', 'ctrl', '-p', 'VoidSymbol']),
    async pathWithout(name) {
      const folder = mkdtempSync(join(dir, 'path-'))
      for (const tool of ['wtype', 'wl-copy', 'wl-paste', 'cat', 'rm'].filter(other => other !== name))
        symlinkSync(spawnSync('sh', ['-c', 'command -v "$1"', 'sh', tool], { encoding: 'utf8' }).stdout.trim(), join(folder, tool))
      return folder
    },
    clear: () => wlTool('wl-copy', ['--clear']),
    copy(type, data) {
      wlTool('wl-copy', ['--type', type], data)
    },
    clipboard(type) {
      const list = spawnSync('wl-paste', ['--list-types'], { env, encoding: 'utf8', timeout: 5_000 })
      const types = list.status === 0 ? list.stdout.split('\n').filter(Boolean) : []
      const { stdout } = spawnSync('wl-paste', ['--no-newline', ...type ? ['--type', type] : []], { env, maxBuffer: 64 * 1024 * 1024, timeout: 5_000 })
      return { types, data: stdout }
    },
    [Symbol.asyncDispose]: stop,
  }
}

interface TreeNode {
  readonly name?: string | null
  readonly focused?: boolean
  readonly nodes?: readonly TreeNode[]
  readonly floating_nodes?: readonly TreeNode[]
}

function focusedName(node: TreeNode): string | null {
  if (node.focused)
    return node.name ?? null
  for (const inner of [...node.nodes ?? [], ...node.floating_nodes ?? []]) {
    const name = focusedName(inner)
    if (name !== null)
      return name
  }
  return null
}

async function untilFocused(path: string, title: string): Promise<void> {
  const sway = await connectSway(path, systemClock)
  let timer: NodeJS.Timeout | undefined
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`“${title}” has not the focus`)), START_LIMIT_MS)
    })
    for (;;) {
      const changed = new Promise<void>(resolve => void sway.changes.subscribe(resolve))
      if (focusedName(await sway.tree() as TreeNode) === title)
        return
      await Promise.race([changed, late])
    }
  }
  finally {
    clearTimeout(timer)
    sway.close()
  }
}

function listen(path: string, isRoot: boolean, take: (data: Buffer) => void): Promise<{ close: () => void }> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', take)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      if (isRoot)
        chownSync(path, ORDINARY_ID, ORDINARY_ID)
      resolve({ close: () => server.close() })
    })
  })
}
