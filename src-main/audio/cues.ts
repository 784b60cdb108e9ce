import type { PlayableChunk, Speaker } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import { abortReason } from '../lib/abort'

export const CUE_RATE_HZ = 48_000
/**
 * Recordings are 16 kHz: the converter keeps nothing above 8 kHz. So a cue that is in the room is not in the recording,
 * however loud: its notes, with the flanks that their beginnings and ends put beside them, lie above 8.2 kHz. Up to
 * 11 kHz nearly everybody hears them.
 */
const LOW_HZ = 8_560
/** A major third above. */
const HIGH_HZ = LOW_HZ * 5 / 4
/** Two at once, one running out while the next begins, and the loudspeaker is not driven to its limit. */
const PEAK = 0.45 * 32767
const ATTACK_MS = 16
const RELEASE_MS = 34
/** A cue that is not heard by then would mean something else. */
const LATEST_START_MS = 250

interface Note {
  readonly hz: number
  readonly fromMs: number
  readonly toMs: number
}

/** Mono, 16 bit, `CUE_RATE_HZ`: two notes up. 115 ms. */
export function startCue(): Int16Array {
  return synthesize([{ hz: LOW_HZ, fromMs: 0, toMs: 58 }, { hz: HIGH_HZ, fromMs: 57, toMs: 115 }])
}

/** Two notes down. 115 ms. */
export function stopCue(): Int16Array {
  return synthesize([{ hz: HIGH_HZ, fromMs: 0, toMs: 58 }, { hz: LOW_HZ, fromMs: 57, toMs: 115 }])
}

/** The low note twice. 120 ms. */
export function failCue(): Int16Array {
  return synthesize([{ hz: LOW_HZ, fromMs: 0, toMs: 52 }, { hz: LOW_HZ, fromMs: 68, toMs: 120 }])
}

/** One pure tone at a time: two together would make their difference, which is in the voice's range, in any loudspeaker that distorts. */
function synthesize(notes: readonly Note[]): Int16Array {
  const lengthMs = Math.max(...notes.map(({ toMs }) => toMs))
  return Int16Array.from({ length: Math.round((lengthMs / 1000) * CUE_RATE_HZ) }, (_, i) => {
    const atMs = (i / CUE_RATE_HZ) * 1000
    return Math.round(PEAK * notes.reduce((sum, note) => sum + envelope(atMs, note) * Math.sin(2 * Math.PI * note.hz * (atMs - note.fromMs) / 1000), 0))
  })
}

/** Raised-cosine edges, squared: soft to the ear, and what they spread beside the note is below the recording's noise 350 Hz away. */
function envelope(atMs: number, { fromMs, toMs }: Note): number {
  const edge = Math.min((atMs - fromMs) / ATTACK_MS, (toMs - atMs) / RELEASE_MS)
  return edge <= 0 ? 0 : edge >= 1 ? 1 : Math.sin(edge * Math.PI / 2) ** 4
}

export interface CueSettings {
  readonly on: boolean
  /** 0 to 1. */
  readonly volume: number
}

export interface CuePlayerOptions {
  readonly speaker: Pick<Speaker, 'play'>
  readonly clock: Clock
  readonly logger: Logger
  /** Asked at each cue. */
  readonly settings: () => CueSettings
}

/** Each returns at once and never throws: a cue that cannot be heard at once is not played. */
export interface CuePlayer {
  readonly start: () => void
  readonly stop: () => void
  readonly fail: () => void
}

/**
 * The system mixes a cue with whatever else sounds, also with a reply of our own. A cue that another one replaces before
 * it is heard is left out; one that sounds runs out, which takes a tenth of a second: cut, it would be a click, and that
 * is heard in a recording.
 */
export function createCuePlayer({ speaker, clock, logger, settings }: CuePlayerOptions): CuePlayer {
  const sounds = new Map<() => Int16Array, Int16Array>()
  let dropUnheard = (): void => {}

  async function play(sound: () => Int16Array): Promise<void> {
    const { on, volume } = settings()
    if (!on || volume <= 0)
      return
    const samples = sounds.get(sound) ?? sound()
    sounds.set(sound, samples)
    const controller = new AbortController()
    let isHeard = false
    const drop = (): void => {
      if (!isHeard)
        controller.abort(abortReason('cue'))
    }
    dropUnheard()
    dropUnheard = drop
    const cancel = clock.after(LATEST_START_MS, drop)
    try {
      await speaker.play(inOnePiece(samples), {
        signal: controller.signal,
        volume,
        onStarted: () => isHeard = true,
      })
    }
    finally {
      cancel()
    }
  }

  const playing = (sound: () => Int16Array) => (): void => {
    play(sound).catch((error: unknown) => logger.debug('cue not played', { error: error instanceof Error ? error.message : String(error) }))
  }
  return { start: playing(startCue), stop: playing(stopCue), fail: playing(failCue) }
}

async function* inOnePiece(samples: Int16Array): AsyncGenerator<PlayableChunk> {
  yield { samples, sampleRate: CUE_RATE_HZ, pieceIndex: 0, last: true }
}
