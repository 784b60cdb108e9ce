import type { Message, MessageBus } from 'dbus-next'
import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import process from 'node:process'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'

const PORTAL = 'org.freedesktop.portal.Desktop'
const PORTAL_PATH = '/org/freedesktop/portal/desktop'
const BUS = 'org.freedesktop.DBus'
/** Nothing but a person is slow on a session bus. */
const CALL_TIMEOUT_MS = 5_000
/** The portal may show a dialog and wait for a person. */
const REQUEST_TIMEOUT_MS = 120_000

/** Values of D-Bus `a{sv}`, unwrapped. */
export type Vardict = Readonly<Record<string, unknown>>

/** A signal of the portal's desktop object. */
export interface PortalSignal {
  readonly member: string
  readonly body: readonly unknown[]
}

export interface PortalVariant {
  readonly signature: string
  readonly value: unknown
}

/** One connection to the session bus, for one interface of the desktop portal. */
export interface PortalBus {
  readonly signals: Subscribable<PortalSignal>
  /** The portal came (again) or went; `false` also when the connection to the bus broke. */
  readonly presence: Subscribable<{ readonly there: boolean, readonly busClosed: boolean }>
  readonly version: number
  variant: (signature: string, value: unknown) => PortalVariant
  /** Calls a method that answers through a Request object. Throws `hotkey-unsupported` when a person refuses. */
  request: (member: string, signature: string, body: (token: string) => unknown[]) => Promise<Vardict>
  /** Closes a session object. */
  closeSession: (path: string) => Promise<void>
  close: () => void
}

export interface PortalBusOptions {
  readonly interfaceName: string
  readonly busAddress: string | undefined
  readonly clock: Clock
}

/** Connects; throws `hotkey-unsupported` when there is no session bus, or no portal with this interface. */
export async function connectPortal({ interfaceName, busAddress, clock }: PortalBusOptions): Promise<PortalBus> {
  const unsupported = (cause: unknown): AppError => new AppError('hotkey-unsupported', 'The desktop portal offers no global shortcuts.', { cause })
  // Loaded on first use: only Wayland sessions need it.
  const loaded = await import('dbus-next')
  const dbus = 'sessionBus' in loaded ? loaded : (loaded as { default: typeof loaded }).default
  let bus: MessageBus | undefined
  try {
    bus = await openBus(dbus, busAddress, clock)
    const version = await interfaceVersion(bus, dbus, interfaceName, clock)
    return await createPortal(bus, dbus, interfaceName, version, clock)
  }
  catch (error) {
    bus?.disconnect()
    throw unsupported(error)
  }
}

type Dbus = typeof import('dbus-next')

function openBus(dbus: Dbus, busAddress: string | undefined, clock: Clock): Promise<MessageBus> {
  return new Promise((resolve, reject) => {
    const bus = dbus.sessionBus(busAddress === undefined ? {} : { busAddress })
    const cancel = clock.after(CALL_TIMEOUT_MS, () => reject(new Error('timeout')))
    bus.on('connect', () => {
      cancel()
      resolve(bus)
    })
    // Stays for the connection's life: a socket error without a listener would end the process.
    bus.on('error', (error: unknown) => {
      cancel()
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
}

async function call(bus: MessageBus, clock: Clock, message: Message): Promise<readonly unknown[]> {
  let cancel: (() => void) | undefined
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(CALL_TIMEOUT_MS, () => reject(new Error('timeout')))
  })
  try {
    const reply = await Promise.race([bus.call(message), late])
    return (reply?.body ?? []) as unknown[]
  }
  finally {
    cancel?.()
  }
}

async function interfaceVersion(bus: MessageBus, dbus: Dbus, interfaceName: string, clock: Clock): Promise<number> {
  const [variant] = await call(bus, clock, new dbus.Message({
    destination: PORTAL,
    path: PORTAL_PATH,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
    body: [interfaceName, 'version'],
  }))
  return Number(plain(variant))
}

/** D-Bus variants, at any depth, as their values. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    if ('signature' in value && 'value' in value)
      return plain(value.value)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}

async function createPortal(bus: MessageBus, dbus: Dbus, interfaceName: string, version: number, clock: Clock): Promise<PortalBus> {
  const signals = new Emitter<PortalSignal>()
  const presence = new Emitter<{ there: boolean, busClosed: boolean }>()
  const responses = new Emitter<{ path: string, body: readonly unknown[] }>()
  let closed = false
  let tokens = 0

  const toBus = (member: string, signature: string, body: unknown[]): Promise<readonly unknown[]> =>
    call(bus, clock, new dbus.Message({ destination: BUS, path: '/org/freedesktop/DBus', interface: BUS, member, signature, body }))
  const match = (rule: string): Promise<readonly unknown[]> => toBus('AddMatch', 's', [rule])

  bus.on('message', (message) => {
    if (message.type !== dbus.MessageType.SIGNAL)
      return
    if (message.interface === interfaceName)
      signals.emit({ member: message.member, body: message.body.map(plain) })
    else if (message.interface === 'org.freedesktop.portal.Request' && message.member === 'Response')
      responses.emit({ path: message.path, body: message.body.map(plain) })
    else if (message.interface === BUS && message.member === 'NameOwnerChanged' && message.body[0] === PORTAL)
      presence.emit({ there: message.body[2] !== '', busClosed: false })
  })
  // The library tells of a closed bus only here.
  const connection = (bus as unknown as { _connection: NodeJS.EventEmitter })._connection
  connection.once('end', () => {
    if (!closed)
      presence.emit({ there: false, busClosed: true })
  })
  await match(`type='signal',sender='${PORTAL}',interface='${interfaceName}',path='${PORTAL_PATH}'`)
  await match(`type='signal',sender='${PORTAL}',interface='org.freedesktop.portal.Request',member='Response'`)
  await match(`type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${PORTAL}'`)

  async function request(member: string, signature: string, body: (token: string) => unknown[]): Promise<Vardict> {
    const answers = new Map<string, readonly unknown[]>()
    let awaited: string | undefined
    let settle: ((answer: readonly unknown[]) => void) | undefined
    let fail: ((error: Error) => void) | undefined
    const answered = new Promise<readonly unknown[]>((resolve, reject) => {
      settle = resolve
      fail = reject
    })
    answered.catch(() => {})
    // The response may overtake the method's own answer, which says on which path to expect it.
    const stopResponses = responses.subscribe(({ path, body: answer }) => {
      answers.set(path, answer)
      if (path === awaited)
        settle?.(answer)
    })
    const stopPresence = presence.subscribe(({ there }) => there || fail?.(new Error('the portal went away')))
    const cancel = clock.after(REQUEST_TIMEOUT_MS, () => fail?.(new Error('timeout')))
    try {
      const [path] = await call(bus, clock, new dbus.Message({
        destination: PORTAL,
        path: PORTAL_PATH,
        interface: interfaceName,
        member,
        signature,
        body: body(`parley_${process.pid}_${++tokens}`),
      }))
      awaited = String(path)
      const [code, results] = answers.get(awaited) ?? await answered
      if (code !== 0)
        throw new AppError('hotkey-unsupported', 'The desktop did not grant the shortcut.', { params: { reason: code === 1 ? 'refused' : 'failed' } })
      return results as Vardict
    }
    finally {
      cancel()
      stopResponses()
      stopPresence()
    }
  }

  return {
    signals,
    presence,
    version,
    variant: (signature, value) => new dbus.Variant(signature, value),
    request,
    async closeSession(path) {
      await call(bus, clock, new dbus.Message({ destination: PORTAL, path, interface: 'org.freedesktop.portal.Session', member: 'Close' }))
    },
    close() {
      if (closed)
        return
      closed = true
      // What is still on the way may want an answer, and the library throws when it can't give one.
      connection.removeAllListeners('message')
      bus.disconnect()
    },
  }
}
