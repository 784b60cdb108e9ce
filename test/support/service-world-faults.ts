import type { ErrorCode } from '../../src-main/lib/app-error'
import type { EnginePart } from '../../src-main/ports/route'
import type { Fault, Place, ShapedReply } from '../fakes/service-server/faults'
import type { FaultyRequest, FaultyService } from '../fakes/service-server/faults-server'
import type { ServiceWorld, ServiceWorldOptions } from './service-world'
import type { SkippingClock } from './service-world-clock'
import { Buffer } from 'node:buffer'
import { expect } from 'vitest'
import { startFaultyService } from '../fakes/service-server/faults-server'
import { listen } from '../fakes/service-server/listen'
import { createServiceWorld } from './service-world'
import { createSkippingClock } from './service-world-clock'

/** What goes wrong, and what kind of failure it is. */
export interface FaultRow {
  readonly name: string
  /** `refuse`: nobody listens. `untrusted`: nobody we know has signed its certificate. */
  readonly fault: Fault | 'refuse' | 'untrusted'
  readonly code: ErrorCode
  /** Worth another request. */
  readonly again: boolean
  /** It says when it may be asked again; `once`: that time is over afterwards. */
  readonly askedMs?: number
  readonly once?: boolean
  /** It takes seconds to be noticed: a reserve has begun by then. */
  readonly slow?: boolean
}

const status = (code: number, more: Omit<Extract<Fault, { type: 'status' }>, 'type' | 'status'> = {}): Fault => ({ type: 'status', status: code, ...more })
const instead = (contentType: string, body: string): Fault => ({ type: 'instead', contentType, body })
const busy = (headers: Record<string, string>): Fault => status(429, { headers })
const PAGE = '<!doctype html><title>Bad gateway</title>'

/** Instead of a reply: of every part that is asked over HTTP. The clock of a test begins at a whole second. */
export const REFUSALS: readonly FaultRow[] = [
  { name: 'nobody listens', fault: 'refuse', code: 'service-unreachable', again: true },
  { name: 'its certificate is not trusted', fault: 'untrusted', code: 'service-untrusted', again: false },
  { name: '429 with retry-after-ms', fault: busy({ 'retry-after-ms': '1700', 'retry-after': '9' }), code: 'service-busy', again: true, askedMs: 1_700 },
  { name: '429 with Retry-After in seconds', fault: busy({ 'retry-after': '2' }), code: 'service-busy', again: true, askedMs: 2_000 },
  { name: '429 with Retry-After as a date', fault: busy({ 'retry-after': new Date(1_700_000_003_000).toUTCString() }), code: 'service-busy', again: true, askedMs: 3_000, once: true },
  { name: '429 that asks for an hour', fault: busy({ 'retry-after': '3600' }), code: 'service-busy', again: false, askedMs: 3_600_000 },
  { name: '429 without a word', fault: busy({}), code: 'service-busy', again: true },
  { name: '401', fault: status(401), code: 'service-key', again: false },
  { name: '403', fault: status(403), code: 'service-key', again: false },
  { name: '404: no such model', fault: status(404), code: 'service-refused', again: false },
  { name: '302 to somewhere else', fault: status(302, { headers: { location: 'http://127.0.0.1:9/v1' } }), code: 'service-refused', again: false },
  { name: '408', fault: status(408), code: 'service-failed', again: true },
  { name: '409', fault: status(409), code: 'service-failed', again: true },
  { name: '500', fault: status(500), code: 'service-failed', again: true },
  { name: '502', fault: status(502), code: 'service-failed', again: true },
  { name: '503', fault: status(503, { headers: { 'retry-after': '1' } }), code: 'service-failed', again: true, askedMs: 1_000 },
  { name: 'a page with status 502', fault: status(502, { contentType: 'text/html', body: PAGE }), code: 'service-failed', again: true },
  { name: 'a page with status 200', fault: instead('text/html', PAGE), code: 'service-reply', again: false },
  { name: 'a page under the right name', fault: instead('application/json', PAGE), code: 'service-reply', again: false },
  { name: 'a picture', fault: instead('image/png', '\x89PNG\r\n\x1A\n'), code: 'service-reply', again: false },
  { name: 'JSON that is none', fault: instead('application/json', '{"choices": [}, "text": '), code: 'service-reply', again: false },
  { name: 'an error with status 200', fault: instead('application/json', '{"error":{"message":"Overloaded","code":503}}'), code: 'service-failed', again: true },
  { name: 'a refused key with status 200', fault: instead('application/json', '{"error":{"message":"No","code":401}}'), code: 'service-key', again: false },
  { name: 'nothing at all', fault: instead('application/json', ''), code: 'service-failed', again: true },
]

const breaks = (at: Place, how: Extract<Fault, { type: 'breaks' }>['how'], says?: Uint8Array | string): Fault => ({ type: 'breaks', at, how, ...(says !== undefined && { says: Buffer.from(says) }) })

/** Of a reply in events, at a place in it. `half`: an event up to the middle of a character; `output`: one that would be an output. */
export function streamFaults(at: Place, { half, output }: { readonly half: Uint8Array, readonly output: Uint8Array }): FaultRow[] {
  return [
    { name: 'is reset', fault: breaks(at, 'reset'), code: 'service-unreachable', again: true },
    { name: 'is closed without its end', fault: breaks(at, 'cut'), code: 'service-unreachable', again: true },
    { name: 'stalls', fault: breaks(at, 'stall'), code: 'timeout', again: false, slow: true },
    { name: 'is reset in the middle of a character', fault: breaks(at, 'reset', half), code: 'service-unreachable', again: true },
    { name: 'has an event that is no JSON', fault: breaks(at, 'stall', 'data: {"choices": [}\n\n'), code: 'service-reply', again: false },
    { name: 'has an event that is a page', fault: breaks(at, 'stall', 'data: <html></html>\n\n'), code: 'service-reply', again: false },
    { name: 'has an error as an event', fault: breaks(at, 'stall', 'data: {"error":{"message":"Overloaded","code":503}}\n\n'), code: 'service-failed', again: true },
    { name: 'has an error by the type of an event', fault: breaks(at, 'stall', 'event: error\ndata: {"message":"slow down","code":429}\n\n'), code: 'service-busy', again: true },
    { name: 'has an event without an end', fault: { type: 'endless', at, block: Buffer.concat([at === 'before' ? Buffer.from('data: {"x":"') : output.subarray(0, output.length - 2), Buffer.alloc(512 * 1024, 'x')]) }, code: 'too-large', again: false },
  ]
}

/** How much there is to fall back on. */
export const COLUMNS = {
  'another can': { reserve: true, once: false },
  'nobody else can': { reserve: false, once: false },
  'it is well again': { reserve: false, once: true },
} as const
export type Column = keyof typeof COLUMNS
export const COLUMN_NAMES = Object.keys(COLUMNS) as Column[]
/** Being well again makes no difference to what is not asked again. */
export function columnsOf({ again, fault }: Pick<FaultRow, 'again' | 'fault'>): readonly Column[] {
  return again && typeof fault !== 'string' ? COLUMN_NAMES : COLUMN_NAMES.filter(column => column !== 'it is well again')
}
/** Once something was shown nothing else may be asked, though it could answer. */
export const MIDDLE_COLUMNS = ['another can', 'it is well again'] as const satisfies Column[]

export interface Cell extends AsyncDisposable {
  readonly world: ServiceWorld
  readonly clock: SkippingClock
  readonly service: FaultyService
}

export interface CellOptions extends Pick<ServiceWorldOptions, 'reserve' | 'aloud' | 'mute'> {
  readonly part: EnginePart
  readonly settings: Partial<ServiceWorldOptions['service']>
  readonly reply: (request: FaultyRequest) => ShapedReply
  readonly fault: FaultRow['fault'] | null
  /** Which requests it befalls, from 0; absent: all. */
  readonly befalls?: (index: number, request: FaultyRequest) => boolean
  readonly certificate?: { readonly cert: string, readonly key: string }
}

/** A service with a fault, and a world that uses it. Disposing checks that nothing is left open. */
export async function openCell({ part, settings, reply, fault, befalls = () => true, certificate, ...options }: CellOptions): Promise<Cell> {
  const clock = createSkippingClock()
  const service = await startFaultyService({
    clock,
    reply,
    fault: (index, request) => typeof fault === 'string' || !befalls(index, request) ? null : fault,
    ...(fault === 'untrusted' && certificate && { tls: certificate }),
  })
  const origin = fault === 'refuse' ? await nobodyListens() : service.origin
  const world = createServiceWorld({ clock, part, service: { baseUrl: `${origin}/v1`, ...settings }, ...options })
  return {
    world,
    clock,
    service,
    async [Symbol.asyncDispose]() {
      await clock.quiet()
      const inFlight = service.inFlight()
      await world[Symbol.asyncDispose]()
      const left = { inFlight, sockets: service.sockets(), timers: clock.pending }
      await service.close()
      expect(left).toEqual({ inFlight: 0, sockets: 0, timers: 0 })
    },
  }
}

async function nobodyListens(): Promise<string> {
  const { origin, close } = await listen(() => {})
  await close()
  return origin
}

/** Each request after a refusal came when it was allowed, and none at once. */
export function expectPatience(requests: readonly FaultyRequest[], { askedMs = 0, once = false }: FaultRow): void {
  for (const [i, { atMs }] of requests.entries()) {
    const before = requests[i - 1]
    if (before)
      expect(atMs - before.atMs).toBeGreaterThanOrEqual(once && i > 1 ? 1 : Math.max(1, askedMs))
  }
}
