import type { AudioNotice, LevelReading, Microphone, MicrophoneMode, Take } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { MicrophoneAccess } from '../ports/microphone-access'
import type { CapturePace, FromAudioChild, StreamTarget } from './protocol'
import type { DeviceChoice, SoundSystem } from './sound-system'
import type { Supervisor } from './supervisor'
import { join } from 'node:path'
import { AppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { FRAME_MS } from '../ports/audio-frame'
import { LazyFrames } from './lazy-frames'
import { LevelMeter } from './level'
import { microphoneDenied } from './refusal'
import { RingBuffer } from './ring-buffer'
import { RunningTake } from './take'
import { TakeRecorder } from './take-recorder'
import { Watchdog } from './watchdog'

const PRE_ROLL_MS = 500
const PRE_ROLL_FRAMES = PRE_ROLL_MS / FRAME_MS
/** Kept unconverted: the pre-roll, what the filter holds back, and the part of a frame on either side. */
const KEPT_MS = PRE_ROLL_MS + 3 * FRAME_MS
/** A pre-roll older than this is not what was just said. */
const STALE_MS = 300
/** No frame for so long from an open stream: the sound server or the child is gone. */
const STALL_MS = 350
/** A stream that was asked for and gives nothing. */
const OPEN_LIMIT_MS = 3000
/** How long a start waits where there is no microphone at the moment. */
const NO_DEVICE_WAIT_MS = 1000
/** A gap of less than this between frames is jitter of their dating. */
const GAP_MS = FRAME_MS * 1.5
/** Frames under way between the device and here; not missing at the end of a take. */
const TRANSIT_MS = 120
const REOPEN_MS = [100, 300, 1000] as const
/** Starting a take again under an id that ended is answered with the take that was; so many are remembered. */
const REMEMBERED = 16

export interface MicrophoneOptions {
  readonly supervisor: Supervisor
  readonly system: SoundSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly takesDir: string
  readonly notices: Emitter<AudioNotice>
  readonly access?: MicrophoneAccess | undefined
}

interface OpenStream {
  /** From the first sound on. */
  frames?: LazyFrames
  readonly captureId: number
  readonly target: StreamTarget
  readonly name: string
  /** The person moved the stream in the system's mixer to this source. */
  movedTo?: string
}

/** Keeps the capture open as the mode says, on the right device, through whatever happens; and cuts takes out of it. */
export class MicrophoneController implements Microphone {
  readonly levels = new Emitter<LevelReading>()
  /** The first sample after an opening. */
  readonly firstSamples = new Emitter<void>()
  readonly #options: MicrophoneOptions
  readonly #ring = new RingBuffer<AudioFrame>(PRE_ROLL_FRAMES)
  readonly #meter = new LevelMeter()
  readonly #takes = new Set<RunningTake>()
  readonly #started = new Map<string, Promise<Take>>()
  #mode: MicrophoneMode = 'cold'
  #lingerMs = 0
  #deviceId: string | null = null
  #running = false
  #isAsking = false
  #state: Microphone['state'] = 'closed'
  #stream: OpenStream | undefined
  #nextCaptureId = 1
  #lastEndMs: number | undefined
  #failures = 0
  #pace: CapturePace = 'live'
  #lastName: string | undefined
  #cancelLinger: (() => void) | undefined
  readonly #watchdog: Watchdog
  #cancelReopen: (() => void) | undefined

  constructor(options: MicrophoneOptions) {
    this.#options = options
    this.#watchdog = new Watchdog(options.clock, () => this.#stalled())
    options.supervisor.messages.subscribe(message => this.#receive(message))
    options.supervisor.ups.subscribe(() => {
      this.#pace = 'live' // what a child begins with
      this.#reconcile()
    })
    options.supervisor.losses.subscribe(() => this.#streamLost())
    options.system.changes.subscribe(() => this.#reconcile())
  }

  get state(): 'closed' | 'opening' | 'open' {
    return this.#state
  }

  #become(state: Microphone['state']): void {
    if (this.#state === state)
      return
    this.#state = state
    this.#options.notices.emit({ type: 'microphone', state })
  }

  get isBusy(): boolean {
    return this.#takes.size > 0
  }

  get isWanted(): boolean {
    return this.#running && (this.#mode === 'warm' || this.#takes.size > 0 || this.#cancelLinger !== undefined)
  }

  start(): void {
    this.#running = true
    this.#reconcile()
  }

  async close(): Promise<void> {
    this.#running = false
    await Promise.all([...this.#takes].map(take => take.stop()))
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    this.#cancelReopen?.()
    this.#closeStream()
  }

  async configure(options: { readonly mode: MicrophoneMode, readonly lingerMs: number, readonly deviceId: string | null }): Promise<void> {
    this.#mode = options.mode
    this.#lingerMs = options.lingerMs
    this.#deviceId = options.deviceId
    if (options.mode !== 'linger') {
      this.#cancelLinger?.()
      this.#cancelLinger = undefined
    }
    this.#reconcile()
  }

  startTake(takeId: string): Promise<Take> {
    const earlier = this.#started.get(takeId)
    if (earlier)
      return earlier
    const take = this.#begin(takeId)
    const settled = this.#untilUsable(take)
    this.#started.set(takeId, settled)
    settled.catch(() => this.#started.delete(takeId))
    for (const id of [...this.#started.keys()].slice(0, -REMEMBERED))
      this.#started.delete(id)
    return settled
  }

  #begin(id: string): RunningTake {
    const { clock, logger, takesDir } = this.#options
    const nowMs = clock.nowMs()
    const take = new RunningTake({
      id,
      startedAtMs: nowMs,
      clock,
      logger,
      recorder: new TakeRecorder(join(takesDir, `${fileName(id)}.wav`)),
      onStop: stopped => this.#takeStopped(stopped),
    })
    this.#cancelLinger?.()
    this.#cancelLinger = undefined
    this.#convert()
    this.#takes.add(take)
    const preRoll = this.#ring.drain()
    if (this.#lastEndMs !== undefined && nowMs - this.#lastEndMs < STALE_MS) {
      for (const frame of preRoll)
        take.accept(frame, true)
    }
    this.#reconcile()
    this.#setPace()
    return take
  }

  /** At once where a device delivers, or is there and will; else when it does within the bound. */
  async #untilUsable(take: RunningTake): Promise<Take> {
    if (this.#state === 'open')
      return take
    const { access, clock, system } = this.#options
    if (access?.state() === 'denied') {
      await take.stop()
      throw this.#whyNone()
    }
    const isKnown = system.input(this.#deviceId).type === 'device'
    const arrived = new Promise<boolean>((resolve) => {
      const settle = (came: boolean): void => {
        off()
        cancel()
        resolve(came)
      }
      const off = this.firstSamples.subscribe(() => settle(true))
      const cancel = clock.after(isKnown ? OPEN_LIMIT_MS : NO_DEVICE_WAIT_MS, () => settle(false))
    })
    if (isKnown) {
      void arrived.then(came => came || !take.isEmpty || take.fail(this.#whyNone()))
      return take
    }
    if (await arrived)
      return take
    await take.stop()
    throw this.#whyNone()
  }

  #takeStopped(take: RunningTake): number {
    const { clock } = this.#options
    this.#takes.delete(take)
    if (this.#takes.size === 0 && this.#mode === 'linger' && this.#lingerMs > 0 && this.#running) {
      this.#cancelLinger = clock.after(this.#lingerMs, () => {
        this.#cancelLinger = undefined
        this.#reconcile()
      })
    }
    const missing = this.#missingSince(take, clock.nowMs() - TRANSIT_MS)
    this.#reconcile()
    return missing
  }

  /** Frames that were due between the last one and `untilMs`, as far as the take was running. */
  #missingSince(take: RunningTake, untilMs: number): number {
    if (this.#lastEndMs === undefined)
      return 0
    const gapMs = untilMs - Math.max(this.#lastEndMs, take.startedAtMs)
    return gapMs > GAP_MS ? Math.round(gapMs / FRAME_MS) : 0
  }

  /** Makes the stream what it should be. Safe to call at any time. */
  #reconcile(): void {
    const { supervisor, system } = this.#options
    if (!this.isWanted) {
      this.#closeStream()
      return
    }
    if (this.#state === 'closed')
      this.#become('opening')
    if (!supervisor.isUp || (system.hasServer && !system.isServerUp))
      return
    const choice = system.input(this.#deviceId)
    if (!this.#stream) {
      if (choice.type === 'device' && !this.#cancelReopen && this.#mayOpen())
        this.#open(choice)
      return
    }
    this.#checkPlace(this.#stream, choice)
  }

  /** A microphone that is denied is not opened: it would give silence. Who was not asked yet is asked now, once. */
  #mayOpen(): boolean {
    const { access, logger } = this.#options
    const state = access?.state() ?? 'unknown'
    if (access && state === 'undecided' && !this.#isAsking) {
      this.#isAsking = true
      background(access.request().finally(() => {
        this.#isAsking = false
        if (access.state() !== 'undecided')
          this.#reconcile()
      }), logger, 'asking for the microphone')
    }
    return state === 'granted' || state === 'unknown'
  }

  #whyNone(): AppError {
    const { access, system } = this.#options
    switch (access?.state()) {
      case 'denied': return microphoneDenied('The system does not let Parley use the microphone.', access.advice)
      case 'undecided': return microphoneDenied('The system is asking whether Parley may use the microphone.', 'Allow it, then try again.')
      default: return system.denial ?? noMicrophone()
    }
  }

  /** The server may have moved the stream, or another device may have become the right one. */
  #checkPlace(stream: OpenStream, choice: DeviceChoice): void {
    const { notices, supervisor, system } = this.#options
    const wanted = stream.target
    const sources = system.snapshot?.sources
    const isGone = sources !== undefined && !sources.some(({ name }) => name === wanted.pulseName)
    if (choice.type === 'none') {
      notices.emit({ type: 'device-lost', kind: 'input', name: stream.name })
      this.#dropStream()
      return
    }
    const actual = system.captureSource(supervisor.pid)
    const isMoved = actual !== undefined && actual.name !== wanted.pulseName
    if (isGone)
      notices.emit({ type: 'device-lost', kind: 'input', name: stream.name })
    else if (isMoved && !actual.isMonitor)
      return this.#acceptMove(stream, actual.name, actual.description)
    else if (!isMoved && (stream.movedTo !== undefined || sameDevice(wanted, choice.target)))
      return
    this.#dropStream()
    this.#open(choice)
  }

  /** Moved to another microphone in the system's mixer: that is the person's wish. */
  #acceptMove(stream: OpenStream, sourceName: string, name: string): void {
    if (stream.movedTo === sourceName)
      return
    stream.movedTo = sourceName
    this.#lastName = name
    this.#options.notices.emit({ type: 'device-changed', kind: 'input', name })
  }

  #open(choice: DeviceChoice & { type: 'device' }): void {
    const { notices, supervisor } = this.#options
    const stream: OpenStream = { captureId: this.#nextCaptureId++, target: choice.target, name: choice.name }
    this.#stream = stream
    this.#become('opening')
    this.#watchdog.start(OPEN_LIMIT_MS)
    supervisor.send({ type: 'open-capture', captureId: stream.captureId, target: choice.target })
    if (this.#lastName !== undefined && this.#lastName !== choice.name)
      notices.emit({ type: 'device-changed', kind: 'input', name: choice.name })
    this.#lastName = choice.name
  }

  #receive(message: FromAudioChild): void {
    const stream = this.#stream
    if (!stream)
      return
    if (message.type === 'capture-sound' && message.captureId === stream.captureId)
      this.#sound(stream, message)
    else if (message.type === 'capture-failed' && message.captureId === stream.captureId)
      this.#openFailed(message.message)
  }

  #sound(stream: OpenStream, { samples, rateHz, capturedAtMs }: Extract<FromAudioChild, { type: 'capture-sound' }>): void {
    if (this.#lastEndMs !== undefined && capturedAtMs - this.#lastEndMs > GAP_MS)
      this.#gap(capturedAtMs, capturedAtMs - this.#lastEndMs)
    this.#lastEndMs = capturedAtMs + (samples.length / rateHz) * 1000
    stream.frames ??= new LazyFrames(rateHz, KEPT_MS)
    stream.frames.add(samples, capturedAtMs)
    if (this.#state === 'open') {
      this.#watchdog.fed()
    }
    else {
      this.#watchdog.start(STALL_MS)
      this.#become('open')
      this.#failures = 0
      this.firstSamples.emit()
    }
    if (this.#isHeard)
      this.#convert()
    this.#setPace()
  }

  /** Somebody listens or looks. */
  get #isHeard(): boolean {
    return this.#takes.size > 0 || this.levels.listenerCount > 0
  }

  /** What came is not what went before: sound was lost in between. */
  #gap(untilMs: number, gapMs: number): void {
    for (const take of this.#takes)
      take.addMissing(this.#missingSince(take, untilMs))
    if (gapMs <= STALE_MS)
      return
    this.#ring.drain()
    this.#stream?.frames?.clear()
  }

  #convert(): void {
    for (const frame of this.#stream?.frames?.take() ?? [])
      this.#frame(frame)
  }

  /** A warm microphone in an idle program should cost next to nothing: neither many messages nor their conversion. */
  #setPace(): void {
    const pace = this.#isHeard ? 'live' : 'idle'
    if (pace === this.#pace)
      return
    this.#pace = pace
    this.#options.supervisor.send({ type: 'capture-pace', pace })
  }

  #frame(frame: AudioFrame): void {
    // What belongs to a take is not the next one's pre-roll.
    if (this.#takes.size === 0)
      this.#ring.push(frame)
    for (const take of this.#takes)
      take.accept(frame)
    if (this.levels.listenerCount === 0)
      return
    const reading = this.#meter.add(frame.samples, this.#options.clock.nowMs())
    if (reading)
      this.levels.emit(reading)
  }

  #openFailed(message: string): void {
    const { clock, logger } = this.#options
    logger.warn('microphone could not be opened', { message })
    this.#streamLost()
    this.#become('opening')
    this.#cancelReopen?.()
    this.#cancelReopen = clock.after(REOPEN_MS[Math.min(this.#failures++, REOPEN_MS.length - 1)] as number, () => {
      this.#cancelReopen = undefined
      this.#reconcile()
    })
  }

  #streamLost(): void {
    this.#convert() // the last of it may be a pre-roll, or belong to a take
    this.#stream = undefined
    this.#watchdog.stop()
    if (this.#state === 'open')
      this.#become('opening')
  }

  #dropStream(): void {
    this.#options.supervisor.send({ type: 'close-capture' })
    this.#streamLost()
  }

  #closeStream(): void {
    if (this.#stream)
      this.#dropStream()
    this.#become('closed')
    this.#lastEndMs = undefined
    this.#ring.drain()
  }

  #stalled(): void {
    const { logger, supervisor, system } = this.#options
    logger.warn('microphone delivers nothing', { state: this.#state })
    supervisor.replace(system.hasServer && !system.isServerUp ? 'server-lost' : 'hung')
  }
}

function sameDevice(a: StreamTarget, b: StreamTarget): boolean {
  return a.pulseName === b.pulseName && a.portAudio?.name === b.portAudio?.name && a.portAudio?.hostApi === b.portAudio?.hostApi
}

/** Ids come from us, but a file name is no place to trust that. */
function fileName(id: string): string {
  return id.replace(/[^\w.-]/g, '_').replace(/^\.+/, '_').slice(0, 120)
}

function noMicrophone(): AppError {
  return new AppError('no-microphone', 'There is no microphone that delivers sound. Plug one in or choose another in the settings.', { retryable: true })
}
