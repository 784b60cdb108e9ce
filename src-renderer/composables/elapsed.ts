import type { Ref } from 'vue'
import { onScopeDispose, ref, watch } from 'vue'
import { useSession } from '../stores/session'

const SECOND_MS = 1_000

/** `m:ss` */
export function clockText(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / SECOND_MS))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** How long Parley has been listening, as text; wakes once a second, and not at all otherwise. */
export function useElapsed(): Readonly<Ref<string>> {
  const session = useSession()
  const text = ref(clockText(0))
  let timer: ReturnType<typeof setTimeout> | undefined

  function tick(): void {
    const elapsedMs = performance.now() - session.stateSinceMs
    text.value = clockText(elapsedMs)
    timer = setTimeout(tick, SECOND_MS - elapsedMs % SECOND_MS)
  }

  watch(() => session.pipeline.state === 'listening' ? session.stateSinceMs : null, (sinceMs) => {
    clearTimeout(timer)
    if (sinceMs !== null)
      tick()
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  return text
}
