import { useEventListener } from '@vueuse/core'
import { request } from '../bridge'
import { useNotices } from '../stores/notices'
import { useSession } from '../stores/session'

/** Esc throws a take or a dictation away or ends a reply; where a menu or dialog is open, it closes that and nothing else. */
export function useEscapeKey(): void {
  const session = useSession()
  const notices = useNotices()
  // Capturing: the layer is still there to be seen.
  useEventListener(window, 'keydown', (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing || document.querySelector('[data-dismissable-layer]'))
      return
    if ((event.target as HTMLElement | null)?.closest('[data-records-keys]'))
      return
    if (session.dictation && session.dictation.state !== 'idle')
      return void request('dictation.cancel').catch(notices.report)
    const { state } = session.pipeline
    if (state === 'listening' || state === 'transcribing')
      request('talk.cancel').catch(notices.report)
    else if (state === 'thinking' || state === 'speaking')
      request('turn.stop').catch(notices.report)
  }, { capture: true })
}
