import type { PcmFormat } from './pcm'
import { Buffer } from 'node:buffer'
import { AppError } from './app-error'

export const WAV_HEADER_BYTES = 44
const MAX_DATA_BYTES = 0xFFFFFFFF - WAV_HEADER_BYTES

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

/** The bytes of samples, without a copy. Every machine this runs on is little-endian, as WAV is. */
export function pcmBytes(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
}

const TAG_PCM = 1
const TAG_FLOAT = 3
const TAG_EXTENSIBLE = 0xFFFE

/** The body of a `fmt ` chunk (14 bytes or more). Throws `bad-input` when it is a sound that cannot be read. */
export function parseWavFormat(fmt: Buffer): PcmFormat {
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
