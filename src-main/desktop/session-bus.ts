import type { MessageBus } from 'dbus-next'
import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import { Emitter } from '../lib/emitter'

const BUS = 'org.freedesktop.DBus'
/** Nothing but a person is slow on a session bus. */
export const CALL_LIMIT_MS = 5_000

export interface BusCall {
  readonly destination: string
  readonly path: string
  readonly interfaceName: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly unknown[]
}

/** Values of variants stand without them, at any depth. */
export interface BusSignal {
  /** A unique name. */
  readonly sender: string
  readonly path: string
  readonly interfaceName: string
  readonly member: string
  readonly body: readonly unknown[]
}

export interface BusVariant {
  readonly signature: string
  readonly value: unknown
}

/** One connection to a D-Bus: the session's, or the accessibility's. */
export interface SessionBus {
  /** Those that `match` asked for, and those sent to us alone. */
  readonly signals: Subscribable<BusSignal>
  /** The connection broke. Not told after `close`. */
  readonly lost: Subscribable<void>
  readonly isClosed: boolean
  /** Resolves with the answer's values, without variants. Rejects with the answer's error, at `limitMs`, and when the connection ends. */
  call: (call: BusCall, limitMs?: number) => Promise<readonly unknown[]>
  /** Asks the bus itself. */
  ask: (member: string, signature: string, body: readonly unknown[], limitMs?: number) => Promise<readonly unknown[]>
  property: (at: Omit<BusCall, 'member' | 'signature' | 'body'>, name: string, limitMs?: number) => Promise<unknown>
  /** Asks for signals, by a match rule. */
  match: (rule: string) => Promise<void>
  variant: (signature: string, value: unknown) => BusVariant
  close: () => void
}

export interface BusOptions {
  /** Undefined: where the environment says. */
  readonly address: string | undefined
  readonly clock: Clock
  readonly limitMs?: number
}

/** Rejects when nobody answers there, or not within the limit. */
export async function connectBus({ address, clock, limitMs = CALL_LIMIT_MS }: BusOptions): Promise<SessionBus> {
  // Loaded on first use: not everybody needs it.
  const loaded = await import('dbus-next')
  const dbus = 'sessionBus' in loaded ? loaded : (loaded as { default: typeof loaded }).default
  return createSessionBus(await openBus(dbus, address, clock, limitMs), dbus, clock)
}

type Dbus = typeof import('dbus-next')

function openBus(dbus: Dbus, address: string | undefined, clock: Clock, limitMs: number): Promise<MessageBus> {
  return new Promise((resolve, reject) => {
    const bus = dbus.sessionBus(address === undefined ? {} : { busAddress: reachable(address) })
    let isOpen = false
    const fail = (error: unknown): void => {
      if (isOpen)
        return // its end is told by the stream
      cancel()
      bus.disconnect()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const cancel = clock.after(limitMs, () => fail(new Error('timeout')))
    bus.on('connect', () => {
      isOpen = true
      cancel()
      resolve(bus)
    })
    // Stays for the connection's life: a socket error without a listener would end the process.
    bus.on('error', fail)
  })
}

/** The library needs a native module for abstract sockets; Node has them, under a name that begins with NUL. */
function reachable(address: string): string {
  return address.replaceAll(/\bunix:abstract=/g, 'unix:socket=\0')
}

/** D-Bus variants, at any depth, as their values. */
function plain(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(plain)
  if (typeof value === 'object' && value !== null) {
    if ('signature' in value && 'value' in value)
      return plain(value.value)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }
  return value
}

function createSessionBus(bus: MessageBus, dbus: Dbus, clock: Clock): SessionBus {
  const signals = new Emitter<BusSignal>()
  const lost = new Emitter<void>()
  const waiting = new Set<(error: Error) => void>()
  let closed = false

  bus.on('message', ({ type, sender, path, interface: interfaceName, member, body }) => {
    if (type === dbus.MessageType.SIGNAL)
      signals.emit({ sender, path, interfaceName, member, body: body.map(plain) })
  })
  // The library tells of a closed bus only here.
  const connection = (bus as unknown as { _connection: NodeJS.EventEmitter & { stream: NodeJS.EventEmitter } })._connection
  const onEnd = (): void => {
    if (closed)
      return
    end()
    lost.emit()
  }
  connection.once('end', onEnd)
  // A connection that was reset has no end.
  connection.stream.once('close', onEnd)

  function end(): void {
    closed = true
    for (const fail of waiting)
      fail(new Error('the connection to the bus ended'))
  }

  async function call({ destination, path, interfaceName, member, signature = '', body = [] }: BusCall, limitMs = CALL_LIMIT_MS): Promise<readonly unknown[]> {
    if (closed)
      throw new Error('the connection to the bus ended')
    let settle = (): void => {}
    const failed = new Promise<never>((_, reject) => {
      const cancel = clock.after(limitMs, () => reject(new Error(`no answer to ${member}`)))
      waiting.add(reject)
      settle = () => {
        cancel()
        waiting.delete(reject)
      }
    })
    try {
      const message = new dbus.Message({ destination, path, interface: interfaceName, member, signature, body: [...body] })
      const reply = await Promise.race([bus.call(message), failed])
      return (reply?.body ?? []).map(plain)
    }
    finally {
      settle()
    }
  }

  const ask: SessionBus['ask'] = (member, signature, body, limitMs) =>
    call({ destination: BUS, path: '/org/freedesktop/DBus', interfaceName: BUS, member, signature, body }, limitMs)

  return {
    signals,
    lost,
    get isClosed() {
      return closed
    },
    call,
    ask,
    async property({ destination, path, interfaceName }, name, limitMs) {
      const [value] = await call({ destination, path, interfaceName: 'org.freedesktop.DBus.Properties', member: 'Get', signature: 'ss', body: [interfaceName, name] }, limitMs)
      return value
    },
    async match(rule) {
      await ask('AddMatch', 's', [rule])
    },
    variant: (signature, value) => new dbus.Variant(signature, value),
    close() {
      if (closed)
        return
      end()
      // What is still on the way may want an answer, and the library throws when it can't give one.
      connection.removeAllListeners('message')
      bus.disconnect()
    },
  }
}

/** Where the session's bus is; undefined: this session has none. */
export function sessionBusAddress(env: NodeJS.ProcessEnv): string | undefined {
  const runtimeFolder = env['XDG_RUNTIME_DIR']
  return env['DBUS_SESSION_BUS_ADDRESS'] || (runtimeFolder ? `unix:path=${runtimeFolder}/bus` : undefined)
}
