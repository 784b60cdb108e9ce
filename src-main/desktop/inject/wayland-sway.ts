import type { Socket } from 'node:net'
import type { Subscribable } from '../../lib/emitter'
import type { Clock } from '../../ports/clock'
import { Buffer } from 'node:buffer'
import { createConnection } from 'node:net'
import { AppError } from '../../lib/app-error'
import { Emitter } from '../../lib/emitter'

const MAGIC = Buffer.from('i3-ipc', 'ascii')
const HEADER_BYTES = MAGIC.length + 8
const LIMIT_MS = 2_000
/** A tree of thousands of windows. */
const LARGEST_BYTES = 32 * 1024 * 1024
const EVENT_BIT = 0x80000000
const SUBSCRIBE = 2
const GET_TREE = 4

/** sway's (and i3's) control socket: its tree of windows, and word of each change. */
export interface SwayIpc {
  readonly changes: Subscribable<void>
  /** Rejects with `no-display`. */
  tree: () => Promise<unknown>
  close: () => void
}

/** Rejects with `no-display` when nobody answers there. */
export async function connectSway(path: string, clock: Clock): Promise<SwayIpc & { readonly lost: Subscribable<void> }> {
  const socket = createConnection(path)
  const changes = new Emitter<void>()
  const lost = new Emitter<void>()
  const waiting: { readonly resolve: (value: unknown) => void, readonly reject: (error: Error) => void }[] = []
  let isClosed = false
  const gone = (): Error => new AppError('no-display', 'sway does not answer.')
  const fail = (): void => {
    if (isClosed)
      return
    isClosed = true
    socket.destroy()
    waiting.splice(0).forEach(({ reject }) => reject(gone()))
    lost.emit()
  }
  socket.on('error', fail)
  socket.on('close', fail)
  readMessages(socket, fail, (type, payload) => {
    if (type >= EVENT_BIT)
      changes.emit()
    else
      waiting.shift()?.resolve(payload)
  })

  async function ask(type: number, payload: string): Promise<unknown> {
    if (isClosed)
      throw gone()
    // Answers come in the order of the questions; one that does not come in time would shift all that follow.
    const cancel = clock.after(LIMIT_MS, fail)
    try {
      return await new Promise((resolve, reject) => {
        waiting.push({ resolve, reject })
        const body = Buffer.from(payload, 'utf8')
        const header = Buffer.alloc(HEADER_BYTES)
        MAGIC.copy(header)
        header.writeUInt32LE(body.length, MAGIC.length)
        header.writeUInt32LE(type, MAGIC.length + 4)
        socket.write(Buffer.concat([header, body]))
      })
    }
    finally {
      cancel()
    }
  }

  await ask(SUBSCRIBE, JSON.stringify(['window', 'workspace']))
  return {
    changes,
    lost,
    tree: () => ask(GET_TREE, ''),
    close() {
      isClosed = true
      socket.destroy()
      waiting.splice(0).forEach(({ reject }) => reject(gone()))
    },
  }
}

function readMessages(socket: Socket, fail: () => void, take: (type: number, payload: unknown) => void): void {
  let chunks: Buffer[] = []
  let sizeBytes = 0
  socket.on('data', (data) => {
    chunks.push(data)
    sizeBytes += data.length
    while (sizeBytes >= HEADER_BYTES) {
      if ((chunks[0]?.length ?? 0) < HEADER_BYTES)
        chunks = [Buffer.concat(chunks)]
      const header = chunks[0] as Buffer
      const bodyBytes = header.readUInt32LE(MAGIC.length)
      if (!header.subarray(0, MAGIC.length).equals(MAGIC) || bodyBytes > LARGEST_BYTES)
        return fail()
      if (sizeBytes < HEADER_BYTES + bodyBytes)
        return
      const all = Buffer.concat(chunks)
      const end = HEADER_BYTES + bodyBytes
      chunks = [all.subarray(end)]
      sizeBytes = all.length - end
      let payload: unknown
      try {
        payload = JSON.parse(all.toString('utf8', HEADER_BYTES, end))
      }
      catch {
        return fail()
      }
      take(header.readUInt32LE(MAGIC.length + 4), payload)
    }
  })
}
