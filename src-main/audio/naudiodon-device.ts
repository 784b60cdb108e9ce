import type { AudioDevice, AudioDeviceInfo, AudioNotice } from '../ports/audio-device'
import type { SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { MicrophoneAccess } from '../ports/microphone-access'
import type { PulseAddress } from './pulse-client'
import process from 'node:process'
import { Emitter } from '../lib/emitter'
import { MicrophoneController } from './microphone'
import { findPulseServer } from './pulse-address'
import { soundCardDenied } from './refusal'
import { SoundSystem } from './sound-system'
import { SpeakerController } from './speaker'
import { Supervisor } from './supervisor'

const LIST_WAIT_MS = 2000

export interface AudioDeviceOptions {
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly logger: Logger
  /** Takes are written here, one WAV each; made when it is not there. */
  readonly takesDir: string
  /** Where the sound server is. Left out: found by the system's rules; null: none, PortAudio alone. */
  readonly pulse?: PulseAddress | null
  /** The system's privacy settings. Left out: the system keeps none that this process can ask. */
  readonly access?: MicrophoneAccess
}

/** The machine's sound through naudiodon in a supervised child. Nothing happens before `start`. */
export function createAudioDevice(options: AudioDeviceOptions): AudioDevice {
  return new NaudiodonDevice(options)
}

class NaudiodonDevice implements AudioDevice {
  readonly notices = new Emitter<AudioNotice>()
  readonly microphone: MicrophoneController
  readonly speaker: SpeakerController
  readonly #options: AudioDeviceOptions
  readonly #supervisor: Supervisor
  readonly #system: SoundSystem
  #started: Promise<void> | undefined
  #lostAtMs: number | undefined
  #lastDevices = ''
  #nextRequestId = 1

  constructor(options: AudioDeviceOptions) {
    this.#options = options
    const { clock, logger, takesDir } = options
    this.#supervisor = new Supervisor(options)
    this.#system = new SoundSystem({ clock, logger, findAddress: async () => options.pulse === undefined ? await findPulseServer() : options.pulse ?? undefined, cardsDenied: async () => process.platform === 'linux' ? await soundCardDenied() : undefined })
    const parts = { supervisor: this.#supervisor, system: this.#system, clock, logger, notices: this.notices }
    this.microphone = new MicrophoneController({ ...parts, takesDir, access: options.access })
    this.speaker = new SpeakerController(parts)
    this.#connect()
  }

  start(): Promise<void> {
    this.#started ??= this.#begin()
    return this.#started
  }

  /** Where no server tells of changes, PortAudio's list is read anew, which takes a new child. */
  async devices(): Promise<readonly AudioDeviceInfo[]> {
    if (!this.#system.hasServer && !this.microphone.isBusy && !this.speaker.isBusy)
      await this.#refreshPortAudio()
    return this.#system.devices()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.microphone.close()
    this.#system.close()
    await this.#supervisor.close()
  }

  async #begin(): Promise<void> {
    await this.#system.start()
    this.#supervisor.start()
    this.microphone.start()
    this.speaker.start()
  }

  #connect(): void {
    const { clock } = this.#options
    this.#supervisor.losses.subscribe((reason) => {
      if (reason === 'refresh')
        return
      this.#lostAtMs ??= clock.nowMs()
      this.notices.emit({ type: 'child-lost', reason })
    })
    this.#supervisor.ups.subscribe(() => {
      if (!this.#system.hasServer)
        this.#supervisor.send({ type: 'list', requestId: this.#nextRequestId++ })
      if (!this.microphone.isWanted)
        this.#restored()
    })
    this.microphone.firstSamples.subscribe(() => this.#restored())
    this.#supervisor.messages.subscribe((message) => {
      if (message.type === 'devices')
        this.#system.setPortAudioDevices(message.devices)
    })
    this.#system.serverLosses.subscribe(() => {
      // Its calls into the dead server would never return.
      this.#supervisor.hold()
      this.#supervisor.replace('server-lost')
    })
    this.#system.serverReturns.subscribe(() => this.#supervisor.release())
    this.#system.changes.subscribe(() => this.#tellDevices())
  }

  #restored(): void {
    if (this.#lostAtMs === undefined)
      return
    const downMs = this.#options.clock.nowMs() - this.#lostAtMs
    this.#lostAtMs = undefined
    this.#options.logger.info('audio child restored', { downMs })
    this.notices.emit({ type: 'child-restored', downMs })
  }

  #tellDevices(): void {
    if (this.#system.hasServer && !this.#system.isServerUp)
      return
    const devices = this.#system.devices()
    const key = JSON.stringify(devices)
    if (key === this.#lastDevices)
      return
    this.#lastDevices = key
    this.notices.emit({ type: 'devices', devices })
  }

  async #refreshPortAudio(): Promise<void> {
    // The first list of a child comes by itself.
    await this.#listArrival(() => this.#supervisor.isUp && this.#system.isListed && this.#supervisor.replace('refresh'))
  }

  async #listArrival(ask: () => unknown): Promise<void> {
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        off()
        cancel()
        resolve()
      }
      const off = this.#supervisor.messages.subscribe(message => message.type === 'devices' && settle())
      const cancel = this.#options.clock.after(LIST_WAIT_MS, settle)
      ask()
    })
  }
}
