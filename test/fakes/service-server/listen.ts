import type { RequestListener, Server } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'

export interface ListenOptions {
  /** A certificate and its key: then it is `https`. */
  readonly tls?: Pick<ServerOptions, 'cert' | 'key'>
}

/** A server on 127.0.0.1, on a port of the system's choice. */
export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a slash. */
  readonly origin: string
  readonly server: Server
  /** Open connections, as the server sees them. */
  readonly sockets: () => number
  /** Connections since the start. */
  readonly accepted: () => number
  /** Resolves when a connection that is open now is closed. */
  readonly nextClose: () => Promise<void>
  /** Closes every connection and stops listening. Idempotent. */
  readonly close: () => Promise<void>
}

export async function listen(handler: RequestListener, { tls }: ListenOptions = {}): Promise<Listening> {
  const server = tls ? createSecureServer(tls, handler) : createServer(handler)
  const sockets = new Set<Socket>()
  const closing: (() => void)[] = []
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    // A reset is what many tests are about.
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      closing.splice(0).forEach(told => told())
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  let closed: Promise<void> | null = null
  const close = (): Promise<void> => closed ??= new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets)
      socket.destroy()
  })
  return {
    origin: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    sockets: () => sockets.size,
    accepted: () => accepted,
    nextClose: () => new Promise(resolve => closing.push(resolve)),
    close,
    [Symbol.asyncDispose]: close,
  }
}
