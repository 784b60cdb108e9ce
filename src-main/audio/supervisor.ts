import type { ChildChannel, SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { FromAudioChild, ToAudioChild } from './protocol'
import { Emitter } from '../lib/emitter'
import { Watchdog } from './watchdog'

/** `refresh`: nothing is wrong; PortAudio sees new devices only in a new process. */
export type LossReason = 'hung' | 'exited' | 'server-lost' | 'refresh'

/** The child says something at least every 300 ms; on a busy machine it comes late. A hang must be noticed within 500 ms. */
const SILENCE_LIMIT_MS = 430
/** Starting may take longer on a busy machine: process, native library, probing of devices. */
const START_LIMIT_MS = 20_000
/** A child that lived this long was not ill: the next one starts without delay. */
const HEALTHY_MS = 5000
const BACK_OFF_MS = [0, 0, 100, 300, 1000, 3000] as const
/** A killed process is gone within milliseconds; not even a stuck one may hold up the end of the program. */
const EXIT_LIMIT_MS = 1000
/** Each pending native read or write holds a thread of libuv's pool. */
const CHILD_ENV = { UV_THREADPOOL_SIZE: '16' } as const

export interface SupervisorOptions {
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Owns the audio child: starts it, hears whether it is alive, kills and replaces it. A hung native call cannot be
 * undone in any other way.
 */
export class Supervisor {
  readonly messages = new Emitter<FromAudioChild>()
  /** A child is there and listens; streams have to be opened anew. */
  readonly ups = new Emitter<void>()
  readonly losses = new Emitter<LossReason>()
  readonly #options: SupervisorOptions
  #child: ChildChannel | undefined
  #ready = false
  #startedAtMs = 0
  #failures = 0
  readonly #watchdog: Watchdog
  #cancelSpawn: (() => void) | undefined
  #held = false
  #closed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#watchdog = new Watchdog(options.clock, () => this.replace('hung'))
  }

  get isUp(): boolean {
    return this.#ready
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    this.#scheduleSpawn()
  }

  /** Without a sound server a child is of no use: none is started until `release`. */
  hold(): void {
    this.#held = true
    this.#cancelSpawn?.()
    this.#cancelSpawn = undefined
  }

  release(): void {
    this.#held = false
    this.#failures = 0
    if (!this.#child)
      this.#scheduleSpawn()
  }

  /** Dropped when no child is up: whoever needs it sends it again at `ups`. */
  send(message: ToAudioChild): void {
    if (this.#ready)
      this.#child?.send(message)
  }

  /** Kills the child and starts another one. */
  replace(reason: LossReason): void {
    const child = this.#child
    if (!child)
      return
    this.#child = undefined // its exit is no news then
    child.kill()
    this.#lost(reason)
  }

  /** Resolves when the child's process is gone. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelSpawn?.()
    this.#watchdog.stop()
    const child = this.#child
    this.#child = undefined
    this.#ready = false
    if (!child)
      return
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(EXIT_LIMIT_MS, resolve)
      child.exits.subscribe(() => {
        cancel()
        resolve()
      })
      child.kill()
    })
  }

  #scheduleSpawn(): void {
    if (this.#closed || this.#held || this.#child || this.#cancelSpawn)
      return
    const delayMs = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)] as number
    if (delayMs === 0) {
      this.#spawn()
      return
    }
    this.#cancelSpawn = this.#options.clock.after(delayMs, () => {
      this.#cancelSpawn = undefined
      this.#spawn()
    })
  }

  #spawn(): void {
    const { clock, spawn } = this.#options
    const child = spawn({ entry: 'audio-child', env: CHILD_ENV })
    this.#child = child
    this.#ready = false
    this.#startedAtMs = clock.nowMs()
    this.#watchdog.start(START_LIMIT_MS)
    child.messages.subscribe(message => this.#receive(child, message as FromAudioChild))
    child.exits.subscribe(() => {
      if (child !== this.#child)
        return
      this.#child = undefined
      this.#lost('exited')
    })
  }

  #receive(child: ChildChannel, message: FromAudioChild): void {
    if (child !== this.#child)
      return // the last words of one that was replaced
    this.#watchdog.fed()
    if (message.type === 'ready') {
      this.#watchdog.start(SILENCE_LIMIT_MS)
      this.#ready = true
      this.ups.emit()
      return
    }
    if (message.type !== 'heartbeat')
      this.messages.emit(message)
  }

  #lost(reason: LossReason): void {
    if (this.#closed)
      return
    const { clock, logger } = this.#options
    if (this.#ready && clock.nowMs() - this.#startedAtMs > HEALTHY_MS)
      this.#failures = 0
    this.#ready = false
    this.#watchdog.stop()
    if (reason !== 'refresh')
      this.#failures++
    logger.info('audio child lost', { reason, failures: this.#failures })
    this.losses.emit(reason)
    this.#scheduleSpawn()
  }
}
