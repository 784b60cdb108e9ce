import { onScopeDispose } from 'vue'

/** A window that is not shown paints no frames; its text still has to be there. */
const HIDDEN_WINDOW_MS = 100

export interface FrameOptions {
  /** So long after a run, or after the scope's own first picture, comes the next one at the earliest; 0: with every frame. */
  readonly everyMs?: number | (() => number)
}

/** Calls `run` at most once a frame however often it is asked to, and never after the scope has ended. */
export function useFrame(run: () => void, { everyMs = 0 }: FrameOptions = {}): () => void {
  let cancel: (() => void) | null = null
  let lastMs = performance.now()

  function fire(): void {
    cancel = null
    lastMs = performance.now()
    run()
  }

  function later(ms: number, then: () => void): void {
    const timer = setTimeout(then, ms)
    cancel = () => clearTimeout(timer)
  }

  function nextFrame(): void {
    if (document.hidden)
      return later(HIDDEN_WINDOW_MS, fire)
    const frame = requestAnimationFrame(fire)
    cancel = () => cancelAnimationFrame(frame)
  }

  onScopeDispose(() => cancel?.())

  return () => {
    if (cancel)
      return
    const restMs = lastMs + (typeof everyMs === 'function' ? everyMs() : everyMs) - performance.now()
    if (restMs > 0)
      later(restMs, nextFrame)
    else
      nextFrame()
  }
}
