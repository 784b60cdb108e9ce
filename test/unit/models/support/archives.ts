import { Buffer } from 'node:buffer'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'

export interface BuiltFile {
  readonly path: string
  readonly content: Uint8Array
  /** Tar: one character. Default `0`, a regular file. */
  readonly type?: string
}

const BLOCK = 512

function padded(content: Uint8Array): Buffer {
  const out = Buffer.alloc(Math.ceil(content.length / BLOCK) * BLOCK)
  out.set(content)
  return out
}

function tarHeader(path: string, sizeBytes: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(path.slice(-100), 0, 100, 'utf8')
  header.write('0000644\0', 100)
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

function paxRecord(key: string, value: string): string {
  const body = ` ${key}=${value}\n`
  let length = Buffer.byteLength(body)
  while (String(length).length + Buffer.byteLength(body) !== length)
    length = String(length).length + Buffer.byteLength(body)
  return `${length}${body}`
}

/** A tar archive; names over 100 bytes by a pax header, or by GNU's `L` entry. */
export function buildTar(files: readonly BuiltFile[], longNames: 'pax' | 'gnu' = 'pax'): Buffer {
  const pieces = files.flatMap((file) => {
    const long = Buffer.byteLength(file.path) > 100
    const extra = longNames === 'pax' ? Buffer.from(paxRecord('path', file.path)) : Buffer.from(`${file.path}\0`)
    return [
      ...(long ? [tarHeader('././@LongLink', extra.length, longNames === 'pax' ? 'x' : 'L'), padded(extra)] : []),
      tarHeader(file.path, file.content.length, file.type ?? '0'),
      padded(file.content),
    ]
  })
  return Buffer.concat([...pieces, Buffer.alloc(2 * BLOCK)])
}

/** What `npm pack` makes: everything below `package/`. */
export function buildTgz(files: readonly BuiltFile[]): Buffer {
  return gzipSync(buildTar(files.map(file => ({ ...file, path: `package/${file.path}` }))))
}

/** A zip as wheels are: deflated entries, no encryption, no zip64. */
export function buildZip(files: readonly BuiltFile[]): Buffer {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const file of files) {
    const name = Buffer.from(file.path)
    const packed = deflateRawSync(file.content)
    const sizes = Buffer.alloc(12)
    sizes.writeUInt32LE(crc32(file.content) >>> 0, 0)
    sizes.writeUInt32LE(packed.length, 4)
    sizes.writeUInt32LE(file.content.length, 8)
    const local = Buffer.concat([Buffer.from('504b0304140000000800000000000000'.slice(0, 28), 'hex'), sizes, Buffer.from([name.length & 255, name.length >> 8, 0, 0]), name, packed])
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014B50, 0)
    entry.writeUInt16LE(20, 4)
    entry.writeUInt16LE(20, 6)
    entry.writeUInt16LE(8, 10)
    sizes.copy(entry, 16)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(offset, 42)
    central.push(entry, name)
    locals.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054B50, 0)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}
