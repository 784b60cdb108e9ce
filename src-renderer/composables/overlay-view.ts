import type { PipelineState } from '@contract'
import type { ComputedRef } from 'vue'
import { useTimeoutFn } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useSession } from '../stores/session'
import { useMessages } from './messages'

/** A hint ("too short") is read in this time; a failure stays for as long as main shows the window. */
const HINT_SHOWN_MS = 3_600

export type OverlayKind = Exclude<PipelineState, 'idle'> | 'hint'

export interface OverlayView {
  readonly kind: OverlayKind
  readonly text: string
  /** Of what is being said the end matters, of everything else the beginning. */
  readonly showsEnd: boolean
  readonly latched: boolean
}

/** What the pill shows; null: nothing. */
export function useOverlayView(): ComputedRef<OverlayView | null> {
  const { t } = useI18n()
  const { problem } = useMessages()
  const session = useSession()
  const hintShown = ref(false)

  const hintTimer = useTimeoutFn(() => {
    hintShown.value = false
  }, HINT_SHOWN_MS, { immediate: false })
  watch(() => session.pipeline, (pipeline) => {
    hintTimer.stop()
    hintShown.value = pipeline.state === 'idle' && pipeline.errorCode !== null
    if (hintShown.value)
      hintTimer.start()
  })

  function textOf(kind: OverlayKind, heard: string): string {
    switch (kind) {
      case 'listening': return heard || t('overlay.listening')
      case 'transcribing': return heard || t('overlay.transcribing')
      case 'thinking': return t('overlay.thinking')
      case 'speaking': return session.spokenText || t('overlay.speaking')
      default: return problem(session.pipeline.errorCode ?? 'internal')
    }
  }

  return computed(() => {
    const { state, latched } = session.pipeline
    const kind = state === 'idle' ? hintShown.value ? 'hint' : null : state
    if (kind === null)
      return null
    const heard = session.partial?.text ?? ''
    const isHearing = kind === 'listening' || kind === 'transcribing'
    return { kind, text: textOf(kind, heard), showsEnd: isHearing && heard !== '', latched: kind === 'listening' && latched }
  })
}
