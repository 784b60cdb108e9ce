import type { Subscribable } from '../lib/emitter'

/**
 * A child process that main owns: Electron's `utilityProcess` in the app, `child_process.fork` in plain Node.
 * Messages are structured-cloned (typed arrays survive).
 */
export interface ChildChannel {
  readonly pid: number | undefined
  readonly messages: Subscribable<unknown>
  readonly exits: Subscribable<{ readonly code: number | null }>
  /** Never throws: what is sent to a dead child is dropped. */
  send: (message: unknown) => void
  /** SIGKILL: the only thing a hung native call obeys. Idempotent. */
  kill: () => void
}

export interface ChildSpec {
  /** Name of a built entry: `audio-child`, `inference-child`. */
  readonly entry: 'audio-child' | 'inference-child'
  readonly env?: Readonly<Record<string, string>>
}

export type SpawnChild = (spec: ChildSpec) => ChildChannel

/** The child's own end of the channel. */
export interface ParentChannel {
  send: (message: unknown) => void
  readonly messages: Subscribable<unknown>
}
