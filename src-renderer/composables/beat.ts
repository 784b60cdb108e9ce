import type { Ref } from 'vue'
import { useDocumentVisibility, usePreferredReducedMotion } from '@vueuse/core'
import { computed, onScopeDispose, ref, watch } from 'vue'

export interface BeatOptions {
  readonly everyMs: number
  /** What is over sooner than this never moves. */
  readonly delayMs?: number
}

/**
 * Counts up slowly while the component is there, for signs that show that something goes on. A timer and not an animation: an
 * animation of the style sheet has the whole window drawn anew sixty times a second, which takes a processor from the model.
 * Stands still in a hidden window, and for those who want no motion.
 */
export function useBeat({ everyMs, delayMs = 0 }: BeatOptions): Readonly<Ref<number>> {
  const beat = ref(0)
  const visibility = useDocumentVisibility()
  const motion = usePreferredReducedMotion()
  const moves = computed(() => visibility.value === 'visible' && motion.value !== 'reduce')
  let timer: ReturnType<typeof setTimeout> | undefined

  function next(ms: number): void {
    timer = setTimeout(() => {
      beat.value += 1
      next(everyMs)
    }, ms)
  }

  watch(moves, (isMoving) => {
    clearTimeout(timer)
    if (isMoving)
      next(Math.max(everyMs, delayMs))
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))

  return beat
}
