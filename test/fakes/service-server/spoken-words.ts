import type { AudioFrame } from '../../../src-main/ports/audio-frame'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../../src-main/ports/audio-frame'

/**
 * A language that a test server can hear for itself: each word is a level of the signal, held for a while, with silence
 * around it. So a word that is lost, cut, doubled or out of order is heard as that.
 */
export const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen'] as const

const FIRST_LEVEL = 3000
const LEVEL_STEP = 1000
const TOLERANCE = 200
/** Heard as a word when it is held so long: a part of a word at a cut is heard as one too. */
const LEAST_MS = 15

export interface SpeakOptions {
  /** Frames a word is held, and frames of silence after it. */
  readonly wordFrames?: number
  readonly gapFrames?: number
}

/** 20 ms frames at 16 kHz. A number instead of a word is so many milliseconds of silence. */
export function speak(words: readonly (string | number)[], { wordFrames = 4, gapFrames = 2 }: SpeakOptions = {}): AudioFrame[] {
  const levels = words.flatMap((word) => {
    if (typeof word === 'number')
      return held(Math.round(word / FRAME_MS), 0)
    const index = (WORDS as readonly string[]).indexOf(word)
    return [...held(wordFrames, FIRST_LEVEL + index * LEVEL_STEP), ...held(gapFrames, 0)]
  })
  return levels.map((level, i) => ({ samples: new Int16Array(FRAME_SAMPLES).fill(level), sampleRate: ASR_RATE_HZ, capturedAtMs: i * FRAME_MS }))
}

function held(frames: number, level: number): number[] {
  return Array.from<number>({ length: frames }).fill(level)
}

/** The words in a sound. */
export function hear(samples: Int16Array, rateHz: number): string[] {
  const heard: string[] = []
  let current = -1
  let length = 0
  const end = (): void => {
    if (current >= 0 && length / rateHz * 1000 >= LEAST_MS)
      heard.push(WORDS[current] ?? '?')
  }
  for (const sample of samples) {
    const index = Math.round((sample - FIRST_LEVEL) / LEVEL_STEP)
    const isLevel = index >= 0 && Math.abs(sample - FIRST_LEVEL - index * LEVEL_STEP) <= TOLERANCE
    const now = isLevel ? index : -1
    if (now !== current) {
      end()
      current = now
      length = 0
    }
    length++
  }
  end()
  return heard
}
