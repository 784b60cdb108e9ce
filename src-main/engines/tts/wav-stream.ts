import type { PcmFormat } from '../../lib/pcm'
import { Buffer } from 'node:buffer'
import { AppError } from '../../lib/app-error'
import { bytesPerFrame, toMono16 } from '../../lib/pcm'
import { parseWavFormat } from '../../lib/wav-format'

/** Mono 16-bit sound as it came. */
export interface SoundBlock {
  readonly samples: Int16Array
  readonly sampleRate: number
}

const RIFF_BYTES = 12
const CHUNK_HEADER_BYTES = 8
/** A `fmt ` chunk has 16 to 40 bytes. */
const MIN_FORMAT_BYTES = 14
const MAX_FORMAT_BYTES = 4096
/** Larger sizes are what a writer puts there that does not know the size yet. */
const UNKNOWN_SIZE = 0x7FFFFF00
/** What may stand between the format and the sound, or after it. Anything else after the sound is more sound. */
const SIDE_CHUNKS = new Set(['fact', 'LIST', 'PEAK', 'JUNK', 'junk', 'PAD ', 'bext', 'cue ', 'id3 ', 'ID3 ', 'iXML', 'smpl', 'inst', 'acid', 'afsp', 'note', 'labl', '_PMX'])

/**
 * Sound out of a WAV that streams in, cut anywhere: any header, sizes that are not known (0, 0x7FFFFFFF, 0xFFFFFFFF) or
 * not true, a header that comes again with each part, extensible and float formats. Pure; linear in the bytes.
 */
export class WavStream {
  #pending: Buffer = Buffer.alloc(0)
  #state: 'riff' | 'chunk' | 'skip' | 'sound' = 'riff'
  #format: PcmFormat | null = null
  /** Bytes left of the chunk that is read or skipped. */
  #left = 0
  /** The sound's chunk was read to its end, so what follows need not be a chunk. */
  #heard = false
  /** Its length was odd: a byte of nothing may follow. */
  #padded = false
  #failure: AppError | null = null

  /** Throws `service-reply` when it is no WAV, or one that cannot be read; after the sound in front of that was given out. */
  push(bytes: Uint8Array): SoundBlock[] {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#pending = this.#pending.length === 0 ? fresh : Buffer.concat([this.#pending, fresh])
    const blocks = this.#run(false)
    // What is kept must not hold on to a buffer that the sender of the bytes uses again.
    this.#pending = Buffer.from(this.#pending)
    return blocks
  }

  /** After the last byte: what was held back because a header might have begun there. A part of a sample is dropped. */
  end(): SoundBlock[] {
    return this.#run(true)
  }

  #run(ending: boolean): SoundBlock[] {
    if (this.#failure)
      throw this.#failure
    const blocks: SoundBlock[] = []
    try {
      while (this.#step(blocks, ending));
    }
    catch (error) {
      this.#failure = error as AppError
      if (blocks.length === 0)
        throw error
    }
    return blocks
  }

  /** True when something was done and there may be more to do. */
  #step(blocks: SoundBlock[], ending: boolean): boolean {
    switch (this.#state) {
      case 'riff': return this.#readRiff()
      case 'chunk': return this.#readChunkHeader()
      case 'skip': return this.#skip()
      case 'sound': return this.#readSound(blocks, ending)
    }
  }

  #readRiff(): boolean {
    if (this.#pending.length < RIFF_BYTES)
      return false
    if (!isRiff(this.#pending, 0))
      throw unreadable('what came is no WAV')
    this.#take(RIFF_BYTES)
    this.#state = 'chunk'
    return true
  }

  #readChunkHeader(): boolean {
    if (this.#padded && this.#pending[0] === 0)
      this.#take(1)
    if (this.#pending.length > 0)
      this.#padded = false
    if (this.#pending.length < CHUNK_HEADER_BYTES)
      return false
    const id = this.#pending.toString('latin1', 0, 4)
    if (id === 'RIFF' || id === 'RF64') {
      if (this.#pending.length < RIFF_BYTES)
        return false
      this.#state = 'riff'
      return true
    }
    if (this.#heard && !SIDE_CHUNKS.has(id) && id !== 'fmt ' && id !== 'data') {
      // Its header told the size of its first part alone.
      this.#left = Infinity
      this.#state = 'sound'
      return true
    }
    const size = this.#pending.readUInt32LE(4)
    if (id === 'fmt ')
      return this.#readFormat(size)
    this.#take(CHUNK_HEADER_BYTES)
    if (id === 'data') {
      if (this.#format === null)
        throw unreadable('its sound comes before its format')
      this.#left = size === 0 || size >= UNKNOWN_SIZE ? Infinity : size
      this.#padded = Number.isFinite(this.#left) && size % 2 === 1
      this.#state = 'sound'
      return true
    }
    this.#left = size + (size % 2) // chunks are padded to an even length
    this.#state = 'skip'
    return true
  }

  #readFormat(size: number): boolean {
    if (size < MIN_FORMAT_BYTES || size > MAX_FORMAT_BYTES)
      throw unreadable('its format is damaged')
    const whole = CHUNK_HEADER_BYTES + size + (size % 2)
    if (this.#pending.length < whole)
      return false
    try {
      this.#format = parseWavFormat(this.#take(whole).subarray(CHUNK_HEADER_BYTES))
    }
    catch (error) {
      throw unreadable('its format is not one that can be played', error)
    }
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

  #readSound(blocks: SoundBlock[], ending: boolean): boolean {
    const frame = bytesPerFrame(this.#format as PcmFormat)
    const available = Math.min(this.#pending.length, this.#left)
    const header = nextRiff(this.#pending, ending)
    const before = Math.min(available, header.at)
    const taken = before - before % frame
    this.#sound(taken, blocks)
    if (header.at < available) {
      if (!header.whole)
        return false
      // What is left in front of the new header is no whole sample.
      this.#take(header.at - taken)
      this.#heard = false
      this.#state = 'riff'
      return true
    }
    if (this.#left >= frame)
      return false
    if (this.#pending.length < this.#left)
      return false
    this.#take(this.#left)
    this.#heard = true
    this.#state = 'chunk'
    return true
  }

  #sound(bytes: number, blocks: SoundBlock[]): void {
    const format = this.#format as PcmFormat
    if (bytes === 0)
      return
    blocks.push({ samples: toMono16(this.#take(bytes), format), sampleRate: format.sampleRateHz })
    this.#left -= bytes
  }

  #take(count: number): Buffer {
    const taken = this.#pending.subarray(0, count)
    this.#pending = this.#pending.subarray(count)
    return taken
  }
}

function isRiff(bytes: Buffer, at: number): boolean {
  const id = bytes.toString('latin1', at, at + 4)
  return (id === 'RIFF' || id === 'RF64') && bytes.toString('latin1', at + 8, at + RIFF_BYTES) === 'WAVE'
}

/** Where a header begins; `whole`: all of it is there, and it is one. At the end of the bytes a part of one counts, unless no more come. */
function nextRiff(bytes: Buffer, ending: boolean): { readonly at: number, readonly whole: boolean } {
  for (let at = bytes.indexOf('RIFF'); at >= 0; at = bytes.indexOf('RIFF', at + 1)) {
    if (isRiff(bytes, at))
      return { at, whole: true }
    if (!ending && at + RIFF_BYTES > bytes.length && 'WAVE'.startsWith(bytes.toString('latin1', at + 8)))
      return { at, whole: false }
  }
  if (!ending) {
    for (let length = 3; length > 0; length--) {
      if (bytes.length >= length && bytes.toString('latin1', bytes.length - length) === 'RIFF'.slice(0, length))
        return { at: bytes.length - length, whole: false }
    }
  }
  return { at: Infinity, whole: false }
}

function unreadable(what: string, cause?: unknown): AppError {
  return new AppError('service-reply', `The sound cannot be played: ${what}.`, { ...(cause !== undefined && { cause }) })
}
