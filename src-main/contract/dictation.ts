import { z } from 'zod'

const accelerator = z.string().max(64)

/** What a model does with the words before they are inserted. */
export const cleanupSchema = z.enum(['off', 'light', 'email', 'message', 'notes', 'own'])
export type Cleanup = z.infer<typeof cleanupSchema>

export const dictionaryEntrySchema = z.strictObject({
  /** As it is to be written: `Parley`, `PostgreSQL`. */
  word: z.string().trim().min(1).max(100),
  /** What the recogniser writes for it: `post gres`; empty: only what sounds like `word`. */
  heard: z.array(z.string().trim().min(1).max(100)).max(20).default([]),
  /** Replace words that sound like it, too. */
  soundsLike: z.boolean().default(false),
})
export type DictionaryEntry = z.infer<typeof dictionaryEntrySchema>

/** A word that was corrected after it was inserted, and may be learned. */
export const correctionSchema = z.strictObject({ heard: z.string().min(1).max(100), word: z.string().min(1).max(100) })
export type Correction = z.infer<typeof correctionSchema>

export const snippetSchema = z.strictObject({
  /** Said alone, it is replaced by the text. */
  name: z.string().trim().min(1).max(60),
  text: z.string().min(1).max(10_000),
})
export type Snippet = z.infer<typeof snippetSchema>

/** A window class and a title to match: `*` stands for anything, capitals do not matter; empty matches all. */
const pattern = z.string().max(200).default('')

export const profileSchema = z.strictObject({
  id: z.string().min(1).max(64),
  name: z.string().trim().min(1).max(60),
  app: pattern,
  title: pattern,
  /** Nothing is dictated here: the key says so and does nothing. */
  never: z.boolean().default(false),
  /** Null, here and below: as in the settings. */
  cleanup: cleanupSchema.nullable().default(null),
  ownPrompt: z.string().max(4_000).nullable().default(null),
  method: z.enum(['auto', 'paste', 'type', 'copy']).nullable().default(null),
  /** The chord that pastes in this program. */
  chord: accelerator.nullable().default(null),
  /** Line breaks are inserted as such even where they may submit. */
  newlines: z.boolean().nullable().default(null),
  /** BCP 47. */
  language: z.string().max(35).nullable().default(null),
  spokenPunctuation: z.boolean().nullable().default(null),
  /** Besides those of the settings. */
  snippets: z.array(snippetSchema).max(200).default([]),
})
export type Profile = z.infer<typeof profileSchema>

export const dictationSettingsSchema = z.strictObject({
  /** `insert`: when the key is let go. `live`: at the cursor while speaking. */
  mode: z.enum(['insert', 'live']).default('insert'),
  method: z.enum(['auto', 'paste', 'type', 'copy']).default('auto'),
  /** Line breaks may submit in terminals and chats: only when wished. */
  newlines: z.boolean().default(false),
  cleanup: cleanupSchema.default('off'),
  ownPrompt: z.string().max(4_000).default(''),
  /** "comma", "new line", "open quote" are signs, not words. */
  spokenPunctuation: z.boolean().default(false),
  /** Numbers, dates, addresses as people write them. */
  numbers: z.boolean().default(true),
  /** "um", "uh" and stutters are left out. */
  fillers: z.boolean().default(true),
  /** "scratch that", said alone, takes back the last insertion. */
  scratchThat: z.boolean().default(true),
  dictionary: z.array(dictionaryEntrySchema).max(2_000).default([]),
  /** Offer to learn a word that was corrected after it was inserted. */
  learn: z.boolean().default(false),
  snippets: z.array(snippetSchema).max(500).default([]),
  /** The first that matches counts. */
  profiles: z.array(profileSchema).max(100).default([]),
  cues: z.boolean().default(true),
  cueVolume: z.number().min(0).max(1).default(0.5),
  media: z.enum(['leave', 'pause', 'mute']).default('leave'),
  /** A latched take ends after so much silence; 0: never. */
  silenceStopMs: z.number().int().min(0).max(60_000).default(0),
  /** A take ends after this; the take is kept and inserted. */
  limitMs: z.number().int().min(10_000).max(7_200_000).default(900_000),
  /** 0: kept for ever. */
  keepDays: z.number().int().min(0).max(3_650).default(30),
  /** Neither text nor sound is kept once it is inserted. */
  keepNothing: z.boolean().default(false),
})
export type DictationSettings = z.infer<typeof dictationSettingsSchema>

/** Keys of dictation; an empty one is not bound. */
export const dictationKeysSchema = {
  dictate: accelerator.default('Ctrl+Alt+D'),
  dictateMode: z.enum(['hold', 'toggle', 'auto']).default('auto'),
  /** The dictation key held with this modifier besides: what is said is an instruction for the selected text. */
  edit: accelerator.default('Ctrl+Alt+Shift+D'),
  undo: accelerator.default(''),
  pasteLast: accelerator.default(''),
} as const

const dictationStateSchema = z.enum(['idle', 'recording', 'transcribing', 'cleaning', 'inserting'])

/** What the overlay shows of the running dictation. */
export const dictationViewSchema = z.strictObject({
  state: dictationStateSchema,
  id: z.string().nullable(),
  kind: z.enum(['dictation', 'edit']),
  latched: z.boolean(),
  /** The words so far; of them `stableChars` will not change. */
  text: z.string(),
  stableChars: z.number().int().nonnegative(),
  /** Wall clock; null: not recording. */
  startedAtMs: z.number().nullable(),
  /** So many milliseconds before the limit; null: not near. */
  endsInMs: z.number().nullable(),
  /** A clean-up takes long: the plain text can be taken with the dictation key. */
  plainOffered: z.boolean(),
  /** Why nothing, or something else than wished, came of the last one (`errors.<code>`, `hints.<code>`); null: all went well. */
  outcome: z.string().nullable(),
})
export type DictationView = z.infer<typeof dictationViewSchema>

export const dictationEndSchema = z.enum(['pending', 'inserted', 'copied', 'cancelled', 'empty', 'failed'])

/** A dictation in the history. Times: milliseconds since key up. */
export const dictationEntryViewSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['dictation', 'edit', 'file']),
  createdAtMs: z.number(),
  durationMs: z.number(),
  rawText: z.string(),
  finalText: z.string(),
  end: dictationEndSchema,
  errorCode: z.string().nullable(),
  target: z.strictObject({ appId: z.string(), title: z.string() }).nullable(),
  how: z.enum(['pasted', 'typed', 'copied']).nullable(),
  confirmed: z.boolean(),
  why: z.string().nullable(),
  cleanup: z.string().nullable(),
  times: z.record(z.string(), z.number()),
  hasTake: z.boolean(),
  asr: z.string().nullable(),
})
export type DictationEntryView = z.infer<typeof dictationEntryViewSchema>

export const idleDictation: DictationView = {
  state: 'idle',
  id: null,
  kind: 'dictation',
  latched: false,
  text: '',
  stableChars: 0,
  startedAtMs: null,
  endsInMs: null,
  plainOffered: false,
  outcome: null,
}
