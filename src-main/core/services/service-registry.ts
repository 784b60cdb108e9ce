import type { ServiceSettings, Settings } from '../../contract'
import type { ServiceClient } from '../../engines/connection/service-client'
import type { Candidate, RoutePolicy } from '../../engines/router/candidates'
import type { RouteMemory } from '../../engines/router/route-memory'
import type { PrimableChat } from '../../engines/router/routed-chat'
import type { AsrEngine } from '../../ports/asr-engine'
import type { Clock } from '../../ports/clock'
import type { EnginePart, PrivacyClass } from '../../ports/route'
import type { SecretVault } from '../../ports/secret-vault'
import type { TtsEngine } from '../../ports/tts-engine'
import type { ServiceEngines } from './service-engines'
import { createServiceClient } from '../../engines/connection/service-client'
import { AppError } from '../../lib/app-error'
import { LOCAL_SERVICE } from '../../ports/route'
import { isLoopback, privacyOf } from './privacy'
import { createServiceEngines } from './service-engines'

/** The built-in engines, as candidates; `ready` tells whether their model is loaded. */
export interface OwnEngines {
  readonly asr: { readonly engine: AsrEngine, readonly model: string, readonly ready: () => boolean }
  readonly chat: { readonly engine: PrimableChat, readonly model: string, readonly ready: () => boolean }
  readonly tts: { readonly engine: TtsEngine, readonly model: string, readonly ready: () => boolean }
}

export interface RegistryOptions {
  readonly settings: () => Pick<Settings, 'services' | 'routing'>
  readonly vault: Pick<SecretVault, 'get'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly memory: RouteMemory
  /** Null: no models are installed. */
  readonly own: () => Partial<OwnEngines>
  /** Ids of services that the caller names, by part (the command line). */
  readonly named?: Partial<Record<EnginePart, string>>
  readonly localOnly?: boolean
}

export interface ServiceRegistry extends AsyncDisposable {
  readonly asr: () => readonly Candidate<AsrEngine>[]
  readonly chat: () => readonly Candidate<PrimableChat>[]
  readonly tts: () => readonly Candidate<TtsEngine>[]
  readonly policy: (part: EnginePart) => RoutePolicy
  /** Of a service in the settings; throws `not-found`. */
  readonly client: (serviceId: string) => ServiceClient
  readonly engines: (serviceId: string) => ServiceEngines
  /** A service that need not be saved; without a key of its own it has the one that is stored for its id and address. */
  readonly draft: (service: ServiceSettings, key?: string | null) => ServiceDraft
  /**
   * The settings were changed, or the key of `touchedId`: connections of what is another service now are closed, and what was held
   * against it is forgotten. Resolves to the ids of those.
   */
  readonly refresh: (touchedId?: string) => Promise<readonly string[]>
}

export interface ServiceDraft extends AsyncDisposable {
  readonly client: ServiceClient
  readonly engines: ServiceEngines
}

interface Entry {
  readonly config: string
  readonly service: ServiceSettings
  readonly client: ServiceClient
  readonly engines: ServiceEngines
}

export function privacyOfService({ privacy, baseUrl }: Pick<ServiceSettings, 'privacy' | 'baseUrl'>): PrivacyClass {
  return privacy ?? privacyOf(baseUrl)
}

/** A key belongs to an address: a service that is given another one is not sent the key of the first. */
export function secretId({ id, baseUrl }: Pick<ServiceSettings, 'id' | 'baseUrl'>): string {
  return `${id}@${new URL(baseUrl).origin}`
}

export function keyOf(service: Pick<ServiceSettings, 'id' | 'baseUrl' | 'keyEnv'>, vault: Pick<SecretVault, 'get'>, env: RegistryOptions['env']): string | null {
  const fromEnv = service.keyEnv === null ? undefined : env[service.keyEnv]?.trim()
  return fromEnv !== undefined && fromEnv !== '' ? fromEnv : vault.get(secretId(service))
}

/** The user's services as candidates for each part, beside the installation's own models. Opens a connection only when one is asked. */
export function createServiceRegistry(options: RegistryOptions): ServiceRegistry {
  const { settings, vault, env, clock, memory, own, named = {} } = options
  const entries = new Map<string, Entry>()
  const isLocalOnly = (): boolean => options.localOnly === true || settings().routing.localOnly

  function open(service: ServiceSettings, key = () => keyOf(service, vault, env)): Entry {
    const privacy = privacyOfService(service)
    const client = createServiceClient({
      endpoint: { id: service.id, name: service.name, baseUrl: service.baseUrl, privacy, caFile: service.caFile, key },
      clock,
      permit: () => {
        if (isLocalOnly() && !isLoopback(service.baseUrl))
          throw new AppError('no-service', `"Local only" is on: ${service.name} is not asked.`, { params: { service: service.name } })
      },
    })
    return { config: JSON.stringify(service), service, client, engines: createServiceEngines(service, client, clock) }
  }

  function entryOf(service: ServiceSettings): Entry {
    const known = entries.get(service.id)
    if (known && known.config === JSON.stringify(service))
      return known
    const made = open(service)
    entries.set(service.id, made)
    // Nobody else knows of it any more. Closing fails in nothing but what is closed already.
    if (known)
      void close(known).catch(() => {})
    return made
  }

  function find(serviceId: string): Entry {
    const service = settings().services.find(({ id }) => id === serviceId)
    if (!service)
      throw new AppError('not-found', `There is no service called ${serviceId}. Run: parley services list`, { params: { service: serviceId } })
    return entryOf(service)
  }

  function candidates<P extends EnginePart>(part: P): Candidate<OwnEngines[P]['engine']>[] {
    const list: Candidate<OwnEngines[P]['engine']>[] = []
    for (const service of settings().services) {
      // One that the caller names is used although it is switched off.
      if (!service.enabled && named[part] !== service.id)
        continue
      const { engines } = entryOf(service)
      const engine = engines[part] as OwnEngines[P]['engine'] | null
      const model = service[part]?.model
      if (engine !== null && model !== undefined)
        list.push({ serviceId: service.id, model, privacy: privacyOfService(service), loopback: isLoopback(service.baseUrl), price: priceOf(service, part), engine })
    }
    const mine = own()[part]
    if (mine)
      list.push({ serviceId: LOCAL_SERVICE, model: mine.model, privacy: 'machine', loopback: true, ready: mine.ready, engine: mine.engine as OwnEngines[P]['engine'] })
    return list
  }

  return {
    asr: () => candidates('asr'),
    chat: () => candidates('chat'),
    tts: () => candidates('tts'),
    policy(part) {
      const { routing } = settings()
      const { prefer, order, maxPrice } = routing[part]
      return {
        localOnly: isLocalOnly(),
        maxPrivacy: routing.maxPrivacy,
        order: prefer === 'order' ? order : null,
        reserve: prefer === 'services' ? [LOCAL_SERVICE] : [],
        budget: maxPrice === null ? null : { [PRICE_UNIT[part]]: maxPrice },
        named: named[part] ?? null,
        hedge: routing.hedge,
      }
    },
    client: serviceId => find(serviceId).client,
    engines: serviceId => find(serviceId).engines,
    draft(service, key) {
      const entry = key === undefined ? open(service) : open(service, () => key)
      return { client: entry.client, engines: entry.engines, [Symbol.asyncDispose]: () => close(entry) }
    },
    async refresh(touchedId) {
      const current = new Map(settings().services.map(service => [service.id, JSON.stringify(service)]))
      const changed = new Set(touchedId === undefined ? [] : [touchedId])
      const closing: Entry[] = []
      for (const [id, entry] of entries) {
        if (current.get(id) !== entry.config)
          changed.add(id)
        if (!changed.has(id) && !isLocalOnly())
          continue
        entries.delete(id)
        closing.push(entry)
      }
      for (const id of changed)
        memory.settingsChanged(id)
      await Promise.all(closing.map(close))
      return [...changed]
    },
    async [Symbol.asyncDispose]() {
      const open = [...entries.values()]
      entries.clear()
      await Promise.all(open.map(close))
    },
  }
}

async function close({ client, engines }: Entry): Promise<void> {
  await engines[Symbol.asyncDispose]()
  await client[Symbol.asyncDispose]()
}

const PRICE_UNIT = { asr: 'perMinute', chat: 'perMillionTokens', tts: 'perMillionCharacters' } as const

function priceOf(service: ServiceSettings, part: EnginePart): NonNullable<Candidate<unknown>['price']> {
  const price = service[part]?.price
  return price == null ? {} : { [PRICE_UNIT[part]]: price }
}
