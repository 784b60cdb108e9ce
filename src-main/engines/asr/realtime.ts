import type { AsrEngine, AsrEvent, AsrOptions } from '../../ports/asr-engine'
import type { AudioFrame } from '../../ports/audio-frame'
import type { RealtimePoolOptions } from './realtime-pool'
import type { RealtimeSessionOptions } from './realtime-session'
import type { RealtimeSocket } from './realtime-socket'
import { abortReason } from '../../lib/abort'
import { AppError, toAppError } from '../../lib/app-error'
import { BoundedQueue } from '../../lib/bounded-queue'
import { pause } from '../../lib/pause'
import { pullFrom } from '../../lib/pull-from'
import { serviceError } from '../connection/service-failure'
import { RealtimePool } from './realtime-pool'
import { RealtimeSession } from './realtime-session'

export interface RealtimeEngineOptions extends RealtimePoolOptions {
  readonly model: string
  readonly random?: () => number
  readonly commitAtPause?: RealtimeSessionOptions['commitAtPause']
  /** From the last commit to the first word about it, and from one word to the next; a tenth of the take is granted besides. */
  readonly answerMs?: number
  /** From the end of the sound to the last word; half of the take is granted besides. */
  readonly wholeMs?: number
  /** How often a connection that drops in the middle of a take is opened again. */
  readonly reopens?: number
}

const DEFAULTS = {
  answerMs: 10_000,
  wholeMs: 30_000,
  reopens: 2,
}
const WORK_SHARE = 0.1
const WHOLE_WORK_SHARE = 0.5
const FIRST_BACK_OFF_MS = 100
/** Partial texts that nobody has taken yet; the oldest are of no use any more. */
const MOST_EVENTS = 1024

/**
 * A recogniser by a service that transcribes over a WebSocket while one speaks. What is spoken during the handshake waits;
 * a connection that drops is opened again and what has no text yet is sent again; when that fails too the take fails with
 * something retryable. The connection is kept for the next take. It tells neither `speech-start` nor `speech-end`.
 * Disposing closes the connections at once, also under a take that is running, which fails with something retryable.
 */
export function createRealtimeEngine(options: RealtimeEngineOptions): AsrEngine & AsyncDisposable {
  const pool = new RealtimePool(options)
  return {
    id: `${options.client.endpoint.id}:${options.model}`,
    async* transcribe(frames, asr) {
      asr.signal.throwIfAborted()
      const take = new RealtimeTake(options, asr, pool)
      try {
        yield* take.events(frames)
      }
      finally {
        take.close()
      }
    },
    async [Symbol.asyncDispose]() {
      pool.close()
    },
  }
}

class RealtimeTake {
  readonly #options: RealtimeEngineOptions
  readonly #pool: RealtimePool
  readonly #asr: AsrOptions
  readonly #session: RealtimeSession
  readonly #events = new BoundedQueue<AsrEvent>(MOST_EVENTS)
  readonly #controller = new AbortController()
  readonly #onAbort: () => void
  #socket: RealtimeSocket | null = null
  #reopened = 0
  #ended = false
  #closed = false
  #cancelDeadline = (): void => {}
  #cancelWhole = (): void => {}
  readonly #onPoolClosed: () => void

  constructor(options: RealtimeEngineOptions, asr: AsrOptions, pool: RealtimePool) {
    this.#options = options
    this.#pool = pool
    this.#asr = asr
    this.#session = new RealtimeSession({
      service: options.client.endpoint.name,
      model: options.model,
      language: asr.language?.split(/[-_]/, 1)[0]?.toLowerCase(),
      dialect: options.dialect ?? 'openai',
      ...(options.commitAtPause !== undefined && { commitAtPause: options.commitAtPause }),
    })
    this.#onAbort = () => this.#controller.abort(asr.signal.reason)
    asr.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#onPoolClosed = () => this.#fail(pool.signal.reason)
    pool.signal.addEventListener('abort', this.#onPoolClosed, { once: true })
  }

  async* events(frames: AsyncIterable<AudioFrame>): AsyncGenerator<AsrEvent, void, undefined> {
    this.#listen(frames).catch((error: unknown) => this.#fail(error))
    this.#connect().catch((error: unknown) => this.#fail(error))
    yield* this.#events.consume(this.#asr.signal)
  }

  close(): void {
    this.#closed = true
    this.#cancelDeadlines()
    this.#asr.signal.removeEventListener('abort', this.#onAbort)
    this.#pool.signal.removeEventListener('abort', this.#onPoolClosed)
    this.#controller.abort(abortReason('the take is over'))
    this.#letGo()
  }

  async #listen(frames: AsyncIterable<AudioFrame>): Promise<void> {
    for await (const frame of pullFrom(frames, this.#controller.signal)) {
      this.#session.push(frame)
      this.#send()
    }
    this.#session.end()
    this.#ended = true
    this.#watchWhole()
    this.#send()
    this.#finishIfOver()
  }

  /** A warm connection, or a new one. */
  async #connect(): Promise<void> {
    const socket = this.#pool.take() ?? await this.#pool.open(this.#controller.signal)
    if (this.#closed || this.#events.closed) {
      this.#pool.give(socket)
      return
    }
    this.#socket = socket
    socket.use({ message: data => this.#receive(data), drained: () => this.#send(), dropped: () => this.#dropped() })
    this.#session.opened(socket.memory)
    this.#send()
  }

  #send(): void {
    const socket = this.#socket
    while (socket?.isOpen && !socket.isFull) {
      const message = this.#session.next()
      if (message === null)
        break
      socket.send(message)
    }
    this.#watch()
  }

  #receive(data: string): void {
    if (this.#events.closed)
      return
    try {
      const { events, expired } = this.#session.received(data)
      for (const event of events)
        this.#events.push(event)
      // It got on: a drop much later is another matter.
      if (events.some(({ type }) => type === 'phrase'))
        this.#reopened = 0
      if (expired)
        return this.#replace()
      this.#send()
      this.#finishIfOver()
    }
    catch (error) {
      this.#fail(error)
    }
  }

  /** While somebody still speaks nobody waits for the text. */
  #watch(): void {
    this.#cancelDeadline()
    if (!this.#ended || this.#closed || this.#events.closed || this.#socket === null)
      return
    const { client, clock, answerMs = DEFAULTS.answerMs } = this.#options
    const service = client.endpoint.name
    const afterMs = answerMs + this.#session.lengthMs * WORK_SHARE
    this.#cancelDeadline = clock.after(afterMs, () => this.#fail(
      new AppError('timeout', `${service} said nothing within ${Math.round(afterMs)} ms.`, { retryable: true, params: { service, deadline: 'between' } }),
    ))
  }

  /** However many words, drops and signs of life there are in between. */
  #watchWhole(): void {
    const { client, clock, wholeMs = DEFAULTS.wholeMs } = this.#options
    const service = client.endpoint.name
    const afterMs = wholeMs + this.#session.lengthMs * WHOLE_WORK_SHARE
    if (this.#closed || this.#events.closed)
      return
    this.#cancelWhole = clock.after(afterMs, () => this.#fail(
      new AppError('timeout', `${service} was not done within ${Math.round(afterMs)} ms.`, { retryable: true, params: { service, deadline: 'whole' } }),
    ))
  }

  #cancelDeadlines(): void {
    this.#cancelDeadline()
    this.#cancelWhole()
  }

  #finishIfOver(): void {
    if (!this.#session.over || this.#events.closed)
      return
    this.#cancelDeadlines()
    this.#events.push(this.#session.final())
    this.#events.end()
    const socket = this.#socket
    this.#socket = null
    if (socket) {
      socket.use(null)
      this.#pool.give(socket)
    }
  }

  #fail(error: unknown): void {
    this.#cancelDeadlines()
    this.#events.fail(error)
    this.#letGo()
  }

  /** What was begun on it and not ended would get into the next take. */
  #letGo(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.terminate()
  }

  #replace(): void {
    const socket = this.#socket
    socket?.terminate()
    this.#dropped()
  }

  #dropped(): void {
    this.#socket = null
    this.#session.dropped()
    this.#cancelDeadline()
    if (this.#closed || this.#events.closed)
      return
    this.#reopen().catch((error: unknown) => this.#fail(error))
  }

  /** Each attempt waits longer. What is no matter of the connection is not tried again. */
  async #reopen(): Promise<void> {
    const { client, clock, random = Math.random, reopens = DEFAULTS.reopens } = this.#options
    let last: unknown
    while (this.#reopened < reopens) {
      const waitMs = FIRST_BACK_OFF_MS * 2 ** this.#reopened * (0.5 + random())
      this.#reopened++
      await pause(clock, waitMs, this.#controller.signal)
      try {
        return await this.#connect()
      }
      catch (error) {
        if (!toAppError(error).retryable)
          throw error
        last = error
      }
    }
    const service = client.endpoint.name
    throw serviceError('service-unreachable', `The connection to ${service} broke ${this.#reopened + 1} times.`, { service, ...(last !== undefined && { cause: last }) })
  }
}
