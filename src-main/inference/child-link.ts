import type { Subscribable } from '../lib/emitter'
import type { ChildChannel } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { FromChild, ToChild } from './protocol'
import { AppError } from '../lib/app-error'
import { Emitter } from '../lib/emitter'
import { fromWire } from './protocol'
import { RequestStream } from './request-stream'

export type LostReason = 'exited' | 'hung' | 'wrong-version'

/** A request on its way. */
export interface LinkRequest {
  readonly id: number
  readonly stream: RequestStream
  /** Tells the child to stop, unless it has ended; its rest is dropped. Idempotent. */
  cancel: () => void
}

/** What concerns models and the process, not a request. */
export type ControlMessage = Exclude<FromChild, { type: 'event' | 'end' | 'fail' | 'pong' }>

/** One life of the child process, from its start to its loss. */
export interface ChildLink {
  readonly pid: number | undefined
  readonly control: Subscribable<ControlMessage>
  /** Once, whatever the cause, but not after `close`. Requests have failed before. */
  readonly losses: Subscribable<LostReason>
  /** Resident memory as the child last told it. */
  readonly rssBytes: number
  send: (message: ToChild) => void
  /** `start` builds the first message from the request's id. */
  open: (start: (id: number) => ToChild) => LinkRequest
  /** Kills the child as hung: for what its heartbeat does not show. */
  giveUp: () => void
  /** Ends the child; open requests fail with `error`. */
  close: (error: unknown) => void
}

const PING_MS = 1000
/** Unanswered in a row. The child's own loop is never blocked long: what computes runs on other threads. */
const MISSED_PINGS = 5
/** A cancelled request must end: within a prompt batch, a part of speech, or a decode. */
const CANCEL_MS = 15_000

export function createChildLink(channel: ChildChannel, clock: Clock): ChildLink {
  const control = new Emitter<ControlMessage>()
  const losses = new Emitter<LostReason>()
  const open = new Map<number, RequestStream>()
  const cancelled = new Map<number, () => void>()
  let nextId = 1
  let state: 'open' | 'over' = 'open'
  let pings = 0
  let missed = 0
  let rssBytes = 0
  let stopPing = clock.after(PING_MS, ping)

  function ping(): void {
    if (missed >= MISSED_PINGS)
      return lose('hung')
    missed++
    channel.send({ type: 'ping', n: ++pings } satisfies ToChild)
    stopPing = clock.after(PING_MS, ping)
  }

  function finish(error: unknown): void {
    state = 'over'
    stopPing()
    stopMessages()
    stopExits()
    for (const stopWaiting of cancelled.values())
      stopWaiting()
    cancelled.clear()
    const streams = [...open.values()]
    open.clear()
    for (const stream of streams)
      stream.fail(error)
    channel.kill()
  }

  function lose(reason: LostReason): void {
    if (state === 'over')
      return
    finish(new AppError('inference-child-lost', 'The process of the local models was lost.', { retryable: true, params: { reason } }))
    losses.emit(reason)
  }

  /** The request's stream, taken out: this was its last message. */
  function settle(id: number): RequestStream | undefined {
    cancelled.get(id)?.()
    cancelled.delete(id)
    const stream = open.get(id)
    open.delete(id)
    return stream
  }

  function receive(message: FromChild): void {
    switch (message.type) {
      case 'pong':
        missed = 0
        rssBytes = message.rssBytes
        return
      case 'event':
        open.get(message.id)?.push(message.payload)
        return
      case 'end':
        settle(message.id)?.end()
        return
      case 'fail':
        settle(message.id)?.fail(fromWire(message.error))
        return
      default:
        control.emit(message)
    }
  }

  const stopMessages = channel.messages.subscribe(message => receive(message as FromChild))
  const stopExits = channel.exits.subscribe(() => lose('exited'))

  return {
    pid: channel.pid,
    control,
    losses,
    get rssBytes() {
      return rssBytes
    },
    send(message) {
      if (state === 'open')
        channel.send(message)
    },
    open(start) {
      const id = nextId++
      const stream = new RequestStream()
      if (state === 'over')
        stream.fail(new AppError('inference-child-lost', 'The process of the local models was lost.', { retryable: true }))
      else
        open.set(id, stream)
      this.send(start(id))
      return {
        id,
        stream,
        cancel: () => {
          if (!open.has(id))
            return
          open.delete(id)
          cancelled.set(id, clock.after(CANCEL_MS, () => lose('hung')))
          this.send({ type: 'cancel', id })
        },
      }
    },
    giveUp: () => lose('hung'),
    close(error) {
      if (state === 'open')
        finish(error)
    },
  }
}
