import type { Place } from '../fakes/service-server/faults'
import type { FaultRow } from '../support/service-world-faults'
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { chatDelta, LATER_PLACES } from '../fakes/service-server/faults'
import { OWN_REPLY, SERVICE_REPLY } from '../support/service-world'
import { answeredBy, checkNothingShown, checkSomethingShown, failed, openChatCell, SHOWN } from '../support/service-world-chat'
import { columnsOf, MIDDLE_COLUMNS, streamFaults } from '../support/service-world-faults'

const character = Buffer.from(chatDelta(' é'))
/** Up to the first of the two bytes of its letter. */
const half = character.subarray(0, character.indexOf(0xC3) + 1)
const faults = { half, output: chatDelta(' more') }

describe('a chat reply, before anything of it is shown,', () => {
  const endless: FaultRow = { name: 'keeps the connection alive and says nothing', fault: { type: 'endless', at: 'before', block: Buffer.from(': keep-alive\n\n'), everyMs: 5_000 }, code: 'timeout', again: false, slow: true }
  for (const row of streamFaults('before', faults)) {
    it.each(columnsOf(row))(`${row.name}, and %s`, async (column) => {
      await using cell = await openChatCell(row, column)
      await checkNothingShown(row, column, cell)
    })
  }

  it(`${endless.name}, and another can`, async () => {
    await using cell = await openChatCell(endless, 'another can')
    await checkNothingShown(endless, 'another can', cell)
  })

  it(`${endless.name}, and nobody else can: the turn's own deadline ends it`, async () => {
    await using cell = await openChatCell(endless, 'nobody else can')
    expect(await cell.world.ask()).toEqual(failed('timeout', '', ['service stopped']))
  })
})

describe.each(LATER_PLACES)('a chat reply, %s what is shown of it,', (_, at) => {
  for (const row of streamFaults(at, faults)) {
    it.each(MIDDLE_COLUMNS)(`${row.name}, and %s`, async (column) => {
      await using cell = await openChatCell(row, column)
      await checkSomethingShown(row, at, cell)
    })
  }

  it.each([['says no more', undefined], ['ends in the middle of a character', half]] as const)('%s: it is truncated', async (_, says) => {
    const fault = { type: 'breaks', at, how: 'end', ...(says && { says }) } as const
    await using cell = await openChatCell({ fault }, 'another can')
    expect(await cell.world.ask()).toEqual({ ...answeredBy('service', ['service served']), end: 'truncated', reply: SHOWN[at], shown: SHOWN[at] })
    expect([cell.service.requests.length, cell.world.ownCalls()]).toEqual([1, 0])
  })
})

describe('a chat reply that is right, in a strange way,', () => {
  it.each([
    ['drips byte by byte', { type: 'drip' }],
    ['is called JSON', { type: 'called', contentType: 'application/json' }],
    ['is called text', { type: 'called', contentType: 'text/plain' }],
    ['has no type', { type: 'called', contentType: '' }],
  ] as const)('%s: is shown', async (_, fault) => {
    await using cell = await openChatCell({ fault }, 'another can')
    expect(await cell.world.ask()).toEqual(answeredBy('service', ['service served']))
  })

  it('has no end: it is cut at a bound, and what there is of it is kept', async () => {
    const more = ' more'.repeat(40_000)
    await using cell = await openChatCell({ fault: { type: 'endless', at: 'middle', block: chatDelta(more) } }, 'another can')
    const { reply, shown, ...outcome } = await cell.world.ask()
    const { reply: _, shown: __, ...expected } = failed('too-large', SHOWN.middle, ['service failed too-large'])
    expect(outcome).toEqual(expected)
    expect([reply === shown, reply === SHOWN.middle + more.repeat((reply.length - SHOWN.middle.length) / more.length)]).toEqual([true, true])
  })
})

describe('a chat reply that is heard', () => {
  const heard = (text: string, by = 'own') => (text.toLowerCase().match(/[a-z]+/g) ?? []).map(word => ({ word, by, whole: true }))
  const breaks = (at: Place, how: 'reset' | 'stall') => ({ type: 'breaks', at, how }) as const

  it('breaks before it begins: the other answer is heard, and nothing else', async () => {
    await using cell = await openChatCell({ fault: breaks('before', 'reset') }, 'another can', { aloud: true })
    expect(await cell.world.ask()).toEqual({ ...answeredBy('local', ['service failed service-unreachable', 'local served']), heard: heard(OWN_REPLY) })
  })

  it.each(MIDDLE_COLUMNS)('breaks while it is heard, and %s: what was heard is not said again', async (column) => {
    await using cell = await openChatCell({ fault: breaks('middle', 'reset') }, column, { aloud: true })
    const outcome = await cell.world.ask()
    expect(outcome).toEqual({ ...failed('service-unreachable', SHOWN.middle, ['service failed service-unreachable']), heard: heard(SHOWN.middle).slice(0, outcome.heard.length) })
    expect(outcome.heard.length).toBeGreaterThan(0)
    expect([cell.service.requests.length, cell.world.ownCalls()]).toEqual([1, 0])
  })

  it.each(MIDDLE_COLUMNS)('breaks when it was shown and not yet heard, and %s: it is not begun again', async (column) => {
    await using cell = await openChatCell({ fault: breaks('middle', 'reset') }, column, { aloud: true, mute: true })
    expect(await cell.world.ask()).toEqual(failed('service-unreachable', SHOWN.middle, ['service failed service-unreachable']))
    expect([cell.service.requests.length, cell.world.ownCalls()]).toEqual([1, 0])
  })

  it.each(LATER_PLACES)('stalls %s it: all that was written is heard once', async (_, at) => {
    await using cell = await openChatCell({ fault: breaks(at, 'stall') }, 'another can', { aloud: true })
    expect(await cell.world.ask()).toEqual({ ...failed('timeout', SHOWN[at], ['service failed timeout']), heard: heard(SHOWN[at]) })
  })

  it('is truncated: all that was written is heard once', async () => {
    await using cell = await openChatCell({ fault: { type: 'breaks', at: 'middle', how: 'end' } }, 'another can', { aloud: true })
    expect(await cell.world.ask()).toEqual({ ...answeredBy('service', ['service served']), end: 'truncated', reply: SHOWN.middle, shown: SHOWN.middle, heard: heard(SHOWN.middle) })
  })

  it('drips: it is heard once', async () => {
    await using cell = await openChatCell({ fault: { type: 'drip' } }, 'another can', { aloud: true })
    expect(await cell.world.ask()).toEqual({ ...answeredBy('service', ['service served']), heard: heard(SERVICE_REPLY) })
  })
})
