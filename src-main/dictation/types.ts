import type { Subscribable } from '../lib/emitter'
import type { AsrEngine } from '../ports/asr-engine'
import type { Microphone } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { ChatEngine, ChatMessage } from '../ports/chat-engine'
import type { Clock } from '../ports/clock'
import type { DictationStore, StoredDictation } from '../ports/dictation-store'
import type { Logger } from '../ports/logger'
import type { MediaControl, MediaQuiet } from '../ports/media-control'
import type { TextContextSource } from '../ports/text-context'
import type { InjectionTarget, InsertMethod, LeftReason, TextInjector, UndoOutcome } from '../ports/text-injector'
import type { GestureMode } from './key-gesture'

export type CleanupMode = 'off' | 'light' | 'email' | 'message' | 'notes' | 'own'

/** What holds for one dictation: the settings, with what the profile of its window changes. */
export interface DictationRules {
  /** Nothing is dictated into this program. */
  readonly never: boolean
  /** `live`: at the cursor while it is spoken. */
  readonly mode: 'insert' | 'live'
  readonly method: InsertMethod
  readonly chord: string | null
  readonly newlines: boolean
  readonly cleanup: CleanupMode
  readonly ownPrompt: string
  readonly language: string | null
  readonly spokenPunctuation: boolean
  readonly numbers: boolean
  readonly fillers: boolean
  readonly scratchThat: boolean
  readonly dictionary: readonly { readonly word: string, readonly heard: readonly string[], readonly soundsLike: boolean }[]
  readonly snippets: readonly { readonly name: string, readonly text: string }[]
}

/** Read anew for each take. */
export interface DictationOptions {
  readonly keyMode: GestureMode
  readonly media: MediaQuiet
  /** A latched take ends after so much silence; 0: never. */
  readonly silenceStopMs: number
  readonly limitMs: number
  /** Words that were corrected after they were inserted are told. */
  readonly learn: boolean
  /** Neither text nor sound is kept once it is where it belongs. */
  readonly keepNothing: boolean
}

export interface Cues {
  readonly start: () => void
  readonly stop: () => void
  readonly fail: () => void
}

export interface DictationRunnerDeps {
  readonly microphone: Pick<Microphone, 'startTake'>
  readonly asr: AsrEngine
  readonly chat: ChatEngine & {
    /** Reads a prefix ahead of time. */
    readonly prime?: (messages: readonly ChatMessage[], options: { readonly signal: AbortSignal, readonly conversationId?: string }) => Promise<void>
  }
  readonly injector: TextInjector
  readonly context: TextContextSource | null
  readonly store: DictationStore
  readonly media: Pick<MediaControl, 'hold' | 'release'>
  readonly cues: Cues
  readonly clock: Clock
  readonly logger: Logger
  readonly newId: () => string
  /** Asked once for each take, however it is begun; false: nothing may be recorded now. Whoever else uses the microphone or the loudspeaker gives way. */
  readonly mayBegin: () => boolean
  /** The key's real state, asked from the system. */
  readonly keyIsDown: (key: DictationKey) => Promise<boolean>
  /** A recording on disk, as 16 kHz frames. Throws `not-found`. */
  readonly readTake: (path: string) => AsyncIterable<AudioFrame>
  readonly deleteTakes: (paths: readonly string[]) => Promise<unknown>
  readonly options: () => DictationOptions
  /** What holds in this window. */
  readonly rulesFor: (target: InjectionTarget | null) => DictationRules
}

export type DictationKey = 'dictate' | 'edit'

/** Why nothing, or something else than wished, came of it (`hints.<code>` or `errors.<code>` in the locales). */
export type DictationOutcome
  = | Exclude<LeftReason, 'copy-only'>
    | 'copied' // as wished
    | 'no-speech'
    | 'too-short'
    | 'cancelled'
    | 'never-here' // the profile of this program says so
    | 'no-selection' // an instruction, and nothing was selected
    | 'edit-failed' // the model gave nothing that could take its place
    | 'undone'
    | 'undo-nothing' // there is nothing to take back
    | `undo-${Exclude<UndoOutcome, 'undone'>}`
    | 'nothing-to-paste'
    | 'limit-reached'
    | (string & {}) // an error's code

export interface DictationViewState {
  readonly state: 'idle' | 'recording' | 'transcribing' | 'cleaning' | 'inserting'
  readonly id: string | null
  readonly kind: 'dictation' | 'edit'
  readonly latched: boolean
  readonly text: string
  readonly stableChars: number
  /** Wall clock. */
  readonly startedAtMs: number | null
  readonly endsInMs: number | null
  readonly plainOffered: boolean
  readonly outcome: DictationOutcome | null
}

export type DictationEvent
  = | { readonly type: 'view', readonly view: DictationViewState }
  /** A dictation as it is stored now; `kept` false: it was deleted. */
    | { readonly type: 'entry', readonly dictation: StoredDictation, readonly kept: boolean }
  /** Words of the last insertion that read otherwise now. */
    | { readonly type: 'corrections', readonly corrections: readonly { readonly heard: string, readonly word: string }[] }
  /** `notices.<code>` in the locales. */
    | { readonly type: 'notice', readonly code: 'capture-failed' | 'take-not-saved' | 'store-failed' | 'transcription-failed', readonly errorCode: string }

export interface DictationRunner {
  /** `atMs` on the clock's monotonic scale, of the key's event itself. */
  keyDown: (key: DictationKey, atMs: number) => void
  keyUp: (key: DictationKey, atMs: number) => void
  /** For commands and buttons: there is no key whose end could be seen. */
  start: () => void
  stop: () => void
  toggle: () => void
  /** Esc: what was recorded stays in the history; nothing is inserted. */
  cancel: () => void
  /** The last one again, where the focus is. */
  pasteLast: () => void
  /** Takes back the last insertion, if it is still there as it was. */
  undo: () => void
  /** Recognises a stored one again; nothing is inserted. Rejects with `not-found` (no such entry, no recording) or the engine's error. */
  retry: (id: string, asr?: AsrEngine) => Promise<void>
  readonly view: () => DictationViewState
  readonly events: Subscribable<DictationEvent>
  /** Nothing is being recorded, recognised or inserted. */
  settled: () => Promise<void>
  dispose: () => Promise<void>
}
