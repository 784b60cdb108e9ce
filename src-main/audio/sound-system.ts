import type { AppError } from '../lib/app-error'
import type { AudioDeviceInfo } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { PortAudioDevice, StreamTarget } from './protocol'
import type { PulseAddress, PulseDevice, PulseSnapshot } from './pulse-client'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { PulseClient } from './pulse-client'

const RETRY_MS = [50, 50, 100, 100, 200, 200, 500, 1000] as const
/** Where no server ever answered there is probably none; look again now and then. */
const SEARCH_MS = 15_000
const PULSE_PREFIX = 'pulse:'
const PORTAUDIO_PREFIX = 'portaudio:'
const LOOPBACK = /monitor|loopback|stereo mix|what u hear/i

export type DeviceChoice
  = | { readonly type: 'device', readonly target: StreamTarget, readonly name: string, readonly isChosen: boolean }
    | { readonly type: 'none' }

export interface SoundSystemOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Resolves to undefined where there is no such server. */
  readonly findAddress: () => Promise<PulseAddress | undefined>
  /** Whether the sound cards themselves are out of this user's reach. */
  readonly cardsDenied: () => Promise<AppError | undefined>
}

/**
 * Which devices there are and which one a stream belongs on. With a PulseAudio or PipeWire server this comes from its
 * control connection, which tells every change and its own death at once; elsewhere from PortAudio's list.
 */
export class SoundSystem {
  /** Devices, defaults or streams changed. */
  readonly changes = new Emitter<void>()
  readonly serverLosses = new Emitter<void>()
  readonly serverReturns = new Emitter<void>()
  readonly #options: SoundSystemOptions
  #address: PulseAddress | undefined
  #client: PulseClient | undefined
  #snapshot: PulseSnapshot | undefined
  #portAudio: readonly PortAudioDevice[] = []
  #isListed = false
  #everConnected = false
  #attempts = 0
  #cancelRetry: (() => void) | undefined
  #denial: AppError | undefined
  #refreshing = false
  #stale = false
  #closed = false

  constructor(options: SoundSystemOptions) {
    this.#options = options
  }

  /** A server is known: its list is the truth. */
  get hasServer(): boolean {
    return this.#everConnected
  }

  /** Some list of devices has come: an empty one means that there are none. */
  get isListed(): boolean {
    return this.#everConnected || this.#isListed
  }

  /** `microphone-denied` where the server, or with no server the sound cards, refuse this user. */
  get denial(): AppError | undefined {
    return this.#denial
  }

  get isServerUp(): boolean {
    return this.#client !== undefined
  }

  get snapshot(): PulseSnapshot | undefined {
    return this.#client ? this.#snapshot : undefined
  }

  /** Resolves when the server answered, or when it did not. */
  async start(): Promise<void> {
    this.#address = await this.#options.findAddress()
    await this.#connect()
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry?.()
    this.#client?.close()
    this.#client = undefined
  }

  setPortAudioDevices(devices: readonly PortAudioDevice[]): void {
    this.#portAudio = devices
    this.#isListed = true
    this.changes.emit()
  }

  devices(): readonly AudioDeviceInfo[] {
    if (this.#everConnected)
      return this.snapshot ? pulseDevices(this.snapshot) : []
    return portAudioDevices(this.#portAudio)
  }

  /** The device for the microphone: the chosen one if it is there, else the default, never a monitor unasked. */
  input(deviceId: string | null): DeviceChoice {
    if (!this.#everConnected)
      return portAudioTarget(this.#portAudio, deviceId, 'input')
    const snapshot = this.snapshot
    if (!snapshot)
      return { type: 'none' }
    const chosen = snapshot.sources.find(({ name }) => deviceId === PULSE_PREFIX + name)
    const fallback = snapshot.sources.find(({ name, isMonitor }) => name === snapshot.defaultSource && !isMonitor)
      ?? snapshot.sources.find(({ isMonitor }) => !isMonitor)
    return pulseChoice(chosen, fallback)
  }

  output(deviceId: string | null): DeviceChoice {
    if (!this.#everConnected)
      return portAudioTarget(this.#portAudio, deviceId, 'output')
    const snapshot = this.snapshot
    if (!snapshot)
      return { type: 'none' }
    const chosen = snapshot.sinks.find(({ name }) => deviceId === PULSE_PREFIX + name)
    return pulseChoice(chosen, snapshot.sinks.find(({ name }) => name === snapshot.defaultSink) ?? snapshot.sinks[0])
  }

  /** Where the server has put a process's capture: undefined when it has none (yet), or nothing is known. */
  captureSource(pid: number | undefined): PulseDevice | undefined {
    const streams = this.snapshot?.captures.filter(({ processId }) => processId === pid) ?? []
    const newest = streams.reduce<(typeof streams)[number] | undefined>((a, b) => (a && a.index > b.index ? a : b), undefined)
    return this.snapshot?.sources.find(({ index }) => index === newest?.deviceIndex)
  }

  async #connect(): Promise<void> {
    const { logger } = this.#options
    const address = this.#address
    if (this.#closed)
      return
    if (!address) {
      this.#denial = await this.#options.cardsDenied()
      return
    }
    try {
      const client = await PulseClient.connect(address)
      const snapshot = await client.snapshot()
      if (this.#closed) {
        client.close()
        return
      }
      this.#adopt(client, snapshot)
    }
    catch (error) {
      const failure = toAppError(error)
      this.#denial = failure.code === 'microphone-denied' ? failure : await this.#options.cardsDenied()
      if (this.#denial)
        logger.warn('the microphone is denied', { message: this.#denial.message })
      this.#retry()
    }
    finally {
      if (this.#client && this.#attempts > 0)
        logger.info('sound server answers')
    }
  }

  #adopt(client: PulseClient, snapshot: PulseSnapshot): void {
    this.#client = client
    this.#snapshot = snapshot
    this.#everConnected = true
    this.#denial = undefined
    this.#attempts = 0
    client.changes.subscribe(() => this.#refresh(client))
    client.closed.subscribe(() => this.#serverLost(client))
    if (client.isClosed) {
      this.#serverLost(client)
      return
    }
    this.serverReturns.emit()
    this.changes.emit()
  }

  #serverLost(client: PulseClient): void {
    if (this.#closed || client !== this.#client)
      return
    this.#client = undefined
    this.#options.logger.warn('sound server lost')
    this.serverLosses.emit()
    this.#retry()
  }

  #retry(): void {
    if (this.#closed)
      return
    const delayMs = this.#everConnected ? RETRY_MS[Math.min(this.#attempts++, RETRY_MS.length - 1)] as number : SEARCH_MS
    this.#cancelRetry = this.#options.clock.after(delayMs, () => background(this.#connect(), this.#options.logger, 'sound server'))
  }

  /** One question at a time; changes that come meanwhile ask once more. */
  #refresh(client: PulseClient): void {
    if (this.#refreshing) {
      this.#stale = true
      return
    }
    this.#refreshing = true
    const ask = async (): Promise<void> => {
      try {
        do {
          this.#stale = false
          const snapshot = await client.snapshot()
          if (client !== this.#client)
            return
          this.#snapshot = snapshot
          this.changes.emit()
        } while (this.#stale)
      }
      catch {
        // The connection ended in between: `closed` tells.
      }
      finally {
        this.#refreshing = false
      }
    }
    background(ask(), this.#options.logger, 'sound server refresh')
  }
}

function pulseChoice(chosen: PulseDevice | undefined, fallback: PulseDevice | undefined): DeviceChoice {
  const device = chosen ?? fallback
  if (!device)
    return { type: 'none' }
  return {
    type: 'device',
    name: device.description,
    isChosen: chosen !== undefined,
    target: { pulseName: device.name, portAudio: null, rateHz: device.rateHz },
  }
}

function pulseDevices(snapshot: PulseSnapshot): AudioDeviceInfo[] {
  const info = (kind: 'input' | 'output', defaultName: string | null) => (device: PulseDevice): AudioDeviceInfo => ({
    id: PULSE_PREFIX + device.name,
    name: device.description,
    kind,
    isDefault: device.name === defaultName,
    isMonitor: device.isMonitor,
  })
  return [
    ...snapshot.sources.map(info('input', snapshot.defaultSource)),
    ...snapshot.sinks.map(info('output', snapshot.defaultSink)),
  ]
}

function portAudioId(device: PortAudioDevice): string {
  return `${PORTAUDIO_PREFIX}${device.hostApi}:${device.name}`
}

function portAudioDevices(devices: readonly PortAudioDevice[]): AudioDeviceInfo[] {
  return devices.flatMap((device): AudioDeviceInfo[] => {
    const base = { id: portAudioId(device), name: device.name }
    return [
      ...(device.maxInputChannels > 0 ? [{ ...base, kind: 'input' as const, isDefault: device.isDefaultInput, isMonitor: LOOPBACK.test(device.name) }] : []),
      ...(device.maxOutputChannels > 0 ? [{ ...base, kind: 'output' as const, isDefault: device.isDefaultOutput, isMonitor: false }] : []),
    ]
  })
}

function portAudioTarget(devices: readonly PortAudioDevice[], deviceId: string | null, kind: 'input' | 'output'): DeviceChoice {
  const usable = devices.filter(device => (kind === 'input' ? device.maxInputChannels : device.maxOutputChannels) > 0)
  const chosen = usable.find(device => portAudioId(device) === deviceId)
  const safe = kind === 'input' ? usable.filter(({ name }) => !LOOPBACK.test(name)) : usable
  const device = chosen ?? safe.find(({ isDefaultInput, isDefaultOutput }) => (kind === 'input' ? isDefaultInput : isDefaultOutput)) ?? safe[0]
  if (!device)
    return { type: 'none' }
  return {
    type: 'device',
    name: device.name,
    isChosen: chosen !== undefined,
    target: { pulseName: null, portAudio: { hostApi: device.hostApi, name: device.name }, rateHz: device.defaultSampleRateHz },
  }
}
