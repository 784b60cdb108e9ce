import type { PlayableChunk, PlaybackReport, PlayOptions } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import type { FromAudioChild, StreamTarget, ToAudioChild } from './protocol'
import { AppError } from '../lib/app-error'
import { PlaybackTape } from './playback-tape'

/**
 * The child gets no more than this beyond what it has given to the device, where at most 60 ms are queued. It bridges
 * a busy event loop here; at an interruption the child throws it away, so it costs no silence.
 */
const CREDIT_MS = 240
/** Converted ahead: enough for a busy event loop, little enough to cost it under a millisecond at a time. */
const AHEAD_MS = 200
const SLICE_MS = 100
/** What sits in the device when a child dies was not heard: it is played again. */
const REWIND_MS = 60
/** How long an interrupted playback waits for the child's last word. */
const STOP_WAIT_MS = 150
/** Without a child or a sound server for longer than this, the playback is over. */
const DOWN_LIMIT_MS = 3000
const STALL_MS = 400
const CHECK_MS = 50
const MAX_RETRIES = 3
const RETRY_MS = 150

export interface PlaybackLink {
  readonly clock: Clock
  readonly isUp: () => boolean
  /** The device for this playback now, or undefined when there is none. */
  readonly target: () => StreamTarget | undefined
  readonly nextPlayId: () => number
  readonly send: (message: ToAudioChild) => void
  /** The device takes nothing any more. */
  readonly onStall: () => void
}

/** One `play`: from chunks to what was heard. Survives the child; settles in every case. */
export class Playback {
  readonly #link: PlaybackLink
  readonly #options: PlayOptions
  readonly #tape: PlaybackTape
  readonly #done: Promise<PlaybackReport>
  #resolve: (report: PlaybackReport) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #settled = false
  #playId: number | undefined
  #endSent = false
  /** Position on the tape at which the running child began, and how far it has come since. */
  #base = 0
  #sent = 0
  #written = 0
  #started = false
  #piecesTold = 0
  #retries = 0
  #progressAtMs = 0
  #checkedAtMs = 0
  #downSinceMs: number | undefined
  #source: AsyncIterator<PlayableChunk> | undefined
  #sourceError: unknown
  #drained: (() => void) | undefined
  readonly #cancels = new Set<() => void>()

  constructor(link: PlaybackLink, rateHz: number, options: PlayOptions) {
    this.#link = link
    this.#options = options
    this.#tape = new PlaybackTape(rateHz, options.volume ?? 1)
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  async run(chunks: AsyncIterable<PlayableChunk>): Promise<PlaybackReport> {
    const { signal } = this.#options
    const onAbort = (): void => this.#interrupt()
    signal.addEventListener('abort', onAbort)
    try {
      this.#checkedAtMs = this.#link.clock.nowMs()
      this.#after(CHECK_MS, () => this.#check())
      if (signal.aborted)
        this.#interrupt()
      else
        void this.#pump(chunks)
      return await this.#done
    }
    finally {
      signal.removeEventListener('abort', onAbort)
      for (const cancel of this.#cancels)
        cancel()
    }
  }

  /** A new child is there: what was not heard is played on it. */
  childUp(): void {
    if (this.#settled)
      return
    this.#downSinceMs = undefined
    this.#playId = undefined
    this.#feed()
  }

  childLost(): void {
    if (this.#settled)
      return
    this.#downSinceMs ??= this.#link.clock.nowMs()
    this.#playId = undefined
    const position = Math.max(0, this.#position - Math.round((this.#tape.rateHz * REWIND_MS) / 1000))
    this.#base = this.#tape.rewind(position)
    this.#sent = 0
    this.#written = 0
    this.#endSent = false
    if (this.#options.signal.aborted)
      this.#settle()
  }

  receive(message: FromAudioChild): void {
    if (!('playId' in message) || message.playId !== this.#playId || this.#settled)
      return
    switch (message.type) {
      case 'play-started':
        this.#progressAtMs = this.#link.clock.nowMs()
        this.#tellStarted(message.atMs)
        return
      case 'play-progress':
        return this.#progress(message.writtenSamples)
      case 'play-ended':
        this.#progress(message.writtenSamples)
        return this.#settle()
      case 'play-failed':
        return this.#failed()
      default:
    }
  }

  get #position(): number {
    return this.#base + this.#written
  }

  async #pump(chunks: AsyncIterable<PlayableChunk>): Promise<void> {
    const iterator = chunks[Symbol.asyncIterator]()
    this.#source = iterator
    try {
      while (!this.#isOver) {
        const next = await iterator.next()
        if (next.done || this.#isOver)
          break
        await this.#append(next.value)
      }
    }
    catch (error) {
      // What was made before it failed is still played; then the failure is told.
      if (!this.#options.signal.aborted)
        this.#sourceError = error
    }
    if (this.#isOver)
      return
    this.#source = undefined
    this.#tape.end()
    if (this.#tape.lengthSamples === 0)
      this.#settle()
    else
      this.#feed()
  }

  async #append(chunk: PlayableChunk): Promise<void> {
    this.#tape.announce(chunk)
    const slice = Math.max(1, Math.round((chunk.sampleRate * SLICE_MS) / 1000))
    for (let from = 0; from < chunk.samples.length && !this.#isOver; from += slice) {
      this.#tape.append(chunk.samples.subarray(from, from + slice), chunk.sampleRate)
      this.#feed()
      while (this.#tape.aheadMs > AHEAD_MS && !this.#isOver) {
        await new Promise<void>((resolve) => {
          this.#drained = resolve
        })
      }
    }
    if (chunk.last) {
      this.#tape.endPiece()
      this.#feed()
    }
  }

  get #isOver(): boolean {
    return this.#settled || this.#options.signal.aborted
  }

  #feed(): void {
    if (this.#isOver || !this.#link.isUp())
      return
    const credit = Math.round((this.#tape.rateHz * CREDIT_MS) / 1000)
    while (this.#sent - this.#written < credit) {
      const block = this.#tape.take()
      if (!block)
        break
      if (!this.#ensurePlaying()) {
        this.#base = this.#tape.rewind(this.#base)
        return
      }
      if (this.#sent === this.#written)
        this.#progressAtMs = this.#link.clock.nowMs()
      this.#sent += block.length
      this.#link.send({ type: 'play-data', playId: this.#playId as number, samples: block })
    }
    if (this.#tape.isEnded && this.#tape.aheadMs === 0 && !this.#endSent && this.#playId !== undefined) {
      this.#endSent = true
      this.#link.send({ type: 'play-end', playId: this.#playId })
    }
    if (this.#tape.aheadMs <= AHEAD_MS)
      this.#wakePump()
  }

  #ensurePlaying(): boolean {
    if (this.#playId !== undefined)
      return true
    const target = this.#link.target()
    if (!target) {
      this.#downSinceMs ??= this.#link.clock.nowMs()
      return false
    }
    this.#downSinceMs = undefined
    this.#playId = this.#link.nextPlayId()
    // The tape keeps its rate, also on another device: the sound server converts.
    this.#link.send({ type: 'play', playId: this.#playId, target: { ...target, rateHz: this.#tape.rateHz } })
    return true
  }

  #progress(writtenSamples: number): void {
    const { clock } = this.#link
    if (writtenSamples > this.#written)
      this.#progressAtMs = clock.nowMs()
    this.#written = writtenSamples
    const begun = this.#tape.piecesBegun(this.#position)
    for (; this.#piecesTold < begun.length; this.#piecesTold++)
      this.#options.onPiece?.(begun[this.#piecesTold] as number, clock.nowMs())
    this.#tape.trim(this.#position - Math.round((this.#tape.rateHz * REWIND_MS * 2) / 1000))
    this.#feed()
  }

  #failed(): void {
    this.childLost()
    if (this.#settled)
      return
    if (++this.#retries > MAX_RETRIES)
      this.#giveUp()
    else
      this.#after(RETRY_MS, () => this.#feed())
  }

  #interrupt(): void {
    if (this.#settled)
      return
    this.#leaveSource()
    if (this.#playId === undefined || !this.#link.isUp()) {
      this.#settle()
      return
    }
    this.#link.send({ type: 'play-stop', playId: this.#playId })
    this.#after(STOP_WAIT_MS, () => this.#settle())
  }

  #check(): void {
    const { clock, isUp, onStall } = this.#link
    const nowMs = clock.nowMs()
    const lateMs = nowMs - this.#checkedAtMs - CHECK_MS
    this.#checkedAtMs = nowMs
    this.#after(CHECK_MS, () => this.#check())
    if (lateMs > CHECK_MS)
      this.#progressAtMs += lateMs
    if (!isUp())
      this.#downSinceMs ??= nowMs
    if (this.#downSinceMs !== undefined && nowMs - this.#downSinceMs > DOWN_LIMIT_MS)
      return this.#giveUp()
    if (this.#playId === undefined && isUp())
      return this.#feed()
    if (this.#playId !== undefined && this.#sent > this.#written && nowMs - this.#progressAtMs > STALL_MS)
      onStall()
  }

  /** No device and no prospect: a failure when nothing was heard, else an end before time. */
  #giveUp(): void {
    if (this.#started) {
      this.#settle(true)
      return
    }
    if (this.#settled)
      return
    this.#settled = true
    this.#leaveSource()
    this.#reject(new AppError('no-speaker', 'There is no loudspeaker that plays. Plug one in or choose another in the settings.', { retryable: true }))
  }

  #settle(interrupted = this.#options.signal.aborted): void {
    if (this.#settled)
      return
    this.#settled = true
    this.#leaveSource()
    if (this.#sourceError !== undefined) {
      this.#reject(this.#sourceError)
      return
    }
    const heard = Math.min(this.#position, this.#tape.lengthSamples)
    this.#resolve({
      playedMs: (heard / this.#tape.rateHz) * 1000,
      lastPieceIndex: this.#tape.lastHeard(heard),
      interrupted,
    })
  }

  #tellStarted(atMs: number): void {
    if (this.#started)
      return
    this.#started = true
    this.#options.onStarted?.(atMs)
  }

  /** Not awaited: a source may be in the middle of making something that will never come. */
  #leaveSource(): void {
    const source = this.#source
    this.#source = undefined
    if (source)
      Promise.resolve(source.return?.()).catch(() => {})
    this.#wakePump()
  }

  #wakePump(): void {
    this.#drained?.()
    this.#drained = undefined
  }

  #after(delayMs: number, callback: () => void): void {
    const cancel = this.#link.clock.after(delayMs, () => {
      this.#cancels.delete(cancel)
      if (!this.#settled)
        callback()
    })
    this.#cancels.add(cancel)
  }
}
