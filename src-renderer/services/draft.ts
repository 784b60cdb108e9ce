import type { EnginePartName, FoundServer, PresetView, PrivacyClassName, ServiceSettings } from '@contract'
import type { ServiceOffers } from '../stores/services'
import { LOCAL_ID, PARTS } from '../stores/services'

/** A service as it stands in the form: every field is there, and may be wrong. Prices are what was typed. */
export interface ServiceDraft {
  /** Null: it is new, and its id is made from its name. */
  id: string | null
  name: string
  baseUrl: string
  enabled: boolean
  privacy: PrivacyClassName | 'address'
  keyEnv: string | null
  caFile: string
  chat: { on: boolean, model: string, price: string, completeOnly: boolean }
  asr: { on: boolean, model: string, price: string, mode: AsrMode }
  tts: { on: boolean, model: string, price: string, voice: string, format: TtsFormat }
}

export type AsrMode = NonNullable<ServiceSettings['asr']>['mode']
export type TtsFormat = NonNullable<ServiceSettings['tts']>['format']

export const ASR_MODES = ['upload', 'upload-live', 'stream', 'realtime', 'realtime-beta', 'realtime-16k'] as const satisfies readonly AsrMode[]
export const TTS_FORMATS = ['pcm', 'wav', 'sse'] as const satisfies readonly TtsFormat[]

/** `services.problem.<value>` in the locales. */
export type DraftProblem = 'name' | 'name-long' | 'address' | 'address-scheme' | 'address-secret' | 'address-query' | 'parts' | 'model' | 'voice' | 'price' | 'too-long'
export type DraftField = 'name' | 'baseUrl' | 'caFile' | 'parts' | `${EnginePartName}.model` | `${EnginePartName}.price` | 'tts.voice'
export type DraftProblems = Partial<Record<DraftField, DraftProblem>>

const MAX_NAME_CHARS = 60
const MAX_ADDRESS_CHARS = 500
const MAX_MODEL_CHARS = 200
const MAX_VOICE_CHARS = 100
const MAX_PATH_CHARS = 1_000
const MAX_PRICE = 100_000
const MAX_ID_CHARS = 40

export function emptyDraft(part: Partial<ServiceDraft> = {}): ServiceDraft {
  return {
    id: null,
    name: '',
    baseUrl: '',
    enabled: true,
    privacy: 'address',
    keyEnv: null,
    caFile: '',
    chat: { on: false, model: '', price: '', completeOnly: false },
    asr: { on: false, model: '', price: '', mode: 'upload' },
    tts: { on: false, model: '', price: '', voice: '', format: 'pcm' },
    ...part,
  }
}

export function draftOfPreset({ name, baseUrl, keyEnv, chat, asr, tts }: PresetView): ServiceDraft {
  const draft = emptyDraft({ name, baseUrl, keyEnv })
  return {
    ...draft,
    chat: { ...draft.chat, on: chat !== null, model: chat?.model ?? '' },
    asr: { ...draft.asr, on: asr !== null, model: asr?.model ?? '', mode: asr?.mode ?? 'upload' },
    tts: { ...draft.tts, on: tts !== null, model: tts?.model ?? '', voice: tts?.voice ?? '', format: tts?.format ?? 'pcm' },
  }
}

/** Of a server that was found: what its preset proposes, where it answers, and its model when it has but one. */
export function draftOfFound({ presetId, name, baseUrl, models }: FoundServer, presets: readonly PresetView[]): ServiceDraft {
  const preset = presets.find(({ id }) => id === presetId)
  const draft = { ...(preset ? draftOfPreset(preset) : emptyDraft()), name, baseUrl, keyEnv: null }
  const [only] = models
  if (models.length === 1 && only !== undefined && draft.chat.on && draft.chat.model === '')
    draft.chat = { ...draft.chat, model: only }
  return draft
}

export function draftOfEnvironment({ name, baseUrl, keyEnv }: NonNullable<ServiceOffers['environment']>, presets: readonly PresetView[]): ServiceDraft {
  const preset = presets.find(one => one.baseUrl === baseUrl)
  return { ...(preset ? draftOfPreset(preset) : emptyDraft({ chat: { ...emptyDraft().chat, on: true } })), name, baseUrl, keyEnv }
}

export function draftOfService({ id, name, baseUrl, enabled, privacy, keyEnv, caFile, chat, asr, tts }: ServiceSettings): ServiceDraft {
  const draft = emptyDraft({ id, name, baseUrl, enabled, privacy: privacy ?? 'address', keyEnv, caFile: caFile ?? '' })
  return {
    ...draft,
    chat: chat ? { ...chat, on: true, price: priceText(chat.price) } : draft.chat,
    asr: asr ? { ...asr, on: true, price: priceText(asr.price) } : draft.asr,
    tts: tts ? { ...tts, on: true, price: priceText(tts.price) } : draft.tts,
  }
}

function priceText(price: number | null): string {
  return price === null ? '' : String(price)
}

/** Null: nothing was typed. `NaN`: no price. A comma is a point. */
export function priceOf(text: string): number | null {
  const typed = text.trim().replace(',', '.')
  if (typed === '')
    return null
  return /^\d+(?:\.\d*)?$|^\.\d+$/.test(typed) && Number(typed) <= MAX_PRICE ? Number(typed) : Number.NaN
}

/** As it is stored: without slashes at its end. */
export function addressOf(text: string): string {
  return text.trim().replace(/\/+$/, '')
}

function addressProblem(text: string): DraftProblem | null {
  const address = addressOf(text)
  if (text.length > MAX_ADDRESS_CHARS)
    return 'too-long'
  if (!/^https?:/i.test(address))
    return address === '' ? 'address' : 'address-scheme'
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null)
    return 'address'
  if (url.username !== '' || url.password !== '')
    return 'address-secret'
  return url.search === '' && url.hash === '' ? null : 'address-query'
}

function partProblems(draft: ServiceDraft, part: EnginePartName): DraftProblems {
  const { on, model, price } = draft[part]
  if (!on)
    return {}
  return {
    ...(model.trim() === '' && { [`${part}.model`]: 'model' }),
    ...(model.trim().length > MAX_MODEL_CHARS && { [`${part}.model`]: 'too-long' }),
    ...(Number.isNaN(priceOf(price)) && { [`${part}.price`]: 'price' }),
  }
}

/** What is wrong with it, by field; nothing: the service can be saved. */
export function problemsOf(draft: ServiceDraft): DraftProblems {
  const name = draft.name.trim()
  const address = addressProblem(draft.baseUrl)
  const voice = draft.tts.voice.trim()
  return {
    ...(name === '' && { name: 'name' }),
    ...(name.length > MAX_NAME_CHARS && { name: 'name-long' }),
    ...(address !== null && { baseUrl: address }),
    ...(draft.caFile.trim().length > MAX_PATH_CHARS && { caFile: 'too-long' }),
    ...(!PARTS.some(part => draft[part].on) && { parts: 'parts' }),
    ...PARTS.reduce<DraftProblems>((all, part) => ({ ...all, ...partProblems(draft, part) }), {}),
    ...(draft.tts.on && voice === '' && { 'tts.voice': 'voice' }),
    ...(draft.tts.on && voice.length > MAX_VOICE_CHARS && { 'tts.voice': 'too-long' }),
  }
}

/** What the command line calls it by: from its name, unlike every other. */
export function idFor(name: string, taken: readonly string[]): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const base = plain.slice(0, MAX_ID_CHARS - 4).replace(/^-+|-+$/g, '') || 'service'
  const used = new Set([...taken, LOCAL_ID])
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`
    if (!used.has(id))
      return id
  }
}

/** Only of a draft without problems. `taken`: the ids of the other services. */
export function serviceOf(draft: ServiceDraft, taken: readonly string[]): ServiceSettings {
  const { name, enabled, privacy, keyEnv, chat, asr, tts } = draft
  const common = (part: EnginePartName): { model: string, price: number | null } => ({ model: draft[part].model.trim(), price: priceOf(draft[part].price) })
  return {
    id: draft.id ?? idFor(name, taken),
    name: name.trim(),
    baseUrl: addressOf(draft.baseUrl),
    enabled,
    privacy: privacy === 'address' ? null : privacy,
    keyEnv,
    caFile: draft.caFile.trim() || null,
    chat: chat.on ? { ...common('chat'), completeOnly: chat.completeOnly } : null,
    asr: asr.on ? { ...common('asr'), mode: asr.mode } : null,
    tts: tts.on ? { ...common('tts'), voice: tts.voice.trim(), format: tts.format } : null,
  }
}

/** Whether what is asked of `/models` can be asked: an address is enough. */
export function isAddress(text: string): boolean {
  return addressProblem(text) === null
}

/** A key belongs to an address: another one is not sent the key that is stored. */
export function keepsKey(before: string, after: string): boolean {
  return isAddress(before) && isAddress(after) && new URL(addressOf(before)).origin === new URL(addressOf(after)).origin
}
