import type { XEvent, XInput } from 'x11'
import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import type { X11Connection } from './x11-connection'
import { Emitter } from '../lib/emitter'
import { connectDisplay } from './x11-connection'
import { X11Keymap } from './x11-keymap'

export type X11Event
  /** A grabbed key; `modifiers` is the X mask before the event, locks included. */
  = | { readonly type: 'press' | 'release', readonly code: number, readonly modifiers: number, readonly atMs: number }
  /** Any key, seen before grabs and without auto-repeat. */
    | { readonly type: 'raw-press' | 'raw-release', readonly code: number, readonly atMs: number }
    | { readonly type: 'button-press' | 'button-release', readonly button: number }
  /** Another keyboard or layout. */
    | { readonly type: 'mapping' }
    | { readonly type: 'closed' }

/** Key codes that are down. */
export interface PressedKeys {
  has: (code: number) => boolean
  codes: () => number[]
}

/** One connection to an X server, with what hotkeys need of it. */
export interface X11Link {
  readonly events: Subscribable<X11Event>
  keymap: () => Promise<X11Keymap>
  /** False: another client has it. Grabs are on the root window and consume the key. */
  grab: (code: number, mask: number) => Promise<boolean>
  ungrab: (code: number, mask: number) => void
  /** A callback, not a promise: it must come in order with `events`. Not called when the connection breaks. */
  queryPressed: (answer: (pressed: PressedKeys) => void) => void
  /** Starts or stops `raw-*` and `button-*` events. */
  watchRaw: (on: boolean) => Promise<void>
  /** Idempotent. `closed` is told unless it was told before. */
  close: () => void
}

const BAD_ACCESS = 10
/** An event older than this has a server clock that is not ours (a remote display). */
const OLDEST_EVENT_MS = 5_000

/** Connects. Throws `no-display`. */
export async function connectX11({ display, clock }: { display: string, clock: Clock }): Promise<X11Link> {
  return createLink(await connectDisplay({ display, clock }), clock)
}

function createLink(connection: X11Connection, clock: Clock): X11Link {
  const { client: X, root, minKeycode, maxKeycode, request } = connection
  const events = new Emitter<X11Event>()
  let xinput: Promise<XInput> | undefined

  X.on('event', event => translate(event, clock, told => events.emit(told)))
  connection.closed.subscribe(() => events.emit({ type: 'closed' }))

  return {
    events,
    async keymap() {
      const [keysyms, modifierKeycodes] = await Promise.all([
        request<number[][]>(done => X.GetKeyboardMapping(minKeycode, maxKeycode - minKeycode + 1, done)),
        request<number[][]>(done => X.GetModifierMapping(done)),
      ])
      return new X11Keymap({ firstKeycode: minKeycode, keysyms, modifierKeycodes })
    },
    async grab(code, mask) {
      try {
        await request<void>(done => X.GrabKey(root, 0, mask, code, 1, 1, done))
        return true
      }
      catch (error) {
        if (error instanceof Error && 'error' in error && error.error === BAD_ACCESS)
          return false
        throw error
      }
    },
    ungrab(code, mask) {
      if (!connection.isClosed)
        X.UngrabKey(root, code, mask)
    },
    queryPressed(answer) {
      if (connection.isClosed)
        return
      X.QueryKeymap((error, bits) => {
        if (!error)
          answer(pressedKeys(bits))
        return true
      })
    },
    async watchRaw(on) {
      xinput ??= request<XInput>(done => X.require('xinput', done))
      const XI = await xinput
      const { RawKeyPress, RawKeyRelease, RawButtonPress, RawButtonRelease } = XI.EventMask
      XI.XISelectEvents(root, { deviceId: XI.AllMasterDevices, mask: on ? RawKeyPress | RawKeyRelease | RawButtonPress | RawButtonRelease : 0 })
      await request<void>(done => X.sync(done))
    },
    close: () => connection.close(),
  }
}

function translate(event: XEvent, clock: Clock, tell: (event: X11Event) => void): void {
  const atMs = (): number => eventTimeMs(event.time ?? 0, clock.nowMs())
  switch (event.name) {
    case 'KeyPress':
      return tell({ type: 'press', code: event.keycode ?? 0, modifiers: (event.buttons ?? 0) & 0xFF, atMs: atMs() })
    case 'KeyRelease':
      return tell({ type: 'release', code: event.keycode ?? 0, modifiers: (event.buttons ?? 0) & 0xFF, atMs: atMs() })
    case 'XIRawKeyPress':
      return tell({ type: 'raw-press', code: event.detail ?? 0, atMs: atMs() })
    case 'XIRawKeyRelease':
      return tell({ type: 'raw-release', code: event.detail ?? 0, atMs: atMs() })
    case 'XIRawButtonPress':
      return tell({ type: 'button-press', button: event.detail ?? 0 })
    case 'XIRawButtonRelease':
      return tell({ type: 'button-release', button: event.detail ?? 0 })
    case 'MappingNotify':
      return event.request === 2 ? undefined : tell({ type: 'mapping' })
  }
}

/**
 * When the server saw the event, on our clock. An X server stamps CLOCK_MONOTONIC in 32-bit milliseconds, which on one
 * machine is our own scale; where it isn't (a remote display), the time of arrival is the best there is.
 */
export function eventTimeMs(serverMs: number, nowMs: number): number {
  const wholeNowMs = Math.floor(nowMs)
  const ageMs = (wholeNowMs - serverMs) % 2 ** 32
  const wrappedMs = ageMs < 0 ? ageMs + 2 ** 32 : ageMs
  return serverMs !== 0 && wrappedMs <= OLDEST_EVENT_MS ? wholeNowMs - wrappedMs : nowMs
}

function pressedKeys(bits: Uint8Array): PressedKeys {
  const has = (code: number): boolean => ((bits[code >> 3] ?? 0) & (1 << (code & 7))) !== 0
  return {
    has,
    codes: () => Array.from({ length: 256 }, (_, code) => code).filter(has),
  }
}
