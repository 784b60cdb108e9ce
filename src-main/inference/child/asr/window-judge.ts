import type { WindowJudge } from './session'

/** The part of a voice detector this needs; `sherpa.ts` has the real one. */
export interface Detector {
  readonly windowSamples: number
  readonly isSpeech: (window: Float32Array) => boolean
  readonly reset: () => void
}

export interface ResettableJudge extends WindowJudge {
  readonly reset: () => void
}

/** Windows of sound the strict detector hears before the voice, to find into it: half a second. */
const LEAD_IN = 16
/** After this many certain windows a stretch of voice needs no further proof. */
const PROOF = 24
/** A silence of this many windows ends the stretch. */
const STRETCH_GAP = 10

/**
 * Two detectors in one. The sensitive one hears everything; the strict one only the beginning of each stretch of
 * voice, until it is sure: that halves the cost of listening.
 */
export function createWindowJudge(sensitive: Detector, strict: Detector): ResettableJudge {
  let lead: Float32Array[] = []
  let proving = false
  let proof = 0
  let silent = STRETCH_GAP

  function isStrong(window: Float32Array): boolean {
    if (proof >= PROOF)
      return true
    if (!proving) {
      proving = true
      strict.reset()
      for (const earlier of lead)
        strict.isSpeech(earlier)
    }
    const strong = strict.isSpeech(window)
    if (strong)
      proof++
    return strong
  }

  return {
    windowSamples: sensitive.windowSamples,
    judge(window) {
      const speech = sensitive.isSpeech(window)
      silent = speech ? 0 : silent + 1
      if (silent >= STRETCH_GAP) {
        proving = false
        proof = 0
      }
      // Within a stretch the short silences go to the strict detector too: it has to hear without a gap.
      const heard = (speech || proving) && isStrong(window)
      if (!proving)
        lead = [...lead.slice(-(LEAD_IN - 1)), window.slice()]
      else
        lead = []
      return { speech, strong: speech && heard }
    },
    reset() {
      sensitive.reset()
      lead = []
      proving = false
      proof = 0
      silent = STRETCH_GAP
    },
  }
}
