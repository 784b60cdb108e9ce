import type { PortAudioDevice, StreamTarget } from '../protocol'
import type { NativeAudio, NativeDevice } from './native'
import process from 'node:process'

export interface OpenTarget {
  /** Undefined: PortAudio's default. */
  readonly deviceId: number | undefined
  readonly rateHz: number
  readonly maxChannels: number
}

/** ALSA's names for "whatever the sound server says". */
const PULSE_DEVICES = ['pulse', 'default']

/**
 * Finds the PortAudio device for a target. For a device of the sound server the choice travels in `PULSE_SOURCE` and
 * `PULSE_SINK`, which its client library reads whenever a stream is opened.
 */
export function resolveTarget(native: NativeAudio, target: StreamTarget, kind: 'input' | 'output'): OpenTarget {
  const variable = kind === 'input' ? 'PULSE_SOURCE' : 'PULSE_SINK'
  if (target.pulseName === null)
    delete process.env[variable]
  else
    process.env[variable] = target.pulseName
  const usable = native.getDevices().filter(device => channels(device, kind) > 0)
  const device = target.pulseName !== null
    ? PULSE_DEVICES.map(name => usable.find(candidate => candidate.name === name)).find(found => found !== undefined)
    : usable.find(candidate => candidate.name === target.portAudio?.name && candidate.hostAPIName === target.portAudio.hostApi)
  if (!device && target.portAudio)
    throw new Error('the device is not there')
  const chosen = device ?? usable.find(candidate => candidate.id === defaultIds(native)[kind]) ?? usable[0]
  if (!chosen)
    throw new Error(`there is no ${kind} device`)
  return {
    deviceId: chosen.id,
    rateHz: target.rateHz,
    maxChannels: channels(chosen, kind),
  }
}

export function listDevices(native: NativeAudio): PortAudioDevice[] {
  const defaults = defaultIds(native)
  return native.getDevices().map(device => ({
    name: device.name,
    hostApi: device.hostAPIName,
    maxInputChannels: device.maxInputChannels,
    maxOutputChannels: device.maxOutputChannels,
    defaultSampleRateHz: device.defaultSampleRate,
    isDefaultInput: device.id === defaults.input,
    isDefaultOutput: device.id === defaults.output,
  }))
}

function defaultIds(native: NativeAudio): { input: number, output: number } {
  const { defaultHostAPI, HostAPIs } = native.getHostAPIs()
  const api = HostAPIs[defaultHostAPI]
  return { input: api?.defaultInput ?? -1, output: api?.defaultOutput ?? -1 }
}

function channels(device: NativeDevice, kind: 'input' | 'output'): number {
  return kind === 'input' ? device.maxInputChannels : device.maxOutputChannels
}
