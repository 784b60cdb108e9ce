import type { InferenceHost, LocalModels } from '../inference/inference-host'
import type { ModelStore } from '../models'
import type { SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { InstalledModel, ModelKind } from '../ports/installed-model'
import type { Logger } from '../ports/logger'
import { createInferenceHost } from '../inference/inference-host'
import { AppError } from '../lib/app-error'

export type EngineKind = 'asr' | 'tts' | 'chat'

/** Ids as in the settings. */
export type PreferredModels = Readonly<Record<ModelKind, string>>

/** The models to load for these parts; a part whose model is not installed is left out. */
export async function modelsInUse(store: ModelStore, needs: readonly EngineKind[], preferred: PreferredModels): Promise<LocalModels> {
  const find = async (kind: ModelKind): Promise<InstalledModel | undefined> => {
    try {
      return await store.resolveDefault(kind, preferred[kind])
    }
    catch (error) {
      if (error instanceof AppError && (error.code === 'model-missing' || error.code === 'model-corrupt'))
        return undefined
      throw error
    }
  }
  const [asr, vad, tts, chat] = await Promise.all([
    needs.includes('asr') ? find('asr') : undefined,
    needs.includes('asr') ? find('vad') : undefined,
    needs.includes('tts') ? find('tts') : undefined,
    needs.includes('chat') ? find('chat') : undefined,
  ])
  const rescue = needs.includes('asr') ? await store.resolveRescue('asr') : undefined
  return {
    ...(asr && { asr }),
    ...(vad && { vad }),
    ...(rescue && rescue.id !== asr?.id && { rescue }),
    ...(tts && { tts }),
    ...(chat && { chat }),
  }
}

export interface LocalEnginesOptions {
  readonly needs: readonly EngineKind[]
  readonly store: ModelStore
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly logger: Logger
  readonly preferred: PreferredModels
  /** The chosen model is damaged, and `used` takes its place. */
  readonly onFallback?: (damage: AppError, used: InstalledModel) => void
}

/**
 * Starts the inference child with these parts; loading goes on by itself. For a part without a model throws
 * `model-corrupt` when the chosen one is damaged, else `model-missing`.
 */
export async function startLocalEngines({ needs, store, spawn, clock, logger, preferred, onFallback }: LocalEnginesOptions): Promise<InferenceHost> {
  const models = await modelsInUse(store, needs, preferred)
  for (const kind of [...needs, ...(needs.includes('asr') ? ['vad' as const] : [])]) {
    const used = models[kind]
    if (used?.id === preferred[kind])
      continue
    const damage = await damageOf(store, preferred[kind])
    if (used === undefined)
      throw damage ?? new AppError('model-missing', `No model is installed for ${PART_NAMES[kind]}. Run: parley models install --defaults`)
    if (damage)
      onFallback?.(damage, used)
  }
  const host = createInferenceHost({ spawn, clock, logger, models })
  host.start()
  return host
}

async function damageOf(store: ModelStore, id: string): Promise<AppError | undefined> {
  try {
    await store.resolveInstalled(id)
    return undefined
  }
  catch (error) {
    return error instanceof AppError && error.code === 'model-corrupt' ? error : undefined
  }
}

const PART_NAMES: Readonly<Record<ModelKind, string>> = {
  asr: 'speech recognition',
  vad: 'voice detection',
  tts: 'the voice',
  chat: 'the answers',
}
