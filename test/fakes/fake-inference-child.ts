import type { FromChild, LocalKind, ToChild } from '../../src-main/inference/protocol'
import type { ChildChannel, ChildSpec } from '../../src-main/ports/child-channel'
import { PROTOCOL_VERSION } from '../../src-main/inference/protocol'
import { Emitter } from '../../src-main/lib/emitter'

/** One life of a child process that does what the test says. It answers pings as long as it is not `hung`. */
export interface FakeChild extends ChildChannel {
  readonly received: ToChild[]
  readonly messages: Emitter<unknown>
  readonly alive: boolean
  hung: boolean
  tell: (message: FromChild) => void
  /** Loaded and warm. */
  loaded: (kind: LocalKind) => void
  /** It ends by itself. */
  die: () => void
}

export interface FakeChildren {
  readonly spawn: (spec: ChildSpec) => ChildChannel
  /** All lives so far; the last one is the present one. */
  readonly lives: readonly FakeChild[]
  readonly last: FakeChild
}

/** Stands where the operating system starts processes. */
export function createFakeChildren(): FakeChildren {
  const lives: FakeChild[] = []
  return {
    lives,
    get last() {
      const child = lives.at(-1)
      if (!child)
        throw new Error('No child was started.')
      return child
    },
    spawn() {
      const child = createChild(1000 + lives.length)
      lives.push(child)
      return child
    },
  }
}

function createChild(pid: number): FakeChild {
  const messages = new Emitter<unknown>()
  const exits = new Emitter<{ readonly code: number | null }>()
  const received: ToChild[] = []
  let alive = true
  const end = (): void => {
    if (!alive)
      return
    alive = false
    exits.emit({ code: null })
  }
  const child: FakeChild = {
    pid,
    messages,
    exits,
    received,
    hung: false,
    get alive() {
      return alive
    },
    send(message) {
      if (!alive)
        return
      const order = message as ToChild
      if (order.type !== 'ping')
        received.push(order)
      else if (!child.hung)
        child.tell({ type: 'pong', n: order.n, rssBytes: 1 })
    },
    kill: end,
    die: end,
    tell(message) {
      if (alive)
        messages.emit(message)
    },
    loaded: kind => child.tell({ type: 'loaded', kind, loadMs: 1, warmUpMs: 1 }),
  }
  queueMicrotask(() => child.tell({ type: 'hello', version: PROTOCOL_VERSION }))
  return child
}
