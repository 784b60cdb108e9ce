import { z } from 'zod'
import { correctionSchema, dictationViewSchema } from './dictation'
import { enginePartSchema, serviceViewSchema } from './services'
import { keyModeSchema, settingsSchema } from './settings'

/** What the renderer shows. Times of hops: milliseconds since key up, negative before it. */
export const hopTimesSchema = z.strictObject({
  keyDownMs: z.number().optional(),
  captureEndMs: z.number().optional(),
  transcriptMs: z.number().optional(),
  requestMs: z.number().optional(),
  firstTokenMs: z.number().optional(),
  firstPieceMs: z.number().optional(),
  firstAudioMs: z.number().optional(),
  firstSoundMs: z.number().optional(),
  replyEndMs: z.number().optional(),
  playbackEndMs: z.number().optional(),
})
export type HopTimesView = z.infer<typeof hopTimesSchema>

export const replyEndSchema = z.enum(['pending', 'complete', 'truncated', 'failed', 'interrupted'])

/** One try at a part of a turn. Times: milliseconds since the part was asked for. */
export const routeAttemptSchema = z.strictObject({
  /** `local`: the installation's own model. */
  serviceId: z.string(),
  model: z.string(),
  outcome: z.enum(['served', 'failed', 'lost', 'stopped']),
  /** `errors.<code>`. */
  errorCode: z.string().nullable(),
  startMs: z.number(),
  firstOutputMs: z.number().nullable(),
  endMs: z.number().nullable(),
  /** A second one, started because the first was late. */
  hedge: z.boolean(),
  delivery: z.enum(['stream', 'burst', 'whole']).nullable(),
})
export type RouteAttemptView = z.infer<typeof routeAttemptSchema>

/** Who did a part of a turn, who was tried before, and why. */
export const routeViewSchema = z.strictObject({
  part: enginePartSchema,
  servedBy: z.string().nullable(),
  why: z.enum(['only', 'named', 'order', 'fastest', 'sticky', 'fallback', 'hedge']),
  expectedMs: z.number().nullable(),
  attempts: z.array(routeAttemptSchema),
  skipped: z.array(z.strictObject({
    serviceId: z.string(),
    reason: z.enum(['breaker', 'privacy', 'local-only', 'budget', 'offline', 'key', 'not-ready']),
  })),
})
export type RouteView = z.infer<typeof routeViewSchema>

export const routesViewSchema = z.partialRecord(enginePartSchema, routeViewSchema)
export type RoutesView = z.infer<typeof routesViewSchema>

export const turnViewSchema = z.strictObject({
  id: z.string(),
  conversationId: z.string(),
  createdAtMs: z.number(),
  userText: z.string(),
  replyText: z.string(),
  /** Set when the reply was interrupted: what was heard of it. */
  heardText: z.string().nullable(),
  reasoningText: z.string(),
  end: replyEndSchema,
  errorCode: z.string().nullable(),
  hops: hopTimesSchema,
  engines: z.partialRecord(enginePartSchema, z.string()),
  /** Why the writing ended; null: nobody said. */
  finish: z.enum(['stop', 'length', 'filtered', 'repetition']).nullable(),
  usage: z.strictObject({ promptTokens: z.number(), completionTokens: z.number() }).nullable(),
  routes: routesViewSchema,
  hasTake: z.boolean(),
})
export type TurnView = z.infer<typeof turnViewSchema>

export const conversationViewSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
})
export type ConversationView = z.infer<typeof conversationViewSchema>

export const pipelineStateSchema = z.enum(['idle', 'listening', 'transcribing', 'thinking', 'speaking', 'failed'])
export type PipelineState = z.infer<typeof pipelineStateSchema>

export const pipelineViewSchema = z.strictObject({
  state: pipelineStateSchema,
  turnId: z.string().nullable(),
  /** Listening, and the key may be let go: it was a tap. */
  latched: z.boolean(),
  /** Why the last turn failed or did nothing (`errors.<code>` / `hints.<code>`). */
  errorCode: z.string().nullable(),
})
export type PipelineView = z.infer<typeof pipelineViewSchema>

export const partialViewSchema = z.strictObject({
  turnId: z.string(),
  text: z.string(),
  stableChars: z.number().int().nonnegative(),
})
export type PartialView = z.infer<typeof partialViewSchema>

export const deviceViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['input', 'output']),
  isDefault: z.boolean(),
  isMonitor: z.boolean(),
})
export type DeviceView = z.infer<typeof deviceViewSchema>

export const modelViewSchema = z.strictObject({
  id: z.string(),
  kind: z.enum(['asr', 'vad', 'tts', 'chat']),
  name: z.string(),
  licence: z.string(),
  sizeBytes: z.number(),
  state: z.enum(['absent', 'installing', 'installed', 'loading', 'ready', 'failed']),
  /** 0 to 1 while installing. */
  progress: z.number().nullable(),
  errorCode: z.string().nullable(),
})
export type ModelView = z.infer<typeof modelViewSchema>

/** `code` is looked up under `notices.<code>` in the locales. */
export const noticeViewSchema = z.strictObject({
  id: z.string(),
  level: z.enum(['info', 'warning', 'error']),
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  atMs: z.number(),
})
export type NoticeView = z.infer<typeof noticeViewSchema>

export const hotkeyViewSchema = z.strictObject({
  accelerator: z.string(),
  mode: keyModeSchema,
  mechanism: z.enum(['x11', 'uiohook', 'portal', 'control-socket', 'none']),
  /** False: holding is impossible on this desktop; only toggling is offered. */
  hold: z.boolean(),
  /** Null: in force. */
  errorCode: z.string().nullable(),
  /** A free key offered instead of a taken one. */
  suggestion: z.string().nullable(),
})
export type HotkeyView = z.infer<typeof hotkeyViewSchema>

/** The other keys, by what they do. */
export const keyNameSchema = z.enum(['dictate', 'edit', 'undo', 'pasteLast'])
export type KeyName = z.infer<typeof keyNameSchema>

export const keyViewSchema = z.strictObject({
  /** Empty: none is wished. */
  accelerator: z.string(),
  /** Null: in force, or none wished. */
  errorCode: z.string().nullable(),
  suggestion: z.string().nullable(),
})
export type KeyView = z.infer<typeof keyViewSchema>

/** What the system has to let the program do. */
export const permissionIdSchema = z.enum(['microphone', 'accessibility', 'input-monitoring', 'remote-desktop'])
export type PermissionId = z.infer<typeof permissionIdSchema>

export const permissionViewSchema = z.strictObject({
  id: permissionIdSchema,
  /** `undecided`: nobody was asked yet, or the system does not tell. `not-needed`: this system keeps no such list. */
  state: z.enum(['granted', 'denied', 'undecided', 'not-needed']),
  /** The system's own question or its settings page can be brought up (`permissions.ask`). */
  canAsk: z.boolean(),
})
export type PermissionView = z.infer<typeof permissionViewSchema>

export const aboutViewSchema = z.strictObject({
  version: z.string(),
  electron: z.string(),
  chrome: z.string(),
  node: z.string(),
  /** Where the runtime came from: `release` or `carrier`. */
  runtimeSource: z.string(),
  platform: z.string(),
  dataFolder: z.string(),
  modelsFolder: z.string(),
})
export type AboutView = z.infer<typeof aboutViewSchema>

/** A sound file that was dropped on the window. */
export const fileJobViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'stopped']),
  /** 0 to 1; null: its length is not known. */
  progress: z.number().nullable(),
  errorCode: z.string().nullable(),
  /** Its entry in the history. */
  dictationId: z.string().nullable(),
})
export type FileJobView = z.infer<typeof fileJobViewSchema>

export const microphoneStateSchema = z.enum(['closed', 'opening', 'open'])

export const snapshotSchema = z.strictObject({
  /** Events with a higher `seq` come after this. */
  seq: z.number().int().nonnegative(),
  pipeline: pipelineViewSchema,
  partial: partialViewSchema.nullable(),
  conversations: z.array(conversationViewSchema),
  activeConversationId: z.string(),
  turns: z.array(turnViewSchema),
  settings: settingsSchema,
  devices: z.array(deviceViewSchema),
  microphone: microphoneStateSchema,
  listeningPaused: z.boolean(),
  models: z.array(modelViewSchema),
  services: z.array(serviceViewSchema),
  hotkey: hotkeyViewSchema,
  keys: z.record(keyNameSchema, keyViewSchema),
  dictation: dictationViewSchema,
  /** Words that could be learned, newest last. */
  corrections: z.array(correctionSchema),
  /** Sound files that are being written down, or were since the start. */
  files: z.array(fileJobViewSchema),
  notices: z.array(noticeViewSchema),
  about: aboutViewSchema,
})
export type Snapshot = z.infer<typeof snapshotSchema>
