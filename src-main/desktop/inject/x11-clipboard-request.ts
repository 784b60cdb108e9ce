import type { XEvent, XProperty } from 'x11'
import type { SelectionSession, SelectionValue } from './x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { connectionLost } from '../x11-connection'

export interface ConversionWatch {
  /** How many bytes may still be kept. */
  readonly room: () => number
  /** So many more are kept. */
  readonly take: (bytes: number) => void
  /** The owner did something for it. */
  readonly progress: () => void
}

export interface Conversion {
  /** Null: the owner refused, it was too large, or it was given up. Rejects when the connection breaks. */
  readonly value: Promise<SelectionValue | null>
  /** Gives it up; an owner that is still sending learns of it. */
  readonly cancel: () => void
}

/** Asks owners of selections for their content. */
export interface Requestor {
  convert: (selection: number, target: number, watch: ConversionWatch) => Conversion
  /** Windows that wait for their next use: for leak checks. */
  readonly idleWindows: number
}

const NONE = 0
const NEW_VALUE = 0
const MAX_IDLE_WINDOWS = 32

/**
 * Each conversion has a window of its own: many programs know one transfer in pieces for a window, whatever the
 * properties. A window is used again when its conversion ended well; one that was given up is destroyed, since a late
 * answer would be taken for that of another question.
 */
export function createRequestor(session: SelectionSession): Requestor {
  const idle: number[] = []
  const active = new Map<number, (event: XEvent) => void>()

  session.events.subscribe((event) => {
    if (event.name === 'SelectionNotify')
      active.get(event.requestor ?? 0)?.(event)
    else if (event.name === 'PropertyNotify')
      active.get(event.wid ?? 0)?.(event)
  })

  return {
    get idleWindows() {
      return idle.length
    },
    convert(selection, target, watch) {
      const window = idle.pop() ?? session.createWindow()
      const running = runConversion(session, { window, selection, target, watch })
      active.set(window, running.handle)
      void running.ended.then((clean) => {
        active.delete(window)
        if (clean && idle.length < MAX_IDLE_WINDOWS)
          idle.push(window)
        else if (!session.connection.isClosed)
          session.connection.client.DestroyWindow(window)
      })
      return { value: running.value, cancel: running.cancel }
    },
  }
}

interface RunningConversion extends Conversion {
  readonly handle: (event: XEvent) => void
  /** True: nothing of it can come any more. */
  readonly ended: Promise<boolean>
}

function runConversion(session: SelectionSession, { window, selection, target, watch }: { window: number, selection: number, target: number, watch: ConversionWatch }): RunningConversion {
  const { connection, atoms } = session
  const { client: X } = connection
  const property = atoms.PARLEY_DATA
  const pieces: Buffer[] = []
  let state: 'asked' | 'pieces' | 'done' = 'asked'
  let settle!: (value: SelectionValue | Promise<never> | null) => void
  let end!: (clean: boolean) => void
  const value = new Promise<SelectionValue | null>((resolve) => {
    settle = resolve
  })
  const ended = new Promise<boolean>((resolve) => {
    end = resolve
  })

  function finish(result: SelectionValue | Promise<never> | null, clean: boolean): void {
    if (state === 'done')
      return
    state = 'done'
    unsubscribe()
    settle(result)
    end(clean)
  }

  /**
   * Reads and removes it, which tells an owner that sends in pieces to go on. With callbacks: the notice of the next piece
   * may stand right behind the answer, before any promise is resolved.
   */
  function read(use: (got: XProperty) => void): void {
    X.GetProperty(1, window, property, 0, 0, Math.ceil(watch.room() / 4) + 1, (error, got) => {
      watch.progress()
      if (state === 'done')
        return true
      if (error || got.bytesAfter > 0 || got.data.length > watch.room()) {
        finish(null, false)
        return true
      }
      use(got)
      return true
    })
  }

  function first(got: XProperty): void {
    if (got.type !== atoms.INCR) {
      watch.take(got.data.length)
      return finish(asValue(got), true)
    }
    state = 'pieces'
    // The least that will come, as far as the owner knows.
    if (got.data.length >= 4 && got.data.readUInt32LE(0) > watch.room())
      finish(null, false)
  }

  function next(got: XProperty): void {
    if (got.type === NONE)
      return
    watch.take(got.data.length)
    if (got.data.length > 0)
      pieces.push(got.data)
    else
      finish(asValue({ ...got, data: Buffer.concat(pieces) }), true)
  }

  function handle(event: XEvent): void {
    if (state === 'asked' && event.name === 'SelectionNotify' && event.selection === selection && event.target === target) {
      watch.progress()
      if (event.property === NONE)
        finish(null, true)
      else
        read(first)
    }
    else if (state === 'pieces' && event.name === 'PropertyNotify' && event.atom === property && event.state === NEW_VALUE) {
      read(next)
    }
  }

  const unsubscribe = connection.closed.subscribe(() => finish(Promise.reject(connectionLost()), false))
  X.ConvertSelection(window, selection, target, property, NONE)
  return { value, ended, cancel: () => finish(null, false), handle }
}

function asValue({ type, format, data }: XProperty): SelectionValue | null {
  return type !== NONE && (format === 8 || format === 16 || format === 32) ? { type, format, data } : null
}
