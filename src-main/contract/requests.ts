import type { SettingsPatch } from './settings'
import { z } from 'zod'
import { correctionSchema, dictationEntryViewSchema } from './dictation'
import { enginePartSchema, foundServerSchema, presetViewSchema, serviceDraftSchema, serviceIdSchema, serviceTestSchema, serviceViewSchema } from './services'
import { settingsSchema } from './settings'
import { conversationViewSchema, deviceViewSchema, hotkeyViewSchema, keyNameSchema, keyViewSchema, permissionIdSchema, permissionViewSchema, snapshotSchema } from './views'

const nothing = z.undefined()
const done = z.void()
const id = z.string().min(1).max(128)

function request<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): { readonly input: I, readonly output: O } {
  return { input, output }
}

/** A schema without its default: a default would overwrite what a patch leaves out. */
function withoutDefault(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.unwrap() as z.ZodType : schema
}

function patchOf(schema: z.ZodType): z.ZodType {
  const inner = withoutDefault(schema)
  if (!(inner instanceof z.ZodObject))
    return inner.optional()
  const leaves = Object.entries(inner.shape as Record<string, z.ZodType>).map(([leaf, type]) => [leaf, patchOf(type)])
  return z.strictObject(Object.fromEntries(leaves) as Record<string, z.ZodType>).optional()
}

/** The settings with every leaf optional and no default. */
export const settingsPatchSchema = z.strictObject(
  Object.fromEntries(Object.entries(settingsSchema.shape).map(([key, schema]) => [key, patchOf(schema)])),
) as unknown as z.ZodType<SettingsPatch, SettingsPatch>

/**
 * What the renderer may ask of main: one entry a channel, with the schema of what goes in and what comes out.
 * Main checks the sender, parses the input, and answers an envelope.
 */
export const requests = {
  'app.snapshot': request(nothing, snapshotSchema),
  /** The push-to-talk button; the same as the hotkey. */
  'talk.down': request(nothing, done),
  'talk.up': request(nothing, done),
  /** Esc: the take stays on disk, no turn follows. */
  'talk.cancel': request(nothing, done),
  /** Stops generation and voice. */
  'turn.stop': request(nothing, done),
  /** Runs the turn again: from its take when it has one, else from its text. */
  'turn.retry': request(z.strictObject({ turnId: id }), done),
  /** A question that was typed. */
  'turn.ask': request(z.strictObject({ text: z.string().trim().min(1).max(8_000) }), done),
  'clipboard.copy': request(z.strictObject({ text: z.string().max(1_000_000) }), done),
  'conversation.create': request(nothing, z.strictObject({ conversationId: id })),
  'conversation.open': request(z.strictObject({ conversationId: id }), done),
  /** By the words of questions and replies, and by title; newest first. */
  'conversation.search': request(z.strictObject({ text: z.string().trim().min(1).max(200) }), z.array(conversationViewSchema)),
  'conversation.rename': request(z.strictObject({ conversationId: id, title: z.string().trim().min(1).max(200) }), done),
  'conversation.delete': request(z.strictObject({ conversationId: id }), done),
  'settings.patch': request(settingsPatchSchema, settingsSchema),
  'devices.refresh': request(nothing, z.array(deviceViewSchema)),
  /** Tries the key, and keeps it in the settings when it is in force. */
  'hotkey.set': request(z.strictObject({ accelerator: z.string().min(1).max(64) }), hotkeyViewSchema),
  /** The same for another key; an empty one unbinds it. */
  'key.set': request(z.strictObject({ name: keyNameSchema, accelerator: z.string().max(64) }), keyViewSchema),
  /** Starts, or stops when it is recording. */
  'dictation.toggle': request(nothing, done),
  'dictation.cancel': request(nothing, done),
  /** The newest is inserted again where the focus is, or taken back. */
  'dictation.pasteLast': request(nothing, done),
  'dictation.undo': request(nothing, done),
  /** Newest first. */
  'dictations.list': request(z.strictObject({ search: z.string().trim().max(200).default(''), beforeMs: z.number().optional(), limit: z.number().int().min(1).max(200).default(50) }), z.array(dictationEntryViewSchema)),
  'dictations.delete': request(z.strictObject({ ids: z.array(id).min(1).max(1_000) }), done),
  /** Recognises its recording again: by this service (`local`: the model on this machine), or by the usual choice. Nothing is inserted. */
  'dictations.retry': request(z.strictObject({ dictationId: id, asr: z.string().max(64).nullable() }), done),
  /** Plays its recording; another call stops what is playing. Null: stop. */
  'dictations.play': request(z.strictObject({ dictationId: id.nullable() }), done),
  /** Puts it into the dictionary. */
  'words.learn': request(correctionSchema, done),
  /** It is not offered again. */
  'words.dismiss': request(correctionSchema, done),
  /** Sound files, by path, in their order. */
  'files.transcribe': request(z.strictObject({ paths: z.array(z.string().min(1).max(4_096)).min(1).max(100) }), done),
  'files.stop': request(z.strictObject({ jobId: id }), done),
  /** Shows the level meter's events while on. */
  'levels.watch': request(z.strictObject({ on: z.boolean() }), done),
  /** All of them, each once. Cheap: nobody is asked by it. */
  'permissions.list': request(nothing, z.array(permissionViewSchema)),
  /** Brings up the system's question, or its page. Done when there is an answer or the page is open: list them again. */
  'permissions.ask': request(z.strictObject({ id: permissionIdSchema }), done),
  'listening.pause': request(z.strictObject({ paused: z.boolean() }), done),
  'models.install': request(z.strictObject({ modelId: id }), done),
  /** What can be set up: known services, the environment's (`OPENAI_API_KEY`, `OPENAI_BASE_URL`), and servers that run on this machine (looked for now). */
  'services.offers': request(nothing, z.strictObject({
    presets: z.array(presetViewSchema),
    environment: z.strictObject({ name: z.string(), baseUrl: z.string(), keyEnv: z.string().nullable() }).nullable(),
    found: z.array(foundServerSchema),
  })),
  /** False: the system has none, keys are kept for this run only unless the settings say otherwise. Asking may make the system ask for its password. */
  'services.keychain': request(nothing, z.strictObject({ hasKeychain: z.boolean() })),
  /** Adds it, or replaces the one with its id. */
  'services.save': request(serviceDraftSchema, z.array(serviceViewSchema)),
  'services.remove': request(z.strictObject({ serviceId: serviceIdSchema }), done),
  /** By `/models`. */
  'services.models': request(serviceDraftSchema, z.array(z.string())),
  /** A tiny real request. */
  'services.test': request(serviceDraftSchema.extend({ part: enginePartSchema }), serviceTestSchema),
  'notice.dismiss': request(z.strictObject({ noticeId: id }), done),
  /** How wide the pill of the overlay is, in pixels of the page; 0: there is none. */
  'overlay.sized': request(z.strictObject({ widthPx: z.number().int().min(0).max(2_000) }), done),
  'window.open': request(z.strictObject({ view: z.enum(['conversation', 'settings']) }), done),
} as const

export type Requests = typeof requests
export type RequestName = keyof Requests
export type RequestInput<N extends RequestName> = z.input<Requests[N]['input']>
export type RequestOutput<N extends RequestName> = z.output<Requests[N]['output']>

/** What every request resolves with; an exception never crosses. */
export type Envelope<T>
  = | { readonly ok: true, readonly value: T }
    | { readonly ok: false, readonly error: { readonly code: string, readonly message: string, readonly params: Readonly<Record<string, string | number>> } }
