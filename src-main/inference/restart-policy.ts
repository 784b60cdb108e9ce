import type { LocalKind } from './protocol'

/** What to do after the child was lost. */
export interface Verdict {
  /** Kinds not to be loaded again: the child died with them twice. */
  readonly corrupt: readonly LocalKind[]
  /** No more tries: it died too often while loading, and not by one kind's fault. */
  readonly giveUp: boolean
  readonly delayMs: number
}

export interface LoadingKind {
  readonly kind: LocalKind
  /** A library had begun to open its files; if none had, the child died of something else. */
  readonly opened: boolean
}

/**
 * Tells a broken model from bad luck. A native library may end the process on a broken file, so after a death while
 * loading, kinds load one at a time: who is loading at the next death is the one.
 */
export interface RestartPolicy {
  /** Load one kind after the other. */
  readonly careful: boolean
  loaded: (kind: LocalKind) => void
  lost: (loading: readonly LoadingKind[], nowMs: number) => Verdict
  /** A model was replaced: what it did before does not count. */
  forgive: (kind: LocalKind) => void
}

const WINDOW_MS = 60_000
const MAX_DEATHS_WHILE_LOADING = 3
const DEATHS_OF_A_CORRUPT_KIND = 2
const DELAYS_MS = [0, 250, 1000, 4000] as const

export function createRestartPolicy(): RestartPolicy {
  const suspicion = new Map<LocalKind, number>()
  let deathsMs: number[] = []
  let deathsWhileLoadingMs: number[] = []
  const since = (times: readonly number[], nowMs: number): number[] => times.filter(time => nowMs - time < WINDOW_MS)

  return {
    get careful() {
      return suspicion.size > 0
    },
    loaded(kind) {
      suspicion.delete(kind)
    },
    forgive(kind) {
      suspicion.delete(kind)
      deathsWhileLoadingMs = []
    },
    lost(loading, nowMs) {
      deathsMs = [...since(deathsMs, nowMs), nowMs]
      const delayMs = DELAYS_MS[Math.min(deathsMs.length, DELAYS_MS.length) - 1] as number
      if (loading.length === 0)
        return { corrupt: [], giveUp: false, delayMs }
      const opened = loading.filter(each => each.opened).map(each => each.kind)
      for (const kind of opened)
        suspicion.set(kind, (suspicion.get(kind) ?? 0) + 1)
      const corrupt = loading.length === 1 ? opened.filter(kind => (suspicion.get(kind) ?? 0) >= DEATHS_OF_A_CORRUPT_KIND) : []
      for (const kind of corrupt)
        suspicion.delete(kind)
      deathsWhileLoadingMs = corrupt.length > 0 ? [] : [...since(deathsWhileLoadingMs, nowMs), nowMs]
      return { corrupt, giveUp: deathsWhileLoadingMs.length >= MAX_DEATHS_WHILE_LOADING, delayMs }
    },
  }
}
