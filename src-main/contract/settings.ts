import { z } from 'zod'
import { dictationKeysSchema, dictationSettingsSchema } from './dictation'
import { routingSchema, servicesSchema } from './services'

/** How the talk key works. `auto`: a tap (up to 300 ms) toggles, a longer press holds. */
export const keyModeSchema = z.enum(['hold', 'toggle', 'auto'])
export type KeyMode = z.infer<typeof keyModeSchema>

export const settingsSchema = z.strictObject({
  locale: z.enum(['system', 'en']).default('system'),
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  hotkey: z.strictObject({
    talk: z.string().min(1).max(64).default('Ctrl+Alt+Space'),
    mode: keyModeSchema.default('auto'),
    ...dictationKeysSchema,
  }).prefault({}),
  dictation: dictationSettingsSchema.prefault({}),
  audio: z.strictObject({
    /** Null: the system's default. */
    inputId: z.string().max(512).nullable().default(null),
    outputId: z.string().max(512).nullable().default(null),
    microphone: z.enum(['warm', 'linger', 'cold']).default('warm'),
    lingerMs: z.number().int().min(1_000).max(600_000).default(30_000),
  }).prefault({}),
  voice: z.strictObject({
    enabled: z.boolean().default(true),
    /** 1 is the voice's own speed. */
    speed: z.number().min(0.5).max(2).default(1),
    volume: z.number().min(0).max(1).default(1),
  }).prefault({}),
  chat: z.strictObject({
    systemPrompt: z.string().max(4_000).default(''),
    maxTokens: z.number().int().min(16).max(4_096).default(512),
  }).prefault({}),
  models: z.strictObject({
    asr: z.string().max(128).default('moonshine-base-en'),
    vad: z.string().max(128).default('silero-vad-v5'),
    tts: z.string().max(128).default('piper-en-us-joe'),
    chat: z.string().max(128).default('qwen2.5-coder-0.5b-instruct-q4-k-m'),
    /** 0: never unloaded. */
    unloadAfterMs: z.number().int().min(0).max(86_400_000).default(0),
  }).prefault({}),
  services: servicesSchema.default([]),
  routing: routingSchema.prefault({}),
  /** Where the system has no keychain: keys are written to a file that only this user can read, instead of being asked for at each start. */
  keysInFile: z.boolean().default(false),
  startup: z.strictObject({
    openAtLogin: z.boolean().default(false),
    showWindow: z.boolean().default(true),
  }).prefault({}),
})
export type Settings = z.infer<typeof settingsSchema>

/** A patch names whole leaves: `{voice: {speed: 1.2}}` changes the speed alone. */
export type SettingsPatch = { readonly [K in keyof Settings]?: Settings[K] extends readonly unknown[] ? Settings[K] : Settings[K] extends object ? Partial<Settings[K]> : Settings[K] }

export const defaultSettings: Settings = settingsSchema.parse({})
