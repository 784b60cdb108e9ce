/** 16-bit samples as floats, -1 to 1. */
export function toFloat(samples: Int16Array): Float32Array {
  const floats = new Float32Array(samples.length)
  for (let i = 0; i < samples.length; i++)
    floats[i] = (samples[i] as number) / 32_768
  return floats
}

/** RMS level in dB of full scale; -100 for digital silence. */
export function levelDb(samples: Int16Array): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++)
    sum += (samples[i] as number) ** 2
  const rms = Math.sqrt(sum / Math.max(1, samples.length)) / 32_768
  return rms < 1e-5 ? -100 : 20 * Math.log10(rms)
}

export const TARGET_PEAK = 0.7
export const MAX_GAIN = 10

/** The factor that brings the peak to 0.7, at most 10: what Moonshine was measured best with. */
export function gainFor(samples: Int16Array, target = TARGET_PEAK, max = MAX_GAIN): number {
  let peak = 0
  for (let i = 0; i < samples.length; i++)
    peak = Math.max(peak, Math.abs(samples[i] as number))
  return peak === 0 ? 1 : Math.min((target * 32_768) / peak, max)
}

/**
 * A phrase as the recogniser likes it: peak at 0.7 with at most 10x gain, `tailSilence` zero samples after it.
 */
export function prepare(samples: Int16Array, tailSilence = 0): Float32Array {
  const gain = gainFor(samples) / 32_768
  const floats = new Float32Array(samples.length + tailSilence)
  for (let i = 0; i < samples.length; i++)
    floats[i] = (samples[i] as number) * gain
  return floats
}
