import type { SelectionSession, SelectionValue } from './x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { EVENT_MASK } from './x11-clipboard-session'

/**
 * What is larger goes in pieces (INCR). Below the largest request without BIG-REQUESTS (256 KiB less its header), which
 * every requestor's toolkit handles and which the client library does not exceed.
 */
export const CHUNK_BYTES = 240 * 1024
const DELETED = 1
/** A requestor that takes nothing for so long has forgotten it, or is dead. A stopped one may come back. */
const IDLE_MS = 30_000
/** Not everyone removes the empty piece at the end. The data was taken by then. */
const TERMINATOR_MS = 250

/** Gives values to requestors, in pieces where they are large. */
export interface Transfers {
  /**
   * Puts the value on the requestor's window, or begins to. Written to the server when this returns, so that what is sent
   * after it comes after it. Resolves with true when all of it is the requestor's, with false when it was not taken.
   */
  put: (requestor: number, property: number, value: SelectionValue) => Promise<boolean>
  /** Resolves when nothing is under way. */
  idle: () => Promise<void>
  /** Transfers under way: 0 when nothing is held. */
  readonly count: number
}

interface Transfer {
  readonly requestor: number
  readonly taken: () => void
  readonly end: (complete: boolean) => void
}

export function createTransfers(session: SelectionSession): Transfers {
  const { connection, clock, atoms } = session
  const { client: X, request } = connection
  const active = new Map<string, Transfer>()
  const waiting = new Set<() => void>()

  session.events.subscribe((event) => {
    if (event.name === 'PropertyNotify' && event.state === DELETED)
      active.get(key(event.wid ?? 0, event.atom ?? 0))?.taken()
    if (event.name === 'DestroyNotify')
      [...active.values()].filter(transfer => transfer.requestor === event.wid).forEach(transfer => transfer.end(false))
  })
  connection.closed.subscribe(() => [...active.values()].forEach(transfer => transfer.end(false)))

  const put = (requestor: number, property: number, { type, format, data }: SelectionValue): Promise<boolean> => {
    const written = request<void>(done => X.ChangeProperty(0, requestor, property, type, format, data, done))
    return written.then(() => true, () => false)
  }

  function putInPieces(requestor: number, property: number, { type, format, data }: SelectionValue): Promise<boolean> {
    return new Promise((resolve) => {
      let at = 0
      let terminated = false
      const id = key(requestor, property)
      active.get(id)?.end(false)
      let cancel = clock.after(IDLE_MS, () => end(false))
      const transfer: Transfer = { requestor, taken, end }
      active.set(id, transfer)
      X.ChangeWindowAttributes(requestor, { eventMask: EVENT_MASK.propertyAndStructure })
      const size = Buffer.alloc(4)
      size.writeUInt32LE(data.length)
      write(atoms.INCR, 32, size)

      function write(asType: number, asFormat: number, piece: Buffer): void {
        request<void>(done => X.ChangeProperty(0, requestor, property, asType, asFormat, piece, done)).catch(() => end(false))
      }

      function taken(): void {
        if (terminated)
          return end(true)
        cancel()
        const piece = data.subarray(at, at + CHUNK_BYTES)
        at += piece.length
        terminated = piece.length === 0
        cancel = clock.after(terminated ? TERMINATOR_MS : IDLE_MS, () => end(terminated))
        write(type, format, piece)
      }

      function end(complete: boolean): void {
        if (active.get(id) !== transfer)
          return
        active.delete(id)
        cancel()
        const isLast = [...active.values()].every(other => other.requestor !== requestor)
        if (isLast && !connection.isClosed)
          X.ChangeWindowAttributes(requestor, { eventMask: EVENT_MASK.none })
        resolve(complete)
        if (active.size === 0)
          [...waiting].forEach(wake => wake())
      }
    })
  }

  return {
    put: (requestor, property, value) => (value.data.length > CHUNK_BYTES ? putInPieces : put)(requestor, property, value),
    idle: () => active.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        }),
    get count() {
      return active.size
    },
  }
}

function key(window: number, property: number): string {
  return `${window} ${property}`
}
