import type { AppEvent, DictationView, PartialView, PipelineView, Snapshot } from '@contract'
import type { StreamStatus } from '../bridge'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

export interface Level {
  /** dBFS, -90 to 0. */
  readonly rmsDb: number
  readonly peakDb: number
}

const SILENCE: Level = { rmsDb: -90, peakDb: -90 }

/** What is going on right now: the state of the turn, the words heard so far, the level, the piece being spoken. */
export const useSession = defineStore('session', () => {
  const status = ref<StreamStatus>('connecting')
  const pipeline = shallowRef<PipelineView>({ state: 'idle', turnId: null, latched: false, errorCode: null })
  const partial = shallowRef<PartialView | null>(null)
  /** Changes up to 30 times a second: read it in an animation frame, not in a template. */
  const level = shallowRef<Level>(SILENCE)
  const dictation = shallowRef<DictationView | null>(null)
  const spokenText = ref('')
  const microphone = ref<Snapshot['microphone']>('closed')
  const listeningPaused = ref(false)
  /** When the present state began, on the clock of `performance.now()`. */
  const stateSinceMs = ref(0)
  /** When the present dictation began, on the same clock. */
  const dictationSinceMs = ref(0)

  const isBusy = computed(() => pipeline.value.state !== 'idle' && pipeline.value.state !== 'failed')

  function setPipeline(next: PipelineView): void {
    if (next.state !== pipeline.value.state || next.turnId !== pipeline.value.turnId)
      stateSinceMs.value = performance.now()
    if (next.state !== 'speaking')
      spokenText.value = ''
    if (next.state !== 'listening' && dictation.value?.state !== 'recording')
      level.value = SILENCE
    pipeline.value = next
  }

  function setDictation(next: DictationView): void {
    if (next.state !== 'recording' && pipeline.value.state !== 'listening')
      level.value = SILENCE
    if (next.state === 'recording' && next.id !== dictation.value?.id)
      dictationSinceMs.value = performance.now()
    dictation.value = next
  }

  function applySnapshot(snapshot: Snapshot): void {
    setPipeline(snapshot.pipeline)
    setDictation(snapshot.dictation)
    partial.value = snapshot.partial
    microphone.value = snapshot.microphone
    listeningPaused.value = snapshot.listeningPaused
  }

  function applyEvent(event: AppEvent): void {
    switch (event.type) {
      case 'pipeline':
        setPipeline(event.pipeline)
        break
      case 'dictation':
        setDictation(event.dictation)
        break
      case 'partial':
        partial.value = event.partial
        break
      case 'level':
        level.value = { rmsDb: event.rmsDb, peakDb: event.peakDb }
        break
      case 'spoken':
        spokenText.value = event.text
        break
      case 'microphone':
        microphone.value = event.state
        listeningPaused.value = event.listeningPaused
        break
    }
  }

  return { status, pipeline, dictation, partial, level, spokenText, microphone, listeningPaused, stateSinceMs, dictationSinceMs, isBusy, applySnapshot, applyEvent }
})
