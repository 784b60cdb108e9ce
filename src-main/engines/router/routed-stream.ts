import type { Clock } from '../../ports/clock'
import type { EnginePart, OnRoute } from '../../ports/route'
import type { RouteTarget } from './candidates'
import type { RankedCandidate, Ranking } from './ranking'
import type { AttemptEntry } from './route-log'
import type { AttemptLog } from './route-memory'
import { abortReason, raceAbort } from '../../lib/abort'
import { AppError, toAppError } from '../../lib/app-error'
import { noServiceError } from './no-service'
import { RouteLog } from './route-log'

/** When a second candidate is started beside the first. */
export interface HedgePlan<C> {
  /** Calls `late` once when this attempt has taken too long. Returns the way to stop watching. */
  readonly watch: (candidate: C, late: () => void) => () => void
  /** Which one to start then, if it is still to be tried; absent: the next in order. */
  readonly prefer?: (candidate: C) => boolean
  /** No other than the preferred one. */
  readonly noOther?: boolean
}

export interface RouteStreamOptions<T, C extends RouteTarget> {
  readonly part: EnginePart
  readonly ranking: Ranking<C>
  readonly start: (candidate: C, signal: AbortSignal) => AsyncIterable<T>
  /** False: there is nothing any more that this candidate could be given. Absent: always true. */
  readonly mayStart?: (candidate: C) => boolean
  /** From the first such event on the attempt is the one: nothing is tried again, and errors are the consumer's. */
  readonly isOutput: (event: T) => boolean
  /** What somebody waits for, and what is measured; absent: any output. */
  readonly isAnswer?: (event: T) => boolean
  /** Nothing that matters follows it: whoever leaves then was served whole. */
  readonly isLast?: (event: T) => boolean
  readonly observe: (candidate: C, hedge: boolean) => AttemptLog
  readonly clock: Clock
  /** 0 to below 1. */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Null: never a second one. */
  readonly hedge: HedgePlan<C> | null
  /** How long failures are tried again, from `waitingSinceMs`. */
  readonly patienceMs?: number
  readonly mostRetries?: number
  /** When somebody began to wait, if later than the call; null: not yet. */
  readonly waitingSinceMs?: () => number | null
  /** How long this attempt took, when that is not from its start to now; null: nothing to learn from it. */
  readonly tookMs?: (candidate: C, startMs: number) => number | null
  readonly onRoute?: OnRoute | undefined
}

export const PATIENCE_MS = 8_000
const MOST_RETRIES = 5
const FIRST_BACKOFF_MS = 250
const LONGEST_BACKOFF_MS = 4_000
/** Outputs that all come within this are a burst: the service wrote the reply before it sent it. */
const BURST_MS = 30

/**
 * One stream out of several that can give it. What comes before the first output is held back; a candidate that fails
 * before it is left for the next, and when none is left they are tried again, after a jittered pause and never sooner than
 * they asked for. Throws `signal.reason` on abort, else what the first candidate failed with when nothing helped.
 */
export async function* routeStream<T, C extends RouteTarget>(options: RouteStreamOptions<T, C>): AsyncGenerator<T, void, undefined> {
  options.signal.throwIfAborted()
  const race = new Race(options)
  try {
    yield* race.serve(await race.winner())
  }
  finally {
    race.close()
  }
}

interface Attempt<T, C> {
  readonly candidate: C
  readonly entry: AttemptEntry
  readonly log: AttemptLog
  readonly controller: AbortController
  readonly startMs: number
  /** Came before the first output, and the first output itself. */
  readonly held: T[]
  iterator: AsyncIterator<T> | null
  answered: boolean
  over: boolean
}

/** A candidate as this route has seen it. */
interface Runner<C extends RouteTarget> extends RankedCandidate<C> {
  tried: boolean
  failure: { readonly thrown: unknown, readonly error: AppError } | null
  askedUntilMs: number
}

type Happening<T, C>
  = | { readonly kind: 'output', readonly attempt: Attempt<T, C> }
    | { readonly kind: 'failed', readonly attempt: Attempt<T, C>, readonly thrown: unknown }
    | { readonly kind: 'late' }
    | { readonly kind: 'retry' }
    | { readonly kind: 'aborted' }

class Race<T, C extends RouteTarget> {
  readonly #options: RouteStreamOptions<T, C>
  readonly #report: RouteLog
  readonly #calledMs: number
  #runners: Runner<C>[]
  readonly #running = new Set<Attempt<T, C>>()
  #happened: Happening<T, C>[] = []
  #wake: (() => void) | null = null
  #retries = 0
  #late = false
  #stopWatching: () => void = () => {}
  #cancelRetry: () => void = () => {}
  readonly #onAbort: () => void

  constructor(options: RouteStreamOptions<T, C>) {
    this.#options = options
    this.#calledMs = options.clock.nowMs()
    this.#report = new RouteLog(options.part, options.ranking, options.clock, options.onRoute)
    this.#runners = options.ranking.ordered.map(ranked => ({ ...ranked, tried: false, failure: null, askedUntilMs: ranked.notBeforeMs ?? 0 }))
    this.#onAbort = () => {
      for (const { controller } of this.#running)
        controller.abort(options.signal.reason)
      this.#post({ kind: 'aborted' })
    }
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** The attempt whose output is taken; the others are stopped. */
  async winner(): Promise<Attempt<T, C>> {
    if (this.#runners.length === 0) {
      this.#report.tell()
      throw noServiceError(this.#options.part, this.#options.ranking.skipped)
    }
    this.#next()
    for (;;) {
      const happening = await this.#happening()
      switch (happening.kind) {
        case 'aborted':
          throw this.#options.signal.reason
        case 'late':
          this.#late = true
          this.#startHedge()
          break
        case 'retry':
          this.#retry()
          break
        case 'failed':
          if (!happening.attempt.over)
            this.#failed(happening.attempt, happening.thrown)
          break
        case 'output':
          if (!happening.attempt.over)
            return this.#won(happening.attempt)
      }
    }
  }

  async* serve(attempt: Attempt<T, C>): AsyncGenerator<T, void, undefined> {
    const { isLast, signal } = this.#options
    const outputs = new Delivery(this.#options.clock)
    try {
      for await (const event of this.#events(attempt)) {
        this.#noteAnswer(attempt, event)
        if (this.#options.isOutput(event))
          outputs.note()
        if (isLast?.(event))
          this.#served(attempt, outputs)
        yield event
        signal.throwIfAborted()
      }
      this.#served(attempt, outputs)
    }
    catch (error) {
      // What the consumer throws does not come here: this is the service, or the caller's abort.
      if (!signal.aborted && !attempt.over)
        this.#lost(attempt, error)
      throw error
    }
  }

  /** Nothing of it runs or waits any more. Idempotent. */
  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#stopWatching()
    this.#cancelRetry()
    for (const attempt of this.#running) {
      if (attempt.over) {
        // Served: it is let go, not aborted, so that it may keep its connection.
        attempt.iterator?.return?.()?.catch(() => {})
        continue
      }
      attempt.log.left(attempt.answered ? null : this.#tookMs(attempt))
      this.#stop(attempt, { outcome: 'stopped' })
    }
    this.#running.clear()
  }

  // --- attempts ---

  #start(runner: Runner<C>, hedge: boolean): void {
    const { candidate } = runner
    runner.tried = true
    const attempt: Attempt<T, C> = {
      candidate,
      entry: this.#report.begin(candidate, hedge),
      log: this.#options.observe(candidate, hedge),
      controller: new AbortController(),
      startMs: this.#options.clock.nowMs(),
      held: [],
      iterator: null,
      answered: false,
      over: false,
    }
    this.#running.add(attempt)
    void this.#pump(attempt)
    if (!hedge)
      this.#watch(candidate)
  }

  /** Pulls up to the first output. Never rejects. */
  async #pump(attempt: Attempt<T, C>): Promise<void> {
    try {
      attempt.iterator = this.#options.start(attempt.candidate, attempt.controller.signal)[Symbol.asyncIterator]()
      while (!attempt.over) {
        const next = await attempt.iterator.next()
        if (next.done)
          throw new AppError('service-failed', 'The stream ended before it began.', { retryable: true, params: { service: attempt.candidate.serviceId } })
        attempt.held.push(next.value)
        if (this.#options.isOutput(next.value))
          return this.#post({ kind: 'output', attempt })
      }
    }
    catch (thrown) {
      this.#post({ kind: 'failed', attempt, thrown })
    }
  }

  async* #events(attempt: Attempt<T, C>): AsyncGenerator<T, void, undefined> {
    yield* attempt.held
    attempt.held.length = 0
    for (;;) {
      const next = await raceAbort((attempt.iterator as AsyncIterator<T>).next(), this.#options.signal)
      if (next.done)
        return
      yield next.value
    }
  }

  #stop(attempt: Attempt<T, C>, end: Pick<AttemptEntry, 'outcome'> & Partial<AttemptEntry>): void {
    attempt.over = true
    this.#report.end(attempt.entry, end)
    this.#running.delete(attempt)
    attempt.controller.abort(this.#options.signal.aborted ? this.#options.signal.reason : abortReason('not needed any more'))
    // Not waited for: it may be waiting for something that never comes.
    attempt.iterator?.return?.()?.catch(() => {})
  }

  // --- what comes next ---

  #next(): void {
    const runner = this.#untried()
    if (runner)
      this.#start(runner, false)
    else
      this.#planRetry()
  }

  #mayStart({ candidate }: Runner<C>): boolean {
    return this.#options.mayStart?.(candidate) ?? true
  }

  #untried(): Runner<C> | undefined {
    const nowMs = this.#options.clock.nowMs()
    return this.#runners.find(runner => !runner.tried && runner.askedUntilMs <= nowMs && this.#mayStart(runner))
  }

  #startHedge(): void {
    const { hedge } = this.#options
    const nowMs = this.#options.clock.nowMs()
    const able = this.#runners.filter(runner => !runner.tried && runner.ready && runner.askedUntilMs <= nowMs && this.#mayStart(runner))
    const second = able.find(({ candidate }) => hedge?.prefer?.(candidate)) ?? (hedge?.noOther ? undefined : able[0])
    if (second && this.#running.size < 2)
      this.#start(second, true)
  }

  #watch(candidate: C): void {
    this.#stopWatching()
    this.#late = false
    this.#stopWatching = this.#options.hedge?.watch(candidate, () => this.#post({ kind: 'late' })) ?? (() => {})
  }

  #failed(attempt: Attempt<T, C>, thrown: unknown): void {
    const error = toAppError(thrown)
    attempt.log.failed(error)
    this.#stop(attempt, { outcome: 'failed', errorCode: error.code })
    const runner = this.#runners.find(({ candidate }) => candidate === attempt.candidate)
    if (runner) {
      const askedMs = error.params['retryAfterMs']
      runner.failure = { thrown, error }
      runner.askedUntilMs = typeof askedMs === 'number' ? this.#options.clock.nowMs() + askedMs : 0
    }
    if (error.code === 'offline')
      this.#putLast(attempt.candidate)
    const [other] = this.#running
    if (!other)
      this.#next()
    else if (attempt.entry.hedge && this.#late)
      this.#startHedge()
    else
      this.#watch(other.candidate)
  }

  /** What goes as far as one that found no network is asked after what does not. */
  #putLast({ privacy }: C): void {
    const far = this.#runners.filter(({ candidate, tried }) => !tried && candidate.privacy === privacy)
    const rest = this.#runners.filter(runner => !far.includes(runner))
    if (!rest.some(({ tried }) => !tried))
      return
    for (const { candidate } of far)
      this.#report.skip(candidate.serviceId, 'offline')
    this.#runners = [...rest, ...far]
  }

  /** The one that may be asked soonest; of equals, the first in order. */
  #soonest(delayMs: number): { readonly runner: Runner<C>, readonly atMs: number } | null {
    const nowMs = this.#options.clock.nowMs()
    let soonest: { runner: Runner<C>, atMs: number } | null = null
    for (const runner of this.#runners) {
      if ((runner.tried && !runner.failure?.error.retryable) || !this.#mayStart(runner))
        continue
      const atMs = Math.max(nowMs + (runner.tried ? delayMs : 0), runner.askedUntilMs)
      if (soonest === null || atMs < soonest.atMs)
        soonest = { runner, atMs }
    }
    return soonest
  }

  #planRetry(): void {
    const { clock, random, patienceMs = PATIENCE_MS, mostRetries = MOST_RETRIES, waitingSinceMs } = this.#options
    const nowMs = clock.nowMs()
    const delayMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#retries) * (0.5 + random() / 2)
    const soonest = this.#soonest(delayMs)
    const sinceMs = Math.max(this.#calledMs, waitingSinceMs ? waitingSinceMs() ?? nowMs : 0)
    if (!soonest || this.#retries >= mostRetries || soonest.atMs - sinceMs > patienceMs)
      throw this.#failure(soonest?.atMs ?? nowMs)
    this.#retries++
    this.#cancelRetry = clock.after(soonest.atMs - nowMs, () => this.#post({ kind: 'retry' }))
  }

  #retry(): void {
    const soonest = this.#soonest(0)
    if (!soonest)
      throw this.#failure(this.#options.clock.nowMs())
    this.#start(soonest.runner, false)
  }

  #failure(againAtMs: number): unknown {
    const first = this.#runners.find(({ failure }) => failure !== null)
    // Nobody was asked: they all want to be left alone for longer than this can wait.
    return first?.failure?.thrown ?? new AppError('service-busy', 'The service asks to be left alone for a while.', {
      retryable: true,
      params: { service: this.#runners[0]?.candidate.serviceId ?? '', retryAfterMs: Math.round(againAtMs - this.#options.clock.nowMs()) },
    })
  }

  // --- the winner ---

  #won(attempt: Attempt<T, C>): Attempt<T, C> {
    this.#stopWatching()
    this.#cancelRetry()
    this.#report.serves(attempt.entry)
    for (const other of [...this.#running]) {
      if (other === attempt)
        continue
      other.log.left(this.#tookMs(other))
      this.#stop(other, { outcome: 'lost' })
    }
    return attempt
  }

  #noteAnswer(attempt: Attempt<T, C>, event: T): void {
    const { isAnswer, isOutput } = this.#options
    if (attempt.answered || !(isAnswer ?? isOutput)(event))
      return
    attempt.answered = true
    const tookMs = this.#tookMs(attempt)
    if (tookMs !== null)
      attempt.log.answered(tookMs)
  }

  #tookMs({ candidate, startMs }: Attempt<T, C>): number | null {
    const { tookMs, clock } = this.#options
    return tookMs ? tookMs(candidate, startMs) : clock.nowMs() - startMs
  }

  #served(attempt: Attempt<T, C>, outputs: Delivery): void {
    if (attempt.over)
      return
    attempt.over = true
    attempt.log.done()
    this.#report.end(attempt.entry, { outcome: 'served', delivery: this.#options.part === 'chat' ? outputs.kind() : null })
  }

  /** In the middle of what it gave. */
  #lost(attempt: Attempt<T, C>, thrown: unknown): void {
    const error = toAppError(thrown)
    attempt.log.failed(error)
    this.#stop(attempt, { outcome: 'failed', errorCode: error.code })
  }

  // --- happenings, one after the other ---

  #post(happening: Happening<T, C>): void {
    this.#happened.push(happening)
    this.#wake?.()
    this.#wake = null
  }

  async #happening(): Promise<Happening<T, C>> {
    // The caller's stop comes before anything that was on its way.
    this.#options.signal.throwIfAborted()
    while (this.#happened.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#options.signal.throwIfAborted()
    return this.#happened.shift() as Happening<T, C>
  }
}

/** How an answer came, from when its outputs came. */
class Delivery {
  readonly #clock: Clock
  #count = 0
  #firstMs = 0
  #lastMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(): void {
    this.#lastMs = this.#clock.nowMs()
    if (this.#count++ === 0)
      this.#firstMs = this.#lastMs
  }

  kind(): 'stream' | 'burst' | 'whole' {
    // The last of a reply, and one piece of text before it.
    if (this.#count <= 2)
      return 'whole'
    return this.#lastMs - this.#firstMs < BURST_MS ? 'burst' : 'stream'
  }
}
