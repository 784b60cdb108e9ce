import type { HeardAgain, WindowJudge } from './session'
import { levelDb, toFloat } from './level'
import { DEFAULT_SEGMENTER, Segmenter } from './segmenter'

/**
 * A voice far below the level the detector was trained on is missed. When a take gave nothing, it is heard once
 * more at a normal level, and only certain, long enough voice counts: amplified noise must stay noise.
 */
const MAX_GAIN = 40
const MIN_GAIN = 1.5
const TARGET = 0.5
/** A click must not decide the level: the loudest thousandth is left out. */
const LOUDEST_SHARE = 0.001
const MIN_CERTAIN_MS = 400
const PAD_MS = 96
const RATE_HZ = 16_000

export function listenAgain(samples: Int16Array, judge: WindowJudge): HeardAgain[] {
  const gain = Math.min(MAX_GAIN, TARGET / Math.max(loudness(samples), 1e-4))
  if (gain < MIN_GAIN)
    return []
  const loud = samples.map(sample => Math.max(-32_768, Math.min(32_767, Math.round(sample * gain))))
  const windowMs = judge.windowSamples * 1000 / RATE_HZ
  const segmenter = new Segmenter({ ...DEFAULT_SEGMENTER, windowMs })
  const events = []
  for (let at = 0; at + judge.windowSamples <= loud.length; at += judge.windowSamples) {
    const window = loud.subarray(at, at + judge.windowSamples)
    events.push(...segmenter.accept({ ...judge.judge(toFloat(window)), levelDb: levelDb(window) }))
  }
  events.push(...segmenter.finish())
  const heard: HeardAgain[] = []
  for (const event of events) {
    if (event.type !== 'cut' || event.phrase.strong * windowMs < MIN_CERTAIN_MS)
      continue
    const startMs = event.phrase.start * windowMs
    const endMs = event.phrase.end * windowMs
    const from = Math.max(0, Math.round((startMs - PAD_MS) * RATE_HZ / 1000))
    const to = Math.round((endMs + PAD_MS) * RATE_HZ / 1000)
    heard.push({ samples: loud.slice(from, to), startMs, endMs, voiceMs: event.phrase.voiced * windowMs })
  }
  return heard
}

/** The level that all but the loudest thousandth of the samples stay below, 0 to 1. */
function loudness(samples: Int16Array): number {
  const counts = new Uint32Array(257)
  for (const sample of samples) {
    const bin = Math.abs(sample) >> 7
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  let left = samples.length * LOUDEST_SHARE
  for (let bin = 256; bin >= 0; bin--) {
    left -= counts[bin] ?? 0
    if (left < 0)
      return ((bin + 1) << 7) / 32_768
  }
  return 0
}
