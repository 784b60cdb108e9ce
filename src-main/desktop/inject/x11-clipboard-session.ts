import type { XEvent, XFixes, XResources } from 'x11'
import type { Subscribable } from '../../lib/emitter'
import type { Clock } from '../../ports/clock'
import type { X11Connection } from '../x11-connection'
import { Buffer } from 'node:buffer'
import { Emitter } from '../../lib/emitter'
import { connectDisplay } from '../x11-connection'

/** Atoms that the conversation about selections itself needs. */
const ATOM_NAMES = ['CLIPBOARD', 'PRIMARY', 'CLIPBOARD_MANAGER', 'TARGETS', 'TIMESTAMP', 'MULTIPLE', 'SAVE_TARGETS', 'INCR', 'ATOM', 'ATOM_PAIR', 'INTEGER', 'NULL', 'UTF8_STRING', 'STRING', 'PARLEY_TIME', 'PARLEY_DATA', 'PARLEY_WAKE'] as const
export type SessionAtom = (typeof ATOM_NAMES)[number]

export const EVENT_MASK = { none: 0, propertyChange: 0x400000, propertyAndStructure: 0x420000 } as const
const INPUT_ONLY = 2
const NEW_VALUE = 0
/** X's own SelectionNotify; XFixes has an event of the same name. */
const CORE_SELECTION_NOTIFY = 31

/** One format of a content as it is on the wire: 16- and 32-bit elements little-endian. */
export interface SelectionValue {
  /** Atom. */
  readonly type: number
  readonly format: 8 | 16 | 32
  readonly data: Buffer
}

/** A connection for selections, with a window of its own that is never shown. */
export interface SelectionSession {
  readonly connection: X11Connection
  readonly clock: Clock
  /** Owns selections. */
  readonly window: number
  readonly atoms: Readonly<Record<SessionAtom, number>>
  /** Everything but what XFixes tells. */
  readonly events: Subscribable<XEvent>
  /** CLIPBOARD has another owner, or its owner another content; not told of our own doing, nor by a server without XFixes. */
  readonly clipboardChanges: Subscribable<void>
  atom: (name: string) => Promise<number>
  atomName: (atom: number) => Promise<string>
  /** The server's present time. What others did before it has been told when this resolves. */
  serverTime: () => Promise<number>
  ownerOf: (selection: number) => Promise<number>
  /** What names the client of a window. */
  clientOf: (window: number) => number
  /** The process behind a window; null: not on this machine, or the server does not tell. */
  pidOf: (window: number) => Promise<number | null>
  createWindow: () => number
  close: () => void
}

/** Connects. Throws `no-display`. */
export async function openSelectionSession({ display, clock }: { display: string, clock: Clock }): Promise<SelectionSession> {
  const connection = await connectDisplay({ display, clock })
  try {
    return await createSession(connection, clock)
  }
  catch (error) {
    connection.close()
    throw error
  }
}

async function createSession(connection: X11Connection, clock: Clock): Promise<SelectionSession> {
  const { client: X, root, request } = connection
  const events = new Emitter<XEvent>()
  const clipboardChanges = new Emitter<void>()
  const atom = (name: string): Promise<number> => request<number>(done => X.InternAtom(false, name, done))
  const [fixes, resources, ...numbers] = await Promise.all([
    request<XFixes>(done => X.require('fixes', done)).catch(withoutExtension(connection)),
    request<XResources>(done => X.require('res', done)).catch(withoutExtension(connection)),
    ...ATOM_NAMES.map(atom),
  ])
  const atoms = Object.fromEntries(ATOM_NAMES.map((name, i) => [name, numbers[i]])) as Record<SessionAtom, number>

  function createWindow(): number {
    const window = X.AllocID()
    X.CreateWindow(window, root, -10, -10, 1, 1, 0, 0, INPUT_ONLY, 0, { eventMask: EVENT_MASK.propertyChange, overrideRedirect: 1 })
    return window
  }

  const window = createWindow()
  const times: ((time: number) => void)[] = []
  X.on('event', (event) => {
    if (event.name === 'PropertyNotify' && event.wid === window && event.atom === atoms.PARLEY_TIME && event.state === NEW_VALUE)
      times.shift()?.(event.time ?? 0)
    if (event.name !== 'SelectionNotify' || event.type === CORE_SELECTION_NOTIFY)
      events.emit(event)
    else if (event.selection === atoms.CLIPBOARD && event.owner !== window)
      clipboardChanges.emit()
  })
  if (fixes) {
    const { SetSelectionOwner, SelectionWindowDestroy, SelectionClientClose } = fixes.SelectionEventMask
    fixes.SelectSelectionInput(window, atoms.CLIPBOARD, SetSelectionOwner | SelectionWindowDestroy | SelectionClientClose)
  }
  await request<void>(done => X.sync(done))

  return {
    connection,
    clock,
    window,
    atoms,
    events,
    clipboardChanges,
    atom,
    atomName: id => request<string>(done => X.GetAtomName(id, done)),
    serverTime: () => request<number>((done) => {
      times.push(time => done(null, time))
      X.ChangeProperty(2, window, atoms.PARLEY_TIME, atoms.INTEGER, 32, Buffer.alloc(0))
    }),
    ownerOf: selection => request<number>(done => X.GetSelectionOwner(selection, done)),
    clientOf: id => (id & ~connection.resourceMask) >>> 0,
    async pidOf(id) {
      if (!resources)
        return null
      const mask = resources.ClientIdMask.LocalClientPID
      const answers = await request<readonly { value: readonly number[] }[]>(done => resources.QueryClientIds([{ client: id, mask }], done)).catch(() => [])
      return answers[0]?.value[0] || null
    },
    createWindow,
    close: () => connection.close(),
  }
}

/** A server may lack an extension; a lost connection is no answer to that. */
function withoutExtension(connection: X11Connection): (error: unknown) => null {
  return (error) => {
    if (connection.isClosed)
      throw error
    return null
  }
}
