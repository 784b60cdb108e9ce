import type { AsrEngine, AsrEvent, AsrOptions } from '../../ports/asr-engine'
import type { AudioFrame } from '../../ports/audio-frame'
import type { HearingSource } from './asr-merge'
import type { Candidate, RoutePolicy } from './candidates'
import type { Ranking } from './ranking'
import type { AttemptLog } from './route-memory'
import type { HedgePlan } from './routed-stream'
import type { RouterDeps } from './router-deps'
import { abortReason, raceAbort } from '../../lib/abort'
import { AppError, isAbort, toAppError } from '../../lib/app-error'
import { LOCAL_SERVICE } from '../../ports/route'
import { AsrMerge } from './asr-merge'
import { AsrOutbox } from './asr-outbox'
import { FrameTape } from './frame-tape'
import { routeStream } from './routed-stream'

export type Recogniser = Candidate<AsrEngine>

export interface ListeningOptions {
  readonly deps: RouterDeps<AsrEngine>
  readonly policy: RoutePolicy
  readonly ranking: Ranking<Recogniser>
  readonly asr: AsrOptions
  readonly deadlineMs: number
  readonly mostFrames?: number | undefined
}

/** All that one recognition gives at its end, and nothing of another. */
type Heard = readonly [...Extract<AsrEvent, { type: 'phrase' }>[], Extract<AsrEvent, { type: 'final' }>]

/** Longer takes take longer: of their length this is granted besides the deadline. */
const DEADLINE_SHARE = 0.05

/** The built-in recogniser, on the same frames as the service that was chosen. */
interface Follower {
  readonly candidate: Recogniser
  readonly heard: Promise<Heard>
  /** Null while it has not answered. */
  tookMs: number | null
  alive: boolean
}

/** One take, heard by one recogniser or more, told as one. */
export class Listening {
  readonly #options: ListeningOptions
  readonly #tape: FrameTape
  readonly #outbox = new AsrOutbox()
  readonly #merge: AsrMerge
  readonly #controller = new AbortController()
  readonly #onAbort: () => void
  readonly #follower: Follower | null
  /** When the reader of a candidate had the last frame, on the monotonic clock. */
  readonly #endedMs = new Map<Recogniser, number>()
  readonly #onEnded = new Set<() => void>()
  #attempts = 0

  constructor(options: ListeningOptions) {
    this.#options = options
    this.#tape = new FrameTape(options.mostFrames)
    const { signal } = options.asr
    this.#onAbort = () => this.#controller.abort(signal.reason)
    signal.addEventListener('abort', this.#onAbort, { once: true })
    const [first, ...others] = options.ranking.ordered
    const own = others.find(({ candidate, ready }) => candidate.serviceId === LOCAL_SERVICE && ready)
    this.#merge = new AsrMerge(first !== undefined && own !== undefined)
    this.#follower = own ? this.#follow(own.candidate) : null
  }

  async* events(frames: AsyncIterable<AudioFrame>): AsyncGenerator<AsrEvent, void, undefined> {
    const { signal } = this.#controller
    this.#tape.fill(frames, signal).catch((error: unknown) => this.#controller.abort(error))
    void this.#answer().then(() => this.#outbox.end(), (error: unknown) => this.#outbox.fail(error))
    yield* this.#outbox.consume(signal)
  }

  close(): void {
    this.#options.asr.signal.removeEventListener('abort', this.#onAbort)
    this.#controller.abort(abortReason('the take is over'))
  }

  /** The final text, of whoever has it first by the rules. */
  async #answer(): Promise<void> {
    const { deps, ranking, asr } = this.#options
    const route = routeStream<Heard, Recogniser>({
      part: 'asr',
      ranking,
      start: (candidate, signal) => this.#start(candidate, signal),
      // Half a take is not heard: what its text would lack nobody would know.
      mayStart: candidate => this.#tape.whole || this.#isFollowed(candidate),
      isOutput: () => true,
      isLast: () => true,
      observe: (candidate, hedge) => this.#observe(candidate, hedge),
      clock: deps.clock,
      random: deps.random ?? Math.random,
      signal: this.#controller.signal,
      hedge: this.#hedgePlan(),
      ...(deps.patienceMs !== undefined && { patienceMs: deps.patienceMs }),
      // While somebody is still speaking nobody waits for the text.
      waitingSinceMs: () => this.#endedMs.size === 0 ? null : Math.max(...this.#endedMs.values()),
      tookMs: (candidate, startMs) => this.#tookMs(candidate, startMs),
      onRoute: asr.onRoute,
    })
    for await (const heard of route)
      this.#outbox.push(...heard)
  }

  async* #start(candidate: Recogniser, signal: AbortSignal): AsyncGenerator<Heard, void, undefined> {
    if (this.#follower && this.#isFollowed(candidate)) {
      yield await raceAbort(this.#follower.heard, signal)
      return
    }
    yield await this.#hear(this.#attempts++, candidate, signal)
  }

  /** It hears the take already, from its first frame on. */
  #isFollowed(candidate: Recogniser): boolean {
    return candidate === this.#follower?.candidate && this.#follower.alive
  }

  /** Runs one recognition to its end, and tells on the way what may be told of it. */
  async #hear(source: HearingSource, candidate: Recogniser, signal: AbortSignal): Promise<Heard> {
    const { language } = this.#options.asr
    const phrases: Extract<AsrEvent, { type: 'phrase' }>[] = []
    const frames = this.#tape.read(signal, () => this.#noteEnd(candidate))
    this.#endedMs.delete(candidate)
    try {
      for await (const event of candidate.engine.transcribe(frames, { signal, ...(language !== undefined && { language }) })) {
        if (event.type === 'final')
          return [...phrases, event]
        if (event.type === 'phrase') {
          phrases.push(event)
          continue
        }
        const told = this.#merge.take(source, event)
        if (told)
          this.#outbox.push(told)
      }
      throw new AppError('service-failed', 'The recogniser ended without a final text.', { retryable: true, params: { service: candidate.serviceId } })
    }
    catch (error) {
      this.#merge.lost(source)
      throw error
    }
  }

  #follow(candidate: Recogniser): Follower {
    const { memory, clock } = this.#options.deps
    const log = memory.begin('asr', candidate)
    const heard = this.#hear('follower', candidate, this.#controller.signal)
    const follower: Follower = { candidate, heard, tookMs: null, alive: true }
    heard.then(() => {
      follower.tookMs = this.#tookMs(candidate, 0)
      if (follower.tookMs !== null)
        log.answered(follower.tookMs)
      log.done()
    }, (error: unknown) => {
      follower.alive = false
      if (this.#controller.signal.aborted || isAbort(error))
        log.left(this.#endedMs.has(candidate) ? clock.nowMs() - (this.#endedMs.get(candidate) ?? 0) : null)
      else
        log.failed(toAppError(error))
    })
    return follower
  }

  #observe(candidate: Recogniser, hedge: boolean): AttemptLog {
    const { memory } = this.#options.deps
    if (!this.#isFollowed(candidate))
      return memory.begin('asr', candidate, this.#options.asr.conversationId)
    if (!hedge)
      this.#merge.promote()
    // What it took is noted by whoever follows it.
    return { answered() {}, failed() {}, left() {}, done() {} }
  }

  #hedgePlan(): HedgePlan<Recogniser> | null {
    const { policy, deps, deadlineMs } = this.#options
    const follower = this.#follower?.candidate
    // The built-in one runs anyway, and tells nobody: its answer is taken whatever is said about a second service.
    if (!policy.hedge && !follower)
      return null
    return {
      watch: (candidate, late) => {
        let cancel = (): void => {}
        const arm = (): void => {
          cancel = deps.clock.after(deadlineMs + this.#tape.lengthMs * DEADLINE_SHARE, late)
        }
        const check = (): void => {
          if (this.#endedMs.has(candidate)) {
            this.#onEnded.delete(check)
            arm()
          }
        }
        this.#onEnded.add(check)
        check()
        return () => {
          this.#onEnded.delete(check)
          cancel()
        }
      },
      prefer: candidate => candidate === follower,
      noOther: !policy.hedge,
    }
  }

  #noteEnd(candidate: Recogniser): void {
    this.#endedMs.set(candidate, this.#options.deps.clock.nowMs())
    for (const check of [...this.#onEnded])
      check()
  }

  /** From the last frame to the text; null: it did not even wait for the last frame. */
  #tookMs(candidate: Recogniser, startMs: number): number | null {
    const endedMs = this.#endedMs.get(candidate)
    return endedMs === undefined ? null : this.#options.deps.clock.nowMs() - Math.max(startMs, endedMs)
  }
}
