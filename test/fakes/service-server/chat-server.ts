import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { ChatScript } from './chat-scripts'
import { createServer } from 'node:http'

/** What goes wrong, and at which byte of the body. */
export type Fault
  = | { readonly type: 'reset', readonly atByte: number }
    | { readonly type: 'stall', readonly atByte: number }
    /** One byte each `everyMs`. */
    | { readonly type: 'drip', readonly everyMs: number }
    | { readonly type: 'status', readonly status: number, readonly headers?: Readonly<Record<string, string>>, readonly body?: string }

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Record<string, unknown>
}

export interface ChatServer extends AsyncDisposable {
  readonly baseUrl: string
  readonly seen: readonly SeenRequest[]
  /** Connections that were made since the start. */
  readonly accepted: () => number
  /** Open connections, as the server sees them. */
  readonly openSockets: () => number
  /** Resolves when a connection that was open is closed. */
  readonly nextClose: () => Promise<void>
  /** What the next requests get, in order; the last one stays. */
  serve: (...answers: readonly Answer[]) => void
}

export interface Answer {
  readonly script?: ChatScript
  readonly fault?: Fault
}

/** A chat service on a loopback socket. */
export async function startChatServer(): Promise<ChatServer> {
  const seen: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const closing: (() => void)[] = []
  let accepted = 0
  let answers: Answer[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const blocks: Uint8Array[] = []
      for await (const block of request)
        blocks.push(block as Uint8Array)
      const text = new TextDecoder().decode(Uint8Array.from(blocks.flatMap(block => [...block])))
      seen.push({ path: request.url ?? '', headers: request.headers, body: text === '' ? {} : JSON.parse(text) as Record<string, unknown> })
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      await reply(response, answer ?? {})
    })()
  })
  server.on('connection', (socket) => {
    accepted++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      sockets.delete(socket)
      closing.splice(0).forEach(told => told())
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen,
    accepted: () => accepted,
    openSockets: () => sockets.size,
    nextClose: () => new Promise(resolve => closing.push(resolve)),
    serve(...next) {
      answers = [...next]
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets)
        socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function reply(response: ServerResponse, { script, fault }: Answer): Promise<void> {
  if (fault?.type === 'status') {
    response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
    response.end(fault.body ?? '')
    return
  }
  const bytes = new TextEncoder().encode(script?.body ?? '')
  response.writeHead(200, { 'content-type': script?.contentType ?? 'text/event-stream' })
  if (fault?.type === 'drip') {
    for (const byte of bytes) {
      if (response.destroyed)
        return
      response.write(Uint8Array.of(byte))
      await new Promise(resolve => setTimeout(resolve, fault.everyMs))
    }
    response.end()
    return
  }
  if (fault === undefined) {
    response.end(bytes)
    return
  }
  response.flushHeaders()
  const head = bytes.subarray(0, fault.atByte)
  await new Promise<void>(resolve => head.length === 0 ? resolve() : response.write(head, () => resolve()))
  if (fault.type === 'reset')
    response.socket?.resetAndDestroy()
}
