import x11 from 'x11'
import { monotonicMs } from './recorder.mjs'
import { createWindows } from './x11-windows.mjs'

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

  return {
    keyDown,
    keyUp,
    async releaseAll() {
      await send([...down].reverse(), false)
    },
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
    ...createWindows({ X, ask, screen: opened.screen[0], display }),
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
