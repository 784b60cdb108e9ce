import type { Fault } from './transcript-check'
import { withoutStrayMarks } from './stray-marks'
import { beginsWithLooseNumber, cleanText, findFault, withoutLoops } from './transcript-check'

/** How the sound of a phrase is framed for one attempt, in milliseconds. */
export interface Framing {
  readonly beforeMs: number
  readonly afterMs: number
  /** Digital silence after it. */
  readonly tailSilenceMs: number
}

/** 96 ms is what is there when a pause has just been noticed: the same sound then, and at the end of the take. */
export const FIRST_FRAMING: Framing = { beforeMs: 96, afterMs: 96, tailSilenceMs: 0 }
export const OTHER_FRAMING: Framing = { beforeMs: 200, afterMs: 96, tailSilenceMs: 100 }

export interface PhraseSound {
  /** Milliseconds of voice in it. */
  readonly voiceMs: number
  /** Certain that somebody spoke: then an empty result is a fault. */
  readonly certain: boolean
  readonly framed: (framing: Framing) => Float32Array
}

export interface PhraseDecoders {
  readonly main: (samples: Float32Array) => Promise<string>
  readonly rescue?: ((samples: Float32Array) => Promise<string>) | undefined
}

export interface DecodedPhrase {
  readonly text: string
  /** Decodes it took. */
  readonly attempts: number
  /** Every attempt that the result called for was made: false when it was not wanted any more. */
  readonly complete: boolean
}

/**
 * Decodes a phrase, and again another way when the result cannot be what was said: other framing, then the
 * rescue model. `stillWanted` is asked before each further attempt.
 */
export async function decodePhrase(sound: PhraseSound, decoders: PhraseDecoders, stillWanted: () => boolean = () => true): Promise<DecodedPhrase> {
  const ways = [
    () => decoders.main(sound.framed(FIRST_FRAMING)),
    () => decoders.main(sound.framed(OTHER_FRAMING)),
    ...(decoders.rescue ? [() => decoders.rescue?.(sound.framed(FIRST_FRAMING)) ?? Promise.resolve('')] : []),
  ]
  const faulty: { text: string, fault: Fault }[] = []
  for (const [index, decode] of ways.entries()) {
    const text = withoutStrayMarks(cleanText(await decode()))
    const fault = findFault(text, sound.voiceMs)
    if (fault === undefined && index === 0 && beginsWithLooseNumber(text))
      return numberOrNot(text, sound, decoders, stillWanted)
    if (fault === undefined)
      return { text, attempts: index + 1, complete: true }
    faulty.push({ text, fault })
    if (fault === 'empty' && !sound.certain)
      break
    if (index < ways.length - 1 && !stillWanted())
      return { text: leastFaulty(faulty), attempts: faulty.length, complete: false }
  }
  return { text: leastFaulty(faulty), attempts: faulty.length, complete: true }
}

/** A number that another framing does not hear was not said. */
async function numberOrNot(text: string, sound: PhraseSound, decoders: PhraseDecoders, stillWanted: () => boolean): Promise<DecodedPhrase> {
  if (!stillWanted())
    return { text, attempts: 1, complete: false }
  const other = withoutStrayMarks(cleanText(await decoders.main(sound.framed(OTHER_FRAMING))))
  const isBetter = !beginsWithLooseNumber(other) && findFault(other, sound.voiceMs) === undefined
  return { text: isBetter ? other : text, attempts: 2, complete: true }
}

function leastFaulty(results: readonly { text: string, fault: Fault }[]): string {
  const sparse = results.filter(result => result.fault === 'too-sparse')
  if (sparse.length > 0)
    return sparse.reduce((best, result) => result.text.length > best.text.length ? result : best).text
  // Two ways that agree on the repetition: it was said.
  const [first, second] = results.filter(result => result.fault === 'loop')
  if (first && second && first.text.toLowerCase() === second.text.toLowerCase())
    return first.text
  const looping = results.filter(result => result.fault === 'loop' || result.fault === 'too-fast')
  if (looping.length > 0)
    return looping.map(result => withoutStrayMarks(withoutLoops(result.text))).reduce((best, text) => text.length < best.length ? text : best)
  return ''
}
