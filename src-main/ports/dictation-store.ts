import type { RouteReport } from './route'
import type { LeftReason } from './text-injector'

/** `pending` while it runs (found at start-up it means: the program was cut off, shown as failed; its recording can be tried again). */
export type DictationEnd
  = | 'pending'
    | 'inserted' // of a file: all of it is written down
    | 'copied' // on the clipboard, `why` says why
    | 'cancelled'
    | 'empty' // nothing was said
    | 'failed'

/** Milliseconds since key up (negative: before it), on the port clock. Absent: that hop did not happen. */
export interface DictationTimes {
  readonly keyDownMs?: number
  readonly captureEndMs?: number
  readonly transcriptMs?: number
  /** The words are as they will be inserted, before a model's clean-up. */
  readonly formattedMs?: number
  readonly cleanedMs?: number
  /** On disk, before the first key. */
  readonly storedMs?: number
  readonly insertedMs?: number
}

export interface StoredDictation {
  readonly id: string
  /** `dictation`; `edit`: said about a selected text; `file`: from a sound file. */
  readonly kind: 'dictation' | 'edit' | 'file'
  readonly createdAtMs: number
  /** The recording, or null when it was deleted or never kept. */
  readonly takePath: string | null
  readonly durationMs: number
  /** As it was recognised. */
  readonly rawText: string
  /** As it was inserted. */
  readonly finalText: string
  readonly end: DictationEnd
  readonly errorCode: string | null
  /** The window it was meant for; null: none. Of a file: no `appId`, and its name as `title`. */
  readonly target: { readonly appId: string, readonly title: string } | null
  readonly how: 'pasted' | 'typed' | 'copied' | null
  readonly confirmed: boolean
  readonly why: LeftReason | null
  /** What the model was asked to do with it; null: nothing. */
  readonly cleanup: string | null
  readonly times: DictationTimes
  /** Who recognised it, and who cleaned it up. */
  readonly routes: Readonly<Partial<Record<'asr' | 'chat', RouteReport>>>
}

export interface DictationQuery {
  /** Newest first; at most so many. */
  readonly limit?: number
  /** By words of the raw or the final text, or of the target. */
  readonly search?: string
  /** Only older than this one: for the next page. */
  readonly beforeMs?: number
}

/** Dictations on disk. Every method is durable when it returns. */
export interface DictationStore {
  /** Inserts or replaces by id. */
  save: (dictation: StoredDictation) => void
  get: (id: string) => StoredDictation | undefined
  list: (query?: DictationQuery) => readonly StoredDictation[]
  /** The newest that was inserted or copied, and came from no file: for "paste last". */
  last: () => StoredDictation | undefined
  /**
   * Returns the paths of takes that nothing refers to any more. Their words are gone from the disk, which takes about a
   * millisecond for each dictation: many are deleted in steps (storage/retention.ts).
   */
  delete: (ids: readonly string[]) => readonly string[]
  /** Those that were `pending` when the program died are marked failed; returns how many. */
  closePending: () => number
}
