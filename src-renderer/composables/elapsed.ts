import type { Ref } from 'vue'
import { onScopeDispose, ref, watch } from 'vue'
import { useSession } from '../stores/session'

const SECOND_MS = 1_000

/** `m:ss` */
export function clockText(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / SECOND_MS))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** How long it has been since a moment on the clock of `performance.now()`, as text; wakes once a second, and not at all while that is null. */
export function useElapsed(sinceMs: () => number | null): Readonly<Ref<string>> {
  const text = ref(clockText(0))
  let timer: ReturnType<typeof setTimeout> | undefined

  function tick(fromMs: number): void {
    const elapsedMs = performance.now() - fromMs
    text.value = clockText(elapsedMs)
    timer = setTimeout(() => tick(fromMs), SECOND_MS - elapsedMs % SECOND_MS)
  }

  watch(sinceMs, (fromMs) => {
    clearTimeout(timer)
    if (fromMs !== null)
      tick(fromMs)
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  return text
}

/** How long Parley has been listening. */
export function useListeningTime(): Readonly<Ref<string>> {
  const session = useSession()
  return useElapsed(() => session.pipeline.state === 'listening' ? session.stateSinceMs : null)
}
