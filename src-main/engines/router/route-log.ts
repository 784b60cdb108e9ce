import type { Clock } from '../../ports/clock'
import type { ChoiceReason, EnginePart, OnRoute, RouteAttempt, RouteReport, RouteSkip } from '../../ports/route'
import type { RouteTarget } from './candidates'
import type { Ranking } from './ranking'

/** One attempt, in the hands of whoever makes it. */
export type AttemptEntry = { -readonly [K in keyof RouteAttempt]: RouteAttempt[K] }

/** Builds the report of a route and tells it whenever something of it changes. */
export class RouteLog {
  readonly #part: EnginePart
  readonly #clock: Clock
  readonly #onRoute: OnRoute | undefined
  readonly #startMs: number
  readonly #attempts: AttemptEntry[] = []
  readonly #expectedMs: number | null
  #skipped: readonly RouteSkip[]
  #why: ChoiceReason
  #servedBy: string | null = null

  constructor(part: EnginePart, { why, expectedMs, skipped }: Ranking<RouteTarget>, clock: Clock, onRoute: OnRoute | undefined) {
    this.#part = part
    this.#clock = clock
    this.#onRoute = onRoute
    this.#startMs = clock.nowMs()
    this.#why = why
    this.#expectedMs = expectedMs
    this.#skipped = skipped
  }

  /** Milliseconds since the part was asked for. */
  nowMs(): number {
    return this.#clock.nowMs() - this.#startMs
  }

  begin({ serviceId, model }: RouteTarget, hedge: boolean): AttemptEntry {
    const entry: AttemptEntry = { serviceId, model, outcome: 'stopped', errorCode: null, startMs: this.nowMs(), firstOutputMs: null, endMs: null, hedge, delivery: null }
    this.#attempts.push(entry)
    this.tell()
    return entry
  }

  /** It is this attempt's output that is taken. */
  serves(entry: AttemptEntry): void {
    entry.firstOutputMs ??= this.nowMs()
    this.#servedBy = entry.serviceId
    if (entry.hedge)
      this.#why = 'hedge'
    else if (this.#attempts[0] !== entry)
      this.#why = 'fallback'
    this.tell()
  }

  end(entry: AttemptEntry, change: Pick<AttemptEntry, 'outcome'> & Partial<AttemptEntry>): void {
    if (entry.endMs !== null)
      return
    Object.assign(entry, { endMs: this.nowMs(), ...change })
    this.tell()
  }

  skip(serviceId: string, reason: RouteSkip['reason']): void {
    this.#skipped = [...this.#skipped, { serviceId, reason }]
  }

  tell(): void {
    this.#onRoute?.(this.report())
  }

  report(): RouteReport {
    return {
      part: this.#part,
      servedBy: this.#servedBy,
      why: this.#why,
      expectedMs: this.#expectedMs,
      attempts: this.#attempts.map(entry => ({ ...entry })),
      // What was asked after all (nothing else was left) was not skipped.
      skipped: this.#skipped.filter(({ serviceId }) => !this.#attempts.some(entry => entry.serviceId === serviceId)),
    }
  }
}
