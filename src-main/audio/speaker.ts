import type { Emitter } from '../lib/emitter'
import type { AudioNotice, PlayableChunk, PlaybackReport, PlayOptions, Speaker } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { StreamTarget } from './protocol'
import type { DeviceChoice, SoundSystem } from './sound-system'
import type { Supervisor } from './supervisor'
import process from 'node:process'
import { AppError } from '../lib/app-error'
import { Playback } from './playback'

/** How long a playback waits for a sound server or child that is being restored. */
const WAIT_MS = 2000

export interface SpeakerOptions {
  readonly supervisor: Supervisor
  readonly system: SoundSystem
  readonly clock: Clock
  readonly logger: Logger
  readonly notices: Emitter<AudioNotice>
}

/** Chooses the output, keeps one stream opened ahead, and runs the playbacks. */
export class SpeakerController implements Speaker {
  readonly #options: SpeakerOptions
  readonly #playbacks = new Set<Playback>()
  #deviceId: string | null = null
  #running = false
  #nextPlayId = 1
  #armed: StreamTarget | null = null
  #lastName: string | undefined

  constructor(options: SpeakerOptions) {
    this.#options = options
    const { supervisor, system } = options
    supervisor.messages.subscribe((message) => {
      for (const playback of this.#playbacks)
        playback.receive(message)
    })
    supervisor.ups.subscribe(() => {
      this.#armed = null
      this.#reconcile()
      for (const playback of this.#playbacks)
        playback.childUp()
    })
    supervisor.losses.subscribe(() => {
      for (const playback of this.#playbacks)
        playback.childLost()
    })
    system.changes.subscribe(() => this.#reconcile())
  }

  get isBusy(): boolean {
    return this.#playbacks.size > 0
  }

  start(): void {
    this.#running = true
    this.#reconcile()
  }

  async configure({ deviceId }: { readonly deviceId: string | null }): Promise<void> {
    this.#deviceId = deviceId
    this.#reconcile()
  }

  async play(chunks: AsyncIterable<PlayableChunk>, options: PlayOptions): Promise<PlaybackReport> {
    const choice = await this.#choice(options.signal)
    if (options.signal.aborted)
      return { playedMs: 0, lastPieceIndex: null, interrupted: true }
    if (choice.type === 'none')
      throw new AppError('no-speaker', 'There is no loudspeaker. Plug one in or choose another in the settings.', { retryable: true })
    const { clock, supervisor, system } = this.#options
    const playback = new Playback({
      clock,
      isUp: () => supervisor.isUp && (!system.hasServer || system.isServerUp),
      target: () => this.#target(),
      nextPlayId: () => this.#nextPlayId++,
      send: message => supervisor.send(message),
      onStall: () => supervisor.replace(system.hasServer && !system.isServerUp ? 'server-lost' : 'hung'),
    }, choice.target.rateHz, options)
    this.#playbacks.add(playback)
    try {
      return await playback.run(chunks)
    }
    finally {
      this.#playbacks.delete(playback)
    }
  }

  #target(): StreamTarget | undefined {
    const choice = this.#options.system.output(this.#deviceId)
    return choice.type === 'device' ? choice.target : undefined
  }

  /** The device, waited for while server or child are on their way (back). */
  async #choice(signal: AbortSignal): Promise<DeviceChoice> {
    const { clock, supervisor, system } = this.#options
    const now = system.output(this.#deviceId)
    const isComing = (system.hasServer && !system.isServerUp) || !supervisor.isUp || !system.isListed
    if (now.type === 'device' || !isComing || signal.aborted)
      return now
    return await new Promise((resolve) => {
      const settle = (): void => {
        off()
        cancel()
        signal.removeEventListener('abort', settle)
        resolve(system.output(this.#deviceId))
      }
      const off = system.changes.subscribe(() => system.output(this.#deviceId).type === 'device' && settle())
      const cancel = clock.after(WAIT_MS, settle)
      signal.addEventListener('abort', settle)
    })
  }

  /** Keeps an output opened ahead where devices are shared; an exclusive one (bare ALSA) would be taken from others. */
  #reconcile(): void {
    const { notices, supervisor, system } = this.#options
    if (!this.#running || !supervisor.isUp)
      return
    const choice = system.output(this.#deviceId)
    if (choice.type === 'none') {
      if (this.#lastName !== undefined && (!system.hasServer || system.isServerUp))
        notices.emit({ type: 'device-lost', kind: 'output', name: this.#lastName })
      this.#lastName = undefined
    }
    else if (this.#lastName !== choice.name) {
      if (this.#lastName !== undefined)
        notices.emit({ type: 'device-changed', kind: 'output', name: choice.name })
      this.#lastName = choice.name
    }
    const isShared = system.hasServer || process.platform !== 'linux'
    const target = choice.type === 'device' && isShared ? choice.target : null
    if (JSON.stringify(target) === JSON.stringify(this.#armed))
      return
    this.#armed = target
    supervisor.send({ type: 'arm-output', target })
  }
}
