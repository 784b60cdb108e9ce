import type { AppErrorOptions, ErrorCode } from '../../lib/app-error'
import { z } from 'zod'
import { AppError } from '../../lib/app-error'

/** Everything that goes wrong between a request and its last byte becomes an `AppError` here, once. */

interface FailureFacts {
  readonly service: string
  readonly status?: number
  /** What the service itself says, for the test of a service alone: it may quote what was sent, so it is never logged. */
  readonly detail?: string
  /** As long as the service asked to be left alone. */
  readonly retryAfterMs?: number | null
  readonly cause?: unknown
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['service-busy', 'service-failed', 'service-unreachable', 'timeout', 'offline'])

/** The reply to a request, when its status is not 2xx. Retried: 408, 409, 429 and 5xx. */
export function statusError(status: number, facts: Omit<FailureFacts, 'status'>): AppError {
  return serviceError(codeOfStatus(status), `${facts.service} answered with status ${status}.`, { ...facts, status })
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 401 || status === 403)
    return 'service-key'
  if (status === 429)
    return 'service-busy'
  if (status === 408 || status === 409 || status >= 500)
    return 'service-failed'
  return 'service-refused'
}

export function serviceError(code: ErrorCode, message: string, { service, status, detail, retryAfterMs, cause }: FailureFacts): AppError {
  const params: NonNullable<AppErrorOptions['params']> = {
    service,
    ...(status !== undefined && { status }),
    ...(detail !== undefined && detail !== '' && { detail }),
    ...(retryAfterMs != null && { retryAfterMs }),
  }
  return new AppError(code, message, { retryable: RETRYABLE.has(code), params, ...(cause !== undefined && { cause }) })
}

const CONNECTION: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'service-unreachable',
  ECONNRESET: 'service-unreachable',
  EPIPE: 'service-unreachable',
  ENOTFOUND: 'service-unreachable',
  EAI_AGAIN: 'offline',
  ENETUNREACH: 'offline',
  ENETDOWN: 'offline',
  EHOSTUNREACH: 'service-unreachable',
  ETIMEDOUT: 'timeout',
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_SOCKET: 'service-unreachable',
  UND_ERR_PRX_TLS: 'service-untrusted',
}
/** OpenSSL's and Node's names for a certificate that is not accepted. */
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/

/** A proxy's answer to CONNECT that is no connection. */
export function proxyRefusal(status: number): AppError {
  return status === 407
    ? new AppError('service-refused', 'The proxy wants a name and a password. Put them into HTTP_PROXY and HTTPS_PROXY.', { params: { status } })
    : new AppError('service-unreachable', `The proxy refused the connection with status ${status}.`, { retryable: true, params: { status } })
}

/** As undici words it. */
const PROXY_REFUSAL = /^Proxy response \((\d{3})\)/

/** What a socket, TLS or the fetch itself threw. An `AppError` (a deadline, an abort) stays what it is. */
export function connectionError(error: unknown, service: string): AppError {
  if (error instanceof AppError)
    return error
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof AppError)
      return cause
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
    if (UNTRUSTED.test(code))
      return serviceError('service-untrusted', `The certificate of ${service} is not trusted (${code}).`, { service, cause: error })
    const [, refused] = PROXY_REFUSAL.exec(cause.message) ?? []
    if (refused !== undefined)
      return proxyRefusal(Number(refused))
    const known = CONNECTION[code]
    if (known)
      return serviceError(known, `${service} cannot be reached (${code}).`, { service, cause: error })
    const [first] = cause instanceof AggregateError ? cause.errors as unknown[] : []
    if (first instanceof Error)
      return connectionError(first, service)
  }
  return serviceError('service-unreachable', `The connection to ${service} broke.`, { service, cause: error })
}

const errorBody = z.looseObject({
  message: z.string().optional(),
  code: z.union([z.string(), z.number()]).nullish(),
  type: z.string().nullish(),
  status: z.union([z.string(), z.number()]).nullish(),
})

/**
 * An error inside a reply: a JSON body, an event or a field. Its number decides where there is one, as with a status;
 * else it is a failure of the service, which may go away.
 */
export function envelopeError(value: unknown, service: string): AppError {
  const body = typeof value === 'string' ? { message: value } : errorBody.safeParse(value).data ?? {}
  const status = [body.code, body.status].map(Number).find(number => Number.isInteger(number) && number >= 400 && number < 600)
  const named = /rate|quota|overload|busy/i.test(`${body.code ?? ''} ${body.type ?? ''}`)
    ? 'service-busy'
    : /auth|api_key|permission/i.test(`${body.code ?? ''} ${body.type ?? ''}`) ? 'service-key' : 'service-failed'
  const facts = { service, ...(body.message !== undefined && { detail: shortened(body.message) }) }
  return status === undefined
    ? serviceError(named, `${service} reported an error.`, facts)
    : statusError(status, facts)
}

const DETAIL_CHARS = 200

/** One line of what a service says, for people. */
export function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > DETAIL_CHARS ? `${line.slice(0, DETAIL_CHARS)}…` : line
}

/** `retry-after-ms`, then `Retry-After` in seconds or as a date; null when neither is there or makes sense. */
export function retryAfterMs(header: (name: string) => string | null, wallMs: number): number | null {
  const exact = Number(header('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(exact) && exact >= 0)
    return exact
  const value = header('retry-after')
  if (value === null || value.trim() === '')
    return null
  const seconds = Number(value)
  if (Number.isFinite(seconds))
    return seconds >= 0 ? seconds * 1000 : null
  const dateMs = Date.parse(value)
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - wallMs)
}

/** What the body of a refusal says to a person; empty: nothing. */
export function reasonIn(body: string, service: string): string {
  try {
    const parsed = JSON.parse(body) as { readonly error?: unknown, readonly message?: unknown, readonly detail?: unknown }
    const detail = envelopeError(parsed.error ?? parsed.message ?? parsed.detail, service).params['detail']
    return typeof detail === 'string' ? detail : ''
  }
  catch {
    // A proxy's page says nothing to a person.
    return /^\s*</.test(body) ? '' : shortened(body)
  }
}
