import type { Buffer } from 'node:buffer'
import { endianness } from 'node:os'

const IS_LITTLE_ENDIAN = endianness() === 'LE'

/** How the samples of a sound file are laid out, little-endian, channels interleaved. */
export interface PcmFormat {
  readonly encoding: 'integer' | 'float'
  readonly bitsPerSample: 8 | 16 | 24 | 32 | 64
  readonly channels: number
  readonly sampleRateHz: number
}

export function bytesPerFrame(format: PcmFormat): number {
  return (format.bitsPerSample / 8) * format.channels
}

type ReadSample = (bytes: Buffer, offset: number) => number

/** Mono 16-bit samples of whole PCM frames: channels are averaged; wider samples are rounded. */
export function toMono16(bytes: Buffer, format: PcmFormat): Int16Array {
  const frameBytes = bytesPerFrame(format)
  const sampleBytes = format.bitsPerSample / 8
  const frames = Math.floor(bytes.length / frameBytes)
  if (format.encoding === 'integer' && format.bitsPerSample === 16)
    return averaged(samples16(bytes, frames * format.channels), format.channels)
  const read = sampleReader(format)
  const mono = new Int16Array(frames)
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0
    for (let channel = 0; channel < format.channels; channel++)
      sum += read(bytes, frame * frameBytes + channel * sampleBytes)
    mono[frame] = clamp16(sum / format.channels)
  }
  return mono
}

/** What a microphone gives, many times a second: without a call for each sample. */
function samples16(bytes: Buffer, count: number): Int16Array {
  const samples = new Int16Array(count)
  if (IS_LITTLE_ENDIAN)
    new Uint8Array(samples.buffer).set(bytes.subarray(0, count * 2))
  else
    samples.forEach((_, i) => samples[i] = bytes.readInt16LE(i * 2))
  return samples
}

function averaged(samples: Int16Array, channels: number): Int16Array {
  if (channels === 1)
    return samples
  const mono = new Int16Array(samples.length / channels)
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++)
      sum += samples[frame * channels + channel] as number
    mono[frame] = clamp16(sum / channels)
  }
  return mono
}

/** Reads a sample in units of 16-bit steps. */
function sampleReader({ encoding, bitsPerSample }: PcmFormat): ReadSample {
  if (encoding === 'float') {
    return bitsPerSample === 64
      ? (bytes, offset) => finite(bytes.readDoubleLE(offset)) * 32768
      : (bytes, offset) => finite(bytes.readFloatLE(offset)) * 32768
  }
  switch (bitsPerSample) {
    // 8-bit WAV is the one unsigned width.
    case 8: return (bytes, offset) => (bytes.readUInt8(offset) - 128) * 256
    case 16: return (bytes, offset) => bytes.readInt16LE(offset)
    case 24: return (bytes, offset) => bytes.readIntLE(offset, 3) / 256
    case 32: return (bytes, offset) => bytes.readInt32LE(offset) / 65536
    case 64: throw new RangeError('64-bit integer samples do not exist in WAV')
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

export function clamp16(value: number): number {
  const rounded = Math.round(value)
  return rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded
}

/** Cuts a stream of samples into blocks of one length; `flush` pads the last one with silence. */
export class Framer {
  readonly #size: number
  #block: Int16Array
  #filled = 0

  constructor(size: number) {
    this.#size = size
    this.#block = new Int16Array(size)
  }

  push(samples: Int16Array): Int16Array[] {
    const blocks: Int16Array[] = []
    let offset = 0
    while (offset < samples.length) {
      const count = Math.min(this.#size - this.#filled, samples.length - offset)
      this.#block.set(samples.subarray(offset, offset + count), this.#filled)
      this.#filled += count
      offset += count
      if (this.#filled === this.#size) {
        blocks.push(this.#block)
        this.#block = new Int16Array(this.#size)
        this.#filled = 0
      }
    }
    return blocks
  }

  /** Samples not yet in a whole block. */
  get pending(): number {
    return this.#filled
  }

  flush(): Int16Array | undefined {
    if (this.#filled === 0)
      return undefined
    const block = this.#block
    this.#block = new Int16Array(this.#size)
    this.#filled = 0
    return block
  }
}
