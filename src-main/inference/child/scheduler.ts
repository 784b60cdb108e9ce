import { availableParallelism } from 'node:os'
import { raceAbort } from '../../lib/abort'

/**
 * Who computes when. Both libraries spin while they wait for their own threads, so on few cores two computations at
 * once take far longer than one after the other. Sound comes first: decoding speech and making speech are short and
 * somebody waits for them; writing the reply is many short steps, and waits between two of them.
 */
export class ComputeGate {
  #running = 0
  #quiet: (() => void)[] = []
  readonly #shared: boolean

  /** `shared`: there are cores enough for both at once, nobody waits. */
  constructor(options: { readonly shared: boolean }) {
    this.#shared = options.shared
  }

  /** Urgent work: begins at once. */
  async urgent<T>(work: () => Promise<T>): Promise<T> {
    this.#running++
    try {
      return await work()
    }
    finally {
      this.#running--
      if (this.#running === 0) {
        const waiting = this.#quiet
        this.#quiet = []
        for (const resume of waiting)
          resume()
      }
    }
  }

  get busy(): boolean {
    return !this.#shared && this.#running > 0
  }

  /** Before a step of patient work: resolves when nothing urgent runs. Throws `signal.reason`. */
  async quiet(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    while (this.busy) {
      await raceAbort(new Promise<void>((resolve) => {
        this.#quiet.push(resolve)
      }), signal)
    }
  }
}

const CORES = availableParallelism()

/** All of a small machine; on a larger one not every (hyper-threaded) core: the last ones bring nothing. */
export const COMPUTE_THREADS = CORES <= 4 ? CORES : Math.min(8, Math.ceil(CORES / 2))

/** The one of this process. */
export const computeGate = new ComputeGate({ shared: CORES >= 2 * COMPUTE_THREADS && CORES > 4 })
