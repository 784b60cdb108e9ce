import type { PlayableChunk, PlaybackReport, Speaker } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import { settleWithin } from '../lib/settle'

/** How long silence is waited for after a barge-in before the loudspeaker is taken for hung. */
export const SILENCE_LIMIT_MS = 500

export interface PlaybackOptions {
  /** Resolves when the former playback has let go of the loudspeaker. */
  readonly after: Promise<unknown>
  readonly volume: number
  readonly onStarted: (atMs: number) => void
  readonly onPiece: (pieceIndex: number, atMs: number) => void
  /** Told once, unless it was stopped: all was heard, or the loudspeaker failed. */
  readonly onEnded: (failure: { readonly error: unknown } | null) => void
}

/** One reply being heard. */
export interface Playback {
  /** Silence, within 100 ms. Idempotent. */
  stop: () => void
  /** The last piece that was heard, at least half; null: none. Waits until the loudspeaker is silent, but not for ever. */
  lastHeard: () => Promise<number | null>
  /** The loudspeaker is free. Never rejects; bounded after `stop`. */
  readonly released: Promise<void>
}

export function startPlayback(speaker: Pick<Speaker, 'play'>, chunks: AsyncIterable<PlayableChunk>, clock: Clock, options: PlaybackOptions): Playback {
  const controller = new AbortController()
  let lastBegun: number | null = null
  let report: PlaybackReport | null = null

  async function play(): Promise<void> {
    try {
      await options.after
      if (controller.signal.aborted)
        return
      report = await speaker.play(chunks, {
        signal: controller.signal,
        volume: options.volume,
        onStarted: (atMs) => {
          if (!controller.signal.aborted)
            options.onStarted(atMs)
        },
        onPiece: (pieceIndex, atMs) => {
          if (controller.signal.aborted)
            return
          lastBegun = pieceIndex
          options.onPiece(pieceIndex, atMs)
        },
      })
      if (!controller.signal.aborted)
        options.onEnded(null)
    }
    catch (error) {
      if (!controller.signal.aborted)
        options.onEnded({ error })
    }
  }

  const playing = play()
  let released: () => void
  const free = new Promise<void>((resolve) => {
    released = resolve
  })
  playing.then(() => released(), () => released())

  return {
    released: free,
    stop() {
      if (controller.signal.aborted)
        return
      controller.abort()
      settleWithin(playing, SILENCE_LIMIT_MS, clock).then(() => released(), () => released())
    },
    async lastHeard() {
      await free
      if (report !== null)
        return report.lastPieceIndex
      // No report: of the piece that was begun last nobody knows how much was heard.
      return lastBegun === null || lastBegun === 0 ? null : lastBegun - 1
    },
  }
}
