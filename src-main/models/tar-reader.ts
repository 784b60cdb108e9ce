import { Buffer } from 'node:buffer'
import { SourceFailure } from './source-failure'

const BLOCK_BYTES = 512
/** Long names and pax headers are a few hundred bytes; more is not a package. */
const MAX_HEADER_BYTES = 1 << 20

export interface TarEntry {
  /** As the archive says; with `/`. */
  readonly path: string
  readonly sizeBytes: number
  /** The regular file's bytes; must be read to its end, or not at all, before the next entry is asked for. */
  readonly content: AsyncIterable<Buffer>
}

/** Hands out an exact number of bytes at a time from chunks of any size. */
class ByteReader {
  #chunk: Buffer = Buffer.alloc(0)
  readonly #source: AsyncIterator<Uint8Array>

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async* take(count: number): AsyncGenerator<Buffer, void, undefined> {
    let left = count
    while (left > 0) {
      if (this.#chunk.length === 0 && !await this.#refill())
        throw new SourceFailure('refused', 'the archive is cut off')
      const piece = this.#chunk.subarray(0, left)
      this.#chunk = this.#chunk.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async exactly(count: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.take(count))
      pieces.push(piece)
    return Buffer.concat(pieces)
  }

  /** Undefined at a clean end: npm's packages may lack the two empty blocks. */
  async block(): Promise<Buffer | undefined> {
    if (this.#chunk.length === 0 && !await this.#refill())
      return undefined
    return this.exactly(BLOCK_BYTES)
  }

  async #refill(): Promise<boolean> {
    for (;;) {
      const next = await this.#source.next()
      if (next.done)
        return false
      if (next.value.length > 0) {
        this.#chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length)
        return true
      }
    }
  }
}

function text(block: Buffer, from: number, length: number): string {
  const field = block.subarray(from, from + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end)
}

function octal(block: Buffer, from: number, length: number): number {
  const field = text(block, from, length).trim()
  if (!/^[0-7]*$/.test(field))
    throw new SourceFailure('refused', 'the archive is not a tar file')
  return Number.parseInt(field || '0', 8)
}

/** The size field: octal digits, or for large files a big-endian number marked by its highest bit (GNU, star). */
function sizeField(block: Buffer): number {
  if ((block[124] ?? 0) & 0x80)
    return block.readUIntBE(130, 6)
  return octal(block, 124, 12)
}

function checkSum(block: Buffer): void {
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK_BYTES; at++)
    sum += at >= 148 && at < 156 ? 0 : block[at] ?? 0
  if (sum !== octal(block, 148, 8))
    throw new SourceFailure('refused', 'the archive is damaged (a header\'s checksum is wrong)')
}

/** Records `LENGTH KEY=VALUE\n` of a pax header (POSIX.1-2001); LENGTH counts the whole record in bytes. */
function paxRecords(body: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  let at = 0
  while (at < body.length) {
    const space = body.indexOf(0x20, at)
    const length = space === -1 ? Number.NaN : Number(body.toString('ascii', at, space))
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > body.length)
      throw new SourceFailure('refused', 'the archive is damaged (a pax header is malformed)')
    const record = body.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

/**
 * Reads a tar stream (ustar, pax, GNU long names), yielding its regular files in order; links and devices are skipped.
 * Throws `SourceFailure` on damage.
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void, undefined> {
  const reader = new ByteReader(source)
  let longPath: string | undefined
  let longSize: number | undefined
  for (;;) {
    const block = await reader.block()
    if (block === undefined || block.every(byte => byte === 0))
      return
    checkSum(block)
    const type = String.fromCharCode(block[156] ?? 0)
    const sizeBytes = type === 'x' || type === 'L' ? sizeField(block) : longSize ?? sizeField(block)
    const padding = (BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES
    if (type === 'x' || type === 'L') {
      if (sizeBytes > MAX_HEADER_BYTES)
        throw new SourceFailure('refused', 'the archive is damaged (a header is too long)')
      const body = await reader.exactly(sizeBytes)
      await reader.exactly(padding)
      if (type === 'L') {
        longPath = text(body, 0, body.length)
      }
      else {
        const records = paxRecords(body)
        longPath = records.get('path') ?? longPath
        longSize = records.has('size') ? Number(records.get('size')) : longSize
      }
      continue
    }
    let read = 0
    if (type === '0' || type === '\0') {
      const content = (async function* () {
        for await (const piece of reader.take(sizeBytes)) {
          read += piece.length
          yield piece
        }
      })()
      const prefix = text(block, 257, 5) === 'ustar' ? text(block, 345, 155) : ''
      const name = text(block, 0, 100)
      yield { path: longPath ?? (prefix === '' ? name : `${prefix}/${name}`), sizeBytes, content }
      if (read !== 0 && read !== sizeBytes)
        throw new TypeError('A tar entry must be read to its end, or not at all.')
    }
    for await (const skipped of reader.take(sizeBytes - read + padding))
      void skipped
    longPath = undefined
    longSize = undefined
  }
}
