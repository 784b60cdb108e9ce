import type { AudioFrame } from '../ports/audio-frame'
import { Framer } from '../lib/pcm'
import { Resampler } from '../lib/resampler'
import { ASR_RATE_HZ, FRAME_SAMPLES } from '../ports/audio-frame'

/**
 * Turns a stream of sound at the device's rate into frames, when somebody wants them: what nobody asks for is kept as
 * it came and in the end dropped unconverted, for the filter is most of what an idle microphone would cost. The frames
 * are the same, sample for sample, as if everything had been converted as it came; only where they are cut differs.
 */
export class LazyFrames {
  readonly rateHz: number
  readonly #keepSamples: number
  readonly #resampler: Resampler
  #framer = new Framer(FRAME_SAMPLES)
  #pending: Int16Array[] = []
  #pendingSamples = 0
  #received = 0
  #beganAtMs = 0

  /** `keepMs`: at least so much of the newest sound is kept until `take`. */
  constructor(rateHz: number, keepMs: number) {
    this.rateHz = rateHz
    this.#keepSamples = Math.ceil((rateHz * keepMs) / 1000)
    this.#resampler = new Resampler(rateHz, ASR_RATE_HZ)
  }

  /** `capturedAtMs`: time of the first sample. */
  add(samples: Int16Array, capturedAtMs: number): void {
    this.#beganAtMs = capturedAtMs - (this.#received / this.rateHz) * 1000
    this.#received += samples.length
    this.#pending.push(samples)
    this.#pendingSamples += samples.length
    for (let oldest = this.#pending[0]; oldest && this.#pendingSamples - oldest.length >= this.#keepSamples; oldest = this.#pending[0])
      this.#drop(oldest)
  }

  /** Everything kept, as frames, oldest first. Less than a frame stays for the next call. */
  take(): AudioFrame[] {
    const frames: AudioFrame[] = []
    for (const samples of this.#pending) {
      let atMs = this.#beganAtMs + (this.#resampler.position / this.rateHz - this.#framer.pending / ASR_RATE_HZ) * 1000
      for (const frame of this.#framer.push(this.#resampler.process(samples))) {
        frames.push({ samples: frame, sampleRate: ASR_RATE_HZ, capturedAtMs: atMs })
        atMs += (FRAME_SAMPLES / ASR_RATE_HZ) * 1000
      }
    }
    this.#pending = []
    this.#pendingSamples = 0
    return frames
  }

  /** Forgets what is kept. */
  clear(): void {
    for (const samples of [...this.#pending])
      this.#drop(samples)
  }

  #drop(oldest: Int16Array): void {
    this.#resampler.skip(oldest)
    this.#framer = new Framer(FRAME_SAMPLES) // its beginning of a frame has lost its rest
    this.#pending.shift()
    this.#pendingSamples -= oldest.length
  }
}
