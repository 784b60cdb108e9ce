import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { ClipboardAccess, DesktopInput } from '../../ports/text-injector'
import type { X11Activity } from './x11-keys-activity'
import type { InputSession } from './x11-keys-session'
import { AppError } from '../../lib/app-error'
import { Emitter } from '../../lib/emitter'
import { createX11Clipboard } from './x11-clipboard'
import { clientOf, currentTarget, stateOfTarget } from './x11-focus'
import { createX11Keys } from './x11-keys'
import { createActivity } from './x11-keys-activity'
import { openInputSession } from './x11-keys-session'
import { untilTaken } from './x11-typing-settled'

export interface X11InputOptions {
  /** `:0` */
  readonly display: string
  readonly clock: Clock
  readonly logger: Logger
  /** Absent: one on this thread. Closed with the rest. */
  readonly clipboard?: ClipboardAccess & AsyncDisposable
}

/**
 * The focus, the keys and the clipboard of an X display. The connection is made by `start` (throws `no-display`), and again
 * by whatever is asked after it broke; while there is none everything rejects with `AppError` `no-display`.
 */
export function createX11Input({ display, clock, logger, clipboard = createX11Clipboard({ display, clock, logger }) }: X11InputOptions): DesktopInput & { start: () => Promise<void> } {
  const activity = createActivity()
  const changes = new Emitter<void>()
  const { open, close } = createSessions({ display, clock, activity, changes })
  const keys = createX11Keys({ open, clock })
  return {
    mechanism: 'x11',
    async start() {
      await open()
    },
    focus: {
      current: async () => currentTarget(await open()),
      stateOf: async target => stateOfTarget(await open(), target),
      activity: () => activity.count(),
      forgiveHotkey: () => activity.forgive(),
      async responds(target, limitMs, signal) {
        const session = await open()
        return untilTaken(session, await clientOf(session, Number(target.id)), { clock, limitMs, signal })
      },
      changes,
    },
    keys,
    clipboard,
    async [Symbol.asyncDispose]() {
      await Promise.all([keys.close(), clipboard[Symbol.asyncDispose]()])
      await close()
    },
  }
}

function createSessions({ display, clock, activity, changes }: { display: string, clock: Clock, activity: X11Activity, changes: Emitter<void> }): {
  open: () => Promise<InputSession>
  close: () => Promise<void>
} {
  let opening: Promise<InputSession> | null = null
  let isClosed = false

  async function connect(): Promise<InputSession> {
    const session = await openInputSession({ display, clock, activity })
    const { connection: { root, closed }, atoms } = session
    session.events.subscribe(({ name, wid, atom }) => {
      if (name === 'PropertyNotify' && wid === root && atom === atoms._NET_ACTIVE_WINDOW)
        changes.emit()
    })
    closed.subscribe(() => {
      opening = null
    })
    return session
  }

  return {
    open() {
      if (isClosed)
        return Promise.reject(new AppError('no-display', 'The connection to the X display is closed.'))
      opening ??= connect().catch((error: unknown) => {
        opening = null
        throw error
      })
      return opening
    },
    async close() {
      isClosed = true
      const session = await opening?.catch(() => null)
      session?.connection.close()
    },
  }
}
