import type { MessageBus } from 'dbus-next'
import { Message, MessageType, sessionBus, Variant } from 'dbus-next'

const PATH = '/org/mpris/MediaPlayer2'
const PLAYER = 'org.mpris.MediaPlayer2.Player'

export type PlayerState = 'Playing' | 'Paused' | 'Stopped'

export interface FakePlayerOptions {
  readonly state?: PlayerState
  readonly canPause?: boolean
  /** Says nothing to whatever it is asked. */
  readonly hangs?: boolean
  /** Called when Pause arrives, before it takes effect. */
  readonly onPause?: () => void
  /** Answers Pause at once, and is paused only when `settle` is called. */
  readonly lazy?: boolean
}

/** A media player with the MPRIS interface, as a service of its own on a real session bus. */
export interface FakePlayer extends AsyncDisposable {
  readonly state: PlayerState
  /** `Pause` and `Play`, in the order in which they came. */
  readonly calls: readonly string[]
  /** Resolves when there were so many calls. */
  readonly until: (count: number) => Promise<void>
  /** A person presses a button of the player. */
  readonly set: (state: PlayerState) => void
  /** A lazy one does what it was told. */
  readonly settle: () => void
}

export async function startFakePlayer(busAddress: string, name: string, { state = 'Playing', canPause = true, hangs = false, onPause = () => {}, lazy = false }: FakePlayerOptions = {}): Promise<FakePlayer> {
  const bus = sessionBus({ busAddress })
  await new Promise<void>((resolve, reject) => {
    bus.on('connect', resolve)
    bus.on('error', reject)
  })
  const calls: string[] = []
  const waiting = new Set<() => void>()
  let owed: PlayerState[] = []
  let closed = false

  function set(next: PlayerState): void {
    if (next === state)
      return
    state = next
    bus.send(Message.newSignal(PATH, 'org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as', [PLAYER, { PlaybackStatus: new Variant('s', state) }, []]))
  }

  function order(member: string): void {
    if (member === 'Pause')
      onPause()
    calls.push(member)
    const next = member === 'Pause' ? 'Paused' : 'Playing'
    if (lazy)
      owed.push(next)
    else
      set(next)
    waiting.forEach(wake => wake())
  }

  function handle(message: Message): boolean {
    if (closed || hangs)
      return true
    if (message.type !== MessageType.METHOD_CALL || message.path !== PATH)
      return false
    switch (message.member) {
      case 'Get': {
        const property = message.body[1]
        bus.send(Message.newMethodReturn(message, 'v', [property === 'CanPause' ? new Variant('b', canPause) : new Variant('s', state)]))
        return true
      }
      case 'Pause':
      case 'Play':
        order(message.member)
        bus.send(Message.newMethodReturn(message))
        return true
    }
    return false
  }

  bus.addMethodHandler(handle)
  await (bus as MessageBus).requestName(`org.mpris.MediaPlayer2.${name}`, 0)
  return {
    get state() {
      return state
    },
    calls,
    until: count => new Promise((resolve) => {
      const check = (): void => {
        if (calls.length < count)
          return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    }),
    set,
    settle() {
      owed.forEach(set)
      owed = []
    },
    async [Symbol.asyncDispose]() {
      closed = true
      bus.disconnect()
    },
  }
}
