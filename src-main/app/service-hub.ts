import type { ServiceSettings, ServiceView, Settings } from '../contract'
import type { RunnerEvent } from '../conversation/runner-types'
import type { RoutedEngines } from '../core/services/routed-engines'
import type { OwnEngines } from '../core/services/service-registry'
import type { RequestHandlers } from '../ipc/request-router'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { SecretVault } from '../ports/secret-vault'
import type { SettingsStore } from '../storage/settings-store'
import type { StateHub } from './state-hub'
import { findLocalServers } from '../core/services/discovery'
import { environmentOffer, presetViews } from '../core/services/offers'
import { RouteNotices } from '../core/services/route-notices'
import { createRoutedEngines } from '../core/services/routed-engines'
import { listServiceModels } from '../core/services/service-models'
import { createServiceRegistry, secretId } from '../core/services/service-registry'
import { serviceView } from '../core/services/service-views'
import { testServicePart } from '../core/services/test-service'
import { loadHttp } from '../engines/connection/dispatcher'
import { RouteMemory } from '../engines/router/route-memory'
import { AppError } from '../lib/app-error'
import { background } from '../lib/background'

type ServiceRequests = Pick<RequestHandlers, 'services.offers' | 'services.keychain' | 'services.save' | 'services.remove' | 'services.models' | 'services.test'>

export interface ServiceHubOptions {
  readonly hub: StateHub
  readonly settings: Pick<SettingsStore<Settings>, 'get' | 'patch' | 'writeFault'>
  readonly vault: SecretVault
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  readonly own: () => Partial<OwnEngines>
  /** Whether the system has no network at all. */
  readonly offline: () => boolean
}

/** The services in the running program: the routed engines, what the windows see of services, and what they may ask. */
export interface ServiceHub extends AsyncDisposable {
  readonly engines: RoutedEngines
  readonly requests: ServiceRequests
  readonly applySettings: (before: Settings, after: Settings) => Promise<void>
  /** What a turn tells of its routes becomes notices; its end, new figures. */
  readonly onRunnerEvent: (event: RunnerEvent) => void
}

/** A test of a service ends, whatever it does. */
const TEST_LIMIT_MS = 60_000
const CONCERNED = ['services', 'routing', 'keysInFile'] as const

export function createServiceHub({ hub, settings, vault, env, clock, logger, own, offline }: ServiceHubOptions): ServiceHub {
  const memory = new RouteMemory({ clock, offline })
  const registry = createServiceRegistry({ settings: () => settings.get(), vault, env, clock, memory, own })
  const notices = new RouteNotices()
  const over = new AbortController()

  function views(): ServiceView[] {
    return settings.get().services.map(service => serviceView(service, { vault, env, memory, clock }))
  }

  function publish(): ServiceView[] {
    const services = views()
    hub.publish({ type: 'services', services })
    return services
  }

  /** What is set up is in use from now on; `touchedId`: its key is another one. */
  async function use(touchedId?: string): Promise<ServiceView[]> {
    for (const id of await registry.refresh(touchedId))
      notices.settingsChanged(id)
    return publish()
  }

  async function replaceServices(services: readonly ServiceSettings[]): Promise<void> {
    await settings.patch({ services: [...services] })
    if (settings.writeFault)
      hub.notify('warning', settings.writeFault.code)
  }

  function limited(): AbortSignal {
    return AbortSignal.any([over.signal, AbortSignal.timeout(TEST_LIMIT_MS)])
  }

  const requests: ServiceRequests = {
    'services.offers': async () => {
      const { services } = settings.get()
      return {
        presets: presetViews(env),
        environment: environmentOffer(env, services),
        found: await findLocalServers({ clock, signal: limited(), known: services.map(({ baseUrl }) => baseUrl) }),
      }
    },
    'services.keychain': () => ({ hasKeychain: vault.hasKeychain }),
    'services.save': async ({ service, key }) => {
      if (typeof key === 'string')
        await vault.set(secretId(service), key)
      else if (key === null)
        await vault.remove(secretId(service))
      const { services } = settings.get()
      const at = services.findIndex(({ id }) => id === service.id)
      const former = services[at]
      if (former && secretId(former) !== secretId(service))
        await vault.remove(secretId(former))
      await replaceServices(at < 0 ? [...services, service] : services.with(at, service))
      // Also when only the key is another one.
      return await use(service.id)
    },
    'services.remove': async ({ serviceId }) => {
      const { services } = settings.get()
      const service = services.find(({ id }) => id === serviceId)
      if (!service)
        throw new AppError('not-found', `There is no service called ${serviceId}.`)
      await vault.remove(secretId(service))
      await replaceServices(services.filter(({ id }) => id !== serviceId))
    },
    'services.models': async ({ service, key }) => {
      await using draft = registry.draft(service, key)
      return await listServiceModels(draft.client, limited())
    },
    'services.test': async ({ service, key, part }) => {
      await using draft = registry.draft(service, key)
      const result = await testServicePart(draft.engines, part, { clock, signal: limited() })
      if (result === null)
        throw new AppError('bad-input', 'This service is not set up for that part.')
      return result
    },
  }

  if (settings.get().services.length > 0) {
    publish()
    background(loadHttp(), logger, 'loading what asks services')
  }
  return {
    engines: createRoutedEngines({ registry, memory, clock }),
    requests,
    async applySettings(before, after) {
      if (before.keysInFile !== after.keysInFile)
        await Promise.all(after.services.map(service => keepAgain(vault, secretId(service))))
      if (CONCERNED.some(key => JSON.stringify(before[key]) !== JSON.stringify(after[key])))
        await use()
    },
    onRunnerEvent(event) {
      if (event.type === 'state' && (event.state === 'idle' || event.state === 'failed') && settings.get().services.length > 0)
        publish()
      if (event.type !== 'routes')
        return
      for (const report of Object.values(event.routes)) {
        for (const { code, serviceId } of notices.take(report)) {
          logger.warn('a service needs attention', { code, serviceId })
          hub.notify('warning', code, { service: settings.get().services.find(({ id }) => id === serviceId)?.name ?? serviceId })
        }
      }
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await registry[Symbol.asyncDispose]()
    },
  }
}

/** Where a key is kept follows the settings. */
async function keepAgain(vault: SecretVault, id: string): Promise<void> {
  const secret = vault.get(id)
  if (secret !== null)
    await vault.set(id, secret)
}
