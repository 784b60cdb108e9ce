import type { Dispatcher, RequestInit, Response } from 'undici'
import type { Clock } from '../../ports/clock'
import type { ServiceEndpoint } from '../../ports/service'
import type { Deadlines, DeadlineWatch } from './deadlines'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'
import { watchDeadlines } from './deadlines'
import { createDispatcher, loadHttp } from './dispatcher'
import { connectionError, reasonIn, retryAfterMs, serviceError, statusError } from './service-failure'

export interface ServiceRequest {
  readonly method: 'GET' | 'POST'
  /** After the base URL: `/chat/completions`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: RequestInit['body']
  readonly accept: string
  readonly signal: AbortSignal
  readonly deadlines: Deadlines
}

/** The reply to a request that was accepted (2xx), its body still to come. Disposing closes the socket unless the body was read to its end. */
export interface ServiceReply extends Disposable {
  /** Without parameters, lower case; empty when the service names none. */
  readonly contentType: string
  readonly header: (name: string) => string | null
  /** One consumer. Throws the caller's abort reason, or an `AppError`. */
  readonly chunks: () => AsyncIterable<Uint8Array>
  /** Nothing more is wanted, but its end is near: it is read off, for a moment, so that the socket serves the next request. */
  readonly release: () => void
  /** All of it; `too-large` over the bound. */
  readonly text: (maxBytes: number) => Promise<string>
}

/** One service's HTTP side: keys, deadlines, certificates, proxies and the classes of failure are decided here. */
export interface ServiceClient extends AsyncDisposable {
  readonly endpoint: ServiceEndpoint
  /** Throws when this service may not be used (local only). Each request asks it; so does whoever opens a connection of its own. */
  readonly permit: () => void
  request: (request: ServiceRequest) => Promise<ServiceReply>
}

export interface ServiceClientOptions {
  readonly endpoint: ServiceEndpoint
  readonly clock: Clock
  /** Throws when this service may not be used (local only): asked before each request, as the last door. */
  readonly permit?: (endpoint: ServiceEndpoint) => void
  readonly dispatcher?: Dispatcher
}

/** A failed request's body is read for its reason up to here. */
const ERROR_BODY_BYTES = 64 * 1024
const ERROR_BODY_MS = 1_000
/** How long, and how much, the end of a reply may be after its last word. */
const RELEASE_MS = 250
const RELEASE_BYTES = 64 * 1024

export function createServiceClient({ endpoint, clock, permit, dispatcher: given }: ServiceClientOptions): ServiceClient {
  let dispatcher: Dispatcher | null = given ?? null

  async function request({ method, path, headers, body, accept, signal, deadlines }: ServiceRequest): Promise<ServiceReply> {
    const http = await loadHttp()
    signal.throwIfAborted()
    permit?.(endpoint)
    dispatcher ??= createDispatcher(endpoint, http)
    const key = endpoint.key()
    const watch = watchDeadlines(clock, deadlines, signal, endpoint.name)
    try {
      const response = await http.fetch(`${endpoint.baseUrl}${path}`, {
        method,
        headers: { ...headers, accept, 'accept-encoding': 'identity', ...(key !== null && { authorization: `Bearer ${key}` }) },
        // A body that is still being made is sent as it grows.
        ...(body != null && { body, duplex: 'half' }),
        dispatcher,
        signal: watch.signal,
        // A redirect could lead out of the network the user chose, and take the question with it.
        redirect: 'manual',
      })
      if (!response.ok)
        throw await refusal(response, watch)
      return createReply(response, watch, { service: endpoint.name, outer: signal, clock })
    }
    catch (error) {
      watch[Symbol.dispose]()
      throw signal.aborted ? signal.reason : redacted(watch.signal.aborted ? watch.signal.reason : connectionError(error, endpoint.name), key)
    }
  }

  async function refusal(response: Response, watch: DeadlineWatch): Promise<AppError> {
    const { status } = response
    if (status >= 300 && status < 400) {
      await response.body?.cancel()
      return serviceError('service-refused', `${endpoint.name} redirects to another address. Put the address itself into the service's settings.`, { service: endpoint.name, status })
    }
    const detail = await raceAbort(readText(response, ERROR_BODY_BYTES), AbortSignal.any([watch.signal, AbortSignal.timeout(ERROR_BODY_MS)])).catch(() => '')
    const asked = retryAfterMs(name => response.headers.get(name), clock.wallMs())
    return statusError(status, { service: endpoint.name, detail: reasonIn(detail, endpoint.name), retryAfterMs: asked })
  }

  return {
    endpoint,
    permit: () => permit?.(endpoint),
    request,
    async [Symbol.asyncDispose]() {
      await dispatcher?.destroy()
    },
  }
}

/** Servers quote the key when they refuse it. */
function redacted(error: unknown, key: string | null): unknown {
  const detail = error instanceof AppError ? error.params['detail'] : undefined
  if (!(error instanceof AppError) || typeof detail !== 'string' || key === null || !detail.includes(key))
    return error
  return new AppError(error.code, error.message, { retryable: error.retryable, params: { ...error.params, detail: detail.replaceAll(key, '…') } })
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (bytes > maxBytes)
      break
  }
  return text + decoder.decode()
}

interface ReplyContext {
  readonly service: string
  readonly outer: AbortSignal
  readonly clock: Clock
}

function createReply(response: Response, watch: DeadlineWatch, { service, outer, clock }: ReplyContext): ServiceReply {
  const reader = response.body?.getReader() ?? null
  let released = false

  function dispose(): void {
    watch[Symbol.dispose]()
    if (released)
      return
    // Cancelling what was read to its end does nothing; what was not, closes its socket.
    reader?.cancel().catch(() => {})
  }

  async function readOff(): Promise<void> {
    if (reader === null)
      return
    for (let bytes = 0; bytes < RELEASE_BYTES;) {
      const { done, value } = await reader.read()
      if (done)
        return
      bytes += (value as Uint8Array).byteLength
    }
    await reader.cancel()
  }

  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    if (reader === null)
      return dispose()
    try {
      while (true) {
        watch.asked()
        const { done, value } = await raceAbort(reader.read(), watch.signal)
        watch.came()
        if (done)
          return
        yield value as Uint8Array
        outer.throwIfAborted()
      }
    }
    catch (error) {
      throw outer.aborted ? outer.reason : watch.signal.aborted ? watch.signal.reason : connectionError(error, service)
    }
    finally {
      dispose()
    }
  }

  return {
    contentType: (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
    header: name => response.headers.get(name),
    chunks,
    release() {
      if (released)
        return
      released = true
      const cancel = clock.after(RELEASE_MS, () => reader?.cancel().catch(() => {}))
      readOff().catch(() => {}).finally(cancel)
    },
    async text(maxBytes) {
      const decoder = new TextDecoder()
      let text = ''
      let bytes = 0
      for await (const chunk of chunks()) {
        bytes += chunk.byteLength
        if (bytes > maxBytes)
          throw serviceError('too-large', `${service} sent more than ${maxBytes} bytes.`, { service })
        text += decoder.decode(chunk, { stream: true })
      }
      return text + decoder.decode()
    },
    [Symbol.dispose]: dispose,
  }
}
