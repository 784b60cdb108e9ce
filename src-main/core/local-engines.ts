import type { LocalModels } from '../inference/inference-host'
import type { ModelStore } from '../models'
import type { InstalledModel, ModelKind } from '../ports/installed-model'
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

/** Whether there is all that the part needs: speech is not recognised without a voice detector. */
export function hasModel(models: LocalModels, part: EngineKind): boolean {
  return models[part] !== undefined && (part !== 'asr' || models.vad !== undefined)
}

export interface RequiredModels {
  readonly needs: readonly EngineKind[]
  /** As of `modelsInUse`. */
  readonly models: LocalModels
  readonly store: ModelStore
  readonly preferred: PreferredModels
  /** The chosen model is damaged, and `used` takes its place. */
  readonly onFallback?: (damage: AppError, used: InstalledModel) => void
}

/** For a part without a model throws `model-corrupt` when the chosen one is damaged, else `model-missing`. */
export async function requireModels({ needs, models, store, preferred, onFallback }: RequiredModels): Promise<void> {
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
