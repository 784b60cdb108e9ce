import type { IncomingMessage } from 'node:http'
import type { ClientOptions, RawData, WebSocket } from 'ws'
import type { Clock } from '../../ports/clock'
import type { ServiceClient } from '../connection/service-client'
import type { LinkMemory } from './realtime-session'
import { Buffer } from 'node:buffer'
import { AppError } from '../../lib/app-error'
import { trustedCertificates } from '../connection/dispatcher'
import { connectionError, reasonIn, retryAfterMs, serviceError, statusError } from '../connection/service-failure'
import { tunnelFor } from '../connection/tunnel'
import { createLinkMemory } from './realtime-session'

export interface RealtimeSocketOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly connectMs: number
  /** So often the other side is asked whether it is still there. */
  readonly pingMs: number
  /** It has so long to say so. */
  readonly pongMs: number
}

/** Who uses a connection at present. */
export interface SocketUser {
  readonly message: (data: string) => void
  /** There is room to send again. */
  readonly drained: () => void
  /** It is gone; told once. */
  readonly dropped: () => void
}

/** An open connection to a realtime service, kept alive by pings. */
export interface RealtimeSocket {
  readonly memory: LinkMemory
  readonly isOpen: boolean
  /** What was sent is still on its way: more should wait. */
  readonly isFull: boolean
  readonly use: (user: SocketUser | null) => void
  readonly send: (text: string) => void
  /** Asks now whether the other side is there. */
  readonly check: () => void
  /** At once, without a word. */
  readonly terminate: () => void
  /** As the protocol wants it. */
  readonly close: () => void
}

const MOST_BUFFERED_BYTES = 256 * 1024
const MOST_MESSAGE_BYTES = 4 * 1024 * 1024
/** Greetings, and an error perhaps. */
const MOST_EARLY = 32
const REFUSAL_BYTES = 16 * 1024
const REFUSAL_MS = 1_000

/** Throws the signal's reason, or an `AppError`. Refuses to open what may not be used. */
export async function openRealtimeSocket(options: RealtimeSocketOptions): Promise<RealtimeSocket> {
  const { client: { endpoint, permit }, clock, signal, connectMs } = options
  // With the first connection: who has no such service needs it not.
  const { WebSocket: Socket } = await import('ws')
  signal.throwIfAborted()
  permit()
  const limit = new AbortController()
  const cancel = clock.after(connectMs, () => limit.abort(new AppError('timeout', `${endpoint.name} was not reached within ${connectMs} ms.`, { retryable: true, params: { service: endpoint.name, deadline: 'firstByte' } })))
  const either = AbortSignal.any([signal, limit.signal])
  let socket: WebSocket | null = null
  try {
    const key = endpoint.key()
    socket = connect(Socket, options, key, either)
    // Before it is open: a server may speak in the same packet that opens the connection.
    const kept = keepAlive(socket, options)
    await opened(socket, either, options, key)
    return kept
  }
  catch (error) {
    socket?.terminate()
    throw either.aborted ? either.reason : connectionError(error, endpoint.name)
  }
  finally {
    cancel()
  }
}

function connect(Socket: typeof WebSocket, { client: { endpoint }, url, headers }: RealtimeSocketOptions, key: string | null, signal: AbortSignal): WebSocket {
  const ca = trustedCertificates(endpoint.caFile)
  const tunnel = tunnelFor(new URL(url), endpoint, { ca, signal })
  const settings: ClientOptions = {
    headers: { ...headers, ...(key !== null && { authorization: `Bearer ${key}` }) },
    maxPayload: MOST_MESSAGE_BYTES,
    perMessageDeflate: false,
    followRedirects: false,
    // Whatever the environment says.
    rejectUnauthorized: true,
    ...(ca && { ca }),
    // `node:http` takes what comes by the callback, which the types of `ws` do not say.
    ...(tunnel && { createConnection: tunnel as unknown as NonNullable<ClientOptions['createConnection']> }),
  }
  return new Socket(url, settings)
}

async function opened(socket: WebSocket, signal: AbortSignal, { client: { endpoint }, clock }: RealtimeSocketOptions, key: string | null): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const done = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      settle()
    }
    socket.once('open', () => done(resolve))
    socket.once('error', error => done(() => reject(error)))
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      refusal(response, { service: endpoint.name, key, clock }).then(error => done(() => reject(error)), (error: unknown) => done(() => reject(error)))
    })
  })
}

interface RefusalContext {
  readonly service: string
  readonly key: string | null
  readonly clock: Clock
}

/** An answer that is no WebSocket. */
async function refusal(response: IncomingMessage, { service, key, clock }: RefusalContext): Promise<AppError> {
  const status = response.statusCode ?? 0
  if (status >= 300 && status < 400)
    return serviceError('service-refused', `${service} redirects to another address. Put the address itself into the service's settings.`, { service, status })
  if (status < 300)
    return serviceError('service-reply', `${service} does not speak WebSocket at this address.`, { service, status })
  const header = (name: string): string | null => {
    const value = response.headers[name]
    return typeof value === 'string' ? value : null
  }
  const said = reasonIn(await bodyOf(response, clock), service)
  const detail = key === null ? said : said.replaceAll(key, '…')
  return statusError(status, { service, detail, retryAfterMs: retryAfterMs(header, clock.wallMs()) })
}

async function bodyOf(response: IncomingMessage, clock: Clock): Promise<string> {
  const cancel = clock.after(REFUSAL_MS, () => response.destroy())
  const blocks: Buffer[] = []
  let bytes = 0
  try {
    for await (const block of response) {
      blocks.push(block as Buffer)
      bytes += (block as Buffer).length
      if (bytes > REFUSAL_BYTES)
        break
    }
  }
  catch {
    // The status says enough.
  }
  finally {
    cancel()
  }
  return Buffer.concat(blocks).toString('utf8')
}

function keepAlive(socket: WebSocket, { client, clock, pingMs, pongMs }: RealtimeSocketOptions): RealtimeSocket {
  const memory = createLinkMemory()
  let user: SocketUser | null = null
  /** Said before anybody listened; null: somebody has. */
  let early: string[] | null = []
  let cancelPing = (): void => {}
  let cancelPong: (() => void) | null = null

  /** The last door: whatever goes out, a ping too, is a packet that may not leave the machine. */
  function mayLeave(): boolean {
    try {
      client.permit()
      return true
    }
    catch {
      socket.terminate()
      return false
    }
  }

  function ping(): void {
    cancelPing()
    if (socket.readyState !== socket.OPEN || !mayLeave())
      return
    cancelPong ??= clock.after(pongMs, () => socket.terminate())
    socket.ping()
    cancelPing = clock.after(pingMs, ping)
  }

  function ended(): void {
    cancelPing()
    cancelPong?.()
    cancelPong = null
    const last = user
    user = null
    last?.dropped()
  }

  // Whatever it says is a sign of life.
  function alive(): void {
    cancelPong?.()
    cancelPong = null
  }

  socket.on('pong', alive)
  socket.on('message', (data: RawData) => {
    alive()
    const text = textOf(data)
    if (user)
      user.message(text)
    else if (early && early.length < MOST_EARLY)
      early.push(text)
  })
  socket.on('error', () => {})
  socket.once('open', () => {
    cancelPing = clock.after(pingMs, ping)
  })
  socket.once('close', ended)

  return {
    memory,
    get isOpen() {
      return socket.readyState === socket.OPEN
    },
    get isFull() {
      return socket.bufferedAmount > MOST_BUFFERED_BYTES
    },
    use(next) {
      user = next
      const unheard = early ?? []
      early = null
      if (next === null)
        return
      // After whoever takes it over has done so.
      queueMicrotask(() => {
        for (const text of unheard) {
          if (user === next)
            next.message(text)
        }
      })
    },
    send(text) {
      if (!mayLeave())
        return
      socket.send(text, () => {
        if (socket.bufferedAmount <= MOST_BUFFERED_BYTES)
          user?.drained()
      })
    },
    check: ping,
    terminate() {
      user = null
      socket.terminate()
    },
    close() {
      user = null
      socket.close(1000)
      // It need not answer.
      const cancel = clock.after(pongMs, () => socket.terminate())
      socket.once('close', cancel)
    },
  }
}

function textOf(data: RawData): string {
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data as Buffer).toString('utf8')
}
