import type { TtsEngine, TtsOptions } from '../../ports/tts-engine'
import type { Candidate } from './candidates'
import type { RankedCandidate, Ranking } from './ranking'
import type { AttemptEntry } from './route-log'
import type { AttemptLog } from './route-memory'
import type { HedgePlan } from './routed-stream'
import type { RouterDeps } from './router-deps'
import { AppError } from '../../lib/app-error'
import { LOCAL_SERVICE } from '../../ports/route'
import { RouteLog } from './route-log'

export type Voice = Candidate<TtsEngine>

interface VoiceRecord {
  readonly entry: AttemptEntry
  readonly log: AttemptLog
  readonly startMs: number
  answered: boolean
  over: boolean
}

/** A piece that is not the first may be later: what was made before it is still being heard. */
const LATER_PIECES_FACTOR = 3
const LATER_PIECES_LATE_MS = 1_500

/**
 * Which voice speaks a reply. One for the whole of it: the pieces share what they learn, a voice that failed at one is
 * left by the others at once, and what is told of it is one attempt of each voice, however many pieces it spoke.
 */
export class SpeechRoute {
  readonly ranking: Ranking<Voice>
  readonly #deps: RouterDeps<TtsEngine>
  readonly #conversationId: string | undefined
  readonly #signal: AbortSignal
  readonly #hedge: boolean
  readonly #report: RouteLog
  readonly #records = new Map<Voice, VoiceRecord>()
  readonly #failed = new Set<Voice>()
  readonly #leaving = new Map<Voice, AbortController>()
  /** Those that asked to be left alone, until when. */
  readonly #askedUntilMs = new Map<Voice, number>()
  #current: Voice | null = null

  constructor(deps: RouterDeps<TtsEngine>, { conversationId, onRoute }: TtsOptions, signal: AbortSignal) {
    const policy = deps.policy()
    this.#deps = deps
    this.#conversationId = conversationId
    this.#signal = signal
    this.#hedge = policy.hedge
    this.ranking = deps.memory.rank('tts', deps.candidates(), policy, { conversationId, turn: true })
    this.#report = new RouteLog('tts', this.ranking, deps.clock, onRoute)
    if (this.ranking.ordered.length === 0)
      this.#report.tell()
  }

  /** For the next piece: the voice that speaks first, those that failed last. */
  rankingNow(): Ranking<Voice> {
    const place = ({ candidate }: RankedCandidate<Voice>): number => candidate === this.#current ? 0 : this.#failed.has(candidate) ? 2 : 1
    const ordered = this.ranking.ordered.map(ranked => ({ ...ranked, notBeforeMs: this.#askedUntilMs.get(ranked.candidate) ?? ranked.notBeforeMs }))
    return { ...this.ranking, ordered: ordered.sort((a, b) => place(a) - place(b)) }
  }

  hedgePlan(firstPiece: boolean): HedgePlan<Voice> | null {
    const { memory, clock } = this.#deps
    if (!this.#hedge)
      return null
    return {
      watch(voice, late) {
        if (firstPiece)
          return clock.after(memory.lateAfterMs('tts', voice), late)
        // The built-in voice makes one piece after the other: when it begins this one is not to be foreseen.
        if (voice.serviceId === LOCAL_SERVICE)
          return () => {}
        return clock.after(Math.max(LATER_PIECES_LATE_MS, memory.lateAfterMs('tts', voice) * LATER_PIECES_FACTOR), late)
      },
    }
  }

  /** Aborts when this voice is left by all pieces; null when it was left before: then it is asked for want of others. */
  leaveSignal(voice: Voice): AbortSignal | null {
    const controller = this.#leaving.get(voice) ?? new AbortController()
    this.#leaving.set(voice, controller)
    return controller.signal.aborted ? null : controller.signal
  }

  /** Its sound is the one that is heard. */
  serves(voice: Voice): void {
    this.#current = voice
    this.#failed.delete(voice)
    const record = this.#records.get(voice)
    if (record && !record.answered) {
      record.answered = true
      this.#report.serves(record.entry)
    }
  }

  /** One request to a voice, among all those of this reply. */
  observe(voice: Voice, hedge: boolean): AttemptLog {
    let record = this.#records.get(voice)
    const first = !record || record.over
    if (!record || record.over) {
      record = { entry: this.#report.begin(voice, hedge), log: this.#deps.memory.begin('tts', voice, this.#conversationId), startMs: this.#deps.clock.nowMs(), answered: false, over: false }
      this.#records.set(voice, record)
    }
    const { log } = record
    return {
      // Later pieces are longer than the first, and wait for it: they say nothing about the first sound.
      answered: tookMs => first && log.answered(tookMs),
      failed: error => this.#fails(voice, error),
      left: waitedMs => this.#leaves(voice, first ? waitedMs : null),
      done: () => {},
    }
  }

  /** `whole`: every piece was spoken. */
  close(whole: boolean): void {
    for (const record of this.#records.values()) {
      if (record.over)
        continue
      record.over = true
      if (whole && record.answered)
        record.log.done()
      else
        record.log.left(record.answered ? null : this.#deps.clock.nowMs() - record.startMs)
      this.#report.end(record.entry, { outcome: !whole ? 'stopped' : record.answered ? 'served' : 'lost' })
    }
  }

  #fails(voice: Voice, error: AppError): void {
    const record = this.#records.get(voice)
    if (error === this.#leaving.get(voice)?.signal.reason || !record || record.over)
      return
    const askedMs = error.params['retryAfterMs']
    if (typeof askedMs === 'number')
      this.#askedUntilMs.set(voice, this.#deps.clock.nowMs() + askedMs)
    record.over = true
    record.log.failed(error)
    this.#report.end(record.entry, { outcome: 'failed', errorCode: error.code })
    this.#failed.add(voice)
    this.#leave(voice, typeof askedMs === 'number' ? askedMs : null)
  }

  #leaves(voice: Voice, waitedMs: number | null): void {
    const record = this.#records.get(voice)
    if (!record || record.over)
      return
    record.over = true
    if (record.answered && !this.#signal.aborted)
      record.log.done()
    else
      record.log.left(record.answered ? null : waitedMs)
    this.#report.end(record.entry, { outcome: this.#signal.aborted ? 'stopped' : record.answered ? 'served' : 'lost' })
    if (!this.#signal.aborted)
      this.#leave(voice, null)
  }

  /** `askedMs`: what it asked of one piece holds for all. */
  #leave(voice: Voice, askedMs: number | null): void {
    if (this.#current === voice)
      this.#current = null
    const controller = this.#leaving.get(voice)
    if (controller && !controller.signal.aborted)
      controller.abort(new AppError('service-failed', 'This voice is left for another.', { retryable: true, params: { service: voice.serviceId, ...(askedMs !== null && { retryAfterMs: askedMs }) } }))
  }
}
