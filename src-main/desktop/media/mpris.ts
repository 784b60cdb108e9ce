import type { Subscribable } from '../../lib/emitter'
import type { Clock } from '../../ports/clock'
import type { SessionBus } from '../session-bus'
import { Emitter } from '../../lib/emitter'
import { connectBus } from '../session-bus'

const PREFIX = 'org.mpris.MediaPlayer2.'
const PATH = '/org/mpris/MediaPlayer2'
const PLAYER = 'org.mpris.MediaPlayer2.Player'
const PROPERTIES = 'org.freedesktop.DBus.Properties'
/** No player of its own: it hands calls on to whichever played last, which may be another one when we give back. */
const STAND_INS = [`${PREFIX}playerctld`]

/** A media player on the session's bus. */
export interface Player {
  readonly name: string
  /** The unique name of whoever has the name: another run of the same program is another player. */
  readonly owner: string
}

export interface PlayerStatus {
  readonly owner: string
  /** `Playing`, `Paused`, `Stopped`. */
  readonly status: string
}

/** The session's media players. Each question rejects after its `limitMs`, and when the player refuses. */
export interface Mpris {
  /** Names this run of the bus: unique names mean something only there. */
  readonly busId: string
  readonly isClosed: boolean
  readonly statuses: Subscribable<PlayerStatus>
  /** One for each owner. A name whose owner does not answer the bus is left out. */
  players: (limitMs: number) => Promise<readonly Player[]>
  ownerOf: (name: string, limitMs: number) => Promise<string>
  status: (owner: string, limitMs: number) => Promise<string>
  canPause: (owner: string, limitMs: number) => Promise<boolean>
  pause: (owner: string, limitMs: number) => Promise<void>
  play: (owner: string, limitMs: number) => Promise<void>
  close: () => void
}

export interface MprisOptions {
  readonly address: string
  readonly clock: Clock
  readonly limitMs: number
}

/** Rejects when there is no bus. */
export async function connectMpris(options: MprisOptions): Promise<Mpris> {
  const bus = await connectBus(options)
  try {
    const [busId] = await bus.ask('GetId', '', [], options.limitMs)
    await bus.match(`type='signal',interface='${PROPERTIES}',member='PropertiesChanged',path='${PATH}',arg0='${PLAYER}'`)
    return createMpris(bus, String(busId))
  }
  catch (error) {
    bus.close()
    throw error
  }
}

function createMpris(bus: SessionBus, busId: string): Mpris {
  const statuses = new Emitter<PlayerStatus>()
  bus.signals.subscribe(({ sender, path, member, body: [interfaceName, changed] }) => {
    if (path !== PATH || member !== 'PropertiesChanged' || interfaceName !== PLAYER)
      return
    const status = (changed as Readonly<Record<string, unknown>>)['PlaybackStatus']
    if (typeof status === 'string')
      statuses.emit({ owner: sender, status })
  })
  const at = (destination: string): { destination: string, path: string, interfaceName: string } => ({ destination, path: PATH, interfaceName: PLAYER })
  const ownerOf: Mpris['ownerOf'] = async (name, limitMs) => String((await bus.ask('GetNameOwner', 's', [name], limitMs))[0])
  return {
    busId,
    get isClosed() {
      return bus.isClosed
    },
    statuses,
    async players(limitMs) {
      const [names] = await bus.ask('ListNames', '', [], limitMs)
      const candidates = (names as string[]).filter(name => name.startsWith(PREFIX) && !STAND_INS.includes(name))
      const players = await Promise.all(candidates.map(async name => ({ name, owner: await ownerOf(name, limitMs).catch(() => '') })))
      return players.filter(({ owner }, i) => owner !== '' && players.findIndex(other => other.owner === owner) === i)
    },
    ownerOf,
    status: async (owner, limitMs) => String(await bus.property(at(owner), 'PlaybackStatus', limitMs)),
    canPause: async (owner, limitMs) => await bus.property(at(owner), 'CanPause', limitMs) !== false,
    async pause(owner, limitMs) {
      await bus.call({ ...at(owner), member: 'Pause' }, limitMs)
    },
    async play(owner, limitMs) {
      await bus.call({ ...at(owner), member: 'Play' }, limitMs)
    },
    close: () => bus.close(),
  }
}
