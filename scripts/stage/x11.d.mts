/** Both on CLOCK_MONOTONIC (`process.hrtime`), milliseconds. */
export interface KeySent {
  /** When the last key of the chord was written to the server. */
  readonly sentAtMs: number
  /** When the server had dealt with all of it. */
  readonly syncedAtMs: number
}

export interface StageWindow {
  readonly window: number
  /** Key events that reached it, in order. */
  readonly keys: readonly { readonly type: 'press' | 'release', readonly keycode: number }[]
  /** How often another window took the focus from it, however shortly. A key grab takes none. */
  readonly focusLosses: () => number
  close: () => Promise<void>
}

export interface StageProgram {
  readonly pid: number
  readonly window: number
  readonly ended: Promise<{ readonly code: number | null, readonly output: string }>
  stop: () => Promise<void>
}

/**
 * A person at the keyboard of a virtual display: real X events by XTEST, and eyes for windows and the focus.
 * Keys are written `ctrl+alt+space`, `rightctrl`, `f9`, `k`; what is still down when it closes is released.
 */
export interface StageKeyboard {
  /** Presses in the order given. */
  keyDown: (keys: string) => Promise<KeySent>
  /** Releases in the reverse order. */
  keyUp: (keys: string) => Promise<KeySent>
  tap: (keys: string) => Promise<KeySent>
  /** Releases every key that is still down. */
  releaseAll: () => Promise<void>
  /** Pointer button 1, 2, 3. */
  button: (which: number, press: boolean) => Promise<void>
  setLocks: (locks: { readonly caps?: boolean, readonly num?: boolean }) => Promise<void>
  /** Which of the keyboard's layouts (0…3) is active, as its switching key would. */
  setLayout: (index: number) => Promise<void>
  setAutoRepeat: (on: boolean) => Promise<void>
  /** Takes a key as another program would; returns the way to let it go. */
  takeKey: (keys: string) => Promise<() => Promise<void>>
  keycodeOf: (key: string) => Promise<number>
  /** The X window with the input focus; 0 none, 1 the pointer's. */
  focusedWindow: () => Promise<number>
  /** What the window manager calls active. */
  activeWindow: () => Promise<number | null>
  activeWindowName: () => Promise<string | null>
  windowName: (window: number) => Promise<string>
  /** Viewable client windows, bottom to top, that are all of what is given. */
  windowsOf: (of?: { readonly pid?: number, readonly className?: string, readonly name?: string }) => Promise<number[]>
  /** Whether this window, or one inside of it, has the input focus. */
  isFocused: (window: number) => Promise<boolean>
  waitForFocus: (window: number, options?: { readonly timeoutMs?: number }) => Promise<boolean>
  /** Asks until the answer is truthy, at each change that X tells of and every 20 ms. */
  waitFor: <T>(question: () => Promise<T> | T, options?: { readonly timeoutMs?: number, readonly what?: string }) => Promise<T>
  /** A small window of its own that has the focus and keeps what keys it gets. */
  openWindow: (options?: { readonly title?: string }) => Promise<StageWindow>
  /** A program on this display; resolves when its window has the focus. */
  openProgram: (command: string, args?: readonly string[], options?: { readonly env?: Readonly<Record<string, string>>, readonly timeoutMs?: number }) => Promise<StageProgram>
  /** Releases what is down, closes the connection. Idempotent. */
  close: () => Promise<void>
}

export function openStageKeyboard(options: { readonly display: string }): Promise<StageKeyboard>
