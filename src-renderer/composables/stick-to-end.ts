import type { Ref } from 'vue'
import { useEventListener, useResizeObserver } from '@vueuse/core'
import { ref } from 'vue'

/** So near to the end the reader means the end. */
const NEAR_END_PX = 40

export interface ScrollBox {
  readonly scrollTop: number
  readonly scrollHeight: number
  readonly clientHeight: number
}

export function isAtEnd(box: ScrollBox): boolean {
  return box.scrollHeight - box.clientHeight - box.scrollTop <= NEAR_END_PX
}

/**
 * Whether the view follows the end, after the box was scrolled. Growing content moves the end away without the reader having
 * done anything, so only moving up lets go.
 */
export function followsAfterScroll(follows: boolean, formerTop: number, box: ScrollBox): boolean {
  if (isAtEnd(box))
    return true
  return box.scrollTop < formerTop ? false : follows
}

/** Keeps a scrolling box at its end while its content grows, until the reader scrolls up. */
export function useStickToEnd(box: Ref<HTMLElement | null>, content: Ref<HTMLElement | null>): { readonly follows: Ref<boolean>, readonly toEnd: () => void } {
  const follows = ref(true)
  let formerTop = 0

  function toEnd(): void {
    follows.value = true
    if (box.value) {
      box.value.scrollTop = box.value.scrollHeight
      formerTop = box.value.scrollTop
    }
  }

  useEventListener(box, 'scroll', () => {
    if (!box.value)
      return
    follows.value = followsAfterScroll(follows.value, formerTop, box.value)
    formerTop = box.value.scrollTop
  }, { passive: true })

  useResizeObserver([box, content], () => {
    if (follows.value)
      toEnd()
  })

  return { follows, toEnd }
}
