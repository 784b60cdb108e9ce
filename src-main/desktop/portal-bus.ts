import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import type { BusVariant, SessionBus } from './session-bus'
import process from 'node:process'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'
import { connectBus } from './session-bus'

const PORTAL = 'org.freedesktop.portal.Desktop'
const PORTAL_PATH = '/org/freedesktop/portal/desktop'
const BUS = 'org.freedesktop.DBus'
/** The portal may show a dialog and wait for a person. */
const REQUEST_TIMEOUT_MS = 120_000

/** Values of D-Bus `a{sv}`, unwrapped. */
export type Vardict = Readonly<Record<string, unknown>>

/** A signal of the portal's desktop object. */
export interface PortalSignal {
  readonly member: string
  readonly body: readonly unknown[]
}

export type PortalVariant = BusVariant

/** One connection to the session bus, for one interface of the desktop portal. */
export interface PortalBus {
  readonly signals: Subscribable<PortalSignal>
  /** The portal came (again) or went; `false` also when the connection to the bus broke. */
  readonly presence: Subscribable<{ readonly there: boolean, readonly busClosed: boolean }>
  readonly version: number
  variant: (signature: string, value: unknown) => PortalVariant
  /** Calls a method that answers through a Request object. Throws `hotkey-unsupported` when a person refuses. */
  request: (member: string, signature: string, body: (token: string) => unknown[]) => Promise<Vardict>
  /** Calls a method that answers at once. */
  call: (member: string, signature: string, body: readonly unknown[]) => Promise<readonly unknown[]>
  property: (name: string) => Promise<unknown>
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
  let bus: SessionBus | undefined
  try {
    bus = await connectBus({ address: busAddress, clock })
    const version = Number(await bus.property({ destination: PORTAL, path: PORTAL_PATH, interfaceName }, 'version'))
    return await createPortal(bus, interfaceName, version, clock)
  }
  catch (cause) {
    bus?.close()
    throw new AppError('hotkey-unsupported', 'The desktop portal does not offer this.', { cause })
  }
}

async function createPortal(bus: SessionBus, interfaceName: string, version: number, clock: Clock): Promise<PortalBus> {
  const signals = new Emitter<PortalSignal>()
  const presence = new Emitter<{ there: boolean, busClosed: boolean }>()
  const responses = new Emitter<{ path: string, body: readonly unknown[] }>()
  let tokens = 0

  bus.signals.subscribe(({ interfaceName: from, member, path, body }) => {
    if (from === interfaceName)
      signals.emit({ member, body })
    else if (from === 'org.freedesktop.portal.Request' && member === 'Response')
      responses.emit({ path, body })
    else if (from === BUS && member === 'NameOwnerChanged' && body[0] === PORTAL)
      presence.emit({ there: body[2] !== '', busClosed: false })
  })
  bus.lost.subscribe(() => presence.emit({ there: false, busClosed: true }))
  await bus.match(`type='signal',sender='${PORTAL}',interface='${interfaceName}',path='${PORTAL_PATH}'`)
  await bus.match(`type='signal',sender='${PORTAL}',interface='org.freedesktop.portal.Request',member='Response'`)
  await bus.match(`type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${PORTAL}'`)

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
      const [path] = await bus.call({
        destination: PORTAL,
        path: PORTAL_PATH,
        interfaceName,
        member,
        signature,
        body: body(`parley_${process.pid}_${++tokens}`),
      })
      awaited = String(path)
      const [code, results] = answers.get(awaited) ?? await answered
      if (code !== 0)
        throw new AppError('hotkey-unsupported', 'The desktop did not grant it.', { params: { reason: code === 1 ? 'refused' : 'failed' } })
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
    variant: bus.variant,
    request,
    call: (member, signature, body) => bus.call({ destination: PORTAL, path: PORTAL_PATH, interfaceName, member, signature, body }),
    property: name => bus.property({ destination: PORTAL, path: PORTAL_PATH, interfaceName }, name),
    async closeSession(path) {
      await bus.call({ destination: PORTAL, path, interfaceName: 'org.freedesktop.portal.Session', member: 'Close' })
    },
    close: () => bus.close(),
  }
}
