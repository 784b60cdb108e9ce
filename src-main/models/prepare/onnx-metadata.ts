import { Buffer } from 'node:buffer'
import { AppError } from '../../lib/app-error'

/** onnx.proto: `ModelProto.metadata_props = 14`, of `StringStringEntryProto {key = 1, value = 2}`. */
const METADATA_PROPS = 14
const LENGTH_DELIMITED = 2
const MAX_VARINT_BYTES = 10
/** Longer than any metadata; a field of this size is weights. */
const MAX_ENTRY_BYTES = 1 << 16

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

function delimited(field: number, body: Buffer): Buffer {
  return Buffer.concat([varint(field << 3 | LENGTH_DELIMITED), varint(body.length), body])
}

/**
 * Bytes that, appended to an ONNX file, add these entries to its metadata: in protobuf the fields of a message come in any
 * order, and those of a repeated field may stand apart.
 */
export function encodeMetadata(entries: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(entries).map(([key, value]) => delimited(METADATA_PROPS, Buffer.concat([
    delimited(1, Buffer.from(key, 'utf8')),
    delimited(2, Buffer.from(value, 'utf8')),
  ]))))
}

function broken(what: string): AppError {
  return new AppError('model-corrupt', `The ONNX file is damaged: ${what}.`)
}

/** Takes protobuf apart, whatever the sizes of the pieces it comes in; skips what it is told to skip without keeping it. */
class WireReader {
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  readonly #source: AsyncIterator<Uint8Array>

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async #more(): Promise<boolean> {
    while (this.#at >= this.#chunk.length) {
      const next = await this.#source.next()
      if (next.done)
        return false
      this.#chunk = next.value
      this.#at = 0
    }
    return true
  }

  /** Undefined at the end, when it comes before the first byte. */
  async varint(): Promise<number | undefined> {
    let value = 0
    for (let at = 0; at < MAX_VARINT_BYTES; at++) {
      if (!await this.#more()) {
        if (at === 0)
          return undefined
        throw broken('it ends within a number')
      }
      const byte = this.#chunk[this.#at++] ?? 0
      value += (byte & 127) * 2 ** (7 * at)
      if (byte < 128)
        return value
    }
    throw broken('a number is too long')
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      if (!await this.#more())
        throw broken('it is cut off')
      const step = Math.min(left, this.#chunk.length - this.#at)
      this.#at += step
      left -= step
    }
  }

  async bytes(count: number): Promise<Buffer> {
    const out = Buffer.alloc(count)
    for (let filled = 0; filled < count;) {
      if (!await this.#more())
        throw broken('it is cut off')
      const piece = this.#chunk.subarray(this.#at, this.#at + count - filled)
      out.set(piece, filled)
      filled += piece.length
      this.#at += piece.length
    }
    return out
  }
}

/** The fields of one message: `visit` gets each length-delimited one's number and length, and reads it or leaves it (undefined: skipped). */
async function eachField(reader: WireReader, visit: (field: number, length: number) => Promise<void> | undefined): Promise<void> {
  for (;;) {
    const tag = await reader.varint()
    if (tag === undefined)
      return
    const wire = tag % 8
    const field = Math.floor(tag / 8)
    if (field === 0)
      throw broken('a field has no number')
    if (wire === 0) {
      if (await reader.varint() === undefined)
        throw broken('it is cut off')
    }
    else if (wire === 1 || wire === 5) {
      await reader.skip(wire === 1 ? 8 : 4)
    }
    else if (wire === LENGTH_DELIMITED) {
      const length = await reader.varint()
      if (length === undefined)
        throw broken('it is cut off')
      await (visit(field, length) ?? reader.skip(length))
    }
    else {
      throw broken(`a field is of the unknown kind ${wire}`)
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}

async function readEntry(body: Buffer): Promise<readonly [string, string]> {
  const reader = new WireReader(once(body))
  const found = ['', '']
  await eachField(reader, (field, length) => field === 1 || field === 2
    ? reader.bytes(Math.min(length, body.length + 1)).then((text) => {
        found[field - 1] = text.toString('utf8')
      })
    : undefined)
  return [found[0] ?? '', found[1] ?? '']
}

/** The metadata of an ONNX file, read to its end (so a file that is cut off is noticed). Throws `model-corrupt`. */
export async function readMetadata(source: AsyncIterable<Uint8Array>): Promise<Map<string, string>> {
  const reader = new WireReader(source)
  const found = new Map<string, string>()
  await eachField(reader, (field, length) => field === METADATA_PROPS && length <= MAX_ENTRY_BYTES
    ? reader.bytes(length).then(readEntry).then(([key, value]) => {
        found.set(key, value)
      })
    : undefined)
  return found
}
