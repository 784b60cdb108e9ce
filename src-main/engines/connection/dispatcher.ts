import type * as Undici from 'undici'
import type { ServiceEndpoint } from '../../ports/service'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { rootCertificates } from 'node:tls'
import { AppError } from '../../lib/app-error'
import { proxyFor } from './tunnel'

/** Sockets stay open between turns, so that the next one needs no handshake. Servers close theirs after 60 s or more, as a rule. */
const KEEP_ALIVE_MS = 55_000
const CONNECT_TIMEOUT_MS = 5_000
/** Our own deadlines are the ones that count. */
const NO_TIMEOUT = 0

/** The built-in certificates and those of the files named by the user; undefined: the built-in ones alone. */
export function trustedCertificates(caFile: string | null, env: NodeJS.ProcessEnv = process.env): string[] | undefined {
  const files = [caFile, env['NODE_EXTRA_CA_CERTS'], env['SSL_CERT_FILE']].filter(file => file != null && file !== '') as string[]
  if (files.length === 0)
    return undefined
  return [...rootCertificates, ...new Set(files.map(readCertificates))]
}

function readCertificates(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  }
  catch (error) {
    throw new AppError('bad-input', `The file with certificates cannot be read: ${file}. Check the service's settings, NODE_EXTRA_CA_CERTS and SSL_CERT_FILE.`, { cause: error, params: { file } })
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new AppError('bad-input', `There is no certificate in ${file}; it has to be a PEM file.`, { params: { file } })
  return text
}

/** Loaded with the first request: it takes as long as half the rest of main, and who has no service needs it not. */
export function loadHttp(): Promise<typeof Undici> {
  return import('undici')
}

/**
 * The connections to one service: its sockets are its own, so that closing them closes nothing else. Proxies are those
 * of the environment (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), never for this machine itself. Throws `bad-input` when
 * a file with certificates or a proxy's address cannot be used.
 */
export function createDispatcher({ baseUrl, caFile, privacy }: Pick<ServiceEndpoint, 'baseUrl' | 'caFile' | 'privacy'>, { Agent, ProxyAgent }: Pick<typeof Undici, 'Agent' | 'ProxyAgent'>, env: NodeJS.ProcessEnv = process.env): Undici.Dispatcher {
  const ca = trustedCertificates(caFile, env)
  // `rejectUnauthorized`: whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const connect = { timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: true, ...(ca && { ca }) }
  const shared = { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: NO_TIMEOUT, bodyTimeout: NO_TIMEOUT, allowH2: false }
  const proxy = privacy === 'machine' ? null : proxyFor(new URL(baseUrl), env)
  return proxy === null
    ? new Agent({ ...shared, connect })
    : new ProxyAgent({ ...shared, uri: proxy.href, requestTls: connect, proxyTls: connect })
}
