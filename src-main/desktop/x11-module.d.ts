/** The part of the X11 client's interface that is used here; the package has no types of its own. */
declare module 'x11' {
  import type { Buffer } from 'node:buffer'

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
    /** The device (XInput) that an event comes from. */
    readonly sourceId?: number
    /** ClientMessage: its kind (atom), and five numbers for format 32. */
    readonly message_type?: number
    readonly data?: unknown
    /** MappingNotify: 0 modifiers, 1 keyboard, 2 pointer. */
    readonly request?: number
    /** Number of the event; 31 is the protocol's SelectionNotify, XFixes has another of that name. */
    readonly type?: number
    /** PropertyNotify, DestroyNotify: the window. */
    readonly wid?: number
    readonly atom?: number
    /** PropertyNotify: 0 a new value, 1 deleted. */
    readonly state?: number
    /** SelectionClear, SelectionRequest, and SelectionNotify of XFixes. */
    readonly owner?: number
    readonly requestor?: number
    readonly selection?: number
    readonly target?: number
    /** 0: none. */
    readonly property?: number
  }

  /** A callback returns true when it has dealt with the error. */
  type Callback<T> = (error: XError | null | undefined, value: T) => boolean | void

  interface XInput {
    readonly AllMasterDevices: number
    readonly EventMask: Readonly<Record<'RawKeyPress' | 'RawKeyRelease' | 'RawButtonPress' | 'RawButtonRelease', number>>
    XISelectEvents: (window: number, masks: { deviceId: number, mask: number }) => void
    /** Device 0: all of them. */
    XIQueryDevice: (deviceId: number, callback: Callback<readonly { readonly deviceId: number, readonly name: string }[]>) => void
  }

  interface XTest {
    readonly KeyPress: number
    readonly KeyRelease: number
    FakeInput: (type: number, code: number, time: 0, window: 0, x: 0, y: 0) => void
  }

  /** Modifier masks and the group (layout) of a keyboard. */
  interface XkbState {
    /** Of keys that are down. */
    readonly baseMods: number
    readonly latchedMods: number
    readonly lockedMods: number
    /** The group in force, from 0. */
    readonly group: number
  }

  interface Xkb {
    readonly majorOpcode: number
    readonly UseCoreKbd: number
    GetState: (device: number, callback: Callback<XkbState>) => void
    LatchLockState: (device: number, affectLocks: number, locks: number, lockGroup: false, group: 0, affectLatches: number, latches: number, latchGroup: false, latchedGroup: 0) => void
  }

  /** `data` holds `format` bits an element; 16 and 32 little-endian. `type` 0: there is no such property. */
  interface XProperty {
    readonly type: number
    readonly format: number
    readonly bytesAfter: number
    readonly data: Buffer
  }

  interface XFixes {
    readonly SelectionEventMask: Readonly<Record<'SetSelectionOwner' | 'SelectionWindowDestroy' | 'SelectionClientClose', number>>
    SelectSelectionInput: (window: number, selection: number, eventMask: number) => void
  }

  interface XResources {
    readonly ClientIdMask: { readonly LocalClientPID: number }
    QueryClientIds: (specs: readonly { client: number, mask: number }[], callback: Callback<readonly { readonly client: number, readonly mask: number, readonly value: readonly number[] }[]>) => void
  }

  interface XClient {
    readonly stream: { destroy: () => void, cork: () => void, uncork: () => void, once: (event: 'close', listener: () => void) => void, readonly destroyed: boolean, unref?: () => void }
    on: ((event: 'event', listener: (event: XEvent) => void) => void) & ((event: 'error', listener: (error: Error) => void) => void) & ((event: 'end', listener: () => void) => void)
    require: ((name: 'xinput', callback: Callback<XInput>) => void) & ((name: 'fixes', callback: Callback<XFixes>) => void) & ((name: 'res', callback: Callback<XResources>) => void) & ((name: 'xtest', callback: Callback<XTest>) => void) & ((name: 'xkb', callback: Callback<Xkb>) => void)
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
    GrabServer: () => void
    UngrabServer: () => void
    GetInputFocus: (callback: Callback<{ readonly focus: number }>) => void
    QueryTree: (window: number, callback: Callback<{ readonly parent: number, readonly children: readonly number[] }>) => void
    /** `klass` 2: InputOnly. */
    GetWindowAttributes: (window: number, callback: Callback<{ readonly klass: number, readonly overrideRedirect: number }>) => void
    /** Where a request is written by hand that the library has not: its number, its bytes, and what becomes of the answer (from its 9th byte). */
    seq_num: number
    readonly pack_stream: { put: (packet: Buffer) => void, submit: (expectsReply: boolean) => void }
    readonly replies: Record<number, readonly [unpack: (body: Buffer) => unknown, done: Callback<never>]>
    AllocID: () => number
    /** `class` 2: InputOnly, which is never drawn. */
    CreateWindow: (id: number, parent: number, x: number, y: number, width: number, height: number, borderWidth: number, depth: number, windowClass: number, visual: number, values: { eventMask?: number, overrideRedirect?: number }) => void
    DestroyWindow: (window: number) => void
    ChangeWindowAttributes: (window: number, values: { eventMask: number }) => void
    InternAtom: (onlyIfExists: boolean, name: string, callback: Callback<number>) => void
    GetAtomName: (atom: number, callback: Callback<string>) => void
    /** `mode`: 0 replaces, 2 appends. At most 262,116 bytes: the library writes no larger request. */
    ChangeProperty: (mode: 0 | 2, window: number, property: number, type: number, format: number, data: Buffer, callback?: Callback<void>) => void
    DeleteProperty: (window: number, property: number) => void
    /** Offset and length in units of 4 bytes. Deletes only what was read to its end. */
    GetProperty: (remove: 0 | 1, window: number, property: number, type: number, offset: number, length: number, callback: Callback<XProperty>) => void
    SetSelectionOwner: (owner: number, selection: number, time: number) => void
    GetSelectionOwner: (selection: number, callback: Callback<number>) => void
    ConvertSelection: (requestor: number, selection: number, target: number, property: number, time: number) => void
    SendEvent: (destination: number, propagate: 0 | 1, eventMask: number, event: { name: 'SelectionNotify', seq: 0, time: number, requestor: number, selection: number, target: number, property: number } | { name: 'ClientMessage', seq: 0, format: 32, wid: number, message_type: number, data: readonly number[] }) => void
  }

  interface XDisplay {
    readonly client: XClient
    readonly screen: readonly { readonly root: number }[]
    readonly min_keycode: number
    readonly max_keycode: number
    readonly resource_mask: number
  }

  /** Key symbols by name; the description begins with the character, where there is one. */
  const keySyms: Readonly<Record<string, { readonly code: number, readonly description: string }>>

  function createClient(options: { display?: string, shm?: false }, callback: (error: Error | null | undefined, display: XDisplay) => void): XClient
}
