import type { AppEvent, ParleyBridge, SequencedEvent, Snapshot } from '@contract'

/** `connecting` until the first snapshot, `lost` while asking for a snapshot fails. */
export type StreamStatus = 'connecting' | 'live' | 'lost'

export interface EventStreamOptions {
  readonly onEvent: ParleyBridge['onEvent']
  readonly snapshot: () => Promise<Snapshot>
  readonly applySnapshot: (snapshot: Snapshot) => void
  /** False: the event does not fit what is known, a new snapshot is needed. */
  readonly applyEvent: (event: AppEvent) => boolean
  readonly onStatus?: (status: StreamStatus) => void
  /** Waiting before the next attempt; the default is the timer of the platform. */
  readonly wait?: (ms: number) => Promise<void>
}

const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5_000
/** Events kept while a snapshot is under way; past it the snapshot is asked for again anyway. */
const MAX_HELD_EVENTS = 2_000

/**
 * Keeps the stores in step with main: listens before it asks for the snapshot, applies only what comes after it, and asks again
 * when an event is missing or does not fit. Returns the function that stops it.
 */
export function startEventStream(options: EventStreamOptions): () => void {
  const wait = options.wait ?? ((ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms)))
  const end = new AbortController()
  let syncing = false
  let held: SequencedEvent[] = []
  let lastSeq = -1

  function accept(message: SequencedEvent): boolean {
    if (message.seq <= lastSeq)
      return true
    if (message.seq !== lastSeq + 1)
      return false
    lastSeq = message.seq
    return options.applyEvent(message.event)
  }

  /** One attempt. True: the stores are in step again. */
  async function attempt(): Promise<boolean> {
    const snapshot = await options.snapshot()
    if (end.signal.aborted)
      return true
    options.applySnapshot(snapshot)
    lastSeq = snapshot.seq
    const waiting = held
    held = []
    return waiting.every(accept)
  }

  async function synchronise(): Promise<void> {
    syncing = true
    let retryMs = FIRST_RETRY_MS
    while (!end.signal.aborted) {
      const inStep = await attempt().catch(() => {
        options.onStatus?.('lost')
        return false
      })
      if (inStep)
        break
      await wait(retryMs)
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
    }
    syncing = false
    if (!end.signal.aborted)
      options.onStatus?.('live')
  }

  function receive(message: SequencedEvent): void {
    if (end.signal.aborted)
      return
    if (syncing) {
      held.push(message)
      if (held.length > MAX_HELD_EVENTS)
        held.shift()
      return
    }
    if (!accept(message)) {
      // The event that showed the gap may be newer than the snapshot to come.
      held.push(message)
      void synchronise()
    }
  }

  options.onStatus?.('connecting')
  const unsubscribe = options.onEvent(receive)
  void synchronise()
  return () => {
    end.abort()
    unsubscribe()
  }
}
