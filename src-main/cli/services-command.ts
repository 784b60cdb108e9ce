import type { Command } from 'commander'
import type { ServiceSettings } from '../contract'
import type { CliContext, ExitCode } from './context'
import { randomUUID } from 'node:crypto'
import { serviceSchema } from '../contract'
import { SERVICE_PRESETS } from '../core/services/presets'
import { createServiceRegistry, privacyOfService } from '../core/services/service-registry'
import { testService } from '../core/services/test-service'
import { RouteMemory } from '../engines/router/route-memory'
import { AppError } from '../lib/app-error'
import { EXIT, guarded, jsonLines } from './context'

interface AddOptions {
  readonly baseUrl?: string
  readonly keyEnv?: string
  readonly chat?: string
  readonly asr?: string
  readonly tts?: string
  readonly voice?: string
  readonly realtime?: boolean
  readonly completeOnly?: boolean
  readonly caFile?: string
}

interface Json { readonly json?: boolean }

/** `parley services …`: what may be asked over a network, and whether it answers. Keys come from the environment by name. */
export function registerServices(program: Command, context: CliContext): void {
  const services = program.command('services').description('the services that may do a part: see, add, test and remove them')
  services.command('list')
    .description('the services, and the presets that can be added by name')
    .option('--json', 'one JSON object a line')
    .action((options: Json) => run(context, options, () => list(context, options)))
  services.command('add')
    .argument('<name>', 'a name of small letters, digits and dashes; the name of a preset fills in what is left out')
    .option('--base-url <url>', 'its address, as a rule ending in /v1')
    .option('--key-env <variable>', 'the environment variable that holds its key')
    .option('--chat <model>', 'answer with this model')
    .option('--asr <model>', 'recognise speech with this model')
    .option('--tts <model>', 'speak with this model')
    .option('--voice <voice>', 'the voice to speak with')
    .option('--realtime', 'send speech while it is spoken')
    .option('--complete-only', 'it answers in one piece')
    .option('--ca-file <file>', 'a PEM file of certificates to trust')
    .option('--json', 'one JSON object a line')
    .description('add a service, or change one')
    .action((name: string, options: AddOptions & Json) => run(context, options, () => add(context, name, options)))
  services.command('test')
    .argument('<name>')
    .option('--json', 'one JSON object a line')
    .description('a tiny real request for each part')
    .action((name: string, options: Json) => run(context, options, () => test(context, name, options)))
  services.command('remove')
    .argument('<name>')
    .option('--json', 'one JSON object a line')
    .description('forget a service')
    .action((name: string, options: Json) => run(context, options, () => remove(context, name)))
}

function run(context: CliContext, { json }: Json, work: () => Promise<ExitCode>): Promise<void> {
  return guarded(context, json ? jsonLines(context, randomUUID()) : null, work)
}

function partsOf({ chat, asr, tts }: ServiceSettings): string {
  const parts = [chat && `chat ${chat.model}`, asr && `asr ${asr.model}`, tts && `tts ${tts.model}/${tts.voice}`].filter(Boolean)
  return parts.length === 0 ? 'nothing yet' : parts.join(', ')
}

async function list(context: CliContext, { json }: Json): Promise<ExitCode> {
  const { stdout, settings } = context
  const { services } = settings.get()
  if (json) {
    for (const service of services)
      stdout.write(`${JSON.stringify({ type: 'service', ...service, privacy: privacyOfService(service) })}\n`)
    return EXIT.ok
  }
  for (const service of services)
    stdout.write(`${service.id.padEnd(16)}${service.baseUrl}  (${privacyOfService(service)}${service.enabled ? '' : ', off'})  ${partsOf(service)}\n`)
  if (services.length === 0)
    stdout.write('No service is set up: everything is done by the models on this machine.\n')
  stdout.write(`\nPresets for "parley services add": ${SERVICE_PRESETS.map(({ id }) => id).join(', ')}\n`)
  return EXIT.ok
}

async function add(context: CliContext, name: string, options: AddOptions): Promise<ExitCode> {
  const { stdout, settings } = context
  const service = serviceFrom(name, options, settings.get().services.find(({ id }) => id === name))
  await settings.patch({ services: [...settings.get().services.filter(({ id }) => id !== service.id), service] })
  if (settings.writeFault)
    throw settings.writeFault
  stdout.write(`${service.id}: ${service.baseUrl}, ${partsOf(service)}\n`)
  if (service.keyEnv !== null && !context.env[service.keyEnv])
    context.stderr.write(`The variable ${service.keyEnv} is not set: without its key the service may refuse to answer.\n`)
  return EXIT.ok
}

function serviceFrom(name: string, options: AddOptions, former: ServiceSettings | undefined): ServiceSettings {
  const preset = SERVICE_PRESETS.find(({ id }) => id === name)
  const baseUrl = options.baseUrl ?? former?.baseUrl ?? preset?.baseUrl
  if (baseUrl === undefined)
    throw new AppError('bad-input', `"${name}" is no preset, so it needs an address: --base-url URL. Presets: ${SERVICE_PRESETS.map(({ id }) => id).join(', ')}`)
  // What is named on the line is all that a new service does; a preset does what it can when nothing is named.
  const isNamed = options.chat !== undefined || options.asr !== undefined || options.tts !== undefined
  const base = former ?? (isNamed ? undefined : preset)
  const part = <P extends 'chat' | 'asr' | 'tts'>(key: P, changes: Readonly<Record<string, unknown>>): unknown => {
    const merged = { ...(options[key] !== undefined ? preset?.[key] : null), ...base?.[key], ...changes }
    return 'model' in merged ? merged : null
  }
  const parsed = serviceSchema.safeParse({
    id: name,
    name: former?.name ?? preset?.name ?? name,
    baseUrl,
    enabled: true,
    privacy: former?.privacy ?? null,
    keyEnv: options.keyEnv ?? former?.keyEnv ?? preset?.keyEnv ?? null,
    caFile: options.caFile ?? former?.caFile ?? null,
    chat: part('chat', { ...(options.chat !== undefined && { model: options.chat }), ...(options.completeOnly && { completeOnly: true }) }),
    asr: part('asr', { ...(options.asr !== undefined && { model: options.asr }), ...(options.realtime && { mode: 'realtime' }) }),
    tts: part('tts', { ...(options.tts !== undefined && { model: options.tts }), ...(options.voice !== undefined && { voice: options.voice }) }),
  })
  if (parsed.success)
    return parsed.data
  throw new AppError('bad-input', ADVICE[String(parsed.error.issues[0]?.path[0])] ?? 'This service cannot be added like that. See: parley services add --help')
}

const ADVICE: Readonly<Record<string, string>> = {
  id: 'A service\'s name is made of small letters, digits and dashes, and is not "local".',
  baseUrl: 'The address has to begin with http:// or https://, with no key, user name or question mark in it. A key is given by --key-env VARIABLE.',
  keyEnv: '--key-env takes the name of a variable, not the key itself.',
  tts: 'To speak it needs a model and a voice: --tts MODEL --voice VOICE',
}

async function test(context: CliContext, name: string, { json }: Json): Promise<ExitCode> {
  const { stdout, settings, clock, signal, env } = context
  await using registry = createServiceRegistry({
    settings: () => settings.get(),
    vault: { get: () => null },
    env,
    clock,
    memory: new RouteMemory({ clock }),
    own: () => ({}),
  })
  let tested = 0
  let failed = 0
  for await (const result of testService(registry.engines(name), { clock, signal })) {
    tested++
    failed += result.ok ? 0 : 1
    if (json)
      stdout.write(`${JSON.stringify({ type: 'test', service: name, ...result })}\n`)
    else
      stdout.write(`${result.part.padEnd(6)}${result.ok ? `ok, first output after ${Math.round(result.firstOutputMs ?? 0)} ms` : `failed: ${result.errorCode}${result.status === null ? '' : ` (${result.status})`} ${result.detail ?? ''}`}\n`)
  }
  if (tested === 0)
    throw new AppError('bad-input', `${name} is set up for no part. Add one: parley services add ${name} --chat MODEL`)
  return failed === 0 ? EXIT.ok : EXIT.failed
}

async function remove(context: CliContext, name: string): Promise<ExitCode> {
  const { settings, stdout } = context
  const { services } = settings.get()
  if (!services.some(({ id }) => id === name))
    throw new AppError('not-found', `There is no service called ${name}. Run: parley services list`)
  await settings.patch({ services: services.filter(({ id }) => id !== name) })
  if (settings.writeFault)
    throw settings.writeFault
  stdout.write(`Removed ${name}.\n`)
  return EXIT.ok
}
