import type { AppError } from '../lib/app-error'
import type { Subscribable } from '../lib/emitter'
import type { AudioFrame } from './audio-frame'

export interface AudioDeviceInfo {
  /** Stable across restarts as far as the system allows: what the settings remember. */
  readonly id: string
  readonly name: string
  readonly kind: 'input' | 'output'
  readonly isDefault: boolean
  /** A loudspeaker's monitor or another loop-back source: never taken as the microphone by default. */
  readonly isMonitor: boolean
}

/** What the audio side tells on its own; shown as notices. */
export type AudioNotice
  = | { readonly type: 'child-lost', readonly reason: 'hung' | 'exited' | 'server-lost' }
    | { readonly type: 'child-restored', readonly downMs: number }
    | { readonly type: 'device-lost', readonly kind: 'input' | 'output', readonly name: string }
    | { readonly type: 'device-changed', readonly kind: 'input' | 'output', readonly name: string }
    | { readonly type: 'microphone', readonly state: Microphone['state'] }
    | { readonly type: 'devices', readonly devices: readonly AudioDeviceInfo[] }

/**
 * When the microphone's stream is open. `warm`: always, with pre-roll. `linger`: opened by a take, kept for
 * `lingerMs` after it. `cold`: only while a take runs (no pre-roll; nothing listens in between).
 */
export type MicrophoneMode = 'warm' | 'linger' | 'cold'

export interface TakeCounters {
  /** Milliseconds of sound in the take, pre-roll included. */
  readonly durationMs: number
  readonly preRollMs: number
  /** 20 ms frames the device did not deliver while the take ran (child replaced, device lost, overflow). */
  readonly missingFrames: number
  /** Set when the take could not (all) be written: `disk-full`, `read-only`, … The frames were handed on all the same. */
  readonly fileError?: AppError
}

/**
 * One recording. Every frame is on disk (a WAV that is valid at every moment) before it is handed on.
 * `frames()` begins with the pre-roll and ends after `stop()`; it has one consumer.
 */
export interface Take {
  readonly id: string
  readonly path: string
  /** Resolves, once, as soon as the take can no longer be written; never otherwise. Recording goes on. */
  readonly fileFailure?: Promise<AppError>
  frames: (signal?: AbortSignal) => AsyncIterable<AudioFrame>
  /** Idempotent. What was captured up to now is the take. Resolves when the file is closed. */
  stop: () => Promise<TakeCounters>
}

/** Level of the microphone, at most 30 a second, only while something shows it. dBFS, -90 to 0. */
export interface LevelReading {
  readonly rmsDb: number
  readonly peakDb: number
}

export interface Microphone {
  /** Returns at once; frames come as soon as the device delivers. Rejects with `no-microphone` when there is none. */
  startTake: (takeId: string) => Promise<Take>
  configure: (options: { readonly mode: MicrophoneMode, readonly lingerMs: number, readonly deviceId: string | null }) => Promise<void>
  readonly levels: Subscribable<LevelReading>
  /** `closed`: no stream. `opening`: asked for, no sample yet. `open`: samples arrive. */
  readonly state: 'closed' | 'opening' | 'open'
}

/** What was really heard. */
export interface PlaybackReport {
  /** Milliseconds of sound that left the queue for the device. */
  readonly playedMs: number
  /** Last piece of which at least half was heard, or null when nothing was. */
  readonly lastPieceIndex: number | null
  readonly interrupted: boolean
}

export interface PlayableChunk {
  readonly samples: Int16Array
  readonly sampleRate: number
  readonly pieceIndex: number
  readonly last: boolean
}

export interface PlayOptions {
  /** Abort is a barge-in: silence within 100 ms; `play` then resolves with `interrupted: true` (it does not throw). */
  readonly signal: AbortSignal
  /** 0 to 1. */
  readonly volume?: number
  /** The first sample was handed to the device. */
  readonly onStarted?: (atMs: number) => void
  /** A piece began to be heard. */
  readonly onPiece?: (pieceIndex: number, atMs: number) => void
}

export interface Speaker {
  /** Plays until `chunks` ends and the last sample was heard. Throws `no-speaker` when there is none. */
  play: (chunks: AsyncIterable<PlayableChunk>, options: PlayOptions) => Promise<PlaybackReport>
  configure: (options: { readonly deviceId: string | null }) => Promise<void>
}

/** The machine's sound, through the native child process. */
export interface AudioDevice extends AsyncDisposable {
  start: () => Promise<void>
  devices: () => Promise<readonly AudioDeviceInfo[]>
  readonly microphone: Microphone
  readonly speaker: Speaker
  readonly notices: Subscribable<AudioNotice>
}
