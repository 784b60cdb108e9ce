/**
 * How many threads to compute with. llama.cpp's threads wait for each other by spinning: with a core to each, two are
 * nearly twice as fast as one; as soon as another program takes one of the cores, they are ten times slower than one.
 * So there are never more threads than free cores, and a step that took far too long has the next ones done by one.
 */
export interface ThreadChoice {
  /** For the next step: a token. */
  threads: (nowMs: number) => number
  /** For a batch of a prompt: large pieces of work, which wait for each other less often. */
  batchThreads: (nowMs: number) => number
  /** How long one token took with so many threads. */
  learnStep: (threads: number, tookMs: number, nowMs: number) => void
  /** A batch of a prompt took so many times as long as batches usually do. */
  learnBatch: (threads: number, timesUsual: number, nowMs: number) => void
}

export interface ThreadChoiceOptions {
  readonly maxThreads: number
  readonly cores: number
  /** Cores other programs have been using of late. */
  readonly othersCores: () => number
}

/** A core used up to so much still counts as free: the system, a window that draws. */
const SHARED_CORE = 0.4
/** A step so many times as long as the best ones was disturbed. */
const DISTURBED = 3
/** How long one thread does it after that. */
const ALONE_MS = 2000

export function createThreadChoice({ maxThreads, cores, othersCores }: ThreadChoiceOptions): ThreadChoice {
  let bestStepMs = Number.POSITIVE_INFINITY
  let aloneUntilMs = Number.NEGATIVE_INFINITY

  function disturbed(threads: number, nowMs: number): void {
    if (threads > 1)
      aloneUntilMs = nowMs + ALONE_MS
  }

  return {
    threads(nowMs) {
      const free = Math.floor(cores - othersCores() + SHARED_CORE)
      return nowMs < aloneUntilMs ? 1 : Math.max(1, Math.min(maxThreads, free))
    },
    batchThreads: nowMs => nowMs < aloneUntilMs ? 1 : maxThreads,
    learnStep(threads, tookMs, nowMs) {
      if (tookMs > DISTURBED * bestStepMs)
        disturbed(threads, nowMs)
      bestStepMs = Math.min(bestStepMs, tookMs)
    },
    learnBatch(threads, timesUsual, nowMs) {
      if (timesUsual > DISTURBED)
        disturbed(threads, nowMs)
    },
  }
}
