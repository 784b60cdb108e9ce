import type { FileHandle } from 'node:fs/promises'
import { Buffer } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import { bytesPerFrame } from '../lib/pcm'
import { parseWavFormat } from '../lib/wav-format'

/** The longest a format can be, with its extension and the head of its chunk. */
const FORMAT_BYTES = 48
/** Chunks before the sound; more has no sound file. */
const MOST_CHUNKS = 1_000

/**
 * The length of a WAV in milliseconds by its head and its size on the disk, without reading the sound; null when that
 * does not tell. Never throws: what is wrong with a file is told by whoever reads it.
 */
export async function soundLengthMs(path: string): Promise<number | null> {
  let file: FileHandle | undefined
  try {
    // A pipe would be opened, and closed again before it is read.
    if (!(await stat(path)).isFile())
      return null
    file = await open(path, 'r')
    return await lengthOf(file)
  }
  catch {
    return null
  }
  finally {
    await file?.close()
  }
}

async function lengthOf(file: FileHandle): Promise<number | null> {
  const { size } = await file.stat()
  const riff = await readAt(file, 0, 12)
  if (riff.length < 12 || riff.toString('latin1', 8) !== 'WAVE')
    return null
  let frameBytes = 0
  let rateHz = 0
  let at = 12
  for (let chunk = 0; chunk < MOST_CHUNKS; chunk++) {
    const head = await readAt(file, at, FORMAT_BYTES)
    if (head.length < 8)
      return null
    const id = head.toString('latin1', 0, 4)
    const bytes = head.readUInt32LE(4)
    if (id === 'data') {
      // A writer that streamed, or died, did not come back to write the size.
      const said = bytes === 0 || bytes >= 0x7FFFFF00 ? Infinity : bytes
      return frameBytes === 0 ? null : Math.floor(Math.min(said, size - at - 8) / frameBytes) / rateHz * 1000
    }
    if (id === 'fmt ') {
      const format = parseWavFormat(head.subarray(8, 8 + bytes))
      frameBytes = bytesPerFrame(format)
      rateHz = format.sampleRateHz
    }
    at += 8 + bytes + (bytes % 2)
  }
  return null
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, position)
  return buffer.subarray(0, bytesRead)
}
