import type { ServiceSettings } from '../contract'
import type { ServicePreset } from '../core/services/presets'
import type { CliContext } from './context'
import { access, constants } from 'node:fs/promises'
import { resolve } from 'node:path'
import { serviceSchema } from '../contract'
import { environmentOffer } from '../core/services/offers'
import { SERVICE_PRESETS } from '../core/services/presets'
import { AppError } from '../lib/app-error'

export interface AddOptions {
  readonly baseUrl?: string
  readonly keyEnv?: string
  readonly fromEnv?: boolean
  readonly chat?: string
  readonly asr?: string
  readonly tts?: string
  readonly voice?: string
  readonly realtime?: boolean
  readonly completeOnly?: boolean
  readonly caFile?: string
}

type Part = 'chat' | 'asr' | 'tts'

/** What the line, the environment, the preset of that name and the service as it was make together. Throws `bad-input`. */
export async function serviceFrom({ env }: Pick<CliContext, 'env'>, name: string, given: AddOptions, former: ServiceSettings | undefined): Promise<ServiceSettings> {
  const options = given.fromEnv ? { ...given, ...fromEnvironment(env, given) } : given
  const preset = SERVICE_PRESETS.find(({ id }) => id === name) ?? SERVICE_PRESETS.find(({ baseUrl }) => given.fromEnv && baseUrl === options.baseUrl)
  const baseUrl = options.baseUrl ?? former?.baseUrl ?? preset?.baseUrl
  if (baseUrl === undefined)
    throw new AppError('bad-input', `"${name}" is no preset, so it needs an address: --base-url URL. Presets: ${SERVICE_PRESETS.map(({ id }) => id).join(', ')}`)
  if (/\/(?:chat\/completions|models|audio\/\w+)\/*$/.test(baseUrl))
    throw new AppError('bad-input', 'The address is what stands before /chat/completions; as a rule it ends in /v1.')
  const service = parsed(name, baseUrl, options, preset, former)
  checkFlags(name, options, service)
  if (options.caFile !== undefined)
    await checkReadable(options.caFile)
  return service
}

/** `OPENAI_BASE_URL` and `OPENAI_API_KEY`; of the key only the name is taken. */
function fromEnvironment(env: CliContext['env'], { baseUrl, keyEnv }: AddOptions): Pick<AddOptions, 'baseUrl' | 'keyEnv'> {
  if (baseUrl !== undefined || keyEnv !== undefined)
    throw new AppError('bad-input', '--from-env takes the address and the key of OPENAI_BASE_URL and OPENAI_API_KEY: leave --base-url and --key-env out.')
  // Also one that is a service already: it is changed.
  const offer = environmentOffer(env, [])
  if (offer === null)
    throw new AppError('bad-input', env['OPENAI_BASE_URL']?.trim() ? `OPENAI_BASE_URL is no address of a service. ${ADVICE['baseUrl']}` : 'Neither OPENAI_BASE_URL nor OPENAI_API_KEY is set.')
  return { baseUrl: offer.baseUrl, ...(offer.keyEnv !== null && { keyEnv: offer.keyEnv }) }
}

function parsed(name: string, baseUrl: string, options: AddOptions, preset: ServicePreset | undefined, former: ServiceSettings | undefined): ServiceSettings {
  // What is named on the line is all that a new service does; a preset does what it can when nothing is named.
  const isNamed = options.chat !== undefined || options.asr !== undefined || options.tts !== undefined
  const base = former ?? (isNamed ? undefined : preset)
  const part = (key: Part, changes: Readonly<Record<string, unknown>>): unknown => {
    const merged = { ...(options[key] !== undefined ? preset?.[key] : null), ...base?.[key], ...changes }
    return 'model' in merged ? merged : null
  }
  const result = serviceSchema.safeParse({
    id: name,
    name: former?.name ?? (preset?.id === name ? preset.name : name),
    baseUrl,
    enabled: true,
    privacy: former?.privacy ?? null,
    keyEnv: options.keyEnv ?? former?.keyEnv ?? keyOfPreset(preset, baseUrl),
    caFile: options.caFile === undefined ? former?.caFile ?? null : resolve(options.caFile),
    chat: part('chat', { ...(options.chat !== undefined && { model: options.chat }), ...(options.completeOnly && { completeOnly: true }) }),
    asr: part('asr', { ...(options.asr !== undefined && { model: options.asr }), ...(options.realtime && { mode: 'realtime' }) }),
    tts: part('tts', { ...(options.tts !== undefined && { model: options.tts }), ...(options.voice !== undefined && { voice: options.voice }) }),
  })
  if (result.success)
    return result.data
  throw new AppError('bad-input', ADVICE[String(result.error.issues[0]?.path[0])] ?? 'This service cannot be added like that. See: parley services add --help')
}

/** A key belongs to an address: at another one than the preset's it is not sent unasked. */
function keyOfPreset(preset: ServicePreset | undefined, baseUrl: string): string | null {
  return preset !== undefined && new URL(preset.baseUrl).origin === originOf(baseUrl) ? preset.keyEnv : null
}

function originOf(url: string): string | null {
  try {
    return new URL(url).origin
  }
  catch {
    return null
  }
}

/** A flag that changes nothing was meant to change something. */
function checkFlags(name: string, { voice, realtime, completeOnly }: AddOptions, { chat, asr, tts }: ServiceSettings): void {
  const missing = voice !== undefined && tts === null
    ? ['--voice', '--tts MODEL']
    : realtime && asr === null ? ['--realtime', '--asr MODEL'] : completeOnly && chat === null ? ['--complete-only', '--chat MODEL'] : null
  if (missing)
    throw new AppError('bad-input', `${missing[0]} is nothing without a model: parley services add ${name} ${missing[1]} ${missing[0]}${missing[0] === '--voice' ? ' VOICE' : ''}`)
}

async function checkReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK)
  }
  catch (error) {
    throw new AppError('bad-input', `The file of certificates cannot be read: ${file}`, { cause: error })
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  id: 'A service\'s name is made of small letters, digits and dashes, and is not "local".',
  baseUrl: 'The address has to begin with http:// or https://, with no key, user name or question mark in it. A key is given by --key-env VARIABLE.',
  keyEnv: '--key-env takes the name of a variable, not the key itself.',
  chat: 'The name of a model has 1 to 200 characters.',
  asr: 'The name of a model has 1 to 200 characters.',
  tts: 'To speak it needs a model and a voice: --tts MODEL --voice VOICE',
}
