import type { FocusProbe, InjectionTarget } from '../../ports/text-injector'
import type { InputSession } from './x11-keys-session'
import { Buffer } from 'node:buffer'
import { hostname } from 'node:os'

/** GetInputFocus: no window, and whatever is under the pointer. */
const NO_FOCUS = [0, 1]
const INPUT_ONLY = 2
/** Nobody nests windows so deep; a loop of answers ends. */
const DEEPEST = 32

/** A client's window, and how to find out whether it has read what was sent to it. */
export interface FocusedClient {
  readonly window: number
  /** Null: not known, or on another machine. */
  readonly pid: number | null
  /** It answers pings (EWMH): in the order of everything else that it reads. */
  readonly answersPing: boolean
}

/** Where keys go. Null: nowhere. */
export async function focusedClient(session: InputSession, focusWindow?: number): Promise<FocusedClient | null> {
  const window = await focusedWindow(session, focusWindow)
  return window === null ? null : clientOf(session, window)
}

export async function clientOf(session: InputSession, window: number): Promise<FocusedClient> {
  const [pid, machine, protocols] = await Promise.all([
    cardinals(session, window, '_NET_WM_PID'),
    session.property(window, 'WM_CLIENT_MACHINE').catch(nothing),
    cardinals(session, window, 'WM_PROTOCOLS'),
  ])
  const isHere = Buffer.from(machine).toString('latin1').replace(/\0+$/, '') === hostname()
  return { window, pid: isHere ? pid[0] ?? null : null, answersPing: protocols.includes(session.atoms._NET_WM_PING) }
}

export async function currentTarget(session: InputSession): Promise<InjectionTarget | null> {
  const window = await focusedWindow(session)
  return window === null ? null : describe(session, window)
}

export async function stateOfTarget(session: InputSession, target: InjectionTarget): Promise<Awaited<ReturnType<FocusProbe['stateOf']>>> {
  const window = Number(target.id)
  const [exists, pid, focused] = await Promise.all([
    session.connection.request(done => session.connection.client.GetWindowAttributes(window, done)).then(() => true, gone),
    cardinals(session, window, '_NET_WM_PID').catch(() => []),
    focusedWindow(session),
  ])
  // A window's number is given out again.
  if (!exists || (target.pid !== null && pid[0] !== undefined && pid[0] !== target.pid))
    return 'gone'
  return focused === window ? 'focused' : 'elsewhere'
}

function gone(error: unknown): false {
  // A server's error, not the loss of the connection.
  if (error instanceof Error && 'error' in error)
    return false
  throw error
}

/**
 * The client window that keys go to. The focus itself may be on a window inside of it (a proxy) or on a popup of the same
 * program, which no window manager knows: then it is the active window of that program.
 */
async function focusedWindow(session: InputSession, known?: number): Promise<number | null> {
  const { connection: { root, resourceMask } } = session
  const [focus, activeWindows] = await Promise.all([known ?? session.focus(), cardinals(session, root, '_NET_ACTIVE_WINDOW')])
  if (NO_FOCUS.includes(focus) || focus === root)
    return null
  const active = activeWindows[0] ?? 0
  const { client, top } = await climb(session, focus, active)
  if (client !== null)
    return client
  const sameClient = (active & ~resourceMask) === (top & ~resourceMask)
  if (active !== 0 && sameClient)
    return active
  return await isHelper(session, top) ? null : top
}

/** From the focus upwards to a window that a window manager manages (ICCCM's WM_STATE), or to the last one below the root. */
async function climb(session: InputSession, from: number, active: number): Promise<{ client: number | null, top: number }> {
  const { connection: { client: X, root, request } } = session
  let window = from
  for (let depth = 0; depth < DEEPEST; depth++) {
    if (window === active)
      return { client: window, top: window }
    const [state, tree] = await Promise.all([
      session.property(window, 'WM_STATE').catch(nothing),
      request<{ readonly parent: number }>(done => X.QueryTree(window, done)).catch(() => ({ parent: 0 })),
    ])
    if (state.length > 0)
      return { client: window, top: window }
    if (tree.parent === root || tree.parent === 0)
      break
    window = tree.parent
  }
  return { client: null, top: window }
}

/** Window managers park the focus on a window of their own while nothing has it. */
async function isHelper(session: InputSession, window: number): Promise<boolean> {
  const { connection: { client: X, request } } = session
  const [attributes, name] = await Promise.all([
    request<{ readonly klass: number, readonly overrideRedirect: number }>(done => X.GetWindowAttributes(window, done)).catch(() => null),
    session.property(window, 'WM_CLASS').catch(nothing),
  ])
  return attributes === null || (attributes.overrideRedirect !== 0 && (attributes.klass === INPUT_ONLY || name.length === 0))
}

async function describe(session: InputSession, window: number): Promise<InjectionTarget> {
  const [className, title, oldTitle, pid] = await Promise.all([
    session.property(window, 'WM_CLASS').catch(nothing),
    session.property(window, '_NET_WM_NAME').catch(nothing),
    session.property(window, 'WM_NAME').catch(nothing),
    cardinals(session, window, '_NET_WM_PID').catch(() => []),
  ])
  // Instance and class, each with a NUL after it.
  const [instance = '', kind = instance] = Buffer.from(className).toString('latin1').split('\0')
  return {
    id: String(window),
    appId: kind,
    title: Buffer.from(title.length > 0 ? title : oldTitle).toString('utf8').replace(/\0+$/, ''),
    pid: pid[0] ?? null,
  }
}

async function cardinals(session: InputSession, window: number, name: '_NET_ACTIVE_WINDOW' | '_NET_WM_PID' | 'WM_PROTOCOLS'): Promise<number[]> {
  const data = Buffer.from(await session.property(window, name).catch(nothing))
  return Array.from({ length: Math.floor(data.length / 4) }, (_, i) => data.readUInt32LE(i * 4))
}

/** A window that went away has no properties. */
function nothing(error: unknown): Uint8Array {
  gone(error)
  return new Uint8Array()
}
