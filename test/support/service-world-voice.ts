import type { PlayableChunk } from '../../src-main/ports/audio-device'
import type { SpeechPiece, TtsEngine } from '../../src-main/ports/tts-engine'
import { raceAbort } from '../../src-main/lib/abort'
import { pullFrom } from '../../src-main/lib/pull-from'
import { WORDS } from '../fakes/service-server/spoken-words'

/** The rates tell who spoke. */
export const SERVICE_RATE_HZ = 24_000
export const OWN_RATE_HZ = 22_050

const FIRST_LEVEL = 3000
const LEVEL_STEP = 1000
/** As fast as voices usually speak, so that a place in the sound is a place in the text. */
const MS_PER_CHAR = 66

/** The words of a text as sounds, each with the silence after it: a word is a level, held as long as it has letters. */
export function soundsOf(text: string, rateHz: number): Int16Array[] {
  return (text.toLowerCase().match(/[a-z]+/g) ?? []).map((word) => {
    const voice = Math.round(word.length * MS_PER_CHAR / 1000 * rateHz)
    const sound = new Int16Array(voice + Math.round(MS_PER_CHAR / 1000 * rateHz))
    return sound.fill(FIRST_LEVEL + (WORDS as readonly string[]).indexOf(word) * LEVEL_STEP, 0, voice)
  })
}

/** A word that was heard; `whole`: as long as it is. */
export interface HeardWord {
  readonly word: string
  readonly by: 'service' | 'own'
  readonly whole: boolean
}

/** What a loudspeaker was given. A word that is said again, or goes on too long, is heard as that. */
export function heardFrom(chunks: readonly PlayableChunk[]): HeardWord[] {
  const heard: HeardWord[] = []
  let current = { level: 0, rateHz: 0, samples: 0 }
  const end = (): void => {
    const word = WORDS[(current.level - FIRST_LEVEL) / LEVEL_STEP]
    if (current.level === 0 || current.samples === 0)
      return
    if (word === undefined)
      throw new Error(`No word has the level ${current.level}: samples were lost or doubled.`)
    const wholeSamples = Math.round(word.length * MS_PER_CHAR / 1000 * current.rateHz)
    if (current.samples > wholeSamples)
      throw new Error(`"${word}" was held too long: it was said twice without a pause.`)
    heard.push({ word, by: current.rateHz === OWN_RATE_HZ ? 'own' : 'service', whole: current.samples === wholeSamples })
  }
  for (const { samples, sampleRate } of chunks) {
    for (const level of samples) {
      if (level !== current.level || sampleRate !== current.rateHz) {
        end()
        current = { level, rateHz: sampleRate, samples: 0 }
      }
      current.samples++
    }
  }
  end()
  return heard
}

/** The installation's own voice; `mute`: it is asked, and makes no sound as long as anybody waits. */
export function createOwnVoice(mute = false): TtsEngine & { readonly pieces: readonly SpeechPiece[] } {
  const said: SpeechPiece[] = []
  return {
    id: 'own-voice',
    pieces: said,
    async* synthesize(pieces, { signal }) {
      for await (const piece of pullFrom(pieces, signal)) {
        said.push(piece)
        if (mute)
          await raceAbort(new Promise<never>(() => {}), signal)
        const sounds = soundsOf(piece.text, OWN_RATE_HZ)
        for (const [i, samples] of sounds.entries())
          yield { samples, sampleRate: OWN_RATE_HZ, pieceIndex: piece.index, last: i === sounds.length - 1 }
      }
    },
  }
}
