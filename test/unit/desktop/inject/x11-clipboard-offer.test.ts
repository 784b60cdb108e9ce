import type { SelectionContent, SelectionOwner, SelectionRead } from '../../../../src-main/desktop/inject/x11-clipboard-owner'
import type { SelectionSession } from '../../../../src-main/desktop/inject/x11-clipboard-session'
import type { SavedClipboard } from '../../../../src-main/ports/text-injector'
import { describe, expect, it } from 'vitest'
import { createOffer } from '../../../../src-main/desktop/inject/x11-clipboard-offer'
import { createSerialQueue } from '../../../../src-main/desktop/serial-queue'
import { Emitter } from '../../../../src-main/lib/emitter'
import { createManualClock } from '../../../fakes/manual-clock'

const TEXT = 10
const OTHER = 11
const TARGET = { id: String(0x400001), appId: '', title: '', pid: 7 }
const READER = 0x400099
const STRANGER = 0x600001
const signal = new AbortController().signal

/** A selection of a server that answers at once. */
function createOwner(first: SelectionContent) {
  const reads = new Emitter<SelectionRead>()
  const lost = new Emitter<void>()
  const put: (SelectionContent | null)[] = []
  let content: SelectionContent | null = first
  const owner: SelectionOwner = {
    selection: 1,
    get content() {
      return content
    },
    reads,
    lost,
    async own(next) {
      content = next
      put.push(next)
      return true
    },
    async release() {
      content = null
      put.push(null)
    },
  }
  const lose = (): void => {
    content = null
    lost.emit()
  }
  return { owner, reads, lost, put, lose }
}

function createWorld({ alsoPrimary = false } = {}) {
  const clock = createManualClock()
  const passing: SelectionContent = new Map()
  const lasting: SelectionContent = new Map()
  const former: SelectionContent = new Map()
  const saved: SavedClipboard = { formats: ['UTF8_STRING'], sizeBytes: 1, missing: [] }
  const clipboard = createOwner(passing)
  const primary = createOwner(passing)
  const session = {
    clock,
    connection: { isClosed: false },
    serverTime: async () => 1,
    clientOf: (window: number) => (window & ~0x1FFFFF) >>> 0,
    pidOf: async () => null,
  } as unknown as SelectionSession
  const offer = createOffer({
    session,
    clipboard: clipboard.owner,
    primary: alsoPrimary ? primary.owner : null,
    reader: TARGET,
    textTargets: new Set([TEXT]),
    passing,
    lasting,
    primaryBefore: null,
    contentOf: one => one === saved ? former : null,
    inTurn: createSerialQueue(),
  })
  const read = (requestor: number, target = TEXT, delivered: Promise<boolean> = Promise.resolve(true)): void => clipboard.reads.emit({ requestor, target, delivered })
  return { clock, clipboard, primary, offer, read, saved, former, lasting }
}

/** Lets everything that has been settled be told. */
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  await settle()
  return await Promise.race([promise, Promise.resolve(pending)]) === pending
}

describe('a text on the clipboard in passing', () => {
  it('was read when the target\'s program took it', async () => {
    const { clock, offer, read } = createWorld()
    const wasRead = offer.wasRead(600, signal)
    read(READER, OTHER)
    read(STRANGER)
    expect(await isPending(wasRead)).toBe(true)
    read(READER)
    expect(await wasRead).toBe(true)
    expect(await offer.wasRead(0, signal)).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('was not read when nobody came', async () => {
    const { clock, offer, read } = createWorld()
    const wasRead = offer.wasRead(600, signal)
    read(STRANGER)
    await settle()
    clock.advance(600)
    expect(await wasRead).toBe(false)
  })

  it('was not read by a program that did not take all of it', async () => {
    const { clock, offer, read } = createWorld()
    let give!: (taken: boolean) => void
    read(READER, TEXT, new Promise((resolve) => {
      give = resolve
    }))
    const wasRead = offer.wasRead(600, signal)
    await settle()
    clock.advance(5_000)
    expect(await isPending(wasRead)).toBe(true)
    give(false)
    expect(await wasRead).toBe(false)
  })

  it('is taken to its end by a reader that had begun, though the clipboard has another content', async () => {
    const { offer, read, saved } = createWorld()
    let give!: (taken: boolean) => void
    read(READER, TEXT, new Promise((resolve) => {
      give = resolve
    }))
    expect(await offer.restore(saved)).toBe('restored')
    const wasRead = offer.wasRead(600, signal)
    expect(await isPending(wasRead)).toBe(true)
    give(true)
    expect(await wasRead).toBe(true)
  })

  it('stays for a second reading', async () => {
    const { clock, clipboard, offer, read, saved, former } = createWorld()
    read(READER)
    expect(await offer.wasRead(600, signal)).toBe(true)
    const restored = offer.restore(saved)
    clock.advance(149)
    read(READER)
    await settle()
    clock.advance(149)
    await settle()
    expect(clipboard.put).toEqual([])
    clock.advance(1)
    expect(await restored).toBe('restored')
    expect(clipboard.put).toEqual([former])
    expect(clipboard.put[0]).toBe(former)
    expect(clipboard.reads.listenerCount + clipboard.lost.listenerCount + clock.pending).toBe(0)
  })

  it('is not followed by another one before its reader is quiet, and at once where nobody has read it', async () => {
    const { clock, offer, read } = createWorld()
    await offer.quiet()
    read(READER)
    await settle()
    const quiet = offer.quiet()
    clock.advance(100)
    read(READER, OTHER)
    clock.advance(149)
    expect(await isPending(quiet)).toBe(true)
    clock.advance(1)
    await quiet
    expect(clock.pending).toBe(0)
  })

  it('waits longer for a browser, which asks many times for one paste', async () => {
    const { clock, offer, read } = createWorld()
    for (const target of [OTHER, TEXT, OTHER])
      read(READER, target)
    await settle()
    const quiet = offer.quiet()
    clock.advance(499)
    expect(await isPending(quiet)).toBe(true)
    clock.advance(1)
    await quiet
  })

  it('but not for a program that reads all the time', async () => {
    const { clock, clipboard, offer, read, saved } = createWorld()
    read(READER)
    await offer.wasRead(600, signal)
    const restored = offer.restore(saved)
    for (let i = 0; i < 200; i++) {
      await settle()
      clock.advance(10)
      read(READER)
    }
    expect(await restored).toBe('restored')
    expect(clipboard.put).toHaveLength(1)
  })

  it('is over when another program takes the clipboard', async () => {
    const { clock, clipboard, offer, saved } = createWorld()
    const wasRead = offer.wasRead(600, signal)
    clipboard.lose()
    expect(await wasRead).toBe(false)
    expect(await offer.restore(saved)).toBe('changed')
    await offer.keep()
    expect(await offer.isCurrent()).toBe(false)
    expect(clipboard.put).toEqual([])
    expect(clipboard.reads.listenerCount + clipboard.lost.listenerCount + clock.pending).toBe(0)
  })

  it('is over when another program takes it while a second reading is waited for', async () => {
    const { clipboard, offer, read, saved } = createWorld()
    read(READER)
    await offer.wasRead(600, signal)
    const restored = offer.restore(saved)
    clipboard.lose()
    expect(await restored).toBe('changed')
    expect(clipboard.put).toEqual([])
  })

  it('leaves an empty clipboard where there was none, or where nothing could be kept', async () => {
    const empty = createWorld()
    expect(await empty.offer.restore(null)).toBe('restored')
    expect(empty.clipboard.put).toEqual([null])
    const unknown = createWorld()
    expect(await unknown.offer.restore({ formats: [], sizeBytes: 0, missing: ['TARGETS'] })).toBe('lost')
    expect(unknown.clipboard.put).toEqual([null])
  })

  it('can stay', async () => {
    const { clipboard, offer, lasting } = createWorld()
    await offer.keep()
    expect(clipboard.put[0]).toBe(lasting)
    expect(await offer.isCurrent()).toBe(true)
  })

  it('can stay in PRIMARY, too, for a chord that is still on its way', async () => {
    const { primary, offer, lasting } = createWorld({ alsoPrimary: true })
    await offer.keep({ alsoPrimary: true })
    expect(primary.put[0]).toBe(lasting)
    const over = createWorld({ alsoPrimary: true })
    await over.offer.keep()
    expect(over.primary.put).toEqual([null])
  })

  it('stops waiting with its signal, and leaves nothing behind', async () => {
    const { clock, offer } = createWorld()
    const controller = new AbortController()
    const waiting = offer.wasRead(600, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await expect(offer.wasRead(600, controller.signal)).rejects.toBe(reason)
    expect(clock.pending).toBe(0)
  })
})
