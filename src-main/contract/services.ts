import { z } from 'zod'

/** Ids of services: what the command line calls them by. `local` is the installation's own models. */
export const serviceIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/).refine(id => id !== 'local')

export const privacyClassSchema = z.enum(['machine', 'network', 'internet'])
export type PrivacyClassName = z.infer<typeof privacyClassSchema>

export const enginePartSchema = z.enum(['asr', 'chat', 'tts'])
export type EnginePartName = z.infer<typeof enginePartSchema>

/** An address may hold no key: it is shown, logged and stored. */
export const baseUrlSchema = z.string().max(500).transform(text => text.trim().replace(/\/+$/, '')).refine((text) => {
  const url = safeUrl(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === ''
})

function safeUrl(text: string): URL | null {
  try {
    return new URL(text)
  }
  catch {
    return null
  }
}

const modelName = z.string().trim().min(1).max(200)
const price = z.number().min(0).max(100_000).nullable().default(null)

export const serviceSchema = z.strictObject({
  id: serviceIdSchema,
  name: z.string().trim().min(1).max(60),
  baseUrl: baseUrlSchema,
  enabled: z.boolean().default(true),
  /** How far away it is; null: told by its address. */
  privacy: privacyClassSchema.nullable().default(null),
  /** A variable of the environment that holds its key; null: the key, if any, is in the keychain. */
  keyEnv: z.string().regex(/^[A-Z_]\w{0,99}$/i).nullable().default(null),
  /** A PEM file of certificates to trust besides the built-in ones. */
  caFile: z.string().max(1_000).nullable().default(null),
  chat: z.strictObject({
    model: modelName,
    /** It answers in one piece, by its routing address. */
    completeOnly: z.boolean().default(false),
    /** In the user's currency, per million tokens. */
    price,
  }).nullable().default(null),
  asr: z.strictObject({
    model: modelName,
    /**
     * `upload`: the take is sent when it is over. `upload-live`: its sound is sent while it is spoken. `stream`: as `upload`, the
     * text comes as it is made. The others: sound and text go while it is spoken.
     */
    mode: z.enum(['upload', 'upload-live', 'stream', 'realtime', 'realtime-beta', 'realtime-16k']).default('upload'),
    /** Per minute. */
    price,
  }).nullable().default(null),
  tts: z.strictObject({
    model: modelName,
    voice: z.string().trim().min(1).max(100),
    format: z.enum(['pcm', 'wav', 'sse']).default('pcm'),
    /** Per million characters. */
    price,
  }).nullable().default(null),
})
export type ServiceSettings = z.infer<typeof serviceSchema>

/** How one part is given to one of those that can do it. */
export const partRoutingSchema = z.strictObject({
  /**
   * `services`: one of the services, the fastest; the installation's own models when none answers. `fastest`: whoever
   * answers first. `order`: as listed.
   */
  prefer: z.enum(['services', 'fastest', 'order']).default('services'),
  /** Ids, `local` among them; those that are not in it come last. */
  order: z.array(z.string().max(40)).max(33).default([]),
  /** The most that may be paid, in the part's unit; null: no limit. */
  maxPrice: z.number().min(0).max(100_000).nullable().default(null),
})

export const routingSchema = z.strictObject({
  /** No packet leaves this machine. */
  localOnly: z.boolean().default(false),
  /** How far what is said may travel. */
  maxPrivacy: privacyClassSchema.default('internet'),
  /** A second service is asked when the first is late. */
  hedge: z.boolean().default(true),
  asr: partRoutingSchema.prefault({}),
  chat: partRoutingSchema.prefault({}),
  tts: partRoutingSchema.prefault({}),
})
export type RoutingSettings = z.infer<typeof routingSchema>

export const servicesSchema = z.array(serviceSchema).max(32).refine(list => new Set(list.map(({ id }) => id)).size === list.length)

/** How a test of one part ended. */
export const serviceTestSchema = z.strictObject({
  part: enginePartSchema,
  ok: z.boolean(),
  firstOutputMs: z.number().nullable(),
  /** `errors.<code>`. */
  errorCode: z.string().nullable(),
  status: z.number().nullable(),
  /** What the service itself said, shortened; without the key. */
  detail: z.string().nullable(),
})
export type ServiceTest = z.infer<typeof serviceTestSchema>

/** A service as the windows see it: never its key, only whether there is one. */
export const serviceViewSchema = z.strictObject({
  service: serviceSchema,
  privacy: privacyClassSchema,
  key: z.enum(['none', 'keychain', 'file', 'this-run', 'environment', 'missing']),
  /** Left alone until then (milliseconds since 1970); null: it is asked, unless its key was refused. */
  restsUntilMs: z.number().nullable(),
  /** What its last request failed with; `service-key`: nothing is asked of it until it has another key. */
  errorCode: z.string().nullable(),
  /** What is measured: median time to the first output, by part. */
  latencyMs: z.partialRecord(enginePartSchema, z.number()),
})
export type ServiceView = z.infer<typeof serviceViewSchema>

/** A server on this machine that was found, and is not used before the person says so. */
export const foundServerSchema = z.strictObject({
  presetId: z.string(),
  name: z.string(),
  baseUrl: z.string(),
  models: z.array(z.string()).max(500),
})
export type FoundServer = z.infer<typeof foundServerSchema>

/** What a new service may begin with. */
export const presetViewSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  baseUrl: z.string(),
  needsKey: z.boolean(),
  /** The environment of the program has its key in this variable; null: it has not. */
  keyEnv: z.string().nullable(),
  chat: z.strictObject({ model: z.string().nullable() }).nullable(),
  asr: z.strictObject({ model: z.string().nullable(), mode: z.enum(['upload', 'upload-live', 'stream', 'realtime', 'realtime-beta', 'realtime-16k']) }).nullable(),
  tts: z.strictObject({ model: z.string().nullable(), voice: z.string().nullable(), format: z.enum(['pcm', 'wav', 'sse']) }).nullable(),
})
export type PresetView = z.infer<typeof presetViewSchema>

/** A key that is on its way to main: it is answered by nothing. Null takes the stored one away; absent leaves it. */
export const keyEntrySchema = z.string().trim().min(1).max(4_000).nullable().optional()

/** A service that need not be saved yet. */
export const serviceDraftSchema = z.strictObject({ service: serviceSchema, key: keyEntrySchema })
