import type { Clock } from '../../ports/clock'
import type { FocusProbe, InjectionTarget } from '../../ports/text-injector'
import type { WaylandWire } from './wayland-wire'
import { AppError } from '../../lib/app-error'
import { Emitter } from '../../lib/emitter'
import { connectWayland, createReader, readGlobals } from './wayland-wire'

export const TOPLEVEL_MANAGER = 'zwlr_foreign_toplevel_manager_v1'
/** wl_registry.bind */
const BIND = 0
/** The state of a window that has the keyboard (wlr-foreign-toplevel-management-unstable-v1). */
const ACTIVATED = 2

interface Toplevel {
  readonly id: string
  title: string
  appId: string
  isActive: boolean
}

export type ClosableFocus = FocusProbe & { close: () => void }

/**
 * The focus by the windows' list of a wlroots compositor. Ids are of one connection; the process of a window is not told.
 * Connects at the first use and again after the compositor came back; rejects with `no-display` or `not-found`.
 */
export function createToplevelFocus({ path, clock }: { readonly path: string, readonly clock: Clock }): ClosableFocus {
  const changes = new Emitter<void>()
  let opening: Promise<{ readonly wire: WaylandWire, readonly windows: ReadonlyMap<number, Toplevel> }> | null = null
  let connections = 0

  async function open(): Promise<{ readonly wire: WaylandWire, readonly windows: ReadonlyMap<number, Toplevel> }> {
    const wire = await connectWayland(path, clock)
    wire.lost.subscribe(() => {
      opening = null
    })
    const { registry, globals } = await readGlobals(wire)
    const manager = globals.get(TOPLEVEL_MANAGER)
    if (!manager) {
      wire.close()
      throw new AppError('not-found', 'This compositor does not tell its windows.')
    }
    const windows = watchWindows(wire, changes, String(++connections), (own) => {
      wire.send(registry, BIND, [{ uint: manager.name }, { string: TOPLEVEL_MANAGER }, { uint: Math.min(manager.version, 3) }, { uint: own }])
    })
    // The windows come after the first, their properties after the second.
    await wire.roundTrip()
    await wire.roundTrip()
    return { wire, windows }
  }

  async function windows(): Promise<Toplevel[]> {
    opening ??= open().catch((error: unknown) => {
      opening = null
      throw error
    })
    const { wire, windows } = await opening
    await wire.roundTrip()
    return [...windows.values()]
  }

  return {
    async current() {
      const active = (await windows()).find(({ isActive }) => isActive)
      return active ? targetOf(active) : null
    },
    async stateOf({ id }) {
      const window = (await windows()).find(other => other.id === id)
      return !window ? 'gone' : window.isActive ? 'focused' : 'elsewhere'
    },
    activity: () => null,
    changes,
    close() {
      opening?.then(({ wire }) => wire.close(), () => {})
    },
  }
}

function targetOf({ id, appId, title }: Toplevel): InjectionTarget {
  return { id, appId, title, pid: null }
}

function watchWindows(wire: WaylandWire, changes: Emitter<void>, prefix: string, bind: (manager: number) => void): ReadonlyMap<number, Toplevel> {
  const shown = new Map<number, Toplevel>()
  /** What is told counts once the compositor says `done`. */
  const pending = new Map<number, Toplevel>()
  const manager = wire.newId()
  wire.events.subscribe(({ object, opcode, body }) => {
    const reader = createReader(body)
    if (object === manager) {
      if (opcode === 0) {
        const handle = reader.uint()
        pending.set(handle, { id: `${prefix}-${handle}`, title: '', appId: '', isActive: false })
      }
      return
    }
    const window = pending.get(object)
    if (!window)
      return
    switch (opcode) {
      case 0:
        window.title = reader.string()
        return
      case 1:
        window.appId = reader.string()
        return
      case 4:
        window.isActive = reader.uints().includes(ACTIVATED)
        return
      case 5: {
        const moved = shown.get(object)?.isActive !== window.isActive
        shown.set(object, { ...window })
        if (moved)
          changes.emit()
        return
      }
      case 6:
        pending.delete(object)
        shown.delete(object)
        changes.emit()
    }
  })
  bind(manager)
  return shown
}
