import type { EnginePartName, ServiceSettings, ServiceView } from '../../contract'
import type { RouteMemory } from '../../engines/router/route-memory'
import type { Clock } from '../../ports/clock'
import type { SecretVault } from '../../ports/secret-vault'
import { keyOf, privacyOfService, secretId } from './service-registry'

const PARTS = ['asr', 'chat', 'tts'] as const

export interface ServiceViewDeps {
  readonly vault: Pick<SecretVault, 'get' | 'place'>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly memory: Pick<RouteMemory, 'breaker' | 'measuredMs' | 'lastError'>
  readonly clock: Clock
}

/** A service as the windows see it: where its key is, never what it is. */
export function serviceView(service: ServiceSettings, deps: ServiceViewDeps): ServiceView {
  const { memory, clock } = deps
  const parts = PARTS.filter(part => service[part] !== null)
  const open = parts.map(part => memory.breaker(service.id, part)).find(({ kind }) => kind === 'open')
  const restsUntilMs = open?.kind === 'open' && open.untilMs !== null ? clock.wallMs() + open.untilMs - clock.nowMs() : null
  const latencyMs: Partial<Record<EnginePartName, number>> = {}
  for (const part of parts) {
    const ms = memory.measuredMs(part, { serviceId: service.id, model: service[part]?.model ?? '', privacy: privacyOfService(service) })
    if (ms !== null)
      latencyMs[part] = Math.round(ms)
  }
  return {
    service,
    privacy: privacyOfService(service),
    key: keyState(service, deps),
    restsUntilMs,
    errorCode: open?.kind === 'open' && open.why === 'key' ? 'service-key' : parts.map(part => memory.lastError(service.id, part)).find(code => code !== null) ?? null,
    latencyMs,
  }
}

function keyState(service: ServiceSettings, { vault, env }: ServiceViewDeps): ServiceView['key'] {
  const place = vault.place(secretId(service))
  if (service.keyEnv !== null && env[service.keyEnv]?.trim())
    return 'environment'
  if (place !== null && keyOf(service, vault, env) !== null)
    return place === 'plain-file' ? 'file' : place
  return service.keyEnv === null ? 'none' : 'missing'
}
