import type { KeySender } from '../../ports/text-injector'
import { AppError } from '../../lib/app-error'

export type WaylandKeyMethodName = 'portal' | 'wtype' | 'ydotool' | 'dotool'

/** Why a way to press keys cannot be used. */
export type WaylandObstacle
  = | 'not-installed'
    | 'no-daemon' // its daemon does not run
    | 'no-device' // /dev/uinput may not be opened
    | 'no-protocol' // the compositor takes no virtual keyboards
    | 'no-portal' // no session bus, or no portal for it
    | 'refused' // the person said no

/** One way to press keys in a Wayland session. */
export interface WaylandKeyMethod {
  readonly name: WaylandKeyMethodName
  /** Null: it can be used. Never rejects, asks nobody, and is quick. */
  probe: () => Promise<WaylandObstacle | null>
  press: KeySender['press']
  type: KeySender['type']
  close: () => Promise<void>
}

/**
 * Keys by the first method that works. What was found is kept until it fails; then all are looked at again.
 * Which modifiers a person holds is told to no program here. On wlroots that does no harm: each keyboard has modifiers of its own.
 */
export function createWaylandKeys(methods: readonly WaylandKeyMethod[]): KeySender & { close: () => Promise<void> } {
  let working: WaylandKeyMethod | null = null

  /** False: none of them can, and nothing was pressed. */
  async function byFirst(act: (method: WaylandKeyMethod) => Promise<boolean>): Promise<boolean> {
    const known = working
    if (known && await attempt(known, act))
      return true
    for (const method of methods) {
      if (method !== known && await method.probe() === null && await attempt(method, act)) {
        // A method that cannot do this one thing stays the first for all others.
        working ??= method
        return true
      }
    }
    return false
  }

  async function attempt(method: WaylandKeyMethod, act: (method: WaylandKeyMethod) => Promise<boolean>): Promise<boolean> {
    try {
      const isDone = await act(method)
      if (!isDone && method === working && await method.probe() !== null)
        working = null
      return isDone
    }
    catch (error) {
      if (method === working)
        working = null
      // It may have been pressed: another method would press it twice. Only what was never run is no such case.
      if (error instanceof AppError && error.code === 'not-found')
        return false
      throw error
    }
  }

  return {
    modifiersUp: async (_limitMs, signal) => {
      signal.throwIfAborted()
      return true
    },
    press: (chord, count = 1) => byFirst(method => method.press(chord, count)),
    type: (text, signal) => byFirst(method => method.type(text, signal)),
    async close() {
      await Promise.all(methods.map(method => method.close()))
    },
  }
}
