import type { PcmFormat } from './pcm'
import { Buffer } from 'node:buffer'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { diskError, errnoOf } from '../lib/disk-error'
import { bytesPerFrame } from './pcm'

export const WAV_HEADER_BYTES = 44
const MAX_DATA_BYTES = 0xFFFFFFFF - WAV_HEADER_BYTES
/** A `fmt ` chunk has 16 to 40 bytes; anything far above is no sound file. */
const MAX_FORMAT_BYTES = 4096

/** The canonical header of 16-bit PCM. `dataBytes` beyond what 32 bits can say is written as "unknown". */
export function wavHeader(dataBytes: number, sampleRateHz: number, channels = 1): Buffer {
  const size = Math.min(dataBytes, MAX_DATA_BYTES)
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(size + WAV_HEADER_BYTES - 8, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(size, 40)
  return header
}

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

/** The bytes of samples, without a copy. Every machine this runs on is little-endian, as WAV is. */
export function pcmBytes(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
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
    this.#format = parseFormat(this.#take(8 + whole).subarray(8))
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

const TAG_PCM = 1
const TAG_FLOAT = 3
const TAG_EXTENSIBLE = 0xFFFE

function parseFormat(fmt: Buffer): PcmFormat {
  const outer = fmt.readUInt16LE(0)
  // WAVEFORMATEXTENSIBLE: the first two bytes of the sub-format's GUID are the tag.
  const tag = outer === TAG_EXTENSIBLE && fmt.length >= 26 ? fmt.readUInt16LE(24) : outer
  const channels = fmt.readUInt16LE(2)
  const sampleRateHz = fmt.readUInt32LE(4)
  const bits = fmt.length >= 16 ? fmt.readUInt16LE(14) : 8
  if (tag !== TAG_PCM && tag !== TAG_FLOAT)
    throw new AppError('bad-input', `The sound file is compressed (WAV format 0x${tag.toString(16)}). Convert it to PCM WAV first: ffmpeg -i FILE -c:a pcm_s16le out.wav`)
  if (channels < 1 || channels > 64)
    throw new AppError('bad-input', `The sound file says it has ${channels} channels. Export it again as WAV.`)
  if (sampleRateHz < 1000 || sampleRateHz > 768_000)
    throw new AppError('bad-input', `The sound file says it has ${sampleRateHz} samples a second. Export it again with a usual rate (16000, 44100, 48000).`)
  const widths: readonly number[] = tag === TAG_FLOAT ? [32, 64] : [8, 16, 24, 32]
  if (!widths.includes(bits))
    throw new AppError('bad-input', `The sound file has ${bits} bits a sample, which is not supported. Convert it to 16-bit PCM WAV.`)
  return {
    encoding: tag === TAG_FLOAT ? 'float' : 'integer',
    bitsPerSample: bits as PcmFormat['bitsPerSample'],
    channels,
    sampleRateHz,
  }
}

function notAudio(): AppError {
  return new AppError('not-audio', 'This is not a WAV file. Convert it first: ffmpeg -i FILE out.wav')
}
