import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { soundLengthMs } from '../../../src-main/audio/sound-length'
import { wavHeader } from '../../../src-main/lib/wav-format'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-length-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, ...parts: readonly Uint8Array[]): string {
  const path = join(folder, name)
  writeFileSync(path, Buffer.concat(parts))
  return path
}

function chunk(id: string, bytes: number): Buffer {
  const head = Buffer.alloc(8 + bytes + bytes % 2)
  head.write(id, 0, 'latin1')
  head.writeUInt32LE(bytes, 4)
  return head
}

describe('the length of a sound file', () => {
  const second = Buffer.alloc(32_000)

  it('is told by its head', async () => {
    const header = wavHeader(32_000, 16_000)
    expect(await soundLengthMs(file('plain.wav', header, second))).toBe(1_000)
    expect(await soundLengthMs(file('stereo.wav', wavHeader(32_000, 8_000, 2), second))).toBe(1_000)
    expect(await soundLengthMs(file('tags.wav', header.subarray(0, 12), chunk('LIST', 333), chunk('JUNK', 100_000), header.subarray(12), second, chunk('id3 ', 5_000)))).toBe(1_000)
  })

  it('is that of what is there, of a file that was cut off or whose size was never written', async () => {
    const cut = file('cut.wav', wavHeader(32_000, 16_000), second)
    truncateSync(cut, 44 + 16_001)
    expect(await soundLengthMs(cut)).toBe(500)
    for (const said of [0, 0xFFFFFFFF, 0x7FFFFFFF]) {
      const header = wavHeader(0, 16_000)
      header.writeUInt32LE(said, 40)
      expect(await soundLengthMs(file('streamed.wav', header, second))).toBe(1_000)
    }
  })

  it('is not known of what is no sound, and that is no error', async () => {
    const header = wavHeader(0, 16_000)
    const odd = [
      file('letter.txt', Buffer.from('Dear reader, this is not a sound.')),
      file('empty.wav'),
      file('head.wav', header.subarray(0, 20)),
      file('no-data.wav', header.subarray(0, 36)),
      file('no-format.wav', header.subarray(0, 12), chunk('data', 100)),
      file('damaged.wav', header.subarray(0, 16), Buffer.alloc(200, 0xFF)),
      join(folder, 'missing.wav'),
      folder,
    ]
    expect(await Promise.all(odd.map(soundLengthMs))).toEqual(odd.map(() => null))
  })

  it('of a pipe is not waited for', async ({ skip }) => {
    const pipe = join(folder, 'pipe')
    if (process.platform === 'win32' || spawnSync('mkfifo', [pipe]).status !== 0)
      return skip('no pipes here')
    expect(await soundLengthMs(pipe)).toBeNull()
  })
})
