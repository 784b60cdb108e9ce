import type { ModelView } from '@contract'
import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { useModels } from '../stores/models'
import { useServices } from '../stores/services'
import { useSettings } from '../stores/settings'

/** Chosen models that cannot answer, and whose part nobody else does: talking would fail. */
export function useMissingModels(): ComputedRef<readonly ModelView[]> {
  const settings = useSettings()
  const store = useModels()
  const services = useServices()

  function isDoneByService(kind: ModelView['kind']): boolean {
    if (kind === 'vad' || settings.settings?.routing.localOnly === true)
      return false
    return services.services.some(({ service, errorCode }) => service.enabled && service[kind] !== null && errorCode !== 'service-key')
  }

  return computed(() => {
    const chosen = settings.settings?.models
    if (!chosen)
      return []
    const wanted = new Set([chosen.asr, chosen.chat, chosen.tts, chosen.vad])
    return store.models.filter(model => wanted.has(model.id) && !isDoneByService(model.kind) && (model.state === 'absent' || model.state === 'failed' || model.state === 'installing'))
  })
}
