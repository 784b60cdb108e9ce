import type { AppEvent, SequencedEvent, Snapshot } from '@contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { startEventStream } from '../../../src-renderer/bridge/event-stream'
import { snapshot } from '../../support/renderer-harness/world'

function told(seq: number): AppEvent {
  return { type: 'spoken', turnId: 't1', pieceIndex: seq, text: '' }
}

/** Main's side: numbers events, and answers with a snapshot of all it has sent. */
function createMain() {
  let listener: ((message: SequencedEvent) => void) | null = null
  const pending: { resolve: (snapshot: Snapshot) => void, reject: (error: Error) => void }[] = []
  const main = {
    seq: 0,
    asked: 0,
    onEvent(next: (message: SequencedEvent) => void): () => void {
      listener = next
      return () => {
        listener = null
      }
    },
    snapshot(): Promise<Snapshot> {
      main.asked += 1
      return new Promise((resolve, reject) => pending.push({ resolve, reject }))
    },
    emit(event?: AppEvent): void {
      main.seq += 1
      listener?.({ seq: main.seq, event: event ?? told(main.seq) })
    },
    lose(): void {
      main.seq += 1
    },
    async answer(seq?: number): Promise<void> {
      pending.shift()?.resolve(snapshot({ seq: seq ?? main.seq }))
      await settle()
    },
    async refuse(): Promise<void> {
      pending.shift()?.reject(new Error('gone'))
      await settle()
    },
    get listens(): boolean {
      return listener !== null
    },
  }
  return main
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 10; turns++)
    await Promise.resolve()
}

function start(main: ReturnType<typeof createMain>, fits: (event: AppEvent) => boolean = () => true) {
  const seen: (number | string)[] = []
  const waits: number[] = []
  const stop = startEventStream({
    onEvent: next => main.onEvent(next),
    snapshot: () => main.snapshot(),
    applySnapshot: ({ seq }) => seen.push(`snapshot ${seq}`),
    applyEvent(event) {
      if (event.type === 'spoken')
        seen.push(event.pieceIndex)
      return fits(event)
    },
    onStatus: status => seen.push(status),
    async wait(ms) {
      waits.push(ms)
    },
  })
  return { seen, waits, stop }
}

describe('event stream', () => {
  it('listens before it asks, and applies only what came after the snapshot', async () => {
    const main = createMain()
    const { seen } = start(main)
    expect([main.listens, main.asked]).toEqual([true, 1])
    main.emit()
    main.emit()
    main.emit()
    await main.answer(2)
    main.emit()
    expect(seen).toEqual(['connecting', 'snapshot 2', 3, 'live', 4])
  })

  it('asks again when an event is missing, and applies nothing until the answer is there', async () => {
    const main = createMain()
    const { seen } = start(main)
    await main.answer()
    main.emit()
    main.lose()
    main.emit()
    main.emit()
    expect(seen).toEqual(['connecting', 'snapshot 0', 'live', 1])
    await main.answer()
    main.emit()
    expect([seen.slice(4), main.asked]).toEqual([['snapshot 4', 'live', 5], 2])
  })

  it('asks again when an event does not fit', async () => {
    const main = createMain()
    const { seen } = start(main, event => event.type !== 'spoken' || event.pieceIndex !== 2)
    await main.answer()
    main.emit()
    main.emit()
    main.emit()
    await main.answer()
    expect(seen).toEqual(['connecting', 'snapshot 0', 'live', 1, 2, 'snapshot 3', 'live'])
  })

  it('drops what it has already seen', async () => {
    const main = createMain()
    const { seen } = start(main)
    await main.answer()
    main.emit()
    main.seq = 0
    main.emit()
    expect(seen).toEqual(['connecting', 'snapshot 0', 'live', 1])
  })

  it('asks until main answers, with growing waits, and says that it is cut off meanwhile', async () => {
    const main = createMain()
    const { seen, waits } = start(main)
    for (let times = 0; times < 7; times++)
      await main.refuse()
    await main.answer()
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    expect([...new Set(seen)]).toEqual(['connecting', 'lost', 'snapshot 0', 'live'])
  })

  it('touches nothing after it was stopped', async () => {
    const main = createMain()
    const { seen, stop } = start(main)
    stop()
    await main.answer()
    main.emit()
    expect([seen, main.listens]).toEqual([['connecting'], false])
  })

  it('ends in step whatever gets lost and whenever the snapshots come', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('emit', 'lose', 'answer', 'refuse'), { maxLength: 60 }), async (steps) => {
      const main = createMain()
      let reached = -1
      let jumps = 0
      startEventStream({
        onEvent: next => main.onEvent(next),
        snapshot: () => main.snapshot(),
        applySnapshot: ({ seq }) => {
          reached = seq
        },
        applyEvent(event) {
          if (event.type !== 'spoken' || event.pieceIndex !== reached + 1)
            jumps += 1
          reached += 1
          return true
        },
        wait: async () => {},
      })
      for (const step of steps) {
        if (step === 'emit')
          main.emit()
        else if (step === 'lose')
          main.lose()
        else
          await main[step]()
      }
      main.emit()
      await main.answer()
      await main.answer()
      main.emit()
      expect([reached, jumps]).toEqual([main.seq, 0])
    }))
  })
})
