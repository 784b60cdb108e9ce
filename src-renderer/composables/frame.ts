import { onScopeDispose } from 'vue'

/** A window that is not shown paints no frames; its text still has to be there. */
const HIDDEN_WINDOW_MS = 100

/** Calls `run` at most once a frame however often it is asked to, and never after the scope has ended. */
export function useFrame(run: () => void): () => void {
  let cancel: (() => void) | null = null

  function fire(): void {
    cancel = null
    run()
  }

  onScopeDispose(() => cancel?.())

  return () => {
    if (cancel)
      return
    if (document.hidden) {
      const timer = setTimeout(fire, HIDDEN_WINDOW_MS)
      cancel = () => clearTimeout(timer)
    }
    else {
      const frame = requestAnimationFrame(fire)
      cancel = () => cancelAnimationFrame(frame)
    }
  }
}
