import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface FileServer extends AsyncDisposable {
  readonly url: (path: string) => string
  /** Every request, in order: `PATH RANGE`. */
  readonly requests: string[]
  on: (path: string, answer: Answer) => void
}

/** A loopback server whose every path misbehaves as it is told. */
export async function startFileServer(): Promise<FileServer> {
  const answers = new Map<string, Answer>()
  const requests: string[] = []
  const server: Server = createServer((request, response) => {
    const path = request.url ?? '/'
    requests.push(`${path} ${request.headers.range ?? '-'}`)
    const answer = answers.get(path)
    if (answer)
      answer(request, response)
    else
      response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: path => `http://127.0.0.1:${port}${path}`,
    requests,
    on: (path, answer) => answers.set(path, answer),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** An address where nobody listens. */
export async function closedAddress(): Promise<string> {
  const server = await startFileServer()
  const url = server.url('')
  await server[Symbol.asyncDispose]()
  return url
}

export interface ServeOptions {
  readonly etag?: string
  /** Sends this many bytes of the body and no more; `breakOff` then breaks the connection (once they have arrived). */
  readonly cutAfter?: number
  readonly onHeld?: (breakOff: () => void) => void
  readonly ranges?: boolean
}

/** Serves bytes the way a good server does, ranges included. */
export function serve(bytes: Uint8Array, options: ServeOptions = {}): Answer {
  return (request, response) => {
    const range = options.ranges === false ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const ifRange = request.headers['if-range']
    const valid = range !== null && (ifRange === undefined || ifRange === options.etag)
    const from = valid ? Number(range[1]) : 0
    if (valid && from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
      return
    }
    const body = bytes.subarray(from)
    response.writeHead(valid ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': body.length,
      ...(options.etag === undefined ? {} : { etag: options.etag }),
      ...(valid ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    if (options.cutAfter === undefined || options.cutAfter >= body.length) {
      response.end(body)
      return
    }
    if (options.cutAfter === 0)
      response.flushHeaders()
    else
      response.write(body.subarray(0, options.cutAfter))
    options.onHeld?.(() => response.destroy())
  }
}
