import type { Buffer } from 'node:buffer'
import { createRequire } from 'node:module'

/** The native binding of naudiodon 2.3.6. Its JavaScript wrapper is left out: `abort()` throws there. */
export interface NativeStream {
  start: () => void
  /** Holds a thread of libuv's pool until the bytes are there. */
  read: (bytes: number) => Promise<{ readonly buf?: Buffer, readonly finished?: boolean, readonly err?: string }>
  /** Resolves when the block is in the native queue (`maxQueue` blocks), which may take for ever. */
  write: (block: Buffer) => Promise<string | undefined>
  /** Plays its queue, then closes. Never returns when the sound server is dead. */
  quit: (flag: 'WAIT' | 'ABORT') => Promise<void>
}

export interface NativeStreamOptions {
  readonly deviceId?: number
  readonly sampleRate: number
  readonly channelCount: number
  readonly sampleFormat: 16
  readonly maxQueue: number
  readonly framesPerBuffer: number
  /** Must be false: the default closes the stream at the first underflow. */
  readonly closeOnError: false
}

export interface NativeDevice {
  readonly id: number
  readonly name: string
  readonly hostAPIName: string
  readonly maxInputChannels: number
  readonly maxOutputChannels: number
  readonly defaultSampleRate: number
}

export interface NativeAudio {
  create: (options: { readonly inOptions: NativeStreamOptions } | { readonly outOptions: NativeStreamOptions }) => NativeStream
  /** As PortAudio saw them when it was initialised; it is initialised anew when no stream is open. */
  getDevices: () => readonly NativeDevice[]
  getHostAPIs: () => { readonly defaultHostAPI: number, readonly HostAPIs: readonly { readonly name: string, readonly defaultInput: number, readonly defaultOutput: number }[] }
}

/** The only place that loads it. Must be called in a process that may be killed: native calls can hang for good. */
export function loadNativeAudio(): NativeAudio {
  return createRequire(__filename)('naudiodon/build/Release/naudiodon.node') as NativeAudio
}

/**
 * Initialises PortAudio for the life of the process. It looks for devices then, which takes from 10 ms to seconds, and
 * would do so again for every stream opened while no other is. The binding has no call for it, but a stream that is
 * refused leaves it initialised.
 */
export function keepInitialised(native: NativeAudio): void {
  try {
    native.create({ outOptions: { sampleRate: 48_000, channelCount: 1_000_000, sampleFormat: 16, maxQueue: 1, framesPerBuffer: 0, closeOnError: false } })
  }
  catch {
    // As intended.
  }
}
