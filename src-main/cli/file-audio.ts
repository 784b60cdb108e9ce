import type { Microphone, PlaybackReport, Speaker, Take } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import process from 'node:process'
import { writeWav } from '../audio/wav'
import { Resampler } from '../lib/resampler'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../ports/audio-frame'

/** Silence put behind a file, so that its end is heard as the end of what was said. */
const TAIL_MS = 300

/**
 * A file in the microphone's place: its take is the file. `onSpoken` is called when all of it was taken, which is when
 * the key would be let go.
 */
export function createFileMicrophone(path: string, read: () => AsyncIterable<AudioFrame>, onSpoken: () => void): Pick<Microphone, 'startTake'> {
  return {
    async startTake(takeId): Promise<Take> {
      const stopped = new AbortController()
      let frameCount = 0
      async function* frames(): AsyncGenerator<AudioFrame> {
        for await (const frame of read()) {
          if (stopped.signal.aborted)
            return
          frameCount++
          yield frame
        }
        for (let silentMs = 0; silentMs < TAIL_MS; silentMs += FRAME_MS)
          yield { samples: new Int16Array(FRAME_SAMPLES), sampleRate: ASR_RATE_HZ, capturedAtMs: 0 }
        onSpoken()
      }
      return {
        id: takeId,
        path,
        frames,
        async stop() {
          stopped.abort()
          return { durationMs: frameCount * FRAME_MS, preRollMs: 0, missingFrames: 0 }
        },
      }
    },
  }
}

export interface FileSpeaker extends Pick<Speaker, 'play'> {
  /** Writes what was played; false when there was nothing. */
  save: (path: string) => Promise<boolean>
  readonly durationMs: () => number
}

/** Keeps what is spoken, at the rate of its first chunk. Takes sound as fast as it is made. */
export function createFileSpeaker(): FileSpeaker {
  const blocks: Int16Array[] = []
  let rateHz = 0
  let sampleCount = 0
  let resampler: { readonly fromHz: number, readonly to: Resampler } | null = null

  function keep(samples: Int16Array, sampleRate: number): void {
    rateHz ||= sampleRate
    if (sampleRate !== rateHz && resampler?.fromHz !== sampleRate)
      resampler = { fromHz: sampleRate, to: new Resampler(sampleRate, rateHz) }
    const block = sampleRate === rateHz ? samples : resampler?.to.process(samples) ?? samples
    blocks.push(block)
    sampleCount += block.length
  }

  const durationMs = (): number => rateHz === 0 ? 0 : (sampleCount / rateHz) * 1000
  return {
    durationMs,
    async play(chunks, { onStarted, onPiece, signal }): Promise<PlaybackReport> {
      let lastPieceIndex: number | null = null
      for await (const chunk of chunks) {
        if (signal.aborted)
          return { playedMs: durationMs(), lastPieceIndex, interrupted: true }
        if (chunk.samples.length === 0)
          continue
        const nowMs = Number(process.hrtime.bigint()) / 1e6
        if (sampleCount === 0)
          onStarted?.(nowMs)
        if (chunk.pieceIndex !== lastPieceIndex)
          onPiece?.(chunk.pieceIndex, nowMs)
        lastPieceIndex = chunk.pieceIndex
        keep(chunk.samples, chunk.sampleRate)
      }
      return { playedMs: durationMs(), lastPieceIndex, interrupted: false }
    },
    async save(path) {
      if (sampleCount === 0)
        return false
      const all = new Int16Array(sampleCount)
      let at = 0
      for (const block of blocks) {
        all.set(block, at)
        at += block.length
      }
      await writeWav(path, all, rateHz)
      return true
    },
  }
}
