import type { PlayableChunk, Speaker } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { Logger } from '../ports/logger'
import { background } from '../lib/background'

/** Plays a recording; a second one takes the place of the first. */
export interface TakePlayer {
  play: (id: string, path: string) => void
  /** All, or only while one of these is playing. */
  stop: (ids?: readonly string[]) => void
}

export interface TakePlayerOptions {
  readonly speaker: Pick<Speaker, 'play'>
  readonly readTake: (path: string) => AsyncIterable<AudioFrame>
  readonly logger: Logger
  readonly changed: (playingId: string | null) => void
}

export function createTakePlayer({ speaker, readTake, logger, changed }: TakePlayerOptions): TakePlayer {
  let playing: { readonly id: string, readonly stop: AbortController } | null = null

  function stop(ids?: readonly string[]): void {
    if (!playing || (ids && !ids.includes(playing.id)))
      return
    playing.stop.abort()
    playing = null
    changed(null)
  }

  return {
    stop,
    play(id, path) {
      stop()
      const mine = { id, stop: new AbortController() }
      playing = mine
      changed(id)
      background(speaker.play(chunks(readTake(path)), { signal: mine.stop.signal }).finally(() => {
        if (playing !== mine)
          return
        playing = null
        changed(null)
      }), logger, 'playing a recording')
    },
  }
}

async function* chunks(frames: AsyncIterable<AudioFrame>): AsyncGenerator<PlayableChunk, void, undefined> {
  for await (const { samples, sampleRate } of frames)
    yield { samples, sampleRate, pieceIndex: 0, last: false }
}
