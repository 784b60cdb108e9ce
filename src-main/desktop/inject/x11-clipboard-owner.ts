import type { XEvent, XProperty } from 'x11'
import type { Subscribable } from '../../lib/emitter'
import type { SelectionSession, SelectionValue } from './x11-clipboard-session'
import type { Transfers } from './x11-clipboard-transfer'
import { Buffer } from 'node:buffer'
import { Emitter } from '../../lib/emitter'

/** By target atom, in the order in which they are offered. */
export type SelectionContent = ReadonlyMap<number, SelectionValue>

/** Somebody asks for something of the content. */
export interface SelectionRead {
  readonly requestor: number
  /** Atom; what is asked about the content (TARGETS, TIMESTAMP) is told, too. */
  readonly target: number
  /** True when all of it is the requestor's. */
  readonly delivered: Promise<boolean>
}

/** Holds one selection, and gives its content to whoever asks. */
export interface SelectionOwner {
  readonly selection: number
  /** Null: somebody else's, or nobody's. */
  readonly content: SelectionContent | null
  readonly reads: Subscribable<SelectionRead>
  /** Another program took it, or the connection broke. */
  readonly lost: Subscribable<void>
  /**
   * Takes the selection with this content; taking it again tells everyone who watches that there is another one.
   * `atTime` (server time): has no effect when somebody took it later. False: somebody else has it.
   */
  own: (content: SelectionContent, atTime?: number) => Promise<boolean>
  /** Nobody has it afterwards. Nothing when it is not ours. */
  release: () => Promise<void>
}

const NONE = 0
/** Who waits for an answer has asked for the next thing by then. */
const WAKE_MS = 15
/** 8 bytes a pair, at most so many. */
const MAX_MULTIPLE_PAIRS = 256

export function createSelectionOwner(session: SelectionSession, selection: number, transfers: Transfers): SelectionOwner {
  const { connection, window, atoms } = session
  const { client: X } = connection
  const reads = new Emitter<SelectionRead>()
  const lost = new Emitter<void>()
  let content: SelectionContent | null = null
  let sinceTime = 0
  let takings = 0
  /** Who asks once, as a terminal does, is not disturbed. */
  let lastRequestor = NONE
  let cancelWaking = (): void => {}

  function lose(): void {
    if (!content || takings > 0)
      return
    content = null
    lost.emit()
  }

  /** The answer to one target; null: refused. Written to the server when it returns. */
  function give(requestor: number, target: number, property: number): Promise<boolean> | null {
    const value = target === atoms.TARGETS
      ? { type: atoms.ATOM, format: 32 as const, data: numbers([atoms.TARGETS, atoms.TIMESTAMP, atoms.MULTIPLE, ...content?.keys() ?? []]) }
      : target === atoms.TIMESTAMP
        ? { type: atoms.INTEGER, format: 32 as const, data: numbers([sinceTime]) }
        : content?.get(target)
    if (!value)
      return null
    const delivered = transfers.put(requestor, property, value)
    reads.emit({ requestor, target, delivered })
    return delivered
  }

  /** A list of pairs of target and property on the requestor's window; a pair that is refused has no property afterwards. */
  async function giveMultiple(requestor: number, property: number, notify: (given: boolean) => void): Promise<void> {
    const list = await connection.request<XProperty>(done => X.GetProperty(0, requestor, property, 0, 0, MAX_MULTIPLE_PAIRS * 2, done))
    if (list.format !== 32)
      return notify(false)
    const pairs = Array.from({ length: list.data.length >> 3 }, (_, i) => [list.data.readUInt32LE(i * 8), list.data.readUInt32LE(i * 8 + 4)] as const)
    inOnePiece(() => {
      const answers = pairs.map(([target, at]) => at !== NONE && give(requestor, target, at) !== null)
      if (answers.includes(false))
        X.ChangeProperty(0, requestor, property, atoms.ATOM_PAIR, 32, numbers(pairs.flatMap(([target, at], i) => [target, answers[i] ? at : NONE])))
      notify(true)
    })
  }

  function answer({ time = 0, requestor = 0, target = 0, property = 0 }: XEvent): void {
    // Without a property an old client asks: the target's name serves as one.
    const at = property === NONE ? target : property
    const notify = (given: boolean): void => {
      if (!connection.isClosed)
        X.SendEvent(requestor, 0, 0, { name: 'SelectionNotify', seq: 0, time, requestor, selection, target, property: given ? at : NONE })
    }
    if (!content)
      notify(false)
    else if (target === atoms.MULTIPLE)
      giveMultiple(requestor, at, notify).catch(() => notify(false))
    else
      inOnePiece(() => notify(give(requestor, target, at) !== null))
  }

  /**
   * Chromium waits for an answer in a way that can miss it, in one paste of fifty, and sleeps on until its next event, for up
   * to 2 s. Both parts of an answer in one piece make that rarer; any event after it, which by ICCCM everybody ignores whose
   * type they do not know, ends it.
   */
  function wakeLater(requestor: number): void {
    cancelWaking()
    if (requestor !== lastRequestor) {
      lastRequestor = requestor
      return
    }
    cancelWaking = session.clock.after(WAKE_MS, () => {
      X.SendEvent(requestor, 0, 0, { name: 'ClientMessage', seq: 0, format: 32, wid: requestor, message_type: atoms.PARLEY_WAKE, data: [0, 0, 0, 0, 0] })
    })
  }

  function inOnePiece(write: () => void): void {
    X.stream.cork()
    try {
      write()
    }
    finally {
      X.stream.uncork()
    }
  }

  session.events.subscribe((event) => {
    if (event.selection !== selection)
      return
    if (event.name === 'SelectionRequest') {
      answer(event)
      wakeLater(event.requestor ?? NONE)
    }
    else if (event.name === 'SelectionClear') {
      lose()
    }
  })
  connection.closed.subscribe(() => {
    cancelWaking()
    takings = 0
    lose()
  })

  return {
    selection,
    get content() {
      return content
    },
    reads,
    lost,
    async own(next, atTime) {
      // While it is being taken only the server's answer tells who has it: a SelectionClear may be an older one's.
      takings++
      try {
        const time = atTime ?? await session.serverTime()
        content = next
        sinceTime = time
        lastRequestor = NONE
        X.SetSelectionOwner(window, selection, time)
        const owner = await session.ownerOf(selection)
        takings = Math.max(0, takings - 1)
        if (owner !== window)
          lose()
        return owner === window
      }
      catch (error) {
        takings = 0
        lose()
        throw error
      }
    },
    async release() {
      // Whoever took it before this time has been told of by then, and who takes it later is not disturbed by it.
      const time = await session.serverTime()
      if (!content)
        return
      content = null
      X.SetSelectionOwner(NONE, selection, time)
      await session.ownerOf(selection)
    },
  }
}

/** CARD32 each. */
export function numbers(values: readonly number[]): Buffer {
  const data = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => data.writeUInt32LE(value >>> 0, i * 4))
  return data
}
