import type { Command } from 'commander'
import type { ServiceSettings, ServiceView } from '../contract'
import type { SecretVault } from '../ports/secret-vault'
import type { CliContext, ExitCode } from './context'
import type { AddOptions } from './services-add'
import { randomUUID } from 'node:crypto'
import { environmentOffer, presetViews } from '../core/services/offers'
import { privacyOfService, secretId } from '../core/services/service-registry'
import { serviceView } from '../core/services/service-views'
import { RouteMemory } from '../engines/router/route-memory'
import { AppError } from '../lib/app-error'
import { EXIT, guarded, jsonLines } from './context'
import { serviceFrom } from './services-add'
import { findServers, listModels, testOne } from './services-look'

interface Json { readonly json?: boolean }

/** `parley services …`: what may be asked over a network, and whether it answers. Keys come from the environment by name. */
export function registerServices(program: Command, context: CliContext): void {
  const services = program.command('services').description('the services that may do a part: see, add, test and remove them')
  withJson(services.command('list'))
    .description('the services, and the presets that can be added by name')
    .action((options: Json) => run(context, options, () => list(context, options)))
  registerAdd(services, context)
  withJson(services.command('test').argument('<name>'))
    .description('a tiny real request for each part')
    .action((name: string, options: Json) => run(context, options, () => testOne(context, name, options)))
  withJson(services.command('models').argument('<name>'))
    .description('the models that a service names')
    .action((name: string, options: Json) => run(context, options, () => listModels(context, name, options)))
  withJson(services.command('find'))
    .description('look for servers on this machine that could be added')
    .action((options: Json) => run(context, options, () => findServers(context, options)))
  withJson(services.command('remove').argument('<name>'))
    .description('forget a service')
    .action((name: string, options: Json) => run(context, options, () => remove(context, name, options)))
}

function registerAdd(services: Command, context: CliContext): void {
  withJson(services.command('add').argument('<name>', 'a name of small letters, digits and dashes; the name of a preset fills in what is left out'))
    .option('--base-url <url>', 'its address, as a rule ending in /v1')
    .option('--key-env <variable>', 'the environment variable that holds its key')
    .option('--from-env', 'the address and the key of OPENAI_BASE_URL and OPENAI_API_KEY')
    .option('--chat <model>', 'answer with this model')
    .option('--asr <model>', 'recognise speech with this model')
    .option('--tts <model>', 'speak with this model')
    .option('--voice <voice>', 'the voice to speak with')
    .option('--realtime', 'send speech while it is spoken')
    .option('--complete-only', 'it answers in one piece')
    .option('--ca-file <file>', 'a PEM file of certificates to trust')
    .description('add a service, or change one')
    .action((name: string, options: AddOptions & Json) => run(context, options, () => add(context, name, options)))
}

function withJson(command: Command): Command {
  return command.option('--json', 'one JSON object a line')
}

function run(context: CliContext, { json }: Json, work: () => Promise<ExitCode>): Promise<void> {
  return guarded(context, json ? jsonLines(context, randomUUID()) : null, work)
}

function partsOf({ chat, asr, tts }: ServiceSettings): string {
  const parts = [chat && `chat ${chat.model}`, asr && `asr ${asr.model}`, tts && `tts ${tts.model}/${tts.voice}`].filter(Boolean)
  return parts.length === 0 ? 'nothing yet' : parts.join(', ')
}

function keyState(context: CliContext, service: ServiceSettings, vault: SecretVault): ServiceView['key'] {
  const { env, clock } = context
  return serviceView(service, { vault, env, clock, memory: new RouteMemory({ clock }) }).key
}

function keyLine(service: ServiceSettings, state: ServiceView['key']): string {
  switch (state) {
    case 'environment': return `key in ${service.keyEnv}`
    case 'missing': return `no key: ${service.keyEnv} is not set`
    case 'keychain':
    case 'file':
    case 'this-run': return 'key stored'
    case 'none': return 'no key'
  }
}

async function list(context: CliContext, { json }: Json): Promise<ExitCode> {
  const { stdout, settings, env } = context
  const { services, routing } = settings.get()
  const vault = await context.openVault()
  for (const service of services) {
    const key = keyState(context, service, vault)
    const privacy = privacyOfService(service)
    stdout.write(json
      ? `${JSON.stringify({ type: 'service', ...service, privacy, key })}\n`
      : `${service.id.padEnd(16)}${service.baseUrl}  (${privacy}${service.enabled ? '' : ', off'}, ${keyLine(service, key)})  ${partsOf(service)}\n`)
  }
  if (json)
    return EXIT.ok
  if (services.length === 0)
    stdout.write('No service is set up: everything is done by the models on this machine.\n')
  if (routing.localOnly)
    stdout.write('"Local only" is on: of these, only services on this machine are asked.\n')
  stdout.write(`\nPresets for "parley services add": ${presetViews(env).map(({ id, keyEnv }) => keyEnv === null ? id : `${id} (${keyEnv} is set)`).join(', ')}\n`)
  const offer = environmentOffer(env, services)
  if (offer !== null)
    stdout.write(`The environment names ${offer.baseUrl}: parley services add NAME --from-env\n`)
  return EXIT.ok
}

async function add(context: CliContext, name: string, options: AddOptions & Json): Promise<ExitCode> {
  const { stdout, settings } = context
  const { services } = settings.get()
  const at = services.findIndex(({ id }) => id === name)
  const service = await serviceFrom(context, name, options, services[at])
  await save(context, at < 0 ? [...services, service] : services.with(at, service))
  const key = keyState(context, service, await context.openVault())
  const privacy = privacyOfService(service)
  if (options.json) {
    stdout.write(`${JSON.stringify({ type: 'service', ...service, privacy, key })}\n`)
    return EXIT.ok
  }
  stdout.write(`${service.id}: ${service.baseUrl} (${privacy}, ${keyLine(service, key)}), ${partsOf(service)}\n`)
  tellNext(context, service, key)
  return EXIT.ok
}

/** What is still to be done, or looked at. */
function tellNext({ stdout, stderr }: CliContext, service: ServiceSettings, key: ServiceView['key']): void {
  if (key === 'missing')
    stderr.write(`The variable ${service.keyEnv} is not set: without its key the service may refuse to answer.\n`)
  if (service.keyEnv !== null && service.baseUrl.startsWith('http://') && privacyOfService(service) === 'internet')
    stderr.write('Its key and all that is said go over the internet in the clear: use an https:// address.\n')
  if (service.chat === null && service.asr === null && service.tts === null)
    stdout.write(`See what it has: parley services models ${service.id}\nThen say what it is to do: parley services add ${service.id} --chat MODEL\n`)
  else
    stdout.write(`Try it: parley services test ${service.id}\n`)
}

async function remove(context: CliContext, name: string, { json }: Json): Promise<ExitCode> {
  const { settings, stdout } = context
  const { services } = settings.get()
  const service = services.find(({ id }) => id === name)
  if (!service)
    throw new AppError('not-found', `There is no service called ${name}. Run: parley services list`)
  const vault = await context.openVault()
  await vault.remove(secretId(service))
  await save(context, services.filter(({ id }) => id !== name))
  stdout.write(json ? `${JSON.stringify({ type: 'removed', service: name })}\n` : `Removed ${name}.\n`)
  return EXIT.ok
}

async function save({ settings }: CliContext, services: readonly ServiceSettings[]): Promise<void> {
  await settings.patch({ services: [...services] })
  if (settings.writeFault)
    throw settings.writeFault
}
