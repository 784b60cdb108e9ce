import type { XEvent } from 'x11'
import type { SelectionSession } from '../../../../src-main/desktop/inject/x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { createSelectionOwner, numbers } from '../../../../src-main/desktop/inject/x11-clipboard-owner'
import { Emitter } from '../../../../src-main/lib/emitter'
import { createManualClock } from '../../../fakes/manual-clock'

const CLIPBOARD = 1
const WINDOW = 0x200001
const REQUESTOR = 0x400001
const TARGETS = 2
const TIMESTAMP = 3
const MULTIPLE = 4
const TEXT = 10
const UNKNOWN = 11

/** A server that writes down what is sent to it: `(` and `)` hold what goes out in one piece. */
function createWorld() {
  const written: string[] = []
  const clock = createManualClock()
  const closed = new Emitter<void>()
  const events = new Emitter<XEvent>()
  const pairs = numbers([TEXT, 100, UNKNOWN, 101])
  const X = {
    stream: { cork: () => written.push('('), uncork: () => written.push(')') },
    SetSelectionOwner: () => {},
    ChangeProperty: (_mode: number, _window: number, property: number) => written.push(`property ${property}`),
    SendEvent: (_window: number, _propagate: number, _mask: number, event: { name: string, property?: number }) => written.push(event.name === 'ClientMessage' ? `wake` : `notify ${event.property}`),
    GetProperty: (...args: unknown[]) => (args.at(-1) as (error: null, value: object) => void)(null, { type: 1, format: 32, data: pairs, bytesAfter: 0 }),
  }
  const session = {
    connection: { client: X, closed, isClosed: false, request: <T>(send: (done: (error: unknown, value: T) => void) => void) => new Promise<T>(resolve => send((_, value) => resolve(value))) },
    clock,
    window: WINDOW,
    atoms: { TARGETS, TIMESTAMP, MULTIPLE, ATOM: 20, INTEGER: 21, ATOM_PAIR: 22 },
    events,
    serverTime: async () => 1,
    ownerOf: async () => WINDOW,
  } as unknown as SelectionSession
  const transfers = {
    async put(_requestor: number, property: number) {
      written.push(`property ${property}`)
      return true
    },
    idle: async () => {},
    count: 0,
  }
  const owner = createSelectionOwner(session, CLIPBOARD, transfers)
  const ask = (target: number, property: number): void => events.emit({ name: 'SelectionRequest', selection: CLIPBOARD, requestor: REQUESTOR, target, property, time: 1 })
  return { clock, closed, owner, ask, written, content: new Map([[TEXT, { type: TEXT, format: 8 as const, data: Buffer.from('text') }]]) }
}

describe('whoever has a selection', () => {
  it('gives a value and says so in one piece: a requestor may go to sleep in between', async () => {
    const { owner, ask, written, content } = createWorld()
    await owner.own(content)
    ask(TEXT, 50)
    ask(TARGETS, 51)
    expect(written).toEqual(['(', 'property 50', 'notify 50', ')', '(', 'property 51', 'notify 51', ')'])
  })

  it('does so for several values at once', async () => {
    const { owner, ask, written, content } = createWorld()
    await owner.own(content)
    ask(MULTIPLE, 60)
    await new Promise(resolve => setImmediate(resolve))
    expect(written).toEqual(['(', 'property 100', 'property 60', 'notify 60', ')'])
  })

  it('wakes a requestor that asked more than once and then asks for nothing more', async () => {
    const { clock, closed, owner, ask, written, content } = createWorld()
    await owner.own(content)
    ask(TEXT, 50)
    clock.advance(1_000)
    expect(written).not.toContain('wake')
    ask(TEXT, 50)
    clock.advance(14)
    ask(TEXT, 50)
    clock.advance(14)
    expect(written).not.toContain('wake')
    clock.advance(1_000)
    expect(written.filter(what => what === 'wake')).toEqual(['wake'])
    ask(TEXT, 50)
    closed.emit()
    expect(clock.pending).toBe(0)
  })

  it('refuses what it has not, and everything once it has the selection no more', async () => {
    const { owner, ask, written, content } = createWorld()
    ask(TEXT, 50)
    await owner.own(content)
    ask(UNKNOWN, 51)
    await owner.release()
    ask(TEXT, 52)
    expect(written.filter(what => what.startsWith('notify'))).toEqual(['notify 0', 'notify 0', 'notify 0'])
    expect(written.filter(what => what.startsWith('property'))).toEqual([])
  })
})
