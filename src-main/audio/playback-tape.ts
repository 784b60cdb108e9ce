import type { PlayableChunk } from '../ports/audio-device'
import { clamp16, Framer } from './pcm'
import { Resampler } from './resampler'

export const TAPE_BLOCK_MS = 20

interface Piece {
  readonly index: number
  readonly startSample: number
  /** As far as it was announced. */
  endSample: number
}

/**
 * What is to be played: chunks of any rate become blocks of 20 ms at the device's rate, the last one padded with
 * silence. Knows which piece is at which sample, and keeps what was handed out until it is trimmed, so that playback
 * can go back.
 */
export class PlaybackTape {
  readonly rateHz: number
  readonly #volume: number
  readonly #framer: Framer
  readonly #blockSamples: number
  #resampler: Resampler | undefined
  #blocks: Int16Array[] = []
  /** Blocks cut off at the front. */
  #trimmed = 0
  #next = 0
  #pieces: Piece[] = []
  #ended = false
  /** Samples of sound, without the padding. */
  #length = 0

  constructor(rateHz: number, volume: number) {
    this.rateHz = rateHz
    this.#volume = Math.max(0, Math.min(1, volume))
    this.#blockSamples = Math.round((rateHz * TAPE_BLOCK_MS) / 1000)
    this.#framer = new Framer(this.#blockSamples)
  }

  /** A chunk is coming: `append` follows with its samples. */
  announce({ samples, sampleRate, pieceIndex }: PlayableChunk): void {
    const startSample = this.#pieces.at(-1)?.endSample ?? 0
    const length = Math.round((samples.length * this.rateHz) / sampleRate)
    const piece = this.#pieces.at(-1)
    if (piece?.index === pieceIndex)
      piece.endSample += length
    else
      this.#pieces.push({ index: pieceIndex, startSample, endSample: startSample + length })
  }

  append(samples: Int16Array, sampleRate: number): void {
    if (this.#resampler?.inHz !== sampleRate) {
      this.#cut(this.#resampler?.flush())
      this.#resampler = new Resampler(sampleRate, this.rateHz)
    }
    this.#cut(this.#resampler.process(samples))
  }

  end(): void {
    if (this.#ended)
      return
    this.#ended = true
    this.#cut(this.#resampler?.flush())
    const last = this.#framer.flush()
    if (last)
      this.#blocks.push(last)
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Milliseconds of whole blocks not yet handed out. */
  get aheadMs(): number {
    return (this.#trimmed + this.#blocks.length - this.#next) * TAPE_BLOCK_MS
  }

  get lengthSamples(): number {
    return this.#length
  }

  /** The next block, or undefined when there is none (yet). */
  take(): Int16Array | undefined {
    const block = this.#blocks[this.#next - this.#trimmed]
    if (block)
      this.#next++
    return block
  }

  /** Forgets blocks that end before `sample`. */
  trim(sample: number): void {
    const count = Math.min(this.#next, Math.floor(sample / this.#blockSamples)) - this.#trimmed
    if (count > 0) {
      this.#blocks.splice(0, count)
      this.#trimmed += count
    }
  }

  /** The next block is the one with `sample` in it (or the oldest that is left). Returns the first sample of it. */
  rewind(sample: number): number {
    this.#next = Math.max(this.#trimmed, Math.min(this.#next, Math.floor(sample / this.#blockSamples)))
    return this.#next * this.#blockSamples
  }

  /** Pieces whose first sample is before `sample`. */
  piecesBegun(sample: number): readonly number[] {
    return this.#pieces.filter(({ startSample }) => startSample < sample).map(({ index }) => index)
  }

  /** The last piece of which at least half is before `sample`. */
  lastHeard(sample: number): number | null {
    const heard = this.#pieces.filter(({ startSample, endSample }) => endSample > startSample && sample >= (startSample + endSample) / 2)
    return heard.at(-1)?.index ?? null
  }

  #cut(samples: Int16Array | undefined): void {
    if (!samples)
      return
    if (this.#volume !== 1) {
      for (let i = 0; i < samples.length; i++)
        samples[i] = clamp16((samples[i] as number) * this.#volume)
    }
    this.#length += samples.length
    this.#blocks.push(...this.#framer.push(samples))
  }
}
