import { z } from 'zod'
import { correctionSchema, dictationEntryViewSchema, dictationViewSchema } from './dictation'
import { serviceViewSchema } from './services'
import { settingsSchema } from './settings'
import {
  conversationViewSchema,
  deviceViewSchema,
  fileJobViewSchema,
  hopTimesSchema,
  hotkeyViewSchema,
  keyNameSchema,
  keyViewSchema,
  microphoneStateSchema,
  modelViewSchema,
  noticeViewSchema,
  partialViewSchema,
  pipelineViewSchema,
  routesViewSchema,
  turnViewSchema,
} from './views'

/** What main tells the renderer, each with a sequence number. A gap means: ask for a new snapshot. */
export const appEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('pipeline'), pipeline: pipelineViewSchema }),
  z.strictObject({ type: z.literal('partial'), partial: partialViewSchema.nullable() }),
  /** Whole turn: it began, its transcript is there, it ended, or it was changed. */
  z.strictObject({ type: z.literal('turn'), turn: turnViewSchema }),
  /** Text to append to a reply, batched per frame. `offset`: characters the reply had before (a mismatch: ask for the snapshot). */
  z.strictObject({ type: z.literal('tokens'), turnId: z.string(), kind: z.enum(['text', 'reasoning']), offset: z.number().int().nonnegative(), text: z.string() }),
  z.strictObject({ type: z.literal('hops'), turnId: z.string(), hops: hopTimesSchema }),
  z.strictObject({ type: z.literal('routes'), turnId: z.string(), routes: routesViewSchema }),
  /** The piece being heard: characters `from`..`to` of the reply's speakable source. */
  z.strictObject({ type: z.literal('spoken'), turnId: z.string(), pieceIndex: z.number().int(), text: z.string() }),
  /** At most 30 a second. dBFS, -90 to 0. */
  z.strictObject({ type: z.literal('level'), rmsDb: z.number(), peakDb: z.number() }),
  z.strictObject({ type: z.literal('conversations'), conversations: z.array(conversationViewSchema) }),
  z.strictObject({ type: z.literal('conversation-opened'), conversationId: z.string(), turns: z.array(turnViewSchema) }),
  z.strictObject({ type: z.literal('settings'), settings: settingsSchema }),
  z.strictObject({ type: z.literal('devices'), devices: z.array(deviceViewSchema) }),
  z.strictObject({ type: z.literal('microphone'), state: microphoneStateSchema, listeningPaused: z.boolean() }),
  z.strictObject({ type: z.literal('models'), models: z.array(modelViewSchema) }),
  z.strictObject({ type: z.literal('services'), services: z.array(serviceViewSchema) }),
  z.strictObject({ type: z.literal('hotkey'), hotkey: hotkeyViewSchema }),
  z.strictObject({ type: z.literal('keys'), keys: z.record(keyNameSchema, keyViewSchema) }),
  z.strictObject({ type: z.literal('dictation'), dictation: dictationViewSchema }),
  /** One in the history began, ended, or was changed. */
  z.strictObject({ type: z.literal('dictation-entry'), entry: dictationEntryViewSchema }),
  z.strictObject({ type: z.literal('dictations-removed'), ids: z.array(z.string()) }),
  /** The recording of this one is being played; null: none. */
  z.strictObject({ type: z.literal('dictation-playing'), dictationId: z.string().nullable() }),
  z.strictObject({ type: z.literal('corrections'), corrections: z.array(correctionSchema) }),
  z.strictObject({ type: z.literal('files'), files: z.array(fileJobViewSchema) }),
  z.strictObject({ type: z.literal('notice'), notice: noticeViewSchema }),
  /** Somebody has read it, in whichever window. */
  z.strictObject({ type: z.literal('notice-dismissed'), noticeId: z.string() }),
])
export type AppEvent = z.infer<typeof appEventSchema>

export const sequencedEventSchema = z.strictObject({ seq: z.number().int().positive(), event: appEventSchema })
export type SequencedEvent = z.infer<typeof sequencedEventSchema>
