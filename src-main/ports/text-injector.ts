import type { Subscribable } from '../lib/emitter'

/** What has the focus, as far as the system tells. */
export interface InjectionTarget {
  /** Names the window to whoever gave it: an X window in decimal, a Wayland app id, a window handle. Not kept across restarts. */
  readonly id: string
  /** What kind of program it is: WM_CLASS's class on X11, app id on Wayland, bundle id or program name elsewhere. Empty: not known. */
  readonly appId: string
  readonly title: string
  /** Null: not known. */
  readonly pid: number | null
}

/** `auto`: paste, else type, else leave it on the clipboard. `copy`: on the clipboard alone, no key is sent. */
export type InsertMethod = 'auto' | 'paste' | 'type' | 'copy'

export interface InsertOptions {
  readonly signal: AbortSignal
  readonly method: InsertMethod
  /** The paste chord of this program, in accelerator syntax (`Ctrl+Shift+V`); null: by the table. */
  readonly chord: string | null
  /** A line break may submit what stands before it (a shell's prompt, a chat's field): false turns line breaks into blanks in such programs. */
  readonly mayInsertNewlines: boolean
}

/** Why a text is on the clipboard and not in its window. */
export type LeftReason
  = | 'copy-only' // as wished
    | 'no-target' // nothing had the focus
    | 'focus-moved' // another window has the focus now
    | 'target-gone' // its window was closed
    | 'keys-held' // a modifier is held down, and was for too long
    | 'no-keys' // this system lets no program press keys, or the keyboard lacks them
    | 'not-read' // pasted, but nobody was seen to read it; it may or may not be there

export type UndoOutcome
  = | 'undone'
    | 'changed' // something else was typed, clicked or moved since: nothing was done
    | 'target-gone'
    | 'impossible' // this program's text cannot be read or selected from outside

export interface InsertReport {
  readonly how: 'pasted' | 'typed' | 'copied'
  /** The target was seen to take all of it. */
  readonly confirmed: boolean
  /** Set with `copied`, and with a paste that was not read though it would have been seen: then the text is on the clipboard, too. */
  readonly why: LeftReason | null
  /** What was really given: line breaks may have become blanks. */
  readonly text: string
  /** Takes back exactly this insertion, if the target still has it and nothing was done there since. Null: cannot be. */
  readonly undo: ((signal: AbortSignal) => Promise<UndoOutcome>) | null
  /** It is still the last thing that happened there, as far as can be told: nobody pressed a key or a button since, nothing else was inserted. */
  readonly isLast: () => boolean
}

/** Text at the cursor that follows what is being said. One at a time. */
export interface LiveInsertion {
  /**
   * Makes what was inserted read `text`: what is the same at its beginning stays, the rest is taken back and written anew.
   * Calls are carried out one after another; one that is overtaken by a newer is skipped. Rejects with `AppError`
   * `not-found` when the focus moved or something else was typed: what was written stays as it is.
   */
  update: (text: string) => Promise<void>
  /** The last text; after it the insertion counts as one, to be taken back as one. */
  finish: (text: string) => Promise<InsertReport>
}

/** Puts text where the cursor is, in whatever program that is. Calls are carried out one after another. */
export interface TextInjector extends AsyncDisposable {
  readonly mechanism: 'x11' | 'wayland' | 'native' | 'none'
  /** What has the focus now; null: nothing, or not known. */
  target: () => Promise<InjectionTarget | null>
  /**
   * Into `target`, and into nothing else; null: wherever the focus is. At worst the text is on the clipboard. Rejects on abort,
   * and with `internal` when not even the clipboard could be written.
   */
  insert: (text: string, target: InjectionTarget | null, options: InsertOptions) => Promise<InsertReport>
  /** Null: text cannot be written while it is spoken there. */
  live: (target: InjectionTarget, options: InsertOptions) => LiveInsertion | null
  /** What is selected in the target, read without changing the clipboard; null: nothing is, or it cannot be told. */
  selection: (target: InjectionTarget, signal: AbortSignal) => Promise<string | null>
  /** A hotkey of ours was pressed, which is nothing that a person did in a window. */
  forgiveHotkey: () => void
  /** The clipboard has its former content back; nothing is under way. */
  settled: () => Promise<void>
}

// --- what a system gives for it; the policy above these is the same everywhere ---

/** Where the focus is. */
export interface FocusProbe {
  current: () => Promise<InjectionTarget | null>
  /** `gone`: its window does not exist any more. */
  stateOf: (target: InjectionTarget) => Promise<'focused' | 'elsewhere' | 'gone'>
  /**
   * A number that changes whenever a person presses a key or a mouse button, anywhere; what this program sends is not counted.
   * Modifier keys alone and this program's own hotkeys are not counted either: they change no text. Null: not known here.
   */
  activity: () => number | null
  /** A key that was pressed was a hotkey of ours, which reached no window: it is taken out of `activity`. */
  readonly forgiveHotkey?: () => void
  /**
   * Resolves with true once the target's program has taken everything that was sent to it so far out of its queue, with
   * false after `limitMs`: it is stopped, or too busy. Null, at once: this window does not tell (it knows no ping).
   * Absent: cannot be told here.
   */
  readonly responds?: (target: InjectionTarget, limitMs: number, signal: AbortSignal) => Promise<boolean | null>
  /**
   * This system tells no program what has the focus: `current` gives one target that stands for whatever has it, and its
   * state is always `focused`. Nothing that has to know its place is done then: no live text, nothing is taken back.
   */
  readonly isBlind?: boolean
  /** Told when the focus goes to another window, as far as the system tells. */
  readonly changes: Subscribable<void>
}

/** Presses keys as if they were real. Every key that was pressed is released again, also after an abort or a failure. */
export interface KeySender {
  /** Resolves with true once no modifier key is physically down, with false after `limitMs`. */
  modifiersUp: (limitMs: number, signal: AbortSignal) => Promise<boolean>
  /** A chord such as `Ctrl+V`, by the present keyboard mapping, `count` times. False, and nothing was pressed: this keyboard has no such key. */
  press: (chord: string, count?: number) => Promise<boolean>
  /** Any text, whatever the layout, without changing the layout. False, and nothing was typed: not possible here. */
  type: (text: string, signal: AbortSignal) => Promise<boolean>
}

/** What the clipboard held, in all its formats, as far as the bounds allow. Opaque to everyone but its maker. */
export interface SavedClipboard {
  /** Names of the formats that were kept. */
  readonly formats: readonly string[]
  readonly sizeBytes: number
  /** Formats that were over the bound, or that their owner did not give. */
  readonly missing: readonly string[]
}

export interface ClipboardOffer {
  /**
   * Resolves with true once the target's program has taken the whole text, with false after `limitMs`, or when another
   * program took the clipboard over. Clipboard managers that read it do not count. A reading that has begun is waited
   * for to its end. May be asked again, also after another offer has taken its place.
   */
  wasRead: (limitMs: number, signal: AbortSignal) => Promise<boolean>
  /** The clipboard still holds this: no other program has put anything there since. */
  isCurrent: () => Promise<boolean>
  /**
   * Puts the former content back; null: it was empty. `changed`: another program has put something there meanwhile, it is
   * left alone. `lost`: could not be given back.
   */
  restore: (saved: SavedClipboard | null) => Promise<'restored' | 'changed' | 'lost'>
  /**
   * It stays there, as an ordinary content that clipboard managers may keep. `alsoPrimary`: on the X selection, too, if it was
   * put there: a program that has yet to come to its paste chord pastes that one.
   */
  keep: (options?: { readonly alsoPrimary?: boolean }) => Promise<void>
}

export interface ClipboardAccess {
  /** Null: the clipboard is empty. */
  save: (signal: AbortSignal) => Promise<SavedClipboard | null>
  /**
   * Puts the text there, marked as passing for clipboard and password managers. `alsoPrimary`: on the X selection that
   * Shift+Insert and the middle button paste, too. An empty text is an offer as well: whoever pastes it pastes nothing.
   */
  offer: (text: string, options: { readonly reader: InjectionTarget | null, readonly alsoPrimary: boolean }) => Promise<ClipboardOffer>
  /** For good. */
  copy: (text: string) => Promise<void>
  /** The text that is selected somewhere (X11's PRIMARY), of the target's program; null: none, or this system has no such thing. */
  selectedText: (of: InjectionTarget, signal: AbortSignal) => Promise<string | null>
  /** False: who reads the clipboard cannot be seen on this system, and `wasRead` is always false. Absent: it can. */
  readonly seesReads?: boolean
  /**
   * For systems without `selectedText`: what the focused program puts on the clipboard within `limitMs` after `press` has
   * pressed its copy chord; null: nothing. The former content is back afterwards. Absent where `selectedText` does it.
   */
  readonly copySelection?: (press: () => Promise<boolean>, limitMs: number, signal: AbortSignal) => Promise<string | null>
}

/** Everything a system gives. A missing part means that it cannot be done there. */
export interface DesktopInput extends AsyncDisposable {
  readonly mechanism: TextInjector['mechanism']
  readonly focus: FocusProbe
  readonly keys: KeySender
  readonly clipboard: ClipboardAccess
  /** The chord that pastes in most programs here, for a target whose program is not known. Absent: the table's. */
  readonly pasteAnywhere?: string
}
