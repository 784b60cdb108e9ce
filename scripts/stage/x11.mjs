import { spawn } from 'node:child_process'
import process from 'node:process'
import x11 from 'x11'
import { monotonicMs } from './recorder.mjs'

const KEYSYMS = {
  ctrl: 0xFFE3,
  leftctrl: 0xFFE3,
  rightctrl: 0xFFE4,
  alt: 0xFFE9,
  leftalt: 0xFFE9,
  rightalt: 0xFFEA,
  shift: 0xFFE1,
  leftshift: 0xFFE1,
  rightshift: 0xFFE2,
  super: 0xFFEB,
  leftsuper: 0xFFEB,
  rightsuper: 0xFFEC,
  space: 0x20,
  escape: 0xFF1B,
  enter: 0xFF0D,
  tab: 0xFF09,
  backspace: 0xFF08,
  delete: 0xFFFF,
  insert: 0xFF63,
  up: 0xFF52,
  down: 0xFF54,
  left: 0xFF51,
  right: 0xFF53,
  home: 0xFF50,
  end: 0xFF57,
  pageup: 0xFF55,
  pagedown: 0xFF56,
  plus: 0x2B,
  scrolllock: 0xFF14,
}
const LOCK_BITS = { caps: 2, num: 16 }
const POLL_MS = 20

function keysymOf(name) {
  const lower = name.toLowerCase()
  if (KEYSYMS[lower] !== undefined)
    return KEYSYMS[lower]
  const functionKey = /^f(\d+)$/.exec(lower)
  if (functionKey)
    return 0xFFBE + Number(functionKey[1]) - 1
  if ([...lower].length === 1)
    return lower.codePointAt(0)
  throw new Error(`unknown key: ${name}`)
}

function connect(display) {
  return new Promise((resolve, reject) => {
    const client = x11.createClient({ display, shm: false }, (error, opened) => error ? reject(error) : resolve(opened))
    client.on('error', reject)
  })
}

/** See x11.d.mts. */
export async function openStageKeyboard({ display }) {
  const opened = await connect(display)
  const X = opened.client
  const root = opened.screen[0].root
  const ask = (name, ...args) => new Promise((resolve, reject) => {
    X[name](...args, (error, value) => {
      if (error)
        reject(error)
      else
        resolve(value)
      return true
    })
  })
  const extension = name => new Promise((resolve, reject) => X.require(name, (error, ext) => error ? reject(error) : resolve(ext)))
  const [xtest, xkb] = await Promise.all([extension('xtest'), extension('xkb')])
  await new Promise((resolve, reject) => xkb.UseExtension(1, 0, error => error ? reject(error) : resolve()))

  const down = new Set()
  const buttons = new Set()
  const changes = new Set()
  const windows = new Map()
  X.on('event', (event) => {
    windows.get(event.wid)?.(event)
    for (const wake of changes)
      wake()
  })
  // Tells of a new active window.
  X.ChangeWindowAttributes(root, { eventMask: x11.eventMask.PropertyChange | x11.eventMask.SubstructureNotify })

  // Asked each time: a client that uses XKB is not told of every change.
  async function keycodeOf(name) {
    const keymap = await ask('GetKeyboardMapping', opened.min_keycode, opened.max_keycode - opened.min_keycode + 1)
    const keysym = keysymOf(name)
    for (const column of [0, 2, 1, 3]) {
      const index = keymap.findIndex(row => row[column] === keysym)
      if (index >= 0)
        return opened.min_keycode + index
    }
    throw new Error(`no key for ${name} on this keyboard`)
  }

  const codesOf = keys => Promise.all(keys.split('+').map(name => keycodeOf(name)))

  async function send(codes, press) {
    let sentAtMs = monotonicMs()
    for (const code of codes) {
      sentAtMs = monotonicMs()
      xtest.FakeInput(press ? xtest.KeyPress : xtest.KeyRelease, code, 0, 0, 0, 0)
      if (press)
        down.add(code)
      else
        down.delete(code)
    }
    await X.sync()
    return { sentAtMs, syncedAtMs: monotonicMs() }
  }

  const keyDown = async keys => send(await codesOf(keys), true)
  const keyUp = async keys => send((await codesOf(keys)).reverse(), false)

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
    windows.set(window, (event) => {
      if (event.name === 'KeyPress' || event.name === 'KeyRelease')
        keys.push({ type: event.name === 'KeyPress' ? 'press' : 'release', keycode: event.keycode })
    })
    X.CreateWindow(window, root, 40, 40, 300, 120, 0, 0, 0, 0, {
      backgroundPixel: opened.screen[0].white_pixel,
      eventMask: x11.eventMask.KeyPress | x11.eventMask.KeyRelease | x11.eventMask.StructureNotify,
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
    return {
      window,
      keys,
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
    keyDown,
    keyUp,
    async tap(keys) {
      await keyDown(keys)
      return keyUp(keys)
    },
    async button(which, press) {
      xtest.FakeInput(press ? xtest.ButtonPress : xtest.ButtonRelease, which, 0, 0, 0, 0)
      if (press)
        buttons.add(which)
      else
        buttons.delete(which)
      await X.sync()
    },
    async setLocks(locks) {
      let affect = 0
      let value = 0
      for (const [name, on] of Object.entries(locks)) {
        affect |= LOCK_BITS[name]
        value |= on ? LOCK_BITS[name] : 0
      }
      xkb.LatchLockState(xkb.UseCoreKbd, affect, value, false, 0, 0, 0, false, 0)
      await X.sync()
    },
    async setLayout(index) {
      xkb.LatchLockState(xkb.UseCoreKbd, 0, 0, true, index, 0, 0, false, 0)
      await X.sync()
    },
    async setAutoRepeat(on) {
      X.ChangeKeyboardControl({ autoRepeatMode: on ? 1 : 0 })
      await X.sync()
    },
    async takeKey(keys) {
      const codes = await codesOf(keys)
      const masks = { ctrl: 4, alt: 8, shift: 1, super: 64 }
      const mask = keys.toLowerCase().split('+').reduce((bits, name) => bits | (masks[name] ?? 0), 0)
      const code = codes.at(-1)
      await ask('GrabKey', root, 0, mask, code, 1, 1)
      return async () => {
        X.UngrabKey(root, code, mask)
        await X.sync()
      }
    },
    keycodeOf,
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
    async close() {
      if (X.stream.destroyed)
        return
      for (const code of down)
        xtest.FakeInput(xtest.KeyRelease, code, 0, 0, 0, 0)
      for (const which of buttons)
        xtest.FakeInput(xtest.ButtonRelease, which, 0, 0, 0, 0)
      await Promise.race([X.sync().catch(() => {}), new Promise(resolve => X.stream.once('close', resolve))])
      X.terminate()
    },
  }
}
