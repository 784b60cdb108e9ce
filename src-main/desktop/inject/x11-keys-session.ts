import type { XEvent, XInput, Xkb, XkbState, XTest } from 'x11'
import type { Subscribable } from '../../lib/emitter'
import type { Clock } from '../../ports/clock'
import type { X11Connection } from '../x11-connection'
import type { X11Activity } from './x11-keys-activity'
import type { XkbMap } from './x11-keys-map'
import { Emitter } from '../../lib/emitter'
import { connectDisplay } from '../x11-connection'
import { getMapRequest, parseMap, setSymbolsRequest } from './x11-keys-map'

const ATOM_NAMES = ['_NET_ACTIVE_WINDOW', '_NET_WM_NAME', '_NET_WM_PID', '_NET_WM_PING', 'WM_PROTOCOLS', 'WM_STATE', 'UTF8_STRING'] as const
/** The protocol's own, with fixed numbers. */
const FIXED_ATOMS = ['WM_NAME', 'WM_CLASS', 'WM_CLIENT_MACHINE'] as const
type InputAtom = (typeof ATOM_NAMES)[number] | (typeof FIXED_ATOMS)[number]

const PROPERTY_CHANGE = 0x400000
const SUBSTRUCTURE_NOTIFY = 0x80000
const XTEST_KEYBOARD = /XTEST keyboard$/

/** One key event of ours. */
export interface KeyStep {
  readonly code: number
  readonly press: boolean
}

/**
 * What keys and the focus need of the server: one connection that is told of things, and one that presses keys and is told of
 * nothing. A server that fails to write to a client drops what that client still had to say: were it told of its own keys, a
 * killed program would leave them down. Both end together.
 */
export interface InputSession {
  readonly connection: X11Connection
  readonly atoms: Readonly<Record<InputAtom, number>>
  readonly events: Subscribable<XEvent>
  /** Null: the server lets nobody press keys. */
  readonly keys: SessionKeys | null
  /** From here on answers of windows, which they send to the root, are told; false: no longer, once for each true. */
  readonly hearAnswers: (on: boolean) => void
  readonly property: (window: number, name: InputAtom) => Promise<Uint8Array>
  readonly focus: () => Promise<number>
}

export interface SessionKeys {
  /** The keyboard that our keys come from, as it is now: not every change is told, and one question costs less than a millisecond. */
  readonly map: () => Promise<XkbMap>
  readonly state: () => Promise<XkbState>
  readonly pressed: () => Promise<(code: number) => boolean>
  /**
   * Sends all of it in one piece: the server gets everything or, when the connection breaks, nothing. Resolves with the
   * focused window once the server has dealt with it.
   */
  readonly send: (steps: readonly KeyStep[]) => Promise<number>
  /** Locks and unlocks modifiers (Caps Lock), and forgets latched ones. */
  readonly setLocks: (affected: number, locked: number) => void
  /** Gives keys one symbol each, at every level, or none (0). Resolves when the server has done it. */
  readonly lend: (symbols: ReadonlyMap<number, number>) => Promise<void>
}

/** Connects. Throws `no-display`. */
export async function openInputSession({ display, clock, activity }: { display: string, clock: Clock, activity: X11Activity }): Promise<InputSession> {
  const connection = await connectDisplay({ display, clock })
  try {
    const sender = await connectDisplay({ display, clock })
    connection.closed.subscribe(() => sender.close())
    sender.closed.subscribe(() => connection.close())
    return await createSession(connection, sender, activity)
  }
  catch (error) {
    connection.close()
    throw error
  }
}

async function createSession(connection: X11Connection, sender: X11Connection, activity: X11Activity): Promise<InputSession> {
  const { client: X, root, request } = connection
  const events = new Emitter<XEvent>()
  const missing = (): null => null
  const [xinput, xtest, xkb, ...numbers] = await Promise.all([
    request<XInput>(done => X.require('xinput', done)).catch(missing),
    sender.request<XTest>(done => sender.client.require('xtest', done)).catch(missing),
    sender.request<Xkb>(done => sender.client.require('xkb', done)).catch(missing),
    ...ATOM_NAMES.map(name => request<number>(done => X.InternAtom(false, name, done))),
  ])
  const atoms = Object.fromEntries([
    ...ATOM_NAMES.map((name, i) => [name, numbers[i] ?? 0]),
    ...FIXED_ATOMS.map(name => [name, X.atoms[name] ?? 0]),
  ]) as Record<InputAtom, number>
  const xtestDevice = xinput ? await findXtestKeyboard(connection, xinput) : null

  async function readModifiers(): Promise<void> {
    const rows = await request<number[][]>(done => X.GetModifierMapping(done))
    activity.setModifiers(new Set(rows.flat().filter(code => code !== 0)))
  }

  X.on('event', (event) => {
    if (event.name === 'MappingNotify')
      readModifiers().catch(() => {}) // the connection ended: the next one asks
    if (event.name === 'XIRawKeyPress')
      activity.keyPressed(event.detail ?? 0, xtestDevice === null || event.sourceId === xtestDevice)
    else if (event.name === 'XIRawButtonPress')
      activity.buttonPressed(event.detail ?? 0)
    else
      events.emit(event)
  })
  X.ChangeWindowAttributes(root, { eventMask: PROPERTY_CHANGE })
  if (xinput) {
    const { RawKeyPress, RawButtonPress } = xinput.EventMask
    xinput.XISelectEvents(root, { deviceId: xinput.AllMasterDevices, mask: RawKeyPress | RawButtonPress })
  }
  await readModifiers()
  await request<void>(done => X.sync(done))
  activity.watched(xinput !== null)
  connection.closed.subscribe(() => activity.watched(false))
  let hearers = 0
  const focus = async (): Promise<number> => (await request<{ readonly focus: number }>(done => X.GetInputFocus(done))).focus
  return {
    connection,
    atoms,
    events,
    focus,
    keys: xtest && xkb ? createKeys({ connection: sender, xtest, xkb, activity, told: focus, device: xtestDevice ?? xkb.UseCoreKbd }) : null,
    hearAnswers(on) {
      hearers += on ? 1 : -1
      X.ChangeWindowAttributes(root, { eventMask: hearers > 0 ? PROPERTY_CHANGE | SUBSTRUCTURE_NOTIFY : PROPERTY_CHANGE })
    },
    property: async (window, name) => (await request<{ data: Uint8Array }>(done => X.GetProperty(0, window, atoms[name], 0, 0, 1024, done))).data,
  }
}

/** Synthetic keys have a keyboard of their own, with a layout of its own: it may differ from that of the keys on the desk. */
async function findXtestKeyboard({ request }: X11Connection, xinput: XInput): Promise<number | null> {
  const devices = await request<readonly { readonly deviceId: number, readonly name: string }[]>(done => xinput.XIQueryDevice(0, done)).catch(() => [])
  return devices.find(({ name }) => XTEST_KEYBOARD.test(name))?.deviceId ?? null
}

function createKeys({ connection, xtest, xkb, activity, told, device }: {
  connection: X11Connection
  xtest: XTest
  xkb: Xkb
  activity: X11Activity
  /** Resolves when everything that the server has to tell by now has been told. */
  told: () => Promise<unknown>
  device: number
}): SessionKeys {
  const { client: X, request } = connection
  const map = (of: number): Promise<XkbMap> => request<XkbMap>((done) => {
    X.seq_num++
    X.replies[X.seq_num] = [parseMap, done]
    X.pack_stream.put(getMapRequest(xkb.majorOpcode, of))
    X.pack_stream.submit(true)
  })

  return {
    map: () => map(device),
    state: () => request<XkbState>(done => xkb.GetState(xkb.UseCoreKbd, done)),
    async pressed() {
      const bits = await request<Uint8Array>(done => X.QueryKeymap(done))
      return code => ((bits[code >> 3] ?? 0) & (1 << (code & 7))) !== 0
    },
    async send(steps) {
      activity.expect(steps.filter(({ press }) => press).map(({ code }) => code))
      X.stream.cork()
      for (const { code, press } of steps)
        xtest.FakeInput(press ? xtest.KeyPress : xtest.KeyRelease, code, 0, 0, 0, 0)
      X.stream.uncork()
      const { focus } = await request<{ readonly focus: number }>(done => X.GetInputFocus(done))
      await told()
      activity.settled()
      return focus
    },
    setLocks: (affected, locked) => xkb.LatchLockState(xkb.UseCoreKbd, affected, locked, false, 0, 0xFF, 0, false, 0),
    async lend(symbols) {
      // Nobody may set another layout between reading what there is and writing it back.
      X.GrabServer()
      try {
        const core = await map(xkb.UseCoreKbd)
        X.seq_num++
        X.pack_stream.put(setSymbolsRequest(xkb.majorOpcode, xkb.UseCoreKbd, core, symbols))
        X.pack_stream.submit(false)
      }
      finally {
        if (!connection.isClosed)
          X.UngrabServer()
      }
      await request<void>(done => X.sync(done))
    },
  }
}
