import type { InferenceHost } from '../../../src-main/inference/inference-host'
import type { ModelStore } from '../../../src-main/models'
import type { ModelListing } from '../../../src-main/models/model-store'
import type { InstalledModel } from '../../../src-main/ports/installed-model'
import { describe, expect, it } from 'vitest'
import { createModelViews } from '../../../src-main/app/model-views'
import { createStateHub } from '../../../src-main/app/state-hub'
import { defaultSettings } from '../../../src-main/contract'
import { Emitter } from '../../../src-main/lib/emitter'
import { silentLogger } from '../../../src-main/ports/logger'
import { createManualClock } from '../../fakes/manual-clock'

const CHOSEN = defaultSettings.models.asr

function listing(id: string, state: ModelListing['state']): ModelListing {
  return { id, kind: 'asr', format: 'moonshine', name: `The ${id}`, licence: 'MIT', languages: [], sizeBytes: 1, minMemoryMiB: 1, upstreamOnly: false, isDefault: false, state }
}

function views(options: { readonly used: string | null, readonly states: Record<string, ModelListing['state']> }) {
  const hub = createStateHub({ models: [], notices: [] } as never, createManualClock())
  const disk = { ...options.states }
  const store = { list: async () => Object.entries(disk).map(([id, state]) => listing(id, state)) } as unknown as ModelStore
  const host = { states: new Emitter<void>(), state: () => ({ state: 'ready', errorCode: null }) } as unknown as InferenceHost
  const models = options.used === null ? {} : { asr: { id: options.used } as InstalledModel }
  const { refresh } = createModelViews(hub, store, host, () => models, () => defaultSettings.models, silentLogger)
  return { disk, hub, refresh, told: () => hub.snapshot().notices.map(({ code, params }) => [code, params]) }
}

describe('a damaged model', () => {
  it('that another one stands in for is told once by name, and again when it breaks again', async () => {
    const { disk, refresh, told } = views({ used: 'other', states: { [CHOSEN]: 'corrupt', other: 'installed' } })
    await refresh()
    await refresh()
    expect(told()).toEqual([['model-fallback', { model: `The ${CHOSEN}` }]])
    disk[CHOSEN] = 'installed'
    await refresh()
    disk[CHOSEN] = 'corrupt'
    await refresh()
    expect(told()).toHaveLength(2)
  })

  it('that is not the chosen one, or has nothing in its place, gives no such notice', async () => {
    const unused = views({ used: CHOSEN, states: { [CHOSEN]: 'installed', other: 'corrupt' } })
    await unused.refresh()
    const alone = views({ used: null, states: { [CHOSEN]: 'corrupt' } })
    await alone.refresh()
    expect([unused.told(), alone.told()]).toEqual([[], []])
    // The window shows it as not usable, with the reason.
    expect(alone.hub.snapshot().models[0]).toMatchObject({ state: 'failed', errorCode: 'model-corrupt' })
  })
})
