import type { PresetView, RequestOutput, ServiceSettings } from '../../contract'
import type { ServicePreset } from './presets'
import { baseUrlSchema } from '../../contract'
import { SERVICE_PRESETS } from './presets'

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

/** The presets, and which of them the environment has a key for. */
export function presetViews(env: Environment): PresetView[] {
  return SERVICE_PRESETS.map(preset => presetView(preset, env))
}

function presetView({ id, name, baseUrl, needsKey, keyEnv, chat, asr, tts }: ServicePreset, env: Environment): PresetView {
  return {
    id,
    name,
    baseUrl,
    needsKey,
    keyEnv: keyEnv !== null && isSet(env[keyEnv]) ? keyEnv : null,
    chat: chat && { model: chat.model ?? null },
    asr: asr && { model: asr.model ?? null, mode: asr.mode ?? 'upload' },
    tts: tts && { model: tts.model ?? null, voice: tts.voice ?? null, format: tts.format ?? 'pcm' },
  }
}

/** What `OPENAI_API_KEY` and `OPENAI_BASE_URL` name, unless it is a service already or no address. */
export function environmentOffer(env: Environment, services: readonly Pick<ServiceSettings, 'baseUrl'>[]): RequestOutput<'services.offers'>['environment'] {
  const named = env['OPENAI_BASE_URL']
  const hasKey = isSet(env['OPENAI_API_KEY'])
  if (!hasKey && !isSet(named))
    return null
  const parsed = baseUrlSchema.safeParse(isSet(named) ? named : DEFAULT_BASE_URL)
  if (!parsed.success || services.some(({ baseUrl }) => baseUrl === parsed.data))
    return null
  return {
    name: parsed.data === DEFAULT_BASE_URL ? 'OpenAI' : new URL(parsed.data).hostname,
    baseUrl: parsed.data,
    keyEnv: hasKey ? 'OPENAI_API_KEY' : null,
  }
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== ''
}
