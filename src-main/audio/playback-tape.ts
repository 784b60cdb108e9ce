import type { PlayableChunk } from '../ports/audio-device'
import { clamp16 } from '../lib/pcm'
import { Resampler } from '../lib/resampler'

export const TAPE_BLOCK_MS = 20

interface Piece {
  readonly index: number
  readonly startSample: number
  /** As far as it was announced. */
  endSample: number
}

interface Block {
  readonly startSample: number
  readonly samples: Int16Array
}

/**
 * What is to be played: chunks of any rate become blocks of at most 20 ms at the device's rate. Nothing waits for a
 * block to be full: the next chunk may be late, and the end of a sentence must not be heard with the beginning of the
 * next. Knows which piece is at which sample, and keeps what was handed out until it is trimmed, so that playback can
 * go back.
 */
export class PlaybackTape {
  readonly rateHz: number
  readonly #volume: number
  readonly #blockSamples: number
  #resampler: Resampler | undefined
  #blocks: Block[] = []
  /** Blocks cut off at the front. */
  #trimmed = 0
  #next = 0
  #pieces: Piece[] = []
  #ended = false
  #length = 0

  constructor(rateHz: number, volume: number) {
    this.rateHz = rateHz
    this.#volume = Math.max(0, Math.min(1, volume))
    this.#blockSamples = Math.round((rateHz * TAPE_BLOCK_MS) / 1000)
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

  /** A piece is complete: what is still inside the filter comes out. */
  endPiece(): void {
    this.#cut(this.#resampler?.flush())
  }

  end(): void {
    if (this.#ended)
      return
    this.#ended = true
    this.endPiece()
  }

  get isEnded(): boolean {
    return this.#ended
  }

  /** Milliseconds not yet handed out. */
  get aheadMs(): number {
    const next = this.#blocks[this.#next - this.#trimmed]
    return next ? ((this.#length - next.startSample) / this.rateHz) * 1000 : 0
  }

  get lengthSamples(): number {
    return this.#length
  }

  /** The next block, or undefined when there is none (yet). */
  take(): Int16Array | undefined {
    const block = this.#blocks[this.#next - this.#trimmed]
    if (block)
      this.#next++
    return block?.samples
  }

  /** Forgets blocks that were handed out and end before `sample`. */
  trim(sample: number): void {
    let count = 0
    while (count < this.#next - this.#trimmed && endOf(this.#blocks[count] as Block) <= sample)
      count++
    this.#blocks.splice(0, count)
    this.#trimmed += count
  }

  /** The next block is the one with `sample` in it (or the oldest that is left). Returns the first sample of it. */
  rewind(sample: number): number {
    while (this.#next > this.#trimmed && endOf(this.#blocks[this.#next - this.#trimmed - 1] as Block) > sample)
      this.#next--
    return this.#blocks[this.#next - this.#trimmed]?.startSample ?? this.#length
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
    for (let from = 0; from < samples.length; from += this.#blockSamples) {
      const block = samples.subarray(from, from + this.#blockSamples)
      this.#blocks.push({ startSample: this.#length, samples: block })
      this.#length += block.length
    }
  }
}

function endOf(block: Block): number {
  return block.startSample + block.samples.length
}
