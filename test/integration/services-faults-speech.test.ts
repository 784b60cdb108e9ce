import type { Fault, Place } from '../fakes/service-server/faults'
import type { TurnOutcome } from '../support/service-world'
import type { Cell, Column, FaultRow } from '../support/service-world-faults'
import { Buffer } from 'node:buffer'
import { afterAll, describe, expect, it } from 'vitest'
import { LATER_PLACES, speechEvents, speechPcm, speechWav } from '../fakes/service-server/faults'
import { createCertificate } from '../support/certificate'
import { SERVICE_REPLY } from '../support/service-world'
import { COLUMN_NAMES, COLUMNS, columnsOf, expectPatience, openCell, REFUSALS, streamFaults } from '../support/service-world-faults'
import { SERVICE_RATE_HZ, soundsOf } from '../support/service-world-voice'

const certificate = createCertificate()
afterAll(() => certificate[Symbol.dispose]())

const FORMATS = {
  pcm: (sounds: readonly Int16Array[]) => speechPcm(sounds),
  wav: (sounds: readonly Int16Array[]) => speechWav(sounds, SERVICE_RATE_HZ),
  sse: (sounds: readonly Int16Array[]) => speechEvents(sounds),
} as const
type Format = keyof typeof FORMATS
const SECOND_PIECE = 'Five six seven.'

/** Before the first sound of a reply and after the last of a piece it befalls each piece; in the middle, the second. */
function open(format: Format, fault: FaultRow['fault'], at: Place, column: Column): Promise<Cell> {
  const { reserve, once } = COLUMNS[column]
  let befallen = 0
  return openCell({
    part: 'tts',
    settings: { tts: { model: 'voice-1', voice: 'alloy', format, price: null } },
    reply: ({ text }) => FORMATS[format](soundsOf(text, SERVICE_RATE_HZ)),
    fault,
    befalls: (index, { text }) => (at !== 'middle' || text !== 'One two three four.') && (!once || (at === 'middle' ? text === SECOND_PIECE && befallen++ === 0 : index < 3)),
    certificate,
    reserve,
    aloud: true,
  })
}

/** Each word with who said it: `!` the service; `-`: it was cut. */
function spoken({ heard }: TurnOutcome): string {
  return heard.map(({ word, by, whole }) => `${word}${whole ? '' : '-'}${by === 'service' ? '!' : ''}`).join(' ')
}

const ALL = 'one two three four five six seven eight nine ten eleven'
const ALL_BY_SERVICE = ALL.replace(/\w+/g, '$&!')

/** Whatever becomes of the voice, the reply is written. */
async function ask({ world }: Cell): Promise<TurnOutcome> {
  const outcome = await world.ask()
  expect({ ...outcome, heard: [], attempts: [], notices: [], served: null }).toEqual(
    { end: 'complete', errorCode: null, question: 'How many?', reply: SERVICE_REPLY, shown: SERVICE_REPLY, takenBack: 0, heard: [], attempts: [], notices: [], served: null, partials: [] },
  )
  return outcome
}

/** Nothing was heard: whoever can speaks all of it, else it is only written, and the person is told. */
async function checkNothingHeard(row: FaultRow, column: Column, cell: Cell): Promise<void> {
  const { code, again, slow, fault } = row
  const outcome = await ask(cell)
  const told = { spoken: spoken(outcome), served: outcome.served, notices: outcome.notices, attempts: [...new Set(outcome.attempts)] }
  const lost = `service failed ${code}`
  if (column === 'another can')
    expect(told).toEqual({ spoken: ALL, served: 'local', notices: [], attempts: slow ? ['service lost', 'local served (hedge)'] : [lost, 'local served'] })
  else if (column === 'it is well again' && again && typeof fault !== 'string')
    expect(told).toEqual({ spoken: ALL_BY_SERVICE, served: 'service', notices: [], attempts: [lost, 'service served'] })
  else
    expect(told).toEqual({ spoken: '', served: null, notices: ['voice-failed'], attempts: [lost] })
  for (const piece of new Set(cell.service.requests.map(({ text }) => text)))
    expectPatience(cell.service.requests.filter(({ text }) => text === piece), row)
}

describe('a voice service that gives no sound', () => {
  for (const row of REFUSALS) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await open('pcm', row.fault, 'before', column)
      await checkNothingHeard(row, column, cell)
    })
  }
})

describe.each(['pcm', 'wav', 'sse'] as const)('a voice, asked for as %s, before its first sound,', (format) => {
  const rows = streamFaults('before', { half: Buffer.from('data: {"type":"\xC3'), output: Buffer.from('data: {"x"}\n\n') })
  for (const row of rows.filter(({ name }) => format === 'sse' ? !name.includes('without an end') : /^(?:is reset|is closed without its end|stalls)$/.test(name))) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await open(format, row.fault, 'before', column)
      await checkNothingHeard(row, column, cell)
    })
  }
})

/** In samples every byte counts, so the word in which it broke was begun, and is not begun again; of half an event nothing is heard. */
const HEARD_IN_MIDDLE: Readonly<Record<'samples' | 'events', Readonly<Record<Column, string>>>> = {
  samples: {
    'another can': 'one! two! three! four! five! six! seven-! eight! nine! ten-! eleven',
    'nobody else can': 'one! two! three! four! five! six! seven-! eight! nine! ten-! eleven!',
    'it is well again': 'one! two! three! four! five! six! seven-! eight! nine! ten! eleven!',
  },
  events: {
    'another can': 'one! two! three! four! five! six! seven eight! nine! ten eleven',
    'nobody else can': ALL_BY_SERVICE,
    'it is well again': ALL_BY_SERVICE,
  },
}
const BREAKS: readonly (readonly [how: 'reset' | 'cut' | 'stall', name: string, code: string])[] = [
  ['reset', 'is reset', 'service-unreachable'],
  ['cut', 'is closed without its end', 'service-unreachable'],
  ['stall', 'stalls', 'timeout'],
]

describe.each(['pcm', 'wav', 'sse'] as const)('a voice, asked for as %s, in the middle of a sentence,', (format) => {
  for (const [how, name, code] of BREAKS) {
    it.each(COLUMN_NAMES)(`${name}, and %s`, async (column) => {
      await using cell = await open(format, { type: 'breaks', at: 'middle', how }, 'middle', column)
      const outcome = await ask(cell)
      expect([spoken(outcome), outcome.notices, outcome.attempts[0]]).toEqual([HEARD_IN_MIDDLE[format === 'sse' ? 'events' : 'samples'][column], [], `service failed ${code}`])
    })
    it(`${name} after its last sound: nothing is said again`, async () => {
      await using cell = await open(format, { type: 'breaks', at: 'after', how }, 'after', 'another can')
      const outcome = await ask(cell)
      expect([spoken(outcome), outcome.notices, outcome.attempts, cell.world.ownCalls()]).toEqual([ALL_BY_SERVICE, [], [`service failed ${code}`], 0])
    })
  }
})

describe.each(LATER_PLACES)('a voice in events, %s its sound,', (_, at) => {
  const rows = streamFaults(at, { half: Buffer.from('data: {"type":"\xC3'), output: Buffer.from('data: {"x"}\n\n') }).filter(({ name }) => name.startsWith('has an e') && !name.includes('without an end'))
  const ends: FaultRow = { name: 'ends without saying so', fault: { type: 'breaks', at, how: 'end' }, code: 'service-failed', again: true }
  for (const { name, fault, code } of [...rows, ends]) {
    it.each(COLUMN_NAMES)(`${name}, and %s`, async (column) => {
      await using cell = await open('sse', fault, at, column)
      const outcome = await ask(cell)
      expect([spoken(outcome), outcome.notices, outcome.attempts[0]]).toEqual([at === 'after' ? ALL_BY_SERVICE : HEARD_IN_MIDDLE.events[column], [], `service failed ${code}`])
    })
  }
})

describe('a voice that is right, in a strange way,', () => {
  const strange: readonly (readonly [string, Format, Fault])[] = [
    ['drips, an odd number of bytes at a time', 'pcm', { type: 'drip', bytes: 97 }],
    ['drips as events', 'sse', { type: 'drip', bytes: 97 }],
    ['comes as samples, called a file', 'pcm', { type: 'called', contentType: 'application/octet-stream' }],
    ['comes as a WAV, called MP3', 'wav', { type: 'called', contentType: 'audio/mpeg' }],
    ['comes as events, called sound', 'sse', { type: 'called', contentType: 'audio/pcm' }],
  ]
  it.each(strange)('%s: is heard', async (_, format, fault) => {
    await using cell = await open(format, fault, 'before', 'another can')
    const outcome = await ask(cell)
    expect([spoken(outcome), outcome.notices, outcome.attempts]).toEqual([ALL_BY_SERVICE, [], ['service served']])
  })

  it('never ends: it is cut at a bound, and the next sentence is said', async () => {
    await using cell = await open('pcm', { type: 'endless', at: 'middle', block: new Uint8Array(SERVICE_RATE_HZ * 2) }, 'middle', 'it is well again')
    const outcome = await ask(cell)
    expect([spoken(outcome), outcome.notices, outcome.attempts]).toEqual([ALL_BY_SERVICE.replace('seven! ', ''), [], ['service failed too-large']])
  })
})
