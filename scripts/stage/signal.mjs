/**
 * Finds sounds in a recording of the stage: `{samples: Int16Array (mono), sampleRateHz, startedAtMs}`, where
 * `startedAtMs` is the time of sample 0 on CLOCK_MONOTONIC (as `process.hrtime`).
 */

/** dBFS of the loudest sample in a window. */
const WINDOW_MS = 2
export const NOISE_DB = -50

/** Time of the first sound louder than `thresholdDb` at or after `fromMs`, or null. */
export function firstSoundMs(recording, { fromMs = -Infinity, thresholdDb = NOISE_DB } = {}) {
  const { samples, sampleRateHz, startedAtMs } = recording
  const limit = amplitude(thresholdDb)
  const from = Math.max(0, Math.ceil(((fromMs - startedAtMs) / 1000) * sampleRateHz))
  for (let i = Number.isFinite(from) ? from : 0; i < samples.length; i++) {
    if (Math.abs(samples[i]) > limit)
      return startedAtMs + (i / sampleRateHz) * 1000
  }
  return null
}

/** Time of the last sound louder than `thresholdDb` before `beforeMs`, or null. */
export function lastSoundMs(recording, { beforeMs = Infinity, thresholdDb = NOISE_DB } = {}) {
  const { samples, sampleRateHz, startedAtMs } = recording
  const limit = amplitude(thresholdDb)
  const before = Math.min(samples.length, Math.floor(((beforeMs - startedAtMs) / 1000) * sampleRateHz))
  for (let i = before - 1; i >= 0; i--) {
    if (Math.abs(samples[i]) > limit)
      return startedAtMs + (i / sampleRateHz) * 1000
  }
  return null
}

/** Stretches of sound; silences shorter than `minSilenceMs` do not divide. Times as above. */
export function soundSpans(recording, { thresholdDb = NOISE_DB, minSilenceMs = 20 } = {}) {
  const { samples, sampleRateHz, startedAtMs } = recording
  const limit = amplitude(thresholdDb)
  const step = Math.max(1, Math.round((sampleRateHz * WINDOW_MS) / 1000))
  const spans = []
  for (let start = 0; start < samples.length; start += step) {
    let loud = false
    const end = Math.min(samples.length, start + step)
    for (let i = start; i < end && !loud; i++)
      loud = Math.abs(samples[i]) > limit
    if (!loud)
      continue
    const fromMs = startedAtMs + (start / sampleRateHz) * 1000
    const toMs = startedAtMs + (end / sampleRateHz) * 1000
    const last = spans.at(-1)
    if (last && fromMs - last.toMs < minSilenceMs)
      last.toMs = toMs
    else
      spans.push({ fromMs, toMs })
  }
  return spans
}

function amplitude(db) {
  return 32768 * 10 ** (db / 20)
}
