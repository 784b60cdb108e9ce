import type { ServiceSettings } from '../contract'
import type { ServiceRegistry } from '../core/services/service-registry'
import type { CliContext } from './context'
import type { Finding } from './finding'
import { isLoopback } from '../core/services/privacy'
import { testService } from '../core/services/test-service'
import { openRegistry, testLine } from './services-look'

/** How many services there are; with `ask`, whether each answers, by tiny real requests. */
export async function* serviceFindings(context: CliContext, ask: boolean): AsyncGenerator<Finding> {
  const { services, routing } = context.settings.get()
  const off = services.filter(({ enabled }) => !enabled).length
  const count = services.length === 0 ? 'none is set up' : `${services.length} set up${off > 0 ? `, ${off} switched off` : ''}`
  yield { check: 'services', state: 'ok', detail: `${count}${routing.localOnly ? '; "local only" is on' : ''}` }
  if (!ask)
    return
  await using registry = await openRegistry(context)
  for (const service of services)
    yield await finding(context, registry, service)
}

async function finding({ clock, signal }: CliContext, registry: ServiceRegistry, service: ServiceSettings): Promise<Finding> {
  const { id, enabled, baseUrl } = service
  const check = `service ${id}`
  if (!enabled)
    return { check, state: 'ok', detail: 'switched off' }
  if (registry.policy('chat').localOnly && !isLoopback(baseUrl))
    return { check, state: 'ok', detail: 'not asked: "local only" is on' }
  const lines: string[] = []
  let failed = 0
  for await (const result of testService(registry.engines(id), { clock, signal })) {
    lines.push(`${result.part} ${testLine(result)}`)
    failed += result.ok ? 0 : 1
  }
  if (lines.length === 0)
    return { check, state: 'warning', detail: 'It is set up for no part.', advice: `Run: parley services add ${id} --chat MODEL` }
  return failed === 0
    ? { check, state: 'ok', detail: lines.join('; ') }
    : { check, state: 'fault', detail: lines.join('; '), advice: `Mend it and run: parley services test ${id}; or parley services remove ${id}` }
}
