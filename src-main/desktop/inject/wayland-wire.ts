import type { Socket } from 'node:net'
import type { Subscribable } from '../../lib/emitter'
import type { Clock } from '../../ports/clock'
import { Buffer } from 'node:buffer'
import { createConnection } from 'node:net'
import { isAbsolute, join } from 'node:path'
import { AppError } from '../../lib/app-error'
import { Emitter } from '../../lib/emitter'

const DISPLAY_ID = 1
const FIRST_ID = 2
const HEADER_BYTES = 8
const CONNECT_LIMIT_MS = 2_000

/** An event of one object; `body` is read with `createReader`. */
export interface WireEvent {
  readonly object: number
  readonly opcode: number
  readonly body: Buffer
}

export type WireArgument = { readonly uint: number } | { readonly string: string }

/**
 * A connection to a compositor, for what needs no file descriptors: Node has no way to pass them. Numbers are in the byte
 * order of the machine, which is little-endian wherever Electron runs.
 */
export interface WaylandWire {
  readonly events: Subscribable<WireEvent>
  readonly lost: Subscribable<void>
  newId: () => number
  send: (object: number, opcode: number, args: readonly WireArgument[]) => void
  /** Everything sent so far was handled, and its events were told. */
  roundTrip: () => Promise<void>
  close: () => void
}

/** Where the compositor's socket is; null: this is no Wayland session. */
export function waylandSocket(env: Readonly<Record<string, string | undefined>>): string | null {
  const display = env['WAYLAND_DISPLAY'] || 'wayland-0'
  if (isAbsolute(display))
    return display
  const folder = env['XDG_RUNTIME_DIR']
  return folder ? join(folder, display) : null
}

/** Rejects with `no-display` when nobody answers there. */
export async function connectWayland(path: string, clock: Clock): Promise<WaylandWire> {
  const socket = createConnection(path)
  await new Promise<void>((resolve, reject) => {
    const fail = (cause?: unknown): void => {
      cancel()
      socket.destroy()
      reject(new AppError('no-display', 'The compositor does not answer.', { cause }))
    }
    const cancel = clock.after(CONNECT_LIMIT_MS, fail)
    socket.once('error', fail)
    socket.once('connect', () => {
      cancel()
      socket.off('error', fail)
      resolve()
    })
  })
  return createWire(socket, clock)
}

function createWire(socket: Socket, clock: Clock): WaylandWire {
  const events = new Emitter<WireEvent>()
  const lost = new Emitter<void>()
  let ids = FIRST_ID - 1
  let rest = Buffer.alloc(0)
  let isClosed = false
  const fail = (): void => {
    if (isClosed)
      return
    isClosed = true
    socket.destroy()
    lost.emit()
  }
  socket.on('error', fail)
  socket.on('close', fail)
  socket.on('data', (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= HEADER_BYTES) {
      const sizeBytes = rest.readUInt32LE(4) >>> 16
      if (sizeBytes < HEADER_BYTES)
        return fail()
      if (rest.length < sizeBytes)
        return
      const event = { object: rest.readUInt32LE(0), opcode: rest.readUInt32LE(4) & 0xFFFF, body: rest.subarray(HEADER_BYTES, sizeBytes) }
      rest = rest.subarray(sizeBytes)
      // wl_display.error: the compositor ends the connection.
      if (event.object === DISPLAY_ID && event.opcode === 0)
        return fail()
      events.emit(event)
    }
  })

  const wire: WaylandWire = {
    events,
    lost,
    newId: () => ++ids,
    send(object, opcode, args) {
      if (isClosed)
        return
      const body = Buffer.concat(args.map(argument => 'uint' in argument ? uint(argument.uint) : string(argument.string)))
      socket.write(Buffer.concat([uint(object), uint(((HEADER_BYTES + body.length) << 16 | opcode) >>> 0), body]))
    },
    async roundTrip() {
      const callback = wire.newId()
      let clean = (): void => {}
      try {
        await new Promise<void>((resolve, reject) => {
          const broke = (): void => reject(new AppError('no-display', 'The connection to the compositor ended.'))
          if (isClosed)
            return broke()
          const cleaners = [
            events.subscribe(({ object }) => object === callback && resolve()),
            lost.subscribe(broke),
            clock.after(CONNECT_LIMIT_MS, broke),
          ]
          clean = () => cleaners.forEach(cleaner => cleaner())
          // wl_display.sync
          wire.send(DISPLAY_ID, 0, [{ uint: callback }])
        })
      }
      finally {
        clean()
      }
    },
    close() {
      isClosed = true
      socket.destroy()
    },
  }
  return wire
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function string(value: string): Buffer {
  const bytes = Buffer.from(`${value}\0`, 'utf8')
  return Buffer.concat([uint(bytes.length), bytes, Buffer.alloc((4 - bytes.length % 4) % 4)])
}

export interface WireReader {
  uint: () => number
  string: () => string
  uints: () => readonly number[]
}

export function createReader(body: Buffer): WireReader {
  let at = 0
  function block(): Buffer {
    const sizeBytes = body.readUInt32LE(at)
    const bytes = body.subarray(at + 4, at + 4 + sizeBytes)
    at += 4 + sizeBytes + (4 - sizeBytes % 4) % 4
    return bytes
  }
  return {
    uint() {
      at += 4
      return body.readUInt32LE(at - 4)
    },
    string: () => block().toString('utf8').replace(/\0$/, ''),
    uints() {
      const bytes = block()
      return Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readUInt32LE(index * 4))
    },
  }
}

/** What a compositor offers: an interface's version by its name, and its global number. */
export type Globals = ReadonlyMap<string, { readonly name: number, readonly version: number }>

/** wl_display.get_registry. `globals` grows and shrinks with the compositor's. */
export async function readGlobals(wire: WaylandWire): Promise<{ readonly registry: number, readonly globals: Globals }> {
  const globals = new Map<string, { name: number, version: number }>()
  const registry = wire.newId()
  wire.events.subscribe(({ object, opcode, body }) => {
    if (object !== registry)
      return
    const reader = createReader(body)
    const name = reader.uint()
    if (opcode === 0) {
      const id = reader.string()
      globals.set(id, { name, version: reader.uint() })
      return
    }
    for (const [id, global] of globals) {
      if (global.name === name)
        globals.delete(id)
    }
  })
  wire.send(DISPLAY_ID, 1, [{ uint: registry }])
  await wire.roundTrip()
  return { registry, globals }
}
