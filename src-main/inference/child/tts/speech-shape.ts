import type { PartEnd } from './speech-parts'

export interface ShapeOptions {
  readonly sampleRateHz: number
  /** The reply begins with it: every millisecond before the voice is waited for. */
  readonly first: boolean
  readonly end: PartEnd
  /** Pauses shrink with it. */
  readonly speed: number
}

/** Below this the voice's own noise: 42 dB under full scale. */
const SILENCE = 0.008
/** Kept before the first audible sample, so that a soft consonant is whole. */
const FIRST_LEAD_MS = 15
const LEAD_MS = 40
/** Of silence after the voice. Voices end a text with anything from 5 to 200 ms; a listener expects these. */
const PAUSE_MS: Readonly<Record<PartEnd, number>> = { sentence: 240, clause: 110, none: 15 }
const FADE_MS = 3
/** From here on loud samples are bent instead of cut. */
const KNEE = 0.85

/** Sound of a part for the loudspeaker: silence before and after it set, as 16 bit. Nothing audible gives no samples. */
export function shapeSpeech(samples: Float32Array, options: ShapeOptions): Int16Array {
  const samplesOf = (ms: number): number => Math.round(ms * options.sampleRateHz / 1000)
  const from = samples.findIndex(isAudible)
  if (from < 0)
    return new Int16Array(0)
  const to = samples.findLastIndex(isAudible) + 1
  const lead = Math.min(from, samplesOf(options.first ? FIRST_LEAD_MS : LEAD_MS))
  const pause = samplesOf(PAUSE_MS[options.end] / options.speed)
  const tail = Math.min(samples.length - to, pause)
  const out = new Int16Array(lead + (to - from) + pause)
  for (let i = 0; i < lead + (to - from) + tail; i++)
    out[i] = toInt16(samples[from - lead + i] as number)
  fade(out, 0, Math.min(lead, samplesOf(FADE_MS)), 1)
  fade(out, lead + (to - from) + tail, Math.min(tail, samplesOf(FADE_MS)), -1)
  return out
}

/** A cut into noise would click: from (or, backwards, to) `edge` the level rises over `length` samples. */
function fade(samples: Int16Array, edge: number, length: number, direction: 1 | -1): void {
  for (let i = 0; i < length; i++) {
    const at = direction === 1 ? edge + i : edge - 1 - i
    samples[at] = Math.round((samples[at] as number) * i / length)
  }
}

function isAudible(sample: number): boolean {
  return Math.abs(sample) > SILENCE
}

/** -1 to 1 as 16 bit. What is louder than the knee nears full scale without reaching it: no hard clipping. */
export function toInt16(sample: number): number {
  const level = Math.abs(sample)
  if (level <= KNEE)
    return Math.round(sample * 32_767)
  const bent = KNEE + (1 - KNEE) * Math.tanh((level - KNEE) / (1 - KNEE))
  return Math.round(Math.sign(sample) * bent * 32_767)
}
