import type { Clock } from '../../ports/clock'
import type { ServiceClient } from '../connection/service-client'
import type { RealtimeDialect } from './realtime-dialect'
import type { RealtimeSocket } from './realtime-socket'
import { serviceError } from '../connection/service-failure'
import { realtimeHeaders, realtimeUrl } from './realtime-dialect'
import { openRealtimeSocket } from './realtime-socket'

export interface RealtimePoolOptions {
  readonly client: ServiceClient
  readonly clock: Clock
  readonly dialect?: RealtimeDialect
  /** A connection that no take uses is closed after so long. */
  readonly idleMs?: number
  readonly connectMs?: number
  readonly pingMs?: number
  readonly pongMs?: number
}

const DEFAULTS = {
  idleMs: 300_000,
  connectMs: 5_000,
  pingMs: 10_000,
  pongMs: 4_000,
}

/** One connection that waits for the next take, at most. */
export class RealtimePool {
  readonly #options: RealtimePoolOptions
  readonly #controller = new AbortController()
  #idle: RealtimeSocket | null = null
  #cancelIdle = (): void => {}

  constructor(options: RealtimePoolOptions) {
    this.#options = options
  }

  /** Null: none is open. */
  take(): RealtimeSocket | null {
    const socket = this.#idle
    this.#forget()
    if (!socket?.isOpen)
      return null
    try {
      this.#options.client.permit()
    }
    catch (error) {
      socket.terminate()
      throw error
    }
    // It may be dead without having said so: while one speaks there is time to find out.
    socket.check()
    return socket
  }

  /** Aborts when the engine is closed. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  async open(signal: AbortSignal): Promise<RealtimeSocket> {
    const { client, clock, dialect = 'openai', connectMs = DEFAULTS.connectMs, pingMs = DEFAULTS.pingMs, pongMs = DEFAULTS.pongMs } = this.#options
    return await openRealtimeSocket({
      client,
      clock,
      url: realtimeUrl(client.endpoint.baseUrl),
      headers: realtimeHeaders(dialect),
      signal: AbortSignal.any([signal, this.#controller.signal]),
      connectMs,
      pingMs,
      pongMs,
    })
  }

  give(socket: RealtimeSocket): void {
    if (!socket.isOpen || this.#idle !== null || this.#controller.signal.aborted) {
      socket.close()
      return
    }
    const { clock, idleMs = DEFAULTS.idleMs } = this.#options
    this.#idle = socket
    socket.use({ message: () => {}, drained: () => {}, dropped: () => this.#forget() })
    this.#cancelIdle = clock.after(idleMs, () => {
      this.#forget()
      socket.close()
    })
  }

  close(): void {
    const service = this.#options.client.endpoint.name
    this.#controller.abort(serviceError('service-unreachable', `The connections to ${service} were closed.`, { service }))
    this.#idle?.terminate()
    this.#forget()
  }

  #forget(): void {
    this.#idle = null
    this.#cancelIdle()
    this.#cancelIdle = () => {}
  }
}
