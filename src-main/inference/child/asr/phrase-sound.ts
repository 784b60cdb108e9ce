import type { Framing, PhraseSound } from './phrase-decoder'
import type { SampleStore } from './sample-store'
import type { PhraseSpan } from './segmenter'
import { prepare } from './level'

export const RATE_HZ = 16_000
/** At a cut through running speech the neighbour's sound begins at once. */
const OPEN_PAD_MS = 32
const AFTER_MS = 96
const GUESS_TAIL_MS = 200

export function samplesOf(ms: number): number {
  return Math.round(ms * RATE_HZ / 1000)
}

/** The most sound before a phrase that any framing asks for. */
export const LONGEST_PAD = samplesOf(200)

/** The sound of a phrase, copied now, so that its decode does not depend on what is forgotten meanwhile. */
export function soundOfPhrase(store: SampleStore, span: PhraseSpan, windowSamples: number): PhraseSound {
  const start = span.start * windowSamples
  const end = span.end * windowSamples
  const from = Math.max(store.begin, start - LONGEST_PAD)
  const sound = store.slice(from, end + samplesOf(AFTER_MS))
  const voiceMs = span.voiced * windowSamples * 1000 / RATE_HZ
  return {
    voiceMs,
    certain: span.strong >= 5 && voiceMs >= 320,
    framed({ beforeMs, afterMs, tailSilenceMs }: Framing) {
      const before = samplesOf(span.openStart ? OPEN_PAD_MS : beforeMs)
      const after = samplesOf(span.openEnd ? OPEN_PAD_MS : afterMs)
      return prepare(sound.subarray(Math.max(0, start - before - from), end + after - from), samplesOf(tailSilenceMs))
    },
  }
}

/**
 * Running sound between two windows, for a guess at it. Sound that stops in the middle of a word makes Moonshine loop
 * or say nothing (17 of 36 clips at 0.4 s of voice, 6 at 1.5 s); with silence behind it, 1 and 1.
 */
export function soundOfGuess(store: SampleStore, from: number, to: number, windowSamples: number): Float32Array {
  const sound = store.slice(Math.max(0, from * windowSamples - samplesOf(AFTER_MS)), to * windowSamples)
  return prepare(sound, samplesOf(GUESS_TAIL_MS))
}
