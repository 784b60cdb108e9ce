import type { FoundServer } from '../../contract'
import type { Clock } from '../../ports/clock'
import type { ServicePreset } from './presets'
import { createServiceClient } from '../../engines/connection/service-client'
import { SERVICE_PRESETS } from './presets'
import { listServiceModels } from './service-models'

/** A server on this machine answers at once, or is not there. */
const LOOK_MS = 700

export interface DiscoveryOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Addresses that are services already. */
  readonly known?: readonly string[]
  readonly presets?: readonly ServicePreset[]
}

/** Servers on this machine that answer like a service. They are offered, and not used. Nothing leaves the machine. */
export async function findLocalServers({ clock, signal, known = [], presets = SERVICE_PRESETS }: DiscoveryOptions): Promise<FoundServer[]> {
  const wanted = new Map<string, ServicePreset>()
  for (const preset of presets.filter(each => each.isLocalServer && !known.some(url => samePlace(url, each.baseUrl)))) {
    // Several programs use the same port: the first name stands, unless the models tell more.
    if (!wanted.has(preset.baseUrl))
      wanted.set(preset.baseUrl, preset)
  }
  const found = await Promise.all([...wanted.values()].map(preset => look(preset, clock, signal)))
  signal.throwIfAborted()
  return found.filter(server => server !== null)
}

/** A router calls its choice among models so. */
const ROUTER_MODEL = 'router'
const router = SERVICE_PRESETS.find(({ chat }) => chat?.model === ROUTER_MODEL)

async function look({ id, name, baseUrl }: ServicePreset, clock: Clock, signal: AbortSignal): Promise<FoundServer | null> {
  await using client = createServiceClient({ endpoint: { id, name, baseUrl, privacy: 'machine', caFile: null, key: () => null }, clock })
  try {
    const models = await listServiceModels(client, signal, { firstByteMs: LOOK_MS, betweenMs: LOOK_MS, wholeMs: LOOK_MS * 2 })
    return models.includes(ROUTER_MODEL) && router ? { presetId: router.id, name: router.name, baseUrl, models } : { presetId: id, name, baseUrl, models }
  }
  catch {
    return null
  }
}

function samePlace(a: string, b: string): boolean {
  const place = (url: string): string => new URL(url).host.replace(/^localhost/, '127.0.0.1')
  return place(a) === place(b)
}
