import type { DictationView, PipelineView } from '@contract'
import type { ComputedRef } from 'vue'
import { useTimeoutFn } from '@vueuse/core'
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useSession } from '../stores/session'
import { useMessages } from './messages'

/** A hint ("too short") is read in this time; a failure stays for as long as main shows the window. */
const HINT_SHOWN_MS = 3_600

/** Outcomes of a dictation that are no trouble. */
const AS_WISHED: ReadonlySet<string> = new Set(['undone', 'copied'])

export type OverlayKind = 'listening' | 'transcribing' | 'thinking' | 'speaking' | 'writing' | 'failed' | 'hint'

export interface OverlayView {
  readonly kind: OverlayKind
  /** `dictation`: what is said goes into a window. */
  readonly purpose: 'talk' | 'dictation'
  readonly text: string
  /** Of what is being said the end matters, of everything else the beginning. */
  readonly showsEnd: boolean
  readonly latched: boolean
  /** Said below the words: that the key may be let go, how long is left. */
  readonly note: string | null
  /** The note is about something that happens soon. */
  readonly isUrgent: boolean
  /** A hint that tells of what was wished. */
  readonly isDone: boolean
  /** Since when it is recording, on the clock of `performance.now()`; null: it is not. */
  readonly sinceMs: number | null
}

/** What the pill shows; null: nothing. A dictation comes before what the assistant does. */
export function useOverlayView(): ComputedRef<OverlayView | null> {
  const { t } = useI18n()
  const { problem } = useMessages()
  const session = useSession()
  const hintShown = ref(false)
  const outcomeShown = ref(false)

  function shownFor(flag: typeof hintShown): (isHint: boolean) => void {
    const timer = useTimeoutFn(() => {
      flag.value = false
    }, HINT_SHOWN_MS, { immediate: false })
    return (isHint) => {
      timer.stop()
      flag.value = isHint
      if (isHint)
        timer.start()
    }
  }
  const showHint = shownFor(hintShown)
  const showOutcome = shownFor(outcomeShown)
  watch(() => session.pipeline, ({ state, errorCode }) => showHint(state === 'idle' && errorCode !== null))
  watch(() => session.dictation, dictation => showOutcome(dictation?.state === 'idle' && dictation.outcome !== null))

  function textOf(kind: PipelineView['state'], heard: string): string {
    switch (kind) {
      case 'listening': return heard || t('overlay.listening')
      case 'transcribing': return heard || t('overlay.transcribing')
      case 'thinking': return t('overlay.thinking')
      case 'speaking': return session.spokenText || t('overlay.speaking')
      default: return problem(session.pipeline.errorCode ?? 'internal')
    }
  }

  function talkView(): OverlayView | null {
    const { state, latched } = session.pipeline
    const kind = state === 'idle' ? hintShown.value ? 'hint' : null : state
    if (kind === null)
      return null
    const heard = session.partial?.text ?? ''
    const isHearing = kind === 'listening' || kind === 'transcribing'
    return {
      kind,
      purpose: 'talk',
      text: textOf(state, heard),
      showsEnd: isHearing && heard !== '',
      latched: kind === 'listening' && latched,
      note: kind === 'listening' && latched ? t('overlay.latched') : null,
      isUrgent: false,
      isDone: false,
      sinceMs: kind === 'listening' ? session.stateSinceMs : null,
    }
  }

  function noteOf({ state, latched, endsInMs, plainOffered }: DictationView): string | null {
    if (plainOffered)
      return t('overlay.takePlain')
    if (state !== 'recording')
      return null
    return endsInMs !== null ? t('overlay.endsSoon') : latched ? t('overlay.latchedDictation') : null
  }

  function dictationView(dictation: DictationView): OverlayView | null {
    const { state, outcome, text, kind: purpose } = dictation
    const shared = { purpose: 'dictation', latched: state === 'recording' && dictation.latched, note: noteOf(dictation), isUrgent: dictation.endsInMs !== null, isDone: false, sinceMs: null } as const
    switch (state) {
      case 'idle':
        return outcomeShown.value && outcome !== null ? { ...shared, kind: 'hint', text: problem(outcome), showsEnd: false, isDone: AS_WISHED.has(outcome) } : null
      case 'recording':
        return { ...shared, kind: 'listening', text: text || t(purpose === 'edit' ? 'overlay.instruct' : 'overlay.dictate'), showsEnd: text !== '', sinceMs: session.dictationSinceMs }
      case 'transcribing':
        return { ...shared, kind: 'transcribing', text: text || t('overlay.transcribing'), showsEnd: text !== '' }
      case 'cleaning':
        return { ...shared, kind: 'writing', text: t(purpose === 'edit' ? 'overlay.editing' : 'overlay.cleaning'), showsEnd: false }
      case 'inserting':
        return { ...shared, kind: 'writing', text: t('overlay.inserting'), showsEnd: false }
    }
  }

  return computed(() => {
    const busy = session.dictation && session.dictation.state !== 'idle'
    return (busy || outcomeShown.value) && session.dictation ? dictationView(session.dictation) : talkView()
  })
}
