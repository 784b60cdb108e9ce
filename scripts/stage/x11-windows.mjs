import { spawn } from 'node:child_process'
import process from 'node:process'
import x11 from 'x11'
import { monotonicMs } from './recorder.mjs'

const POLL_MS = 20
/** FocusOut, X11 protocol: a grab's modes are 1 and 2; inside of the window (2) and the pointer's (5) are no loss. */
const FOCUS_MODES = [0, 3]
const NO_LOSS = [2, 5]

/** What can be seen of windows and of the focus; part of the stage's keyboard (x11.d.mts). */
export function createWindows({ X, ask, screen, display }) {
  const root = screen.root
  const changes = new Set()
  const windows = new Map()
  X.on('event', (event) => {
    windows.get(event.wid)?.(event)
    for (const wake of changes)
      wake()
  })
  // Tells of a new active window.
  X.ChangeWindowAttributes(root, { eventMask: x11.eventMask.PropertyChange | x11.eventMask.SubstructureNotify })

  /** Asks again on each change that X tells of, and now and then where it tells of none. */
  async function until(question, timeoutMs, what) {
    const deadlineMs = monotonicMs() + timeoutMs
    for (;;) {
      const answer = await question()
      if (answer)
        return answer
      if (monotonicMs() > deadlineMs)
        throw new Error(`${what}: not within ${timeoutMs} ms`)
      await new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          changes.delete(wake)
          resolve()
        }
        const timer = setTimeout(wake, POLL_MS)
        changes.add(wake)
      })
    }
  }

  async function property(window, name) {
    const atom = await ask('InternAtom', false, name)
    try {
      const { data } = await ask('GetProperty', 0, window, atom, 0, 0, 1024)
      return data
    }
    catch {
      return new Uint8Array() // the window is gone
    }
  }

  const number = data => data.length >= 4 ? data.readUInt32LE(0) : null
  const activeWindow = async () => number(await property(root, '_NET_ACTIVE_WINDOW')) || null
  const focusedWindow = async () => (await ask('GetInputFocus')).focus
  const windowPid = async window => number(await property(window, '_NET_WM_PID'))
  async function windowName(window) {
    const name = await property(window, '_NET_WM_NAME')
    return (name.length > 0 ? name : await property(window, 'WM_NAME')).toString('utf8')
  }
  const windowClass = async window => (await property(window, 'WM_CLASS')).toString('latin1').split('\0').filter(Boolean)

  /** Viewable windows of clients, bottom to top, under whatever frames the window manager puts around them. */
  async function clientWindows(parent = root) {
    let children
    try {
      ({ children } = await ask('QueryTree', parent))
    }
    catch {
      return []
    }
    const found = []
    for (const child of children) {
      const named = (await windowClass(child)).length > 0 || (await property(child, 'WM_NAME')).length > 0
      const attributes = await ask('GetWindowAttributes', child).catch(() => null)
      if (named && attributes?.mapState === 2)
        found.push(child)
      else
        found.push(...await clientWindows(child))
    }
    return found
  }

  async function windowsOf({ pid, className, name } = {}) {
    const found = []
    for (const window of await clientWindows()) {
      if (pid !== undefined && await windowPid(window) !== pid)
        continue
      if (className !== undefined && !(await windowClass(window)).some(part => part.toLowerCase() === className.toLowerCase()))
        continue
      if (name !== undefined && await windowName(window) !== name)
        continue
      found.push(window)
    }
    return found
  }

  async function isFocused(window) {
    let at = await focusedWindow()
    while (at > 1 && at !== root) {
      if (at === window)
        return true
      at = (await ask('QueryTree', at).catch(() => ({ parent: 0 }))).parent
    }
    return false
  }

  const waitForFocus = (window, { timeoutMs = 5_000 } = {}) => until(() => isFocused(window), timeoutMs, `focus of window ${window}`)

  async function openWindow({ title = 'stage window' } = {}) {
    const window = X.AllocID()
    const keys = []
    let losses = 0
    windows.set(window, (event) => {
      if (event.name === 'FocusOut' && FOCUS_MODES.includes(event.mode) && !NO_LOSS.includes(event.detail))
        losses++
      if (event.name === 'KeyPress' || event.name === 'KeyRelease')
        keys.push({ type: event.name === 'KeyPress' ? 'press' : 'release', keycode: event.keycode })
    })
    X.CreateWindow(window, root, 40, 40, 300, 120, 0, 0, 0, 0, {
      backgroundPixel: screen.white_pixel,
      eventMask: x11.eventMask.KeyPress | x11.eventMask.KeyRelease | x11.eventMask.StructureNotify | x11.eventMask.FocusChange,
    })
    X.ChangeProperty(0, window, X.atoms.WM_NAME, X.atoms.STRING, 8, title)
    X.MapWindow(window)
    await until(async () => (await ask('GetWindowAttributes', window)).mapState === 2, 5_000, 'a window to be shown')
    await until(async () => {
      if (await isFocused(window))
        return true
      X.SetInputFocus(window, 2)
      await X.sync()
      return isFocused(window)
    }, 5_000, 'the focus')
    const before = losses
    return {
      window,
      keys,
      focusLosses: () => losses - before,
      async close() {
        windows.delete(window)
        X.DestroyWindow(window)
        await X.sync()
      },
    }
  }

  async function openProgram(command, args = [], { env = {}, timeoutMs = 15_000 } = {}) {
    const child = spawn(command, args, { env: { ...process.env, ...env, DISPLAY: display }, stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.on('data', (data) => {
      output += data
    })
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', code => resolve({ code, output }))
    })
    ended.catch(() => {})
    const stop = async () => {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    }
    try {
      const window = await until(async () => {
        if (child.exitCode !== null)
          throw new Error(`${command} ended before it showed a window`)
        return (await windowsOf({ pid: child.pid }))[0]
      }, timeoutMs, `a window of ${command}`)
      await waitForFocus(window, { timeoutMs })
      return { pid: child.pid, window, ended, stop }
    }
    catch (error) {
      await stop()
      throw error
    }
  }

  return {
    focusedWindow,
    activeWindow,
    activeWindowName: async () => {
      const window = await activeWindow()
      return window === null ? null : windowName(window)
    },
    windowName,
    windowsOf,
    isFocused,
    waitForFocus,
    waitFor: (question, { timeoutMs = 5_000, what = 'the condition' } = {}) => until(question, timeoutMs, what),
    openWindow,
    openProgram,
  }
}
