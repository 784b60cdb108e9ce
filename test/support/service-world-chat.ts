import type { Place } from '../fakes/service-server/faults'
import type { TurnOutcome } from './service-world'
import type { Cell, CellOptions, Column, FaultRow } from './service-world-faults'
import { expect } from 'vitest'
import { chatReply, tokensOf } from '../fakes/service-server/faults'
import { OWN_REPLY, SERVICE_REPLY } from './service-world'
import { COLUMNS, expectPatience, openCell } from './service-world-faults'

/** What a window shows of the service's reply up to a place. */
export const SHOWN: Readonly<Record<Place, string>> = { before: '', middle: tokensOf(SERVICE_REPLY).slice(0, 6).join(''), after: SERVICE_REPLY }

export type ChatCellOptions = Partial<Pick<CellOptions, 'aloud' | 'mute' | 'certificate' | 'reply'>>

/** A typed question to a chat service. */
export function openChatCell({ fault }: Pick<FaultRow, 'fault'>, column: Column, more: ChatCellOptions = {}): Promise<Cell> {
  const { reserve, once } = COLUMNS[column]
  return openCell({
    part: 'chat',
    settings: { chat: { model: 'writer', completeOnly: false, price: null } },
    reply: () => chatReply(SERVICE_REPLY),
    fault,
    ...(once && { befalls: index => index === 0 }),
    reserve,
    aloud: false,
    ...more,
  })
}

const typed = { question: 'How many?', notices: [], partials: [], takenBack: 0, heard: [] } as const

export function answeredBy(who: 'service' | 'local', attempts: readonly string[]): TurnOutcome {
  const reply = who === 'local' ? OWN_REPLY : SERVICE_REPLY
  return { ...typed, end: 'complete', errorCode: null, reply, shown: reply, served: who, attempts }
}

export function failed(code: string, shown: string, attempts: readonly string[]): TurnOutcome {
  return { ...typed, end: 'failed', errorCode: code, reply: shown, shown, served: shown === '' ? null : 'service', attempts }
}

/** Nothing was shown: whoever can answers wholly, else the turn fails with the reason. */
export async function checkNothingShown(row: FaultRow, column: Column, { world, service }: Cell): Promise<void> {
  const { code, again, slow, fault } = row
  const outcome = await world.ask()
  const lost = `service failed ${code}`
  // An address and a certificate do not become another within a turn.
  const recovers = column === 'it is well again' && again && typeof fault !== 'string'
  if (column === 'another can') {
    expect(outcome).toEqual(answeredBy('local', slow ? ['service lost', 'local served (hedge)'] : [lost, 'local served']))
  }
  else if (recovers) {
    expect(outcome).toEqual(answeredBy('service', [lost, 'service served']))
  }
  else {
    expect(outcome).toEqual(failed(code, '', outcome.attempts.map(() => lost)))
    expect(outcome.attempts.length > 1).toBe(again)
  }
  if (typeof fault !== 'string')
    expect(service.requests).toHaveLength(outcome.attempts.filter(attempt => attempt.startsWith('service')).length)
  expectPatience(service.requests, row)
}

/** Something was shown: it is kept, nothing else is asked, the turn ends as failed. */
export async function checkSomethingShown({ code }: Pick<FaultRow, 'code'>, at: Place, { world, service }: Cell): Promise<void> {
  expect(await world.ask()).toEqual(failed(code, SHOWN[at], [`service failed ${code}`]))
  expect([service.requests.length, world.ownCalls()]).toEqual([1, 0])
}
