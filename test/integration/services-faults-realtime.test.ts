import type { RealtimeBehaviour } from '../fakes/service-server/realtime'
import type { TurnOutcome } from '../support/service-world'
import type { Column } from '../support/service-world-faults'
import { afterAll, describe, expect, it } from 'vitest'
import { startRealtimeServer } from '../fakes/service-server/realtime'
import { createCertificate } from '../support/certificate'
import { createServiceWorld, OWN_TRANSCRIPT, SERVICE_REPLY, SERVICE_TRANSCRIPT } from '../support/service-world'
import { createSkippingClock } from '../support/service-world-clock'
import { COLUMN_NAMES, COLUMNS } from '../support/service-world-faults'

const certificate = createCertificate()
afterAll(() => certificate[Symbol.dispose]())

interface Row {
  readonly name: string
  readonly behaviour: RealtimeBehaviour | 'refuse' | 'untrusted'
  readonly code: string
  readonly again: boolean
  /** The turn's own deadline passes while it is tried again. */
  readonly deadline?: boolean
  /** Too late for a reserve that is there. */
  readonly slow?: boolean
  /** A new connection of the same attempt is enough. `always`: each time. */
  readonly heals?: 'once' | 'always'
  /** What was understood before it failed. */
  readonly told?: string
  /** The key is still held. */
  readonly early?: boolean
  /** So long it is held. */
  readonly heldMs?: number
}

const commit = (...instead: string[]): RealtimeBehaviour => ({ instead })
const message = (value: unknown): string => JSON.stringify(value)
const refuse = (status: number, more: Omit<NonNullable<RealtimeBehaviour['refuse']>, 'status'> = {}): RealtimeBehaviour => ({ refuse: { status, ...more } })

const ROWS: readonly Row[] = [
  { name: 'nobody listens', behaviour: 'refuse', code: 'service-unreachable', again: true },
  { name: 'its certificate is not trusted', behaviour: 'untrusted', code: 'service-untrusted', again: false, early: true },
  { name: 'the handshake is refused with 401', behaviour: refuse(401), code: 'service-key', again: false, early: true },
  { name: 'the handshake is refused with 403', behaviour: refuse(403), code: 'service-key', again: false, early: true },
  { name: 'the handshake is refused with 404', behaviour: refuse(404), code: 'service-refused', again: false, early: true },
  { name: 'the handshake is refused with 429', behaviour: refuse(429, { headers: { 'retry-after': '1' } }), code: 'service-busy', again: true },
  { name: 'the handshake is refused with 500', behaviour: refuse(500), code: 'service-failed', again: true },
  { name: 'the handshake is refused with a page and 502', behaviour: refuse(502, { body: '<html></html>', headers: { 'content-type': 'text/html' } }), code: 'service-failed', again: true },
  { name: 'the handshake is answered with a page', behaviour: refuse(200, { body: '<html></html>', headers: { 'content-type': 'text/html' } }), code: 'service-reply', again: false, early: true },
  { name: 'the handshake is never answered', behaviour: { handshake: new Promise(() => {}) }, code: 'timeout', again: true, slow: true, deadline: true },
  { name: 'it is reset at the first sound', behaviour: { breakAt: { type: 'append', count: 1 } }, code: 'service-unreachable', again: true, heals: 'once' },
  { name: 'it is reset in the middle of the take', behaviour: { breakAt: { type: 'append', count: 12 } }, code: 'service-unreachable', again: true, heals: 'always' },
  { name: 'it is closed in the middle of the take', behaviour: { breakAt: { type: 'append', count: 12, how: 'close' } }, code: 'service-unreachable', again: true, heals: 'always' },
  { name: 'it is reset at the end of the take', behaviour: { breakAt: { type: 'commit', count: 1 } }, code: 'service-unreachable', again: true, heals: 'once' },
  { name: 'it is closed at the end of the take', behaviour: { breakAt: { type: 'commit', count: 1, how: 'close' } }, code: 'service-unreachable', again: true, heals: 'once' },
  { name: 'it is reset before its first word', behaviour: { breakAfterSent: 4 }, code: 'service-unreachable', again: true, heals: 'once' },
  { name: 'it is reset in the middle of its words', behaviour: { breakAfterSent: 6 }, code: 'service-unreachable', again: true, heals: 'once', told: 'two four' },
  { name: 'it is reset before its last word', behaviour: { breakAfterSent: 9 }, code: 'service-unreachable', again: true, heals: 'once', told: SERVICE_TRANSCRIPT },
  { name: 'it takes the take and says nothing', behaviour: { mute: true }, code: 'timeout', again: false, slow: true },
  { name: 'it answers no ping', behaviour: { deaf: true }, code: '', again: true, heldMs: 16_000, heals: 'always' },
  { name: 'it sends half a message', behaviour: commit('{"type":"conversation.item.input_audio_transcription.comp'), code: 'service-reply', again: false },
  { name: 'it sends a page', behaviour: commit('<html></html>'), code: 'service-reply', again: false },
  { name: 'it sends an error', behaviour: commit(message({ type: 'error', error: { type: 'server_error', message: 'Oops' } })), code: 'service-failed', again: true },
  { name: 'it sends an error as a text', behaviour: commit(message({ type: 'error', error: 'Oops' })), code: 'service-failed', again: true },
  { name: 'it is over its limit', behaviour: commit(message({ type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' } })), code: 'service-busy', again: true },
  { name: 'it could not transcribe', behaviour: commit(message({ type: 'conversation.item.input_audio_transcription.failed', item_id: 'x', error: { message: 'No' } })), code: 'service-failed', again: true },
  { name: 'it refuses the model at the first sound', behaviour: { atFirstAppend: [message({ type: 'error', error: { code: 404, message: 'No such model' } })] }, code: 'service-refused', again: false, early: true },
  { name: 'it speaks of another item', behaviour: commit(message({ type: 'input_audio_buffer.committed', item_id: 'a' }), message({ type: 'conversation.item.input_audio_transcription.completed', item_id: 'b', transcript: 'nine' })), code: 'timeout', again: false, slow: true },
  { name: 'it sends a message that is too large', behaviour: commit('x'.repeat(5 * 1024 * 1024)), code: 'service-unreachable', again: true, heals: 'once' },
  { name: 'its session is over', behaviour: commit(message({ type: 'error', error: { code: 'session_expired', message: 'Over' } })), code: 'service-unreachable', again: true, heals: 'once' },
]

async function run({ behaviour, heldMs }: Row, column: Column): Promise<TurnOutcome> {
  const { reserve, once } = COLUMNS[column]
  const clock = createSkippingClock()
  const server = await startRealtimeServer(behaviour === 'untrusted' ? { tls: certificate } : {})
  if (typeof behaviour === 'object')
    server.serve(...once ? [behaviour, {}] : [behaviour])
  if (behaviour === 'refuse')
    await server.close()
  const world = createServiceWorld({ clock, part: 'asr', service: { baseUrl: server.baseUrl, asr: { model: 'ears', mode: 'realtime', price: null } }, reserve, aloud: false })
  const outcome = await world.say(heldMs === undefined ? undefined : () => clock.pass(heldMs))
  await clock.quiet()
  // One may wait for the next take.
  const kept = server.sockets()
  await world[Symbol.asyncDispose]()
  const left = { sockets: server.sockets(), timers: clock.pending }
  await server.close()
  expect({ kept: kept <= 1, ...left }).toEqual({ kept: true, sockets: 0, timers: 0 })
  return outcome
}

const answered = { end: 'complete', errorCode: null, reply: SERVICE_REPLY, shown: SERVICE_REPLY, takenBack: 0, heard: [], notices: [] } as const

function check({ behaviour, code, again, slow = false, deadline = false, heals, told = '', early = false }: Row, column: Column, { partials, attempts, ...outcome }: TurnOutcome): void {
  const lost = `service failed ${code}`
  const own = { ...answered, question: OWN_TRANSCRIPT, served: 'local' }
  const whole = { ...answered, question: SERVICE_TRANSCRIPT, served: 'service' }
  const wellAgain = column === 'it is well again' && typeof behaviour === 'object'
  if (heals === 'always' || (heals === 'once' && wellAgain)) {
    expect([outcome, attempts]).toEqual([whole, ['service served']])
  }
  else if (column === 'another can') {
    expect([outcome, attempts]).toEqual([own, slow ? ['service lost', 'local served (hedge)'] : [lost, 'local served']])
  }
  else if (wellAgain && again) {
    expect([outcome, attempts]).toEqual([whole, [lost, 'service served']])
  }
  else {
    expect(outcome).toEqual({ ...answered, end: 'failed', errorCode: code, question: told, reply: '', shown: '', served: null, notices: early ? ['transcription-failed'] : [] })
    expect(attempts).toEqual(attempts.map((_, i) => deadline && i === attempts.length - 1 ? 'service stopped' : lost))
  }
  // Whoever told them, they are what was said.
  expect(partials.filter(text => !SERVICE_TRANSCRIPT.startsWith(text.toLowerCase()))).toEqual([])
}

describe('a realtime recognition service', () => {
  for (const row of ROWS) {
    it.each(COLUMN_NAMES)(`${row.name}, and %s`, async (column) => {
      check(row, column, await run(row, column))
    })
  }
})
