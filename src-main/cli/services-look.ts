import type { ServiceTest } from '../contract'
import type { ServiceRegistry } from '../core/services/service-registry'
import type { CliContext, ExitCode } from './context'
import { findLocalServers } from '../core/services/discovery'
import { listServiceModels } from '../core/services/service-models'
import { createServiceRegistry } from '../core/services/service-registry'
import { testService } from '../core/services/test-service'
import { RouteMemory } from '../engines/router/route-memory'
import { AppError } from '../lib/app-error'
import { EXIT } from './context'

/** What asks a service something. With `json` one object a line. */
interface Json { readonly json?: boolean }

/** The services of the settings, with nothing beside them. */
export async function openRegistry({ settings, clock, env, openVault }: CliContext): Promise<ServiceRegistry> {
  return createServiceRegistry({
    settings: () => settings.get(),
    vault: await openVault(),
    env,
    clock,
    memory: new RouteMemory({ clock }),
    own: () => ({}),
  })
}

/** `parley services test NAME`: a tiny real request for each part. */
export async function testOne(context: CliContext, name: string, { json }: Json): Promise<ExitCode> {
  const { stdout, clock, signal } = context
  await using registry = await openRegistry(context)
  let tested = 0
  let failed = 0
  for await (const result of testService(registry.engines(name), { clock, signal })) {
    tested++
    failed += result.ok ? 0 : 1
    stdout.write(json ? `${JSON.stringify({ type: 'test', service: name, ...result })}\n` : `${result.part.padEnd(6)}${testLine(result)}\n`)
  }
  if (tested === 0)
    throw new AppError('bad-input', `${name} is set up for no part. Add one: parley services add ${name} --chat MODEL`)
  return failed === 0 ? EXIT.ok : EXIT.failed
}

/** `ok, first output after 120 ms`; `failed: service-key (401) No such key`. */
export function testLine({ ok, firstOutputMs, errorCode, status, detail }: ServiceTest): string {
  if (!ok)
    return `failed: ${errorCode}${status === null ? '' : ` (${status})`}${detail === null ? '' : ` ${detail}`}`
  return firstOutputMs === null ? 'ok, and nothing came of it' : `ok, first output after ${Math.round(firstOutputMs)} ms`
}

/** `parley services models NAME`. */
export async function listModels(context: CliContext, name: string, { json }: Json): Promise<ExitCode> {
  const { stdout, stderr, signal } = context
  await using registry = await openRegistry(context)
  const models = await listServiceModels(registry.client(name), signal)
  for (const id of models)
    stdout.write(json ? `${JSON.stringify({ type: 'model', service: name, id })}\n` : `${id}\n`)
  if (models.length === 0 && !json)
    stderr.write(`${name} names no models.\n`)
  return EXIT.ok
}

/** `parley services find`: servers on this machine that are no service yet. */
export async function findServers({ stdout, stderr, settings, clock, signal }: CliContext, { json }: Json): Promise<ExitCode> {
  const found = await findLocalServers({ clock, signal, known: settings.get().services.map(({ baseUrl }) => baseUrl) })
  for (const { presetId, name, baseUrl, models } of found) {
    stdout.write(json
      ? `${JSON.stringify({ type: 'server', preset: presetId, name, baseUrl, models })}\n`
      : `${name}: ${baseUrl}, ${models.length === 0 ? 'no models' : `models ${models.join(', ')}`}\n  To use it: parley services add ${presetId} --chat ${models[0] ?? 'MODEL'}\n`)
  }
  if (found.length === 0 && !json)
    stderr.write('No server that is not a service already answers on this machine.\n')
  return EXIT.ok
}
