import type { Command } from 'commander'
import type { Settings } from '../contract'
import type { RoutedEngines } from '../core/services/routed-engines'
import type { OwnEngines, ServiceRegistry } from '../core/services/service-registry'
import type { RouteTarget } from '../engines/router/candidates'
import type { InferenceHost, LocalModels } from '../inference/inference-host'
import type { EnginePart } from '../ports/route'
import type { CliContext } from './context'
import { hasModel } from '../core/local-engines'
import { createRoutedEngines } from '../core/services/routed-engines'
import { createServiceRegistry } from '../core/services/service-registry'
import { RouteMemory } from '../engines/router/route-memory'
import { AppError } from '../lib/app-error'
import { LOCAL_SERVICE } from '../ports/route'

/** Who is to do the parts, as named on the line: ids of services, or `local` for the models inside the installation. */
export interface EngineChoice extends Partial<Record<EnginePart, string>> {
  /** Instead of the voice in the settings of the service that is named for `tts`. */
  readonly voice?: string
  readonly localOnly?: boolean
}

const PART_DOES: Readonly<Record<EnginePart, string>> = { asr: 'recognise speech', chat: 'answer', tts: 'speak' }

/** The options of `EngineChoice` for these parts. */
export function addChoiceOptions(command: Command, parts: readonly EnginePart[]): Command {
  for (const part of parts)
    command.option(`--${part} <name>`, `the service that is to ${PART_DOES[part]}, or "${LOCAL_SERVICE}" for the model on this machine`)
  return command.option('--local-only', 'no packet leaves this machine')
}

/** The parts, each done by whoever the settings and the line let do it. Disposing closes connections and models. */
export interface TurnEngines extends RoutedEngines, AsyncDisposable {}

/**
 * Who would be asked first decides what is waited for. `first`: the own model; it is loaded, and waited for. `reserve`: a
 * service; the own model is loaded all the same, and not waited for. `absent`: there is none, and a service to ask.
 */
type OwnRole = 'first' | 'reserve' | 'absent'

/** Throws `not-found` or `bad-input` when a name is none, `model-missing` when there is nobody else. */
export async function openTurnEngines(context: CliContext, parts: readonly EnginePart[], choice: EngineChoice): Promise<TurnEngines> {
  const { own, settings, env, clock } = context
  const { services, routing } = chosenSettings(settings.get(), choice)
  const memory = new RouteMemory({ clock })
  const models = await own.installed(parts)
  const host = own.host(models)
  const roles: Partial<Record<EnginePart, OwnRole>> = {}
  const registry = createServiceRegistry({
    settings: () => ({ services, routing }),
    vault: await context.openVault(),
    env,
    clock,
    memory,
    own: () => ownEngines(host, models, parts, part => isReady(host, part, roles[part], choice)),
    named: choice,
    localOnly: choice.localOnly === true,
  })
  const engines: TurnEngines = {
    ...createRoutedEngines({ registry: byChoice(registry, choice), memory, clock }),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await host[Symbol.asyncDispose]()
    },
  }
  try {
    const candidates = byChoice(registry, choice)
    for (const part of parts)
      roles[part] = roleOf(candidates, memory, part, hasModel(models, part))
    const needs = parts.filter(part => roles[part] === 'first')
    await own.require(needs, models)
    if (Object.keys(models).length > 0)
      host.start()
    await Promise.all(needs.map(part => loaded(host, part, context.signal, candidates[part]().length > 1)))
    return engines
  }
  catch (error) {
    await engines[Symbol.asyncDispose]()
    throw error
  }
}

/** What does not load is a failure where there is nobody else to ask. */
async function loaded(host: InferenceHost, part: EnginePart, signal: AbortSignal, hasOthers: boolean): Promise<void> {
  try {
    await host.ready(part, signal)
  }
  catch (error) {
    signal.throwIfAborted()
    if (!hasOthers)
      throw error
  }
}

function chosenSettings({ services, routing }: Settings, choice: EngineChoice): Pick<Settings, 'services' | 'routing'> {
  for (const part of ['asr', 'chat', 'tts'] as const) {
    const name = choice[part]
    if (name === undefined || name === LOCAL_SERVICE)
      continue
    const service = services.find(({ id }) => id === name)
    if (!service)
      throw new AppError('not-found', `There is no service called ${name}. ${services.length === 0 ? 'None is set up' : `There are: ${services.map(({ id }) => id).join(', ')}`}; parley services add --help tells how to add one.`)
    if (service[part] === null)
      throw new AppError('bad-input', `${name} is not set up to ${PART_DOES[part]}. Run: parley services add ${name} --${part} MODEL${part === 'tts' ? ' --voice VOICE' : ''}`)
  }
  const { tts, voice } = choice
  if (voice === undefined)
    return { services, routing }
  if (tts === undefined || tts === LOCAL_SERVICE)
    throw new AppError('bad-input', '--voice chooses among the voices of a service: name it with --tts NAME.')
  return { routing, services: services.map(service => service.id === tts && service.tts ? { ...service, tts: { ...service.tts, voice } } : service) }
}

type Candidates = Pick<ServiceRegistry, EnginePart | 'policy'>

/** Who names `local` wants nothing of what is said to go anywhere else; who names a service wants it and not the quicker of two. */
function byChoice(registry: ServiceRegistry, choice: EngineChoice): Candidates {
  const permitted = <C extends RouteTarget>(part: EnginePart, all: readonly C[]): readonly C[] =>
    choice[part] === LOCAL_SERVICE ? all.filter(({ serviceId }) => serviceId === LOCAL_SERVICE) : all
  return {
    asr: () => permitted('asr', registry.asr()),
    chat: () => permitted('chat', registry.chat()),
    tts: () => permitted('tts', registry.tts()),
    policy: part => ({ ...registry.policy(part), ...(choice[part] !== undefined && { hedge: false }) }),
  }
}

function roleOf(candidates: Candidates, memory: RouteMemory, part: EnginePart, isInstalled: boolean): OwnRole {
  const { ordered: [first], skipped } = memory.rank<RouteTarget>(part, candidates[part](), candidates.policy(part), { turn: false })
  if (first?.candidate.serviceId === LOCAL_SERVICE || (first === undefined && skipped.length === 0))
    return 'first'
  return isInstalled ? 'reserve' : 'absent'
}

function ownEngines(host: InferenceHost, models: LocalModels, parts: readonly EnginePart[], ready: (part: EnginePart) => boolean): Partial<OwnEngines> {
  const has = (part: EnginePart): boolean => parts.includes(part) && hasModel(models, part)
  const facts = (part: EnginePart): { readonly model: string, readonly ready: () => boolean } => ({ model: models[part]?.id ?? '', ready: () => ready(part) })
  return {
    ...(has('asr') && { asr: { engine: host.asr, ...facts('asr') } }),
    ...(has('chat') && { chat: { engine: host.chat, ...facts('chat') } }),
    ...(has('tts') && { tts: { engine: host.tts, ...facts('tts') } }),
  }
}

/** While roles are given out, nobody has to be waited for. A reserve behind a service that was named does not race with it. */
function isReady(host: InferenceHost, part: EnginePart, role: OwnRole | undefined, choice: EngineChoice): boolean {
  if (role === undefined)
    return true
  return !(role === 'reserve' && choice[part] !== undefined) && host.state(part).state === 'ready'
}
