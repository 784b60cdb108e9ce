import type { Modifier } from './accelerator'

export type HookEvent
  = | { readonly type: 'key-down' | 'key-up', readonly scancode: number, readonly modifiers: ReadonlySet<Modifier> }
    | { readonly type: 'button-down' | 'button-up', readonly button: number }

/** Sees every key and button of the session; one a process. */
export interface KeyboardHook {
  /** Throws when the system does not allow it. */
  start: (listener: (event: HookEvent) => void) => void
  stop: () => void
}
