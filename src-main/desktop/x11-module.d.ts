/** The part of the X11 client's interface that is used here; the package has no types of its own. */
declare module 'x11' {
  interface XError extends Error {
    /** X protocol error code; 10 is BadAccess. */
    readonly error: number
  }

  interface XEvent {
    readonly name?: string
    readonly keycode?: number
    /** Key code or button of an XInput event. */
    readonly detail?: number
    /** Server time, 32-bit milliseconds. */
    readonly time?: number
    /** Modifier and button state. */
    readonly buttons?: number
    /** MappingNotify: 0 modifiers, 1 keyboard, 2 pointer. */
    readonly request?: number
  }

  /** A callback returns true when it has dealt with the error. */
  type Callback<T> = (error: XError | null | undefined, value: T) => boolean | void

  interface XInput {
    readonly AllMasterDevices: number
    readonly EventMask: Readonly<Record<'RawKeyPress' | 'RawKeyRelease' | 'RawButtonPress' | 'RawButtonRelease', number>>
    XISelectEvents: (window: number, masks: { deviceId: number, mask: number }) => void
  }

  interface XClient {
    readonly stream: { destroy: () => void, once: (event: 'close', listener: () => void) => void, readonly destroyed: boolean, unref?: () => void }
    on: ((event: 'event', listener: (event: XEvent) => void) => void) & ((event: 'error', listener: (error: Error) => void) => void) & ((event: 'end', listener: () => void) => void)
    require: (name: 'xinput', callback: Callback<XInput>) => void
    sync: (callback: Callback<void>) => void
    terminate: () => void
    /** Atoms by name, and names by atom, as far as they were asked for. */
    atoms: Record<string, number>
    atom_names: Record<number, string>
    GrabKey: (window: number, ownerEvents: 0 | 1, modifiers: number, keycode: number, pointerMode: 0 | 1, keyboardMode: 0 | 1, callback: Callback<void>) => void
    UngrabKey: (window: number, keycode: number, modifiers: number) => void
    QueryKeymap: (callback: Callback<Uint8Array>) => void
    GetKeyboardMapping: (firstKeycode: number, count: number, callback: Callback<number[][]>) => void
    GetModifierMapping: (callback: Callback<number[][]>) => void
  }

  interface XDisplay {
    readonly client: XClient
    readonly screen: readonly { readonly root: number }[]
    readonly min_keycode: number
    readonly max_keycode: number
    readonly resource_mask: number
  }

  function createClient(options: { display?: string, shm?: false }, callback: (error: Error | null | undefined, display: XDisplay) => void): XClient
}
