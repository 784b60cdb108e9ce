import type { ModelView } from '@contract'
import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { useModels } from '../stores/models'
import { useSettings } from '../stores/settings'

/** Chosen models that cannot answer: talking would fail. */
export function useMissingModels(): ComputedRef<readonly ModelView[]> {
  const settings = useSettings()
  const store = useModels()
  return computed(() => {
    const chosen = settings.settings?.models
    if (!chosen)
      return []
    const wanted = new Set([chosen.asr, chosen.chat, chosen.tts, chosen.vad])
    return store.models.filter(model => wanted.has(model.id) && (model.state === 'absent' || model.state === 'failed' || model.state === 'installing'))
  })
}
