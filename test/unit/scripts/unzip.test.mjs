import { Buffer } from 'node:buffer'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unzip } from '../../../scripts/lib/unzip.mjs'

const REGULAR = 0o100000
const LINK = 0o120000

/** A zip file with its entries stored as they are (APPNOTE.TXT 4.3). */
function makeZip(entries) {
  const parts = []
  const directory = []
  let offset = 0
  for (const { name, content, mode } of entries) {
    const nameBytes = Buffer.from(name)
    const body = Buffer.from(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt32LE(crc32(body), 10)
    common.writeUInt32LE(body.length, 14)
    common.writeUInt32LE(body.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, body)
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE((mode << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\x01\x02', 'latin1'), Buffer.from([20, 3]), common, tail, nameBytes)
    offset += 30 + nameBytes.length + body.length
  }
  const size = Buffer.concat(directory).length
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(size, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, ...directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}

describe('unzip', () => {
  let folder
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-unzip-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  async function unpack(entries, rename = name => name) {
    const zip = join(folder, 'file.zip')
    writeFileSync(zip, makeZip(entries))
    const done = []
    await unzip(zip, join(folder, 'out'), { rename, onProgress: bytes => done.push(bytes) })
    return done
  }

  it('keeps modes and links, renames, and leaves out', async () => {
    const progress = await unpack([
      { name: 'App/', content: '', mode: 0o040755 },
      { name: 'App/App', content: 'binary', mode: REGULAR | 0o755 },
      { name: 'App/deep/er/file.txt', content: 'text', mode: REGULAR | 0o644 },
      { name: 'App/link', content: 'App', mode: LINK | 0o777 },
      { name: 'App/not/wanted', content: 'x', mode: REGULAR | 0o644 },
    ], name => name.startsWith('App/not/') ? undefined : name.replace(/^App\//, '').replace(/^App$/, 'electron'))
    const out = join(folder, 'out')
    expect({
      names: readdirSync(out, { recursive: true }).sort(),
      mode: lstatSync(join(out, 'electron')).mode & 0o777,
      text: readFileSync(join(out, 'deep/er/file.txt'), 'utf8'),
      link: readlinkSync(join(out, 'link')),
      progress,
    }).toEqual({
      names: ['deep', join('deep', 'er'), join('deep', 'er', 'file.txt'), 'electron', 'link'],
      mode: 0o755,
      text: 'text',
      link: 'App',
      progress: [0, 6, 10, 13, 14],
    })
  })

  it.each(['../outside', '/outside', 'a/../../outside'])('writes nothing outside of the folder: %s', async (name) => {
    await expect(unpack([{ name: 'harmless', content: 'x', mode: REGULAR | 0o644 }], () => name)).rejects.toThrow('outside')
    expect(readdirSync(folder)).not.toContain('outside')
  })

  it('fails on a file that was cut', async () => {
    const zip = join(folder, 'cut.zip')
    writeFileSync(zip, makeZip([{ name: 'a', content: 'aaaa', mode: REGULAR | 0o644 }]).subarray(0, 40))
    await expect(unzip(zip, join(folder, 'out'), { rename: name => name })).rejects.toThrow()
  })
})
