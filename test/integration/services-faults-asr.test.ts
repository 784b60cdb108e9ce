import type { Place } from '../fakes/service-server/faults'
import type { TurnOutcome } from '../support/service-world'
import type { Cell, Column, FaultRow } from '../support/service-world-faults'
import { Buffer } from 'node:buffer'
import { afterAll, describe, expect, it } from 'vitest'
import { NAMED_PLACES, transcriptEvents, transcriptJson } from '../fakes/service-server/faults'
import { createCertificate } from '../support/certificate'
import { OWN_TRANSCRIPT, SERVICE_REPLY, SERVICE_TRANSCRIPT } from '../support/service-world'
import { COLUMNS, columnsOf, expectPatience, openCell, REFUSALS, streamFaults } from '../support/service-world-faults'

const certificate = createCertificate()
afterAll(() => certificate[Symbol.dispose]())

type Mode = 'upload' | 'stream'

/** The service hears what it is sent: a word that is lost or doubled on the way is seen. */
function open(mode: Mode, fault: FaultRow['fault'], column: Column): Promise<Cell> {
  const { reserve, once } = COLUMNS[column]
  return openCell({
    part: 'asr',
    settings: { asr: { model: 'ears', mode, price: null } },
    reply: ({ text }) => mode === 'upload' ? transcriptJson(text) : transcriptEvents(text),
    fault,
    ...(once && { befalls: index => index === 0 }),
    certificate,
    reserve,
    aloud: false,
  })
}

const TOLD: Readonly<Record<Place, string>> = { before: '', middle: 'two four six', after: SERVICE_TRANSCRIPT }

/** The question is one recogniser's, whole and once, and is answered; or the turn fails with the reason and what was understood. */
async function check(row: FaultRow, column: Column, cell: Cell, understood = ''): Promise<void> {
  const { code, again, slow = false, fault } = row
  const { partials, attempts, ...outcome } = await cell.world.say()
  const answered: Omit<TurnOutcome, 'partials' | 'attempts' | 'question' | 'served'> = { end: 'complete', errorCode: null, reply: SERVICE_REPLY, shown: SERVICE_REPLY, takenBack: 0, heard: [], notices: [] }
  const lost = `service failed ${code}`
  if (column === 'another can') {
    expect([outcome, attempts]).toEqual([{ ...answered, question: OWN_TRANSCRIPT, served: 'local' }, slow ? ['service lost', 'local served (hedge)'] : [lost, 'local served']])
  }
  else if (column === 'it is well again' && again && typeof fault !== 'string') {
    expect([outcome, attempts]).toEqual([{ ...answered, question: SERVICE_TRANSCRIPT, served: 'service' }, [lost, 'service served']])
  }
  else {
    expect(outcome).toEqual({ ...answered, end: 'failed', errorCode: code, question: understood, reply: '', shown: '', served: null })
    expect(attempts).toEqual(attempts.map(() => lost))
    expect(attempts.length > 1).toBe(again)
  }
  // Whoever told them, they are what was said.
  expect(partials.filter(text => !SERVICE_TRANSCRIPT.startsWith(text.toLowerCase()))).toEqual([])
  expect(cell.service.requests.filter(({ text }) => text !== SERVICE_TRANSCRIPT)).toEqual([])
  expectPatience(cell.service.requests, row)
}

describe('a recognition service that gives no text', () => {
  for (const row of REFUSALS) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await open('upload', row.fault, column)
      await check(row, column, cell)
    })
  }
})

describe.each(NAMED_PLACES)('a text in one piece that, %s its sentence,', (_, at) => {
  const rows: readonly FaultRow[] = [
    ...streamFaults(at, { half: Buffer.of(0xC3), output: Buffer.from('more') }).filter(({ name }) => !name.startsWith('has an')),
    { name: 'is cut, as if that were all', fault: { type: 'breaks', at, how: 'end' }, code: 'service-reply', again: false },
    { name: 'never ends', fault: { type: 'endless', at, block: Buffer.alloc(512 * 1024, 'x') }, code: 'too-large', again: false },
  ]
  for (const row of rows) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await open('upload', row.fault, column)
      await check(row, column, cell)
    })
  }
})

describe.each(NAMED_PLACES)('a text as it is made that, %s what is told of it,', (_, at) => {
  const rows: readonly FaultRow[] = [
    ...streamFaults(at, { half: Buffer.from('data: {"type":"\xC3', 'latin1'), output: Buffer.from('data: {"x"}\n\n') }),
    { name: 'ends without its end', fault: { type: 'breaks', at, how: 'end' }, code: 'service-failed', again: true },
  ]
  for (const row of rows) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await open('stream', row.fault, column)
      await check(row, column, cell, TOLD[at])
    })
  }
})

describe('a text that is right, in a strange way,', () => {
  it.each([
    ['drips byte by byte', 'upload', { type: 'drip' }],
    ['drips byte by byte, as it is made', 'stream', { type: 'drip' }],
    ['comes as JSON, called events', 'upload', { type: 'called', contentType: 'text/event-stream' }],
    ['comes without a type', 'upload', { type: 'called', contentType: '' }],
    ['comes as JSON, called text', 'upload', { type: 'called', contentType: 'text/plain' }],
  ] as const)('%s: is understood', async (_, mode, fault) => {
    await using cell = await open(mode, fault, 'another can')
    const { question, attempts, served } = await cell.world.say()
    expect([question, attempts, served]).toEqual([SERVICE_TRANSCRIPT, ['service served'], 'service'])
  })
})
