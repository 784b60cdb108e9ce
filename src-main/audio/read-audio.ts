import type { PcmFormat } from '../lib/pcm'
import type { AudioFrame } from '../ports/audio-frame'
import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { raceAbort } from '../lib/abort'
import { AppError, toAppError } from '../lib/app-error'
import { errnoOf } from '../lib/disk-error'
import { Framer, toMono16 } from '../lib/pcm'
import { Resampler } from '../lib/resampler'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../ports/audio-frame'
import { WavParser } from './wav'

/** Blocks are taken in slices of this size, so that a block of any length costs bounded memory and time. */
const SLICE_BYTES = 64 * 1024

export interface ReadAudioOptions {
  readonly signal?: AbortSignal
  /**
   * `wav` (a file must be one), `raw` (16-bit little-endian mono at 16 kHz), or `auto`: a WAV when it begins like
   * one, else raw. A path defaults to `wav`, a stream to `auto`.
   */
  readonly format?: 'wav' | 'raw' | 'auto'
}

const RAW: PcmFormat = { encoding: 'integer', bitsPerSample: 16, channels: 1, sampleRateHz: ASR_RATE_HZ }

/**
 * A sound file (a path) or stream as 16 kHz mono frames of 20 ms; the last one is padded with silence.
 * `capturedAtMs` counts from the beginning of the sound. Reads as it is pulled: hours cost no memory.
 *
 * Throws `not-found`, `not-audio`, `empty-audio`, `bad-input`, or the signal's reason.
 */
export async function* readAudio(source: string | AsyncIterable<Uint8Array>, options: ReadAudioOptions = {}): AsyncGenerator<AudioFrame, void, undefined> {
  const { signal } = options
  signal?.throwIfAborted()
  const format = options.format ?? (typeof source === 'string' ? 'wav' : 'auto')
  const bytes = typeof source === 'string' ? createReadStream(source) : source
  const converter = new Converter()
  let index = 0
  const framesOf = function* (blocks: Iterable<Int16Array>): Generator<AudioFrame> {
    for (const samples of blocks)
      yield { samples, sampleRate: ASR_RATE_HZ, capturedAtMs: FRAME_MS * index++ }
  }
  for await (const { format: pcm, bytes: data } of pcmParts(abortable(bytes, signal), format))
    yield* framesOf(converter.push(data, pcm))
  yield* framesOf(converter.flush())
  if (index === 0)
    throw new AppError('empty-audio', 'The sound file has no sound in it. Record or export it again.')
}

/** PCM of one format, whatever it came in. */
class Converter {
  #resampler: Resampler | undefined
  readonly #framer = new Framer(FRAME_SAMPLES)

  push(bytes: Buffer, format: PcmFormat): Int16Array[] {
    this.#resampler ??= new Resampler(format.sampleRateHz, ASR_RATE_HZ)
    return this.#framer.push(this.#resampler.process(toMono16(bytes, format)))
  }

  flush(): Int16Array[] {
    const whole = this.#resampler ? this.#framer.push(this.#resampler.flush()) : []
    const last = this.#framer.flush()
    return last ? [...whole, last] : whole
  }
}

/** Whole PCM frames with their format. */
async function* pcmParts(source: AsyncIterable<Uint8Array>, format: 'wav' | 'raw' | 'auto'): AsyncGenerator<{ format: PcmFormat, bytes: Buffer }> {
  let kind = format
  let odd: Buffer = Buffer.alloc(0)
  let pcm: PcmFormat | undefined
  const parser = new WavParser()
  for await (const block of source) {
    let bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
    if (kind !== 'wav') {
      bytes = odd.length > 0 ? Buffer.concat([odd, bytes]) : bytes
      odd = Buffer.alloc(0)
      if (kind === 'auto') {
        if (bytes.length < 4) {
          odd = bytes
          continue
        }
        kind = ['RIFF', 'RF64'].includes(bytes.toString('latin1', 0, 4)) ? 'wav' : 'raw'
      }
    }
    for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
      const slice = bytes.subarray(from, from + SLICE_BYTES)
      if (kind === 'raw') {
        const whole = slice.length - (slice.length % 2)
        yield { format: RAW, bytes: slice.subarray(0, whole) }
        odd = Buffer.from(slice.subarray(whole))
        continue
      }
      for (const part of parser.push(slice)) {
        if (part.type === 'format')
          pcm = part.format
        else
          yield { format: pcm as PcmFormat, bytes: part.bytes }
      }
    }
  }
  // Nothing at all (an empty file, a closed pipe) is empty rather than of a wrong kind.
  if (kind === 'wav' && pcm === undefined && odd.length === 0 && parser.untouched)
    throw new AppError('empty-audio', 'The sound file is empty. Record or export it again.')
  if (kind === 'wav')
    parser.end()
}

/** Reads with a signal; the source is closed on abort and on `break`. I/O errors become `AppError`s. */
async function* abortable(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = signal ? await raceAbort(iterator.next(), signal) : await iterator.next()
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  }
  catch (error) {
    if (signal?.aborted)
      throw signal.reason
    throw readError(error)
  }
  finally {
    if (!ended)
      letGo(source, iterator)
  }
}

/** Not awaited, and a stream is destroyed: `return()` of an iterator waits behind a read that may never end. */
function letGo(source: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  if (source instanceof Readable)
    source.destroy()
  else
    Promise.resolve(iterator.return?.()).catch(() => {})
}

function readError(error: unknown): AppError {
  const known = toAppError(error, 'bad-input')
  if (errnoOf(error) === 'EISDIR')
    return new AppError('bad-input', 'This is a folder. Name the sound files in it.', { cause: error })
  switch (known.code) {
    case 'not-found': return new AppError('not-found', 'There is no such sound file. Check the path.', { cause: error })
    case 'read-only': return new AppError('bad-input', 'The sound file may not be read. Check its permissions.', { cause: error })
    default: return known
  }
}
