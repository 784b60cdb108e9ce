import type { XClient, XDisplay } from 'x11'
import type { Subscribable } from '../lib/emitter'
import type { Clock } from '../ports/clock'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'

/** One connection to an X server. */
export interface X11Connection {
  readonly client: XClient
  readonly root: number
  readonly minKeycode: number
  readonly maxKeycode: number
  /** Bits of an id that the client chose itself; what is left (`id & ~resourceMask`) names the client. */
  readonly resourceMask: number
  /** One request; rejects with the server's error, and with `no-display` when the connection breaks before the answer. */
  request: <T>(send: (done: (error: Error | null | undefined, value: T) => boolean) => void) => Promise<T>
  /** Told once, when the connection broke or was closed. */
  readonly closed: Subscribable<void>
  readonly isClosed: boolean
  /** Idempotent. What was not answered yet rejects. */
  close: () => void
}

const CONNECT_TIMEOUT_MS = 5_000
/** Atoms up to this one are the protocol's own; the others are numbered by each server. */
const LAST_PREDEFINED_ATOM = 68

/** Connects. Throws `no-display`. */
export async function connectDisplay({ display, clock }: { display: string, clock: Clock }): Promise<X11Connection> {
  // Loaded on first use: no other system needs it.
  const x11 = await import('x11')
  const opened = await new Promise<XDisplay>((resolve, reject) => {
    const fail = (cause: unknown): void => reject(new AppError('no-display', 'The X display cannot be reached.', { cause, retryable: true }))
    let client: XClient | undefined
    const cancel = clock.after(CONNECT_TIMEOUT_MS, () => {
      client?.stream?.destroy()
      fail(new Error('timeout'))
    })
    try {
      client = (x11.createClient ?? (x11 as unknown as { default: typeof x11 }).default.createClient)({ display, shm: false }, (error, connected) => {
        cancel()
        if (error)
          fail(error)
        else
          resolve(connected)
      })
      // Without a listener a late socket error would end the process.
      client.on('error', () => {})
    }
    catch (error) {
      cancel()
      fail(error)
    }
  })
  return createConnection(opened)
}

function createConnection(display: XDisplay): X11Connection {
  const X = display.client
  const closed = new Emitter<void>()
  const failures = new Set<(error: Error) => void>()
  let isClosed = false
  ownAtoms(X)

  function leave(): void {
    if (isClosed)
      return
    isClosed = true
    X.stream.destroy()
    const error = connectionLost()
    failures.forEach(fail => fail(error))
    failures.clear()
    closed.emit()
  }

  X.on('end', leave)
  X.stream.once('close', leave)

  return {
    client: X,
    root: display.screen[0]?.root ?? 0,
    minKeycode: display.min_keycode,
    maxKeycode: display.max_keycode,
    resourceMask: display.resource_mask,
    closed,
    get isClosed() {
      return isClosed
    },
    request<T>(send: (done: (error: Error | null | undefined, value: T) => boolean) => void): Promise<T> {
      if (isClosed)
        return Promise.reject(connectionLost())
      return new Promise<T>((resolve, reject) => {
        failures.add(reject)
        send((error, value) => {
          failures.delete(reject)
          if (error)
            reject(error)
          else
            resolve(value)
          return true
        })
      })
    },
    close: leave,
  }
}

/**
 * The client library keeps one table of atoms for all connections, though each server numbers its own: after a server
 * restart, or with two displays, it would answer with an atom that means something else there.
 */
function ownAtoms(X: XClient): void {
  const atoms = Object.create(null) as Record<string, number>
  const names = Object.create(null) as Record<number, string>
  for (const [name, atom] of Object.entries(X.atoms)) {
    if (atom <= LAST_PREDEFINED_ATOM) {
      atoms[name] = atom
      names[atom] = name
    }
  }
  X.atoms = atoms
  X.atom_names = names
}

export function connectionLost(): AppError {
  return new AppError('no-display', 'The X display went away.', { retryable: true })
}
