/** Mono 16-bit PCM. Frames of a take are 20 ms at 16 kHz: 320 samples. */
export interface AudioFrame {
  readonly samples: Int16Array
  readonly sampleRate: number
  /** Time of the first sample on the monotonic clock of the main process, in milliseconds. */
  readonly capturedAtMs: number
}

export const FRAME_MS = 20
/** What every recogniser and the voice detector take. */
export const ASR_RATE_HZ = 16_000
export const FRAME_SAMPLES = (ASR_RATE_HZ * FRAME_MS) / 1000
