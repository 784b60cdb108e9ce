import type { Socket } from 'node:net'
import { Buffer } from 'node:buffer'
import { connect } from 'node:net'
import { AppError } from '../lib/app-error'
import { errnoOf } from '../lib/disk-error'
import { Emitter } from '../lib/emitter'
import { TagReader, TagWriter } from './pulse-tagstruct'
import { serverDenied } from './refusal'

/** The version spoken: old enough that PulseAudio and PipeWire both have it, new enough for property lists. */
const PROTOCOL_VERSION = 13
const HEADER_BYTES = 20
const CONTROL_CHANNEL = 0xFFFFFFFF
const MAX_PACKET_BYTES = 1024 * 1024
const COOKIE_BYTES = 256
/** Source: src/pulsecore/native-common.h. */
const COMMAND = {
  error: 0,
  reply: 2,
  auth: 8,
  setClientName: 9,
  getServerInfo: 20,
  getSinkList: 22,
  getSourceList: 24,
  getSinkInputList: 30,
  getSourceOutputList: 32,
  subscribe: 35,
  subscribeEvent: 66,
  setSinkInputMute: 69,
  extension: 87,
} as const
/** Sinks, sources, their streams, and the server's defaults. */
const SUBSCRIPTION_MASK = 0x01 | 0x02 | 0x04 | 0x08 | 0x80
const NO_INDEX = 0xFFFFFFFF
/** The part of the server that remembers volume and mute for the next stream of a program; src/modules/module-stream-restore.c. */
const STREAM_RESTORE = 'module-stream-restore'
const RESTORE_COMMAND = { read: 1, write: 2 } as const
/** PA_UPDATE_REPLACE, src/pulse/def.h */
const REPLACE_ENTRIES = 2
/** PA_ERR_ACCESS, src/pulse/def.h */
const ACCESS_DENIED = 1

export interface PulseDevice {
  readonly index: number
  readonly name: string
  readonly description: string
  readonly rateHz: number
  readonly channels: number
  /** A source that hears what a sink plays. */
  readonly isMonitor: boolean
}

/** A stream of some program: which device it is on. */
export interface PulseStream {
  readonly index: number
  readonly deviceIndex: number
  readonly processId: number | null
}

export interface PulsePlayback extends PulseStream {
  readonly clientIndex: number
  readonly isMuted: boolean
  /** Under which name its volume and mute are remembered; null: they aren't. */
  readonly restoreName: string | null
}

export interface PulseSnapshot {
  readonly sources: readonly PulseDevice[]
  readonly sinks: readonly PulseDevice[]
  readonly defaultSource: string | null
  readonly defaultSink: string | null
  readonly captures: readonly PulseStream[]
  readonly playbacks: readonly PulsePlayback[]
}

interface Waiting {
  readonly resolve: (reader: TagReader) => void
  readonly reject: (error: AppError) => void
}

/**
 * A control connection to the sound server: what devices there are, on which one a stream is, and word of every
 * change. It moves no sound and starts no server. It knows at once when the server dies: `closed` is told.
 */
export class PulseClient {
  /** Something about devices or streams changed. */
  readonly changes = new Emitter<void>()
  /** The server is gone (or `close` was called). Told once. */
  readonly closed = new Emitter<void>()
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #pending: Buffer = Buffer.alloc(0)
  #nextTag = 1
  #over = false

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', bytes => this.#receive(bytes))
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => this.#end())
  }

  /** Throws a retryable `internal` when no server answers at this address within `timeoutMs`, `microphone-denied` when it refuses this user. */
  static async connect(address: PulseAddress, timeoutMs = 1000): Promise<PulseClient> {
    const socket = await openSocket(address, timeoutMs)
    const client = new PulseClient(socket)
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    try {
      const cookie = address.cookie?.length === COOKIE_BYTES ? address.cookie : Buffer.alloc(COOKIE_BYTES)
      await client.#request(COMMAND.auth, new TagWriter().u32(PROTOCOL_VERSION).arbitrary(cookie))
      await client.#request(COMMAND.setClientName, new TagWriter().properties({ 'application.name': 'Parley' }))
      await client.#request(COMMAND.subscribe, new TagWriter().u32(SUBSCRIPTION_MASK))
      return client
    }
    catch (error) {
      client.close()
      throw error
    }
    finally {
      clearTimeout(timer)
    }
  }

  get isClosed(): boolean {
    return this.#over
  }

  /** Throws when the connection ends, or when the server answers with something else than its protocol. */
  async snapshot(): Promise<PulseSnapshot> {
    const [server, sources, sinks, captures, playbacks] = await Promise.all([
      this.#request(COMMAND.getServerInfo),
      this.#request(COMMAND.getSourceList),
      this.#request(COMMAND.getSinkList),
      this.#request(COMMAND.getSourceOutputList),
      this.#request(COMMAND.getSinkInputList),
    ])
    const { defaultSink, defaultSource } = readServer(server)
    return {
      defaultSink,
      defaultSource,
      sources: readAll(sources, readDevice),
      sinks: readAll(sinks, reader => ({ ...readDevice(reader), isMonitor: false })),
      captures: readAll(captures, readCapture),
      playbacks: readAll(playbacks, readPlayback),
    }
  }

  /** What plays now, and a number that is another one for each run of the server. */
  async playbacks(): Promise<{ readonly serverCookie: number, readonly playbacks: readonly PulsePlayback[] }> {
    const [server, playbacks] = await Promise.all([this.#request(COMMAND.getServerInfo), this.#request(COMMAND.getSinkInputList)])
    return { serverCookie: readServer(server).cookie, playbacks: readAll(playbacks, readPlayback) }
  }

  /** Rejects when there is no such stream. */
  async setPlaybackMuted(index: number, muted: boolean): Promise<void> {
    await this.#request(COMMAND.setSinkInputMute, new TagWriter().u32(index).boolean(muted))
  }

  /** What is remembered under these names is not muted any more. Rejects where the server remembers nothing. */
  async forgetMutes(restoreNames: readonly string[]): Promise<void> {
    const extension = (command: number): TagWriter => new TagWriter().u32(NO_INDEX).string(STREAM_RESTORE).u32(command)
    const remembered = readAll(await this.#request(COMMAND.extension, extension(RESTORE_COMMAND.read)), readRestoreEntry)
    const muted = remembered.filter(({ name, isMuted }) => isMuted && restoreNames.includes(name))
    if (muted.length === 0)
      return
    const body = extension(RESTORE_COMMAND.write).u32(REPLACE_ENTRIES).boolean(false)
    for (const { nameToDevice } of muted)
      body.encoded(nameToDevice).boolean(false)
    await this.#request(COMMAND.extension, body)
  }

  close(): void {
    this.#socket.destroy()
    this.#end()
  }

  #request(command: number, body = new TagWriter()): Promise<TagReader> {
    if (this.#over)
      return Promise.reject(lost())
    const tag = this.#nextTag++
    const payload = Buffer.concat([new TagWriter().u32(command).u32(tag).build(), body.build()])
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(payload.length, 0)
    header.writeUInt32BE(CONTROL_CHANNEL, 4)
    return new Promise((resolve, reject) => {
      this.#waiting.set(tag, { resolve, reject })
      this.#socket.write(Buffer.concat([header, payload]))
    })
  }

  #receive(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    try {
      while (this.#pending.length >= HEADER_BYTES) {
        const length = this.#pending.readUInt32BE(0)
        if (length > MAX_PACKET_BYTES)
          throw new RangeError(`a packet of ${length} bytes`)
        if (this.#pending.length < HEADER_BYTES + length)
          return
        const isControl = this.#pending.readUInt32BE(4) === CONTROL_CHANNEL
        const payload = this.#pending.subarray(HEADER_BYTES, HEADER_BYTES + length)
        this.#pending = this.#pending.subarray(HEADER_BYTES + length)
        if (isControl)
          this.#handle(new TagReader(payload))
      }
    }
    catch {
      // Not the protocol we know: better no connection than a wrong picture.
      this.close()
    }
  }

  #handle(reader: TagReader): void {
    const command = reader.u32()
    const tag = reader.u32()
    if (command === COMMAND.subscribeEvent) {
      this.changes.emit()
      return
    }
    const waiting = this.#waiting.get(tag)
    this.#waiting.delete(tag)
    if (command === COMMAND.reply)
      waiting?.resolve(reader)
    else if (command === COMMAND.error)
      waiting?.reject(refused(reader.u32()))
  }

  #end(): void {
    if (this.#over)
      return
    this.#over = true
    for (const { reject } of this.#waiting.values())
      reject(lost())
    this.#waiting.clear()
    this.closed.emit()
  }
}

function refused(code: number): AppError {
  const refusal = new AppError('internal', 'The sound server refused a question.', { params: { code } })
  return code === ACCESS_DENIED ? serverDenied(refusal) : refusal
}

function lost(): AppError {
  return new AppError('internal', 'The connection to the sound server ended.', { retryable: true })
}

export interface PulseAddress {
  readonly path?: string
  readonly host?: string
  readonly port?: number
  readonly cookie?: Buffer | undefined
}

function openSocket(address: PulseAddress, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = address.path !== undefined
      ? connect({ path: address.path })
      : connect({ host: address.host ?? 'localhost', port: address.port ?? 4713 })
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), timeoutMs)
    socket.once('error', cause => reject(['EACCES', 'EPERM'].includes(errnoOf(cause) ?? '')
      ? serverDenied(cause)
      : new AppError('internal', 'There is no sound server.', { cause, retryable: true })))
    socket.once('close', () => clearTimeout(timer))
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

function readAll<T>(reader: TagReader, read: (reader: TagReader) => T): T[] {
  const all: T[] = []
  while (reader.more)
    all.push(read(reader))
  return all
}

// The order of fields: src/pulsecore/protocol-native.c, *_fill_tagstruct, as sent to a client of version 13.

function readServer(reader: TagReader): { defaultSink: string | null, defaultSource: string | null, cookie: number } {
  reader.string() // name of the server
  reader.string() // version
  reader.string() // user
  reader.string() // host
  reader.sampleSpec()
  return { defaultSink: reader.string(), defaultSource: reader.string(), cookie: reader.u32() }
}

function readDevice(reader: TagReader): PulseDevice {
  const index = reader.u32()
  const name = reader.string() ?? ''
  const description = reader.string() ?? name
  const { channels, rateHz } = reader.sampleSpec()
  reader.channelMap()
  reader.u32() // module
  reader.volumes()
  reader.boolean() // muted
  const monitor = reader.u32() // of which sink; for a sink: its monitor
  reader.string()
  reader.usec() // latency
  reader.string() // driver
  reader.u32() // flags
  reader.properties()
  reader.usec() // configured latency
  return { index, name, description, channels, rateHz, isMonitor: monitor !== NO_INDEX }
}

function readCapture(reader: TagReader): PulseStream {
  const { index, deviceIndex } = readStreamHead(reader)
  readStreamTail(reader)
  return { index, deviceIndex, processId: processIdOf(reader.properties()) }
}

function readPlayback(reader: TagReader): PulsePlayback {
  const head = readStreamHead(reader)
  reader.volumes()
  readStreamTail(reader)
  const isMuted = reader.boolean()
  const properties = reader.properties()
  return { ...head, isMuted, processId: processIdOf(properties), restoreName: properties['module-stream-restore.id'] ?? null }
}

function readStreamHead(reader: TagReader): { index: number, clientIndex: number, deviceIndex: number } {
  const index = reader.u32()
  reader.string() // name
  reader.u32() // module
  const clientIndex = reader.u32()
  const deviceIndex = reader.u32()
  reader.sampleSpec()
  reader.channelMap()
  return { index, clientIndex, deviceIndex }
}

function readStreamTail(reader: TagReader): void {
  reader.usec() // latency of the buffer
  reader.usec() // and of the device
  reader.string() // resampling method
  reader.string() // driver
}

function processIdOf(properties: Readonly<Record<string, string>>): number | null {
  const processId = Number(properties['application.process.id'])
  return Number.isInteger(processId) ? processId : null
}

function readRestoreEntry(reader: TagReader): { name: string, nameToDevice: Buffer, isMuted: boolean } {
  let name: string | null = null
  const nameToDevice = reader.encoded(() => {
    name = reader.string()
    reader.channelMap()
    reader.volumes()
    reader.string() // device
  })
  return { name: name ?? '', nameToDevice, isMuted: reader.boolean() }
}
