import type { PcmFormat } from '../lib/pcm'
import { Buffer } from 'node:buffer'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { diskError, errnoOf } from '../lib/disk-error'
import { bytesPerFrame } from '../lib/pcm'
import { parseWavFormat, pcmBytes, wavHeader } from '../lib/wav-format'

/** A `fmt ` chunk has 16 to 40 bytes; anything far above is no sound file. */
const MAX_FORMAT_BYTES = 4096

/** Writes a mono 16-bit WAV. Throws `disk-full` or `read-only` with the path, or `not-found` (no such folder). */
export async function writeWav(path: string, samples: Int16Array, sampleRateHz: number): Promise<void> {
  try {
    const file = await open(path, 'w')
    try {
      // `writeFile` goes on after a short write, which is what a disk gives that is about to be full.
      await file.writeFile(wavHeader(samples.byteLength, sampleRateHz))
      await file.writeFile(pcmBytes(samples))
    }
    finally {
      await file.close()
    }
  }
  catch (error) {
    throw errnoOf(error) === 'ENOENT'
      ? new AppError('not-found', `There is no such folder: ${dirname(path)}`, { cause: error })
      : diskError(error, path) ?? toAppError(error)
  }
}

/** What a parser has found so far. */
export type WavPart
  = | { readonly type: 'format', readonly format: PcmFormat }
    | { readonly type: 'data', readonly bytes: Buffer }

/**
 * Takes a WAV apart as it streams in, cut anywhere. Tolerates unknown chunks, odd chunk sizes, a file cut short,
 * and data sizes of 0, 0x7FFFFFFF… or 0xFFFFFFFF (a writer that streamed, or died): then data goes on to the end.
 *
 * `data` parts hold whole frames. `push` and `end` throw `not-audio` when it is no WAV, `bad-input` when it is one
 * we cannot read.
 */
export class WavParser {
  #pending: Buffer = Buffer.alloc(0)
  #state: 'riff' | 'chunk' | 'data' | 'skip' | 'done' = 'riff'
  #format: PcmFormat | undefined
  /** Bytes left in the chunk being read or skipped. */
  #left = 0
  #sawData = false

  push(bytes: Buffer): WavPart[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    const parts: WavPart[] = []
    while (this.#step(parts));
    return parts
  }

  /** Nothing came in at all. */
  get untouched(): boolean {
    return this.#state === 'riff' && this.#pending.length === 0
  }

  /** The end of the input. */
  end(): void {
    if (this.#state === 'riff')
      throw notAudio()
    if (!this.#format)
      throw new AppError('bad-input', 'The sound file ends before it says what format it has. Export it again as WAV.')
    if (!this.#sawData)
      throw new AppError('empty-audio', 'The sound file has no sound in it. Record or export it again.')
  }

  /** True when something was done and there may be more to do. */
  #step(parts: WavPart[]): boolean {
    switch (this.#state) {
      case 'riff': return this.#readRiff()
      case 'chunk': return this.#readChunkHeader(parts)
      case 'data': return this.#readData(parts)
      case 'skip': return this.#skip()
      case 'done':
        this.#pending = Buffer.alloc(0)
        return false
    }
  }

  #readRiff(): boolean {
    const probe = this.#pending.subarray(0, 4).toString('latin1')
    if (!'RIFF'.startsWith(probe) && !'RF64'.startsWith(probe))
      throw notAudio()
    if (this.#pending.length < 12)
      return false
    if (this.#take(12).toString('latin1', 8) !== 'WAVE')
      throw notAudio()
    this.#state = 'chunk'
    return true
  }

  #readChunkHeader(parts: WavPart[]): boolean {
    if (this.#pending.length < 8)
      return false
    const id = this.#pending.toString('latin1', 0, 4)
    const size = this.#pending.readUInt32LE(4)
    if (id === 'fmt ')
      return this.#readFormat(size, parts)
    this.#take(8)
    if (id !== 'data') {
      this.#left = size + (size % 2) // chunks are padded to an even length
      this.#state = 'skip'
      return true
    }
    if (!this.#format)
      throw new AppError('bad-input', 'The sound file has its sound before its format. Export it again as WAV.')
    this.#left = size === 0 || size >= 0x7FFFFF00 ? Infinity : size
    this.#sawData = true
    this.#state = 'data'
    return true
  }

  #readFormat(size: number, parts: WavPart[]): boolean {
    if (size < 14 || size > MAX_FORMAT_BYTES)
      throw new AppError('bad-input', 'The sound file\'s format is damaged. Export it again as WAV.')
    const whole = size + (size % 2)
    if (this.#pending.length < 8 + whole)
      return false
    this.#format = parseWavFormat(this.#take(8 + whole).subarray(8))
    parts.push({ type: 'format', format: this.#format })
    return true
  }

  #readData(parts: WavPart[]): boolean {
    const format = this.#format as PcmFormat
    const available = Math.min(this.#pending.length, this.#left)
    const whole = available - (available % bytesPerFrame(format))
    if (whole > 0) {
      parts.push({ type: 'data', bytes: this.#take(whole) })
      this.#left -= whole
    }
    if (this.#left >= bytesPerFrame(format))
      return false
    this.#state = 'done' // what follows the sound (tags, cue points) is of no use here
    return true
  }

  #skip(): boolean {
    const count = Math.min(this.#pending.length, this.#left)
    this.#take(count)
    this.#left -= count
    if (this.#left > 0)
      return false
    this.#state = 'chunk'
    return true
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count)
    this.#pending = this.#pending.subarray(count)
    return taken
  }
}

function notAudio(): AppError {
  return new AppError('not-audio', 'This is not a WAV file. Convert it first: ffmpeg -i FILE out.wav')
}
