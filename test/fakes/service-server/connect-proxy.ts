import type { Duplex } from 'node:stream'
import type { Listening, ListenOptions } from './listen'
import { connect } from 'node:net'
import { listen } from './listen'

export interface ConnectProxy extends Listening {
  /** What was asked for: `host:port`, and with which credentials. */
  readonly seen: readonly { readonly target: string, readonly authorization: string | undefined }[]
}

/** An HTTP proxy that knows CONNECT alone. `refuse`: the status it refuses with. */
export async function startConnectProxy(options: ListenOptions & { readonly refuse?: number } = {}): Promise<ConnectProxy> {
  const seen: { readonly target: string, readonly authorization: string | undefined }[] = []
  const listening = await listen((_request, response) => response.writeHead(405).end(), options)
  listening.server.on('connect', (request, client: Duplex, head) => {
    seen.push({ target: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    client.on('error', () => {})
    if (options.refuse !== undefined) {
      client.end(`HTTP/1.1 ${options.refuse} Refused\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const target = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(client).pipe(target)
    })
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
  })
  return { ...listening, seen }
}
