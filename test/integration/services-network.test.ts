import type { AppError } from '../../src-main/lib/app-error'
import type { ServiceEndpoint } from '../../src-main/ports/service'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRealtimeEngine } from '../../src-main/engines/asr/realtime'
import { createServiceClient } from '../../src-main/engines/connection/service-client'
import { toAppError } from '../../src-main/lib/app-error'
import { systemClock } from '../../src-main/ports/clock'
import { startConnectProxy } from '../fakes/service-server/connect-proxy'
import { listen } from '../fakes/service-server/listen'
import { startRealtimeServer } from '../fakes/service-server/realtime'
import { speak } from '../fakes/service-server/spoken-words'
import { createCertificate } from '../support/certificate'

const NAMES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'NODE_TLS_REJECT_UNAUTHORIZED']
const before = new Map(NAMES.map(name => [name, process.env[name]]))
const certificate = createCertificate()
const strange = createCertificate({ names: ['DNS:elsewhere.example'] })

function restore(): void {
  for (const [name, value] of before) {
    if (value === undefined)
      delete process.env[name]
    else
      process.env[name] = value
  }
}

beforeEach(() => NAMES.forEach(name => delete process.env[name]))
afterEach(restore)
afterAll(() => {
  certificate[Symbol.dispose]()
  strange[Symbol.dispose]()
})

interface Target extends AsyncDisposable {
  readonly baseUrl: string
  /** Connections since the start. */
  readonly accepted: () => number
}

interface Kind {
  readonly name: string
  readonly start: (options: { readonly tls?: { readonly cert: string, readonly key: string } }) => Promise<Target>
  /** One use of a service: `ok`, or what went wrong. */
  readonly use: (endpoint: ServiceEndpoint) => Promise<'ok' | AppError>
}

function endpointOf(baseUrl: string, more: Partial<ServiceEndpoint> = {}): ServiceEndpoint {
  return { id: 'test', name: 'Test', baseUrl, privacy: 'network', caFile: null, key: () => null, ...more }
}

const http: Kind = {
  name: 'HTTP',
  async start(options) {
    const listening = await listen((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'), options)
    return { ...listening, baseUrl: `${listening.origin}/v1` }
  },
  async use(endpoint) {
    await using client = createServiceClient({ endpoint, clock: systemClock })
    const deadlines = { firstByteMs: 4_000, betweenMs: 4_000, wholeMs: 4_000 }
    try {
      using reply = await client.request({ method: 'GET', path: '/models', accept: 'application/json', signal: new AbortController().signal, deadlines })
      expect(await reply.text(100)).toBe('{}')
      return 'ok'
    }
    catch (error) {
      return toAppError(error)
    }
  },
}

const webSocket: Kind = {
  name: 'WebSocket',
  start: startRealtimeServer,
  async use(endpoint) {
    await using client = createServiceClient({ endpoint, clock: systemClock })
    await using engine = createRealtimeEngine({ client, clock: systemClock, model: 'heard-1', connectMs: 4_000, reopens: 0 })
    async function* frames() {
      yield* speak(['one', 'two'])
    }
    try {
      // The second take is heard on the connection that the first has opened.
      for (let i = 0; i < 2; i++) {
        for await (const event of engine.transcribe(frames(), { signal: new AbortController().signal })) {
          if (event.type === 'final')
            expect(event.text).toBe('one two')
        }
      }
      return 'ok'
    }
    catch (error) {
      return toAppError(error)
    }
  },
}

describe.each([http, webSocket])('$name: certificates', ({ start, use }) => {
  it('one that is not trusted is refused, whatever the environment says', async () => {
    await using target = await start({ tls: certificate })
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'service-untrusted', retryable: false })
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'service-untrusted', retryable: false })
    expect(await use(endpointOf(target.baseUrl, { privacy: 'machine' }))).toMatchObject({ code: 'service-untrusted' })
  })

  it('one of somebody else is refused, also when it is trusted', async () => {
    await using target = await start({ tls: strange })
    expect(await use(endpointOf(target.baseUrl, { caFile: strange.file }))).toMatchObject({ code: 'service-untrusted', retryable: false })
  })

  it('one in the file of the service\'s settings is trusted, and only then', async () => {
    await using target = await start({ tls: certificate })
    expect(await use(endpointOf(target.baseUrl, { caFile: certificate.file }))).toBe('ok')
    expect(await use(endpointOf(target.baseUrl.replace('127.0.0.1', 'localhost'), { caFile: certificate.file }))).toBe('ok')
    expect(await use(endpointOf(target.baseUrl, { caFile: strange.file }))).toMatchObject({ code: 'service-untrusted' })
  })

  it.each(['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'])('one in the file of %s is trusted', async (name) => {
    await using target = await start({ tls: certificate })
    process.env[name] = certificate.file
    expect(await use(endpointOf(target.baseUrl))).toBe('ok')
  })

  it('a file that is not there, and one without a certificate, are told before anything is sent', async () => {
    await using target = await start({ tls: certificate })
    const empty = join(certificate.file, '..', 'empty.pem')
    writeFileSync(empty, 'nothing')
    for (const caFile of [empty, `${empty}.gone`])
      expect(await use(endpointOf(target.baseUrl, { caFile }))).toMatchObject({ code: 'bad-input', params: { file: caFile } })
    expect(target.accepted()).toBe(0)
  })
})

describe.each([http, webSocket])('$name: proxies', ({ start, use }) => {
  const authorityOf = ({ baseUrl }: Target): string => new URL(baseUrl).host

  it.each([
    ['http_proxy', false],
    ['HTTP_PROXY', false],
    ['https_proxy', true],
    ['HTTPS_PROXY', true],
  ] as const)('goes through %s, with its name and password, once', async (name, tls) => {
    await using target = await start(tls ? { tls: certificate } : {})
    await using proxy = await startConnectProxy()
    process.env[name] = proxy.origin.replace('//', '//user:pass%20word@')
    expect(await use(endpointOf(target.baseUrl, { caFile: tls ? certificate.file : null }))).toBe('ok')
    expect(proxy.seen).toEqual([{ target: authorityOf(target), authorization: `Basic ${btoa('user:pass word')}` }])
  })

  it('a proxy without a scheme is HTTP; a percent sign in a password may be one', async () => {
    await using target = await start({})
    await using proxy = await startConnectProxy()
    process.env['http_proxy'] = proxy.origin.replace('http://', 'user:100%@')
    expect(await use(endpointOf(target.baseUrl))).toBe('ok')
    expect(proxy.seen).toEqual([{ target: authorityOf(target), authorization: `Basic ${btoa('user:100%')}` }])
  })

  it('the other scheme\'s proxy is not asked, nor any for what NO_PROXY names, nor for this machine', async () => {
    await using target = await start({})
    await using proxy = await startConnectProxy()
    process.env['https_proxy'] = proxy.origin
    expect(await use(endpointOf(target.baseUrl))).toBe('ok')
    process.env['http_proxy'] = proxy.origin
    process.env['NO_PROXY'] = 'elsewhere.example, 127.0.0.1'
    expect(await use(endpointOf(target.baseUrl))).toBe('ok')
    delete process.env['NO_PROXY']
    expect(await use(endpointOf(target.baseUrl, { privacy: 'machine' }))).toBe('ok')
    expect(proxy.seen).toEqual([])
  })

  it('a proxy\'s own certificate is checked, and the target\'s behind it', async () => {
    await using target = await start({ tls: certificate })
    await using plain = await startConnectProxy()
    await using secure = await startConnectProxy({ tls: certificate })
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    process.env['https_proxy'] = plain.origin
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'service-untrusted' })
    expect(plain.seen).toHaveLength(1)
    process.env['https_proxy'] = secure.origin
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'service-untrusted' })
    expect(secure.seen).toHaveLength(0)
    expect(await use(endpointOf(target.baseUrl, { caFile: certificate.file }))).toBe('ok')
    expect(secure.seen).toHaveLength(1)
  })

  it.each([
    [407, 'service-refused', false],
    [502, 'service-unreachable', true],
  ] as const)('a proxy that refuses with %d is told as that', async (status, code, retryable) => {
    await using target = await start({})
    await using proxy = await startConnectProxy({ refuse: status })
    process.env['http_proxy'] = proxy.origin
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code, retryable, params: { status } })
    expect(target.accepted()).toBe(0)
  })

  it('one that does not listen, or is no HTTP address, is told; nothing goes past it', async () => {
    await using target = await start({})
    const gone = await startConnectProxy()
    await gone.close()
    process.env['http_proxy'] = gone.origin
    expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'service-unreachable', retryable: true })
    for (const address of ['socks5://127.0.0.1:1080', 'http://a b']) {
      process.env['http_proxy'] = address
      expect(await use(endpointOf(target.baseUrl))).toMatchObject({ code: 'bad-input' })
    }
    expect(target.accepted()).toBe(0)
  })
})
