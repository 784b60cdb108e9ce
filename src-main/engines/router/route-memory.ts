import type { AppError, ErrorCode } from '../../lib/app-error'
import type { Clock } from '../../ports/clock'
import type { EnginePart, PrivacyClass } from '../../ports/route'
import type { BreakerView } from './breaker'
import type { ConnectionState, RoutePolicy, RouteTarget } from './candidates'
import type { LatencyKey } from './latency'
import type { CandidateFacts, Ranking } from './ranking'
import { Breakers } from './breaker'
import { FailureBook } from './failure-book'
import { LatencyBook } from './latency'
import { FAILURE_PENALTY_MS, rank } from './ranking'

/** What becomes of one request, told once each; every attempt ends with `done`, `failed` or `left`. */
export interface AttemptLog {
  /** Its first output came, so long after it was asked. */
  answered: (tookMs: number) => void
  failed: (error: AppError) => void
  /** Given up for another, or the turn was stopped; null when it had answered. */
  left: (waitedMs: number | null) => void
  done: () => void
}

export interface RankOptions {
  readonly conversationId?: string | undefined
  /** False: only a look, no turn. */
  readonly turn: boolean
}

export interface RouteMemoryOptions {
  readonly clock: Clock
  /** Whether there is no network. Absent: never. */
  readonly offline?: () => boolean
}

/** Conversations whose service is remembered. */
const MOST_CONVERSATIONS = 200
/** So long after a request found no network, others that go as far are not waited for: a name server may take seconds to say so. */
const OFFLINE_MS = 5_000
/** Sooner than this nothing is late, however fast it usually is. */
export const LATE_FLOOR_MS = 300
/** When something that was never measured is late. */
const LATE_UNMEASURED_MS = 1_000

/** What was learned of the services in this run: one for all parts of the program. Opens nothing. */
export class RouteMemory {
  readonly #clock: Clock
  readonly #offline: () => boolean
  readonly #latency = new LatencyBook()
  readonly #failures = new FailureBook()
  readonly #breakers = new Breakers()
  readonly #offlineUntilMs = new Map<PrivacyClass, number>()
  readonly #turns: Record<EnginePart, number> = { asr: 0, chat: 0, tts: 0 }
  readonly #sticky = new Map<string, Pick<RouteTarget, 'serviceId' | 'model'>>()
  readonly #lastErrors = new Map<string, ErrorCode>()

  constructor({ clock, offline = () => false }: RouteMemoryOptions) {
    this.#clock = clock
    this.#offline = offline
  }

  rank<C extends RouteTarget>(part: EnginePart, candidates: readonly C[], policy: RoutePolicy, { conversationId, turn }: RankOptions): Ranking<C> {
    if (turn)
      this.#turns[part]++
    const nowMs = this.#clock.nowMs()
    return rank({
      facts: candidates.map(candidate => this.#factsOf(part, candidate, nowMs)),
      policy,
      nowMs,
      sticky: conversationId === undefined ? null : this.#sticky.get(partId(part, conversationId)) ?? null,
      offline: this.#unreachable(nowMs),
    })
  }

  /** After so long without an output another one is worth starting. */
  lateAfterMs(part: EnginePart, candidate: RouteTarget): number {
    const { p95Ms } = this.#latency.estimate(keyOf(part, candidate), candidate.privacy, this.#turns[part])
    return Math.max(LATE_FLOOR_MS, p95Ms ?? LATE_UNMEASURED_MS)
  }

  /** A request goes out now. */
  begin(part: EnginePart, candidate: RouteTarget, conversationId?: string): AttemptLog {
    const { serviceId, privacy } = candidate
    // The connection is warm afterwards; what it was beforehand is what was measured.
    const key = keyOf(part, candidate)
    this.#breakers.begin(serviceId, part, this.#clock.nowMs())
    return {
      answered: (tookMs) => {
        this.#latency.observe(key, tookMs, this.#turns[part])
        this.#offlineUntilMs.delete(privacy)
        if (conversationId !== undefined)
          this.#stick(part, conversationId, candidate)
      },
      failed: (error) => {
        if (error.code !== 'aborted')
          this.#lastErrors.set(partId(part, serviceId), error.code)
        this.#breakers.failed(serviceId, part, error, this.#clock.nowMs())
        // Without a network there is no telling how the service is.
        if (error.code === 'offline')
          this.#offlineUntilMs.set(candidate.privacy, this.#clock.nowMs() + OFFLINE_MS)
        else if (error.code !== 'aborted')
          this.#failures.failed(serviceId, part, this.#turns[part])
      },
      left: (waitedMs) => {
        this.#breakers.release(serviceId, part)
        if (waitedMs !== null)
          this.#latency.observeAtLeast(key, waitedMs, privacy, this.#turns[part])
      },
      done: () => {
        this.#lastErrors.delete(partId(part, serviceId))
        this.#breakers.succeeded(serviceId, part)
        this.#failures.succeeded(serviceId, part, this.#turns[part])
      },
    }
  }

  /** For the services page: what is to be expected of it; null before anything was measured. */
  measuredMs(part: EnginePart, target: RouteTarget): number | null {
    const { expectedMs, measured } = this.#latency.estimate(keyOf(part, target), target.privacy, this.#turns[part])
    return measured ? expectedMs : null
  }

  /** For the services page. */
  breaker(serviceId: string, part: EnginePart): BreakerView {
    return this.#breakers.view(serviceId, part, this.#clock.nowMs())
  }

  /** What its last request failed with; null: it did not. */
  lastError(serviceId: string, part: EnginePart): ErrorCode | null {
    return this.#lastErrors.get(partId(part, serviceId)) ?? null
  }

  /** The service's key, address or models were changed: it is asked again at once. */
  settingsChanged(serviceId: string): void {
    this.#breakers.settingsChanged(serviceId)
    this.#failures.settingsChanged(serviceId)
    for (const part of ['asr', 'chat', 'tts'] as const)
      this.#lastErrors.delete(partId(part, serviceId))
  }

  #factsOf<C extends RouteTarget>(part: EnginePart, candidate: C, nowMs: number): CandidateFacts<C> {
    const turn = this.#turns[part]
    const { expectedMs, measured } = this.#latency.estimate(keyOf(part, candidate), candidate.privacy, turn)
    return {
      candidate,
      expectedMs,
      measured,
      penaltyMs: FAILURE_PENALTY_MS * this.#failures.weight(candidate.serviceId, part, turn),
      breaker: this.#breakers.view(candidate.serviceId, part, nowMs),
      ready: candidate.ready?.() ?? true,
    }
  }

  #unreachable(nowMs: number): ReadonlySet<PrivacyClass> {
    const classes = new Set<PrivacyClass>(this.#offline() ? ['network', 'internet'] : [])
    for (const [privacy, untilMs] of this.#offlineUntilMs) {
      if (nowMs < untilMs)
        classes.add(privacy)
    }
    return classes
  }

  #stick(part: EnginePart, conversationId: string, { serviceId, model }: RouteTarget): void {
    const id = partId(part, conversationId)
    this.#sticky.delete(id)
    this.#sticky.set(id, { serviceId, model })
    const [oldest] = this.#sticky.keys()
    if (this.#sticky.size > MOST_CONVERSATIONS && oldest !== undefined)
      this.#sticky.delete(oldest)
  }
}

function keyOf(part: EnginePart, { serviceId, model, connection }: RouteTarget): LatencyKey {
  const state: ConnectionState = connection?.() ?? 'warm'
  return { serviceId, model, part, connection: state }
}

/** Of one part of a service, or of a conversation. */
function partId(part: EnginePart, id: string): string {
  return `${part}\n${id}`
}
