import type { AppEvent, ModelView, Snapshot } from '@contract'
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'

export const MODEL_KINDS = ['asr', 'chat', 'tts', 'vad'] as const satisfies readonly ModelView['kind'][]

export const useModels = defineStore('models', () => {
  const models = shallowRef<readonly ModelView[]>([])
  const byKind = computed(() => MODEL_KINDS
    .map(kind => ({ kind, models: models.value.filter(model => model.kind === kind) }))
    .filter(group => group.models.length > 0))

  function applySnapshot(snapshot: Snapshot): void {
    models.value = snapshot.models
  }

  function applyEvent(event: AppEvent): void {
    if (event.type === 'models')
      models.value = event.models
  }

  return { models, byKind, applySnapshot, applyEvent }
})
