import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { Modifier } from '../accelerator'
import type { PortalBus } from '../portal-bus'
import type { ChordKeys } from './wayland-key-tools'
import type { WaylandKeyMethod } from './wayland-keys'
import { readFile } from 'node:fs/promises'
import { toAppError } from '../../lib/app-error'
import { writeFileAtomic } from '../../lib/atomic-file'
import { background } from '../../lib/background'
import { connectPortal } from '../portal-bus'
import { readChord, repeated } from './wayland-key-tools'
import { KEYSYM } from './x11-keys-symbols'

const INTERFACE = 'org.freedesktop.portal.RemoteDesktop'
/** A bit of the portal's device types. */
const KEYBOARD = 1
/** `persist_mode`: until the person takes it back. */
const UNTIL_REVOKED = 2
const PERSISTS_SINCE_VERSION = 2
const PRESSED = 1
const RELEASED = 0
/** With a token the desktop answers at once; without one it asks the person, whose window loses the focus meanwhile. */
const GRANT_LIMIT_MS = 1_500

const MODIFIER_SYMBOLS: Readonly<Record<Modifier, number>> = {
  Ctrl: KEYSYM.control[0],
  Alt: KEYSYM.alt[0],
  Shift: KEYSYM.shift[0],
  Super: KEYSYM.super[0],
}
const UNICODE_BASE = 0x1000000

export interface PortalKeysOptions {
  readonly busAddress: string | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Where the permission's token is kept for the next run; null: it is asked for each time. */
  readonly tokenFile: string | null
}

interface Session {
  readonly bus: PortalBus
  readonly path: string
}

/**
 * Keys through the desktop's portal for remote control (GNOME, KDE). The desktop asks the person once, at the first use; while it asks,
 * nothing is pressed. Symbols are pressed, not places, so the layout does not matter; what the desktop cannot put on a key it leaves out
 * without a word.
 * The portal's clipboard is not used: it hands contents over as file descriptors, which the bus library cannot take.
 */
export function createPortalKeys({ busAddress, clock, logger, tokenFile }: PortalKeysOptions): WaylandKeyMethod {
  let opening: Promise<Session> | null = null
  let session: Session | null = null
  let isRefused = false
  let isClosed = false
  let sessions = 0

  function connect(): Promise<PortalBus> {
    return connectPortal({ interfaceName: INTERFACE, busAddress, clock })
  }

  async function open(): Promise<Session> {
    const bus = await connect()
    try {
      const text = (value: string): unknown => bus.variant('s', value)
      const number = (value: number): unknown => bus.variant('u', value)
      const created = await bus.request('CreateSession', 'a{sv}', token => [{ handle_token: text(token), session_handle_token: text(`parley_keys_${++sessions}`) }])
      const path = String(created['session_handle'])
      const persists = tokenFile !== null && bus.version >= PERSISTS_SINCE_VERSION
      const known = persists ? await readToken(tokenFile) : null
      await bus.request('SelectDevices', 'oa{sv}', token => [path, {
        handle_token: text(token),
        types: number(KEYBOARD),
        ...(persists && { persist_mode: number(UNTIL_REVOKED) }),
        ...(known !== null && { restore_token: text(known) }),
      }])
      const granted = await bus.request('Start', 'osa{sv}', token => [path, '', { handle_token: text(token) }])
      const next = granted['restore_token']
      // Each token is good for one session.
      if (persists && typeof next === 'string' && next !== '')
        await writeFileAtomic(tokenFile, next).catch(error => logger.warn('the permission to press keys could not be kept', { code: toAppError(error).code }))
      if (isClosed)
        throw new Error('closed')
      bus.presence.subscribe(({ there }) => there || drop(path))
      session = { bus, path }
      return session
    }
    catch (error) {
      bus.close()
      if (toAppError(error).params['reason'] === 'refused')
        isRefused = true
      throw error
    }
  }

  function drop(path: string): void {
    if (session?.path !== path)
      return
    session.bus.close()
    session = null
  }

  /** Null: there is none, or the person is being asked. */
  async function granted(): Promise<Session | null> {
    if (session || isRefused || isClosed)
      return session
    if (!opening) {
      opening = open()
      background(opening.catch(error => logger.warn('the desktop did not give leave to press keys', { code: toAppError(error).code })).finally(() => {
        opening = null
      }), logger, 'portal: keys')
    }
    let cancel = (): void => {}
    const late = new Promise<null>((resolve) => {
      cancel = clock.after(GRANT_LIMIT_MS, () => resolve(null))
    })
    try {
      return await Promise.race([opening.catch(() => null), late])
    }
    finally {
      cancel()
    }
  }

  function notify({ bus, path }: Session, symbol: number, state: number): Promise<unknown> {
    return bus.call('NotifyKeyboardKeysym', 'oa{sv}iu', [path, {}, symbol, state])
  }

  /** False, and nothing was pressed: there is no permission, or not now. Whatever went down goes up again. */
  async function send(strokes: readonly Stroke[], signal?: AbortSignal): Promise<boolean> {
    // A session that the desktop has ended is told by its first key.
    for (let attempt = 0; attempt < 2; attempt++) {
      const current = await granted()
      if (!current)
        return false
      const down: number[] = []
      let sent = 0
      try {
        for (const { symbol, state } of strokes) {
          if (down.length === 0)
            signal?.throwIfAborted()
          if (state === PRESSED)
            down.push(symbol)
          await notify(current, symbol, state)
          if (state === RELEASED)
            down.splice(down.lastIndexOf(symbol), 1)
          sent++
        }
        return true
      }
      catch (error) {
        await Promise.allSettled(down.toReversed().map(symbol => notify(current, symbol, RELEASED)))
        if (sent > 0 || signal?.aborted)
          throw error
        logger.warn('the session for pressing keys ended', { code: toAppError(error).code })
        drop(current.path)
      }
    }
    return false
  }

  return {
    name: 'portal',
    async probe() {
      if (isRefused)
        return 'refused'
      if (session)
        return null
      let bus: PortalBus | undefined
      try {
        bus = await connect()
        return (Number(await bus.property('AvailableDeviceTypes')) & KEYBOARD) === 0 ? 'no-portal' : null
      }
      catch {
        return 'no-portal'
      }
      finally {
        bus?.close()
      }
    },
    async press(chord, count = 1) {
      const keys = readChord(chord)
      return keys !== null && send(chordStrokes(keys, count))
    },
    async type(text, signal) {
      const symbols = Array.from(text.replaceAll('\r\n', '\n'), symbolOf)
      return symbols.every(symbol => symbol !== null) && send(symbols.flatMap(tap), signal)
    },
    async close() {
      isClosed = true
      const current = session
      if (!current)
        return
      await current.bus.closeSession(current.path).catch(() => {})
      drop(current.path)
    },
  }
}

interface Stroke {
  readonly symbol: number
  readonly state: number
}

function tap(symbol: number): Stroke[] {
  return [{ symbol, state: PRESSED }, { symbol, state: RELEASED }]
}

function chordStrokes({ modifiers, key }: ChordKeys, count: number): Stroke[] {
  const symbols = modifiers.map(modifier => MODIFIER_SYMBOLS[modifier])
  return [
    ...symbols.map(symbol => ({ symbol, state: PRESSED })),
    ...repeated(tap(key.keysym), count),
    ...symbols.toReversed().map(symbol => ({ symbol, state: RELEASED })),
  ]
}

/** Null: no key writes it. */
function symbolOf(character: string): number | null {
  const codePoint = character.codePointAt(0) ?? 0
  if (codePoint === 0x0A)
    return KEYSYM.return
  if (codePoint === 0x09)
    return KEYSYM.tab
  if (codePoint < 0x20 || (codePoint >= 0x7F && codePoint < 0xA0) || (codePoint >= 0xD800 && codePoint < 0xE000))
    return null
  return codePoint < 0x100 ? codePoint : UNICODE_BASE + codePoint
}

async function readToken(file: string): Promise<string | null> {
  return readFile(file, 'utf8').then(text => text.trim() || null, () => null)
}
