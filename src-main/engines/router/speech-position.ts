/**
 * Where in a text a voice is, from how long it has spoken. Lengths are in units: a letter of an alphabet is one, a
 * character that stands for a syllable or a word is three.
 */

/** 15 units a second: the middle of what voices do at their own speed. */
export const MS_PER_UNIT = 66
const WIDE_UNITS = 3
/** What a voice was measured at is believed within these bounds of the usual. */
const SLOWEST = 2
const FASTEST = 0.5
/** Not measured, it is taken for a little faster than usual: a word that is left out disturbs less than one said twice. */
const UNMEASURED = 0.9
/** Below this the voice's own noise: 42 dB under full scale. */
const AUDIBLE = 262
/** Less than this is no word yet. */
const NOTHING_SAID_MS = 60

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const words = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Whether there is anything to pronounce: a letter or a digit of any script. */
export function isPronounceable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

export function unitsOf(text: string): number {
  let units = 0
  for (const character of text)
    units += WIDE.test(character) ? WIDE_UNITS : 1
  return units
}

/** What is still to be said: from the first word on that begins after `spokenMs`. A word that was cut counts as said. */
export function restOf(text: string, spokenMs: number, msPerUnit: number): string {
  if (spokenMs < NOTHING_SAID_MS)
    return text
  const saidUnits = spokenMs / msPerUnit
  let units = 0
  for (const { segment, index, isWordLike } of words.segment(text)) {
    if (isWordLike && units >= saidUnits)
      return text.slice(index)
    units += unitsOf(segment)
  }
  return ''
}

/** How long a voice has been heard in a sound: silence before the first word is not counted. */
export class SpeechMeter {
  #ms = 0
  #begun = false

  add(samples: Int16Array, sampleRateHz: number): void {
    let from = 0
    if (!this.#begun) {
      from = samples.findIndex(sample => Math.abs(sample) >= AUDIBLE)
      if (from < 0)
        return
      this.#begun = true
    }
    this.#ms += (samples.length - from) / sampleRateHz * 1000
  }

  get spokenMs(): number {
    return this.#ms
  }
}

/** How fast each voice speaks, learnt from pieces that it spoke whole. */
export class SpeakingRates<TVoice> {
  readonly #heard = new Map<TVoice, { ms: number, units: number }>()
  readonly #usualMs: number

  constructor(speed: number) {
    this.#usualMs = MS_PER_UNIT / speed
  }

  learn(voice: TVoice, text: string, spokenMs: number): void {
    const { ms, units } = this.#heard.get(voice) ?? { ms: 0, units: 0 }
    this.#heard.set(voice, { ms: ms + spokenMs, units: units + unitsOf(text) })
  }

  msPerUnit(voice: TVoice): number {
    const heard = this.#heard.get(voice)
    if (!heard || heard.units === 0)
      return this.#usualMs * UNMEASURED
    return Math.min(this.#usualMs * SLOWEST, Math.max(this.#usualMs * FASTEST, heard.ms / heard.units))
  }
}
