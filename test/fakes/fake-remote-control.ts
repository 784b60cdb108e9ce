export interface FakeRemoteControlOptions {
  readonly variant: (signature: string, value: unknown) => unknown
}

type Results = Readonly<Record<string, unknown>>

/**
 * The portal's RemoteDesktop: sessions, a person who is asked unless the program has the token of the last permission, and the keys
 * that were pressed. A session that was ended takes no more keys.
 */
export interface FakeRemoteControl {
  /** The person does not answer at once: `answer` does. */
  slow: boolean
  /** Bits of device types. */
  devices: number
  version: number
  /** How often the person was asked. */
  readonly asked: () => number
  readonly answer: () => void
  /** `65507 down`, in order. */
  readonly keys: string[]
  /** Keys that are down. */
  readonly down: ReadonlySet<number>
  /** The desktop takes the permission back: every session is over. */
  readonly endAll: () => void
  readonly sessions: ReadonlySet<string>
  // for the portal
  readonly property: (name: string) => number
  readonly handle: (member: string, session: string, options: Results, body: readonly unknown[]) => Results | 'done' | 'asks' | 'error'
  readonly onAnswer: (respond: () => void) => void
  readonly granted: () => never
  readonly end: (session: string) => void
}

export function createRemoteControl({ variant }: FakeRemoteControlOptions): FakeRemoteControl {
  const sessions = new Map<string, { isStarted: boolean, persists: boolean, isKnown: boolean }>()
  const down = new Set<number>()
  const keys: string[] = []
  let token: string | null = null
  let tokens = 0
  let asked = 0
  let waiting: (() => void) | null = null

  const results = (persists: boolean): Results => {
    token = persists ? `token-${++tokens}` : null
    return { devices: variant('u', 1), ...(token !== null && { restore_token: variant('s', token) }) }
  }
  let pending: { isStarted: boolean, persists: boolean } | null = null

  const remote: FakeRemoteControl = {
    slow: false,
    devices: 3,
    version: 2,
    asked: () => asked,
    answer() {
      waiting?.()
      waiting = null
    },
    keys,
    down,
    endAll: () => sessions.clear(),
    get sessions() {
      return new Set(sessions.keys())
    },
    property: name => name === 'version' ? remote.version : remote.devices,
    handle(member, session, options, body) {
      if (member === 'CreateSession') {
        sessions.set(session, { isStarted: false, persists: false, isKnown: false })
        return { session_handle: variant('s', session) }
      }
      const known = sessions.get(session)
      if (!known)
        return 'error'
      switch (member) {
        case 'SelectDevices':
          known.persists = options['persist_mode'] === 2
          known.isKnown = token !== null && options['restore_token'] === token
          return {}
        case 'Start':
          if (known.isKnown) {
            known.isStarted = true
            return results(known.persists)
          }
          asked++
          pending = known
          if (remote.slow)
            return 'asks'
          known.isStarted = true
          return results(known.persists)
        case 'NotifyKeyboardKeysym': {
          const [, , symbol, state] = body as [string, unknown, number, number]
          if (!known.isStarted)
            return 'error'
          if (state === 1)
            down.add(symbol)
          else
            down.delete(symbol)
          keys.push(`${symbol} ${state === 1 ? 'down' : 'up'}`)
          return 'done'
        }
        default:
          return 'error'
      }
    },
    onAnswer(respond) {
      waiting = respond
    },
    granted() {
      const session = pending
      if (session)
        session.isStarted = true
      return results(session?.persists ?? false) as never
    },
    end: session => void sessions.delete(session),
  }
  return remote
}
