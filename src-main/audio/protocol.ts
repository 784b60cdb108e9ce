/** Messages between main and the audio child. Sound crosses as typed arrays (structured clone). */

/** Which device a stream is opened on, named in one of two ways. */
export interface StreamTarget {
  /** A source or sink of the sound server, reached through PortAudio's `pulse` device. */
  readonly pulseName: string | null
  /** A device of PortAudio, where no sound server is known. */
  readonly portAudio: { readonly hostApi: string, readonly name: string } | null
  /** The rate to open it at: the device's own, for others may fail or give silence. */
  readonly rateHz: number
}

export interface PortAudioDevice {
  readonly name: string
  readonly hostApi: string
  readonly maxInputChannels: number
  readonly maxOutputChannels: number
  readonly defaultSampleRateHz: number
  readonly isDefaultInput: boolean
  readonly isDefaultOutput: boolean
}

export type ToAudioChild
  = | { readonly type: 'list', readonly requestId: number }
    /** Replaces a stream that is open. */
    | { readonly type: 'open-capture', readonly captureId: number, readonly target: StreamTarget }
    | { readonly type: 'close-capture' }
    /** How much sound comes in one message: little while somebody listens, more while only the pre-roll is kept. At once. */
    | { readonly type: 'capture-pace', readonly pace: CapturePace }
    /** Opens an output ahead of time, not started: `play` on the same target begins without delay. Null lets go of it. */
    | { readonly type: 'arm-output', readonly target: StreamTarget | null }
    | { readonly type: 'play', readonly playId: number, readonly target: StreamTarget }
    /** Mono, at the target's rate. */
    | { readonly type: 'play-data', readonly playId: number, readonly samples: Int16Array }
    /** No more data: play what is there to its end. */
    | { readonly type: 'play-end', readonly playId: number }
    /** Be silent as soon as the device can. */
    | { readonly type: 'play-stop', readonly playId: number }

export type FromAudioChild
  = | { readonly type: 'ready' }
    | { readonly type: 'heartbeat' }
    | { readonly type: 'devices', readonly requestId: number, readonly devices: readonly PortAudioDevice[] }
    /** Mono, at the device's rate. `capturedAtMs`: time of the first sample on CLOCK_MONOTONIC. */
    | { readonly type: 'capture-sound', readonly captureId: number, readonly samples: Int16Array, readonly rateHz: number, readonly capturedAtMs: number }
    | { readonly type: 'capture-failed', readonly captureId: number, readonly message: string }
    /** The first sample was handed to the device. */
    | { readonly type: 'play-started', readonly playId: number, readonly atMs: number }
    /** Samples handed to the device so far: they will be heard whatever comes. */
    | { readonly type: 'play-progress', readonly playId: number, readonly writtenSamples: number }
    /** After `play-end`: all was heard. After `play-stop`: nothing more is handed to the device. */
    | { readonly type: 'play-ended', readonly playId: number, readonly writtenSamples: number }
    | { readonly type: 'play-failed', readonly playId: number, readonly message: string }

/** `live`: a take runs or a level is shown. */
export type CapturePace = 'live' | 'idle'

/** So often the child looks whether it said anything of late, and if not, it beats: it is never silent for more than half as much again. */
export const HEARTBEAT_MS = 200
/** Sound in one message at the idle pace; at the live one it comes as the device gives it. */
export const IDLE_BLOCK_MS = 100
