import { Buffer } from 'node:buffer'

/**
 * The value encoding of PulseAudio's native protocol: each value has a tag byte, numbers are big-endian.
 * Source: src/pulsecore/tagstruct.c of PulseAudio; PipeWire's server speaks the same.
 */
const TAG = {
  string: 0x74, // t
  nullString: 0x4E, // N
  u32: 0x4C, // L
  sampleSpec: 0x61, // a
  arbitrary: 0x78, // x
  true: 0x31, // 1
  false: 0x30, // 0
  usec: 0x55, // U
  channelMap: 0x6D, // m
  volumes: 0x76, // v
  properties: 0x50, // P
} as const

/** Puts a request together. */
export class TagWriter {
  readonly #parts: Buffer[] = []

  u32(value: number): this {
    const bytes = Buffer.alloc(5)
    bytes[0] = TAG.u32
    bytes.writeUInt32BE(value >>> 0, 1)
    this.#parts.push(bytes)
    return this
  }

  boolean(value: boolean): this {
    this.#parts.push(Buffer.from([value ? TAG.true : TAG.false]))
    return this
  }

  /** Values as they were read, with their tags. */
  encoded(values: Buffer): this {
    this.#parts.push(values)
    return this
  }

  string(value: string): this {
    this.#parts.push(Buffer.from([TAG.string]), Buffer.from(`${value}\0`, 'utf8'))
    return this
  }

  arbitrary(value: Buffer): this {
    const head = Buffer.alloc(5)
    head[0] = TAG.arbitrary
    head.writeUInt32BE(value.length, 1)
    this.#parts.push(head, value)
    return this
  }

  properties(values: Readonly<Record<string, string>>): this {
    this.#parts.push(Buffer.from([TAG.properties]))
    for (const [key, value] of Object.entries(values)) {
      const bytes = Buffer.from(`${value}\0`, 'utf8')
      this.string(key).u32(bytes.length).arbitrary(bytes)
    }
    this.#parts.push(Buffer.from([TAG.nullString]))
    return this
  }

  build(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** Takes a reply apart. Every method throws `RangeError` when the bytes are not what was asked for. */
export class TagReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get more(): boolean {
    return this.#offset < this.#bytes.length
  }

  u32(): number {
    this.#expect(TAG.u32)
    return this.#number()
  }

  string(): string | null {
    const tag = this.#byte()
    if (tag === TAG.nullString)
      return null
    if (tag !== TAG.string)
      throw new RangeError(`expected a string, found tag ${tag}`)
    const end = this.#bytes.indexOf(0, this.#offset)
    if (end < 0)
      throw new RangeError('a string without an end')
    const text = this.#bytes.toString('utf8', this.#offset, end)
    this.#offset = end + 1
    return text
  }

  boolean(): boolean {
    const tag = this.#byte()
    if (tag !== TAG.true && tag !== TAG.false)
      throw new RangeError(`expected a boolean, found tag ${tag}`)
    return tag === TAG.true
  }

  usec(): void {
    this.#expect(TAG.usec)
    this.#skip(8)
  }

  sampleSpec(): { readonly channels: number, readonly rateHz: number } {
    this.#expect(TAG.sampleSpec)
    this.#skip(1)
    return { channels: this.#byte(), rateHz: this.#number() }
  }

  channelMap(): void {
    this.#expect(TAG.channelMap)
    this.#skip(this.#byte())
  }

  volumes(): void {
    this.#expect(TAG.volumes)
    this.#skip(this.#byte() * 4)
  }

  properties(): Readonly<Record<string, string>> {
    this.#expect(TAG.properties)
    const values: Record<string, string> = {}
    for (let key = this.string(); key !== null; key = this.string()) {
      this.u32()
      this.#expect(TAG.arbitrary)
      const length = this.#number()
      const from = this.#offset
      this.#skip(length)
      values[key] = this.#bytes.toString('utf8', from, this.#offset).replace(/\0$/, '')
    }
    return values
  }

  /** The bytes of what `read` takes, for `TagWriter.encoded`. */
  encoded(read: (reader: TagReader) => void): Buffer {
    const from = this.#offset
    read(this)
    return this.#bytes.subarray(from, this.#offset)
  }

  #byte(): number {
    this.#skip(1)
    return this.#bytes[this.#offset - 1] as number
  }

  #number(): number {
    this.#skip(4)
    return this.#bytes.readUInt32BE(this.#offset - 4)
  }

  #expect(tag: number): void {
    const found = this.#byte()
    if (found !== tag)
      throw new RangeError(`expected tag ${tag}, found ${found}`)
  }

  #skip(count: number): void {
    if (this.#offset + count > this.#bytes.length)
      throw new RangeError('the message is shorter than it says')
    this.#offset += count
  }
}
