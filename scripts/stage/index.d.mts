/** Options of a stage; everything is on unless it is turned off. Without sound its programs find no server outside either. */
export interface StageOptions {
  readonly display?: boolean
  readonly sound?: boolean
  /** Screen size in pixels, `1280x800`. */
  readonly size?: string
}

/** Mono, 48 kHz. `startedAtMs` is the time of sample 0 on CLOCK_MONOTONIC (`process.hrtime`), good to a few ms. */
export interface StageRecording {
  readonly samples: Int16Array
  readonly sampleRateHz: number
  readonly startedAtMs: number
}

export interface StageRecorder {
  /** Peak (dBFS) of each block of about 10 ms as it arrives. Returns the way to unsubscribe. */
  onLevel: (listener: (level: { readonly atMs: number, readonly peakDb: number }) => void) => () => void
  /** Time (monotonic ms) at which a sound arrived; rejects after `timeoutMs`. Threshold -50 dBFS by default. */
  untilSound: (options?: { readonly thresholdDb?: number, readonly timeoutMs?: number }) => Promise<number>
  /** Time (monotonic ms) at which it had been quiet for `quietMs`. */
  untilQuiet: (options?: { readonly thresholdDb?: number, readonly quietMs?: number, readonly timeoutMs?: number }) => Promise<number>
  stop: () => Promise<StageRecording>
}

export interface StagePcm {
  readonly samples: Int16Array
  readonly sampleRateHz: number
  readonly channels?: number
}

export interface StagePlayer {
  /** Settles when the file was played to its end (or stopped); rejects when the player failed. */
  readonly done: Promise<void>
  stop: () => Promise<void>
}

/** A virtual display with a window manager, a session bus and a sound server that no other program sees. */
export interface Stage extends AsyncDisposable {
  /** A private folder, removed by `stop()`. */
  readonly dir: string
  /** To merge into a child's environment: DISPLAY, PULSE_SERVER, ALSA_CONFIG_PATH, XDG_RUNTIME_DIR, DBUS_SESSION_BUS_ADDRESS. */
  readonly env: Readonly<Record<string, string>>
  /** Processes of the stage that run now. */
  readonly pids: readonly number[]
  /** Plays a WAV into the microphone. */
  startMic: (wavPath: string) => StagePlayer
  startMicPcm: (pcm: StagePcm) => StagePlayer
  /** Another program plays on the loudspeaker. */
  startSpeaker: (pcm: StagePcm) => StagePlayer
  playMic: (wavPath: string) => Promise<void>
  playMicPcm: (pcm: StagePcm) => Promise<void>
  /** What the loudspeaker says from now on. Resolves when the first block has arrived. */
  recordSpeaker: () => Promise<StageRecorder>
  /** The same for any source of the server. */
  recordSource: (name: string) => Promise<StageRecorder>
  /** The sound server dies as in a crash; `startSound` brings it back on the same socket. */
  killSound: () => Promise<void>
  startSound: () => Promise<void>
  /** A source is unplugged (default: `vmic`, the microphone). */
  unloadSource: (name?: string) => Promise<void>
  loadSource: (name?: string, options?: { readonly master?: string, readonly makeDefault?: boolean }) => Promise<void>
  pactl: (...args: string[]) => Promise<string>
  /** Ends exactly the processes that this stage started and removes its folder. Idempotent. */
  stop: () => Promise<void>
}

export function startStage(options?: StageOptions): Promise<Stage>
/** Programs that such a stage needs and that are not installed. */
export function missingPrograms(options?: StageOptions): string[]
/** Now, on the clock of the recordings. */
export function monotonicMs(): number

export interface SoundSearch {
  readonly thresholdDb?: number
}
export const NOISE_DB: number
export function firstSoundMs(recording: StageRecording, options?: SoundSearch & { readonly fromMs?: number }): number | null
export function lastSoundMs(recording: StageRecording, options?: SoundSearch & { readonly beforeMs?: number }): number | null
/** Stretches of sound, in ms on the recording's clock; silences under `minSilenceMs` (20) do not divide. */
export function soundSpans(recording: StageRecording, options?: SoundSearch & { readonly minSilenceMs?: number }): { fromMs: number, toMs: number }[]
