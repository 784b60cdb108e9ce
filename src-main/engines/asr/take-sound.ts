import type { AudioFrame } from '../../ports/audio-frame'
import { Resampler } from '../../lib/resampler'

/**
 * A frame above it may hold a voice. Far below quiet speech (about -45 dB), above digital silence and the noise of a
 * good microphone: what never rises above it is not sent to anybody.
 */
const VOICE_DB = -55

export function isLoud(samples: Int16Array): boolean {
  let sum = 0
  for (let i = 0; i < samples.length; i++)
    sum += (samples[i] as number) ** 2
  return samples.length > 0 && 10 * Math.log10(sum / samples.length / 32_768 ** 2) > VOICE_DB
}

export function lengthMs({ samples, sampleRate }: Pick<AudioFrame, 'samples' | 'sampleRate'>): number {
  return samples.length / sampleRate * 1000
}

/** The frames of a take at one rate, whatever theirs is; its state crosses the frames. */
export class RateConverter {
  readonly #outHz: number
  #resampler: Resampler | null = null

  constructor(outHz: number) {
    this.#outHz = outHz
  }

  push({ samples, sampleRate }: Pick<AudioFrame, 'samples' | 'sampleRate'>): Int16Array {
    if (this.#resampler?.inHz === sampleRate)
      return this.#resampler.process(samples)
    const rest = this.flush()
    this.#resampler = new Resampler(sampleRate, this.#outHz)
    return concat([rest, this.#resampler.process(samples)])
  }

  /** What is still inside the filter. */
  flush(): Int16Array {
    return this.#resampler?.flush() ?? new Int16Array(0)
  }
}

export function concat(parts: readonly Int16Array[]): Int16Array {
  const [only] = parts
  if (only && parts.length === 1)
    return only
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
