import type { ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ServiceEndpoint } from '../../ports/service'
import { Buffer } from 'node:buffer'
import { request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP } from 'node:net'
import process from 'node:process'
import { connect as connectTls } from 'node:tls'
import { AppError } from '../../lib/app-error'
import { proxyRefusal } from './service-failure'

/** Told with the socket, or with what went wrong. */
type OnSocket = (error: Error | null, socket?: Duplex) => void

/** As `createConnection` of `node:http`, for what does not go through undici (WebSockets). */
export type CreateConnection = (options: ClientRequestArgs, onSocket: OnSocket) => undefined

/**
 * The proxy that the environment names for an address (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, small letters first);
 * null: none. `ws` and `wss` go the way of `http` and `https`.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv = process.env): URL | null {
  const isSecure = url.protocol === 'https:' || url.protocol === 'wss:'
  const named = isSecure ? env['https_proxy'] ?? env['HTTPS_PROXY'] : env['http_proxy'] ?? env['HTTP_PROXY']
  if (!named || isExcepted(url, isSecure, env['no_proxy'] ?? env['NO_PROXY'] ?? ''))
    return null
  return proxyAddress(named)
}

function proxyAddress(named: string): URL {
  try {
    const proxy = new URL(named.includes('://') ? named : `http://${named}`)
    if (!/^https?:$/.test(proxy.protocol))
      throw new TypeError(`${proxy.protocol} is not spoken`)
    proxy.username = decodable(proxy.username)
    proxy.password = decodable(proxy.password)
    return proxy
  }
  catch (error) {
    throw new AppError('bad-input', `The environment names a proxy that is no HTTP address. Check HTTP_PROXY and HTTPS_PROXY.`, { cause: error })
  }
}

/** A percent sign that stands for nothing is itself. */
function decodable(part: string): string {
  try {
    decodeURIComponent(part)
    return part
  }
  catch {
    return part.replaceAll('%', '%25')
  }
}

function isExcepted(url: URL, isSecure: boolean, exceptions: string): boolean {
  const host = url.hostname.toLowerCase()
  const port = url.port === '' ? isSecure ? '443' : '80' : url.port
  return exceptions.toLowerCase().split(/[\s,]+/).some((entry) => {
    if (entry === '*')
      return true
    const [, name = '', onlyPort] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? []
    const suffix = name.replace(/^\*?\./, '')
    return suffix !== '' && (onlyPort === undefined || onlyPort === port) && (host === suffix || host.endsWith(`.${suffix}`))
  })
}

export interface TunnelOptions {
  readonly proxy: URL
  readonly target: URL
  /** Trusted besides the built-in certificates, by the proxy's connection and the target's. */
  readonly ca?: string[] | undefined
  readonly signal: AbortSignal
}

/** Connections to `target` through an HTTP proxy, by CONNECT. What the proxy refuses is told as an `AppError`. */
export function createTunnel({ proxy, target, ca, signal }: TunnelOptions): CreateConnection {
  const isSecure = target.protocol === 'https:' || target.protocol === 'wss:'
  const authority = `${target.hostname}:${target.port === '' ? isSecure ? 443 : 80 : target.port}`
  return (_options, onSocket) => {
    const send = proxy.protocol === 'https:' ? requestSecure : requestPlain
    const asked = send({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port === '' ? proxy.protocol === 'https:' ? 443 : 80 : Number(proxy.port),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      agent: false,
      // Whatever the environment says.
      rejectUnauthorized: true,
      ...(ca && { ca }),
    })
    // The signal ends the making of a connection, never one that was handed over.
    const tell: OnSocket = (error, socket) => {
      signal.removeEventListener('abort', onAbort)
      onSocket(error, socket)
    }
    const onAbort = (): void => {
      asked.destroy()
      tell(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    asked.once('error', error => tell(error))
    asked.once('response', (response) => {
      response.resume()
      asked.destroy()
      tell(proxyRefusal(response.statusCode ?? 0))
    })
    asked.once('connect', (response, socket, head) => {
      const status = response.statusCode ?? 0
      if (status < 200 || status >= 300) {
        socket.destroy()
        tell(proxyRefusal(status))
        return
      }
      if (head.length > 0)
        socket.unshift(head)
      if (isSecure)
        secureOver(socket, target, ca, tell)
      else
        tell(null, socket)
    })
    asked.end()
    return undefined
  }
}

function secureOver(socket: Duplex, target: URL, ca: string[] | undefined, tell: OnSocket): void {
  const host = target.hostname.replace(/^\[|\]$/g, '')
  // An address has no name to ask for; it is compared with the certificate all the same.
  const secure = connectTls({ socket, host, rejectUnauthorized: true, ...(isIP(host) === 0 && { servername: host }), ...(ca && { ca }) })
  const onError = (error: Error): void => tell(error)
  secure.once('error', onError)
  secure.once('secureConnect', () => {
    secure.off('error', onError)
    tell(null, secure)
  })
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '')
    return {}
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return { 'proxy-authorization': `Basic ${credentials}` }
}

/** How to reach `target`: undefined means directly. Nothing on this machine is asked of a proxy. */
export function tunnelFor(target: URL, { privacy }: Pick<ServiceEndpoint, 'privacy'>, options: { readonly ca?: string[] | undefined, readonly signal: AbortSignal, readonly env?: NodeJS.ProcessEnv }): CreateConnection | undefined {
  const proxy = privacy === 'machine' ? null : proxyFor(target, options.env)
  return proxy === null ? undefined : createTunnel({ proxy, target, ca: options.ca, signal: options.signal })
}
