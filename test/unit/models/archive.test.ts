import type { BuiltFile } from './support/archives'
import { Buffer } from 'node:buffer'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { archiveEntries, archiveFile, isInside } from '../../../src-main/models/archive'
import { SourceFailure } from '../../../src-main/models/source-failure'
import { buildTgz, buildZip } from './support/archives'
import { useTemporaryFolders } from './support/temporary-folder'

const folder = useTemporaryFolders()
const { signal } = new AbortController()

function archive(kind: 'tgz' | 'whl', bytes: Uint8Array): string {
  const path = join(folder(), `package.${kind}`)
  writeFileSync(path, bytes)
  return path
}

async function contents(path: string, wants: (path: string) => boolean): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const entry of archiveEntries(path, wants, signal)) {
    const pieces: Buffer[] = []
    for await (const piece of entry.content)
      pieces.push(Buffer.from(piece))
    found[entry.path] = Buffer.concat(pieces).toString()
  }
  return found
}

const FILES: readonly BuiltFile[] = [
  { path: 'dist/model/a.onnx', content: Buffer.from('aaa') },
  { path: 'dist/model/b.onnx', content: Buffer.alloc(200_000, 'b') },
  { path: 'setup.py', content: Buffer.from('raise SystemExit') },
]

describe.each(['tgz', 'whl'] as const)('archiveEntries of a %s', (kind) => {
  const build = kind === 'tgz' ? buildTgz : buildZip

  it('gives only what is asked for', async () => {
    expect(await contents(archive(kind, build(FILES)), path => path === 'dist/model/b.onnx')).toEqual({ 'dist/model/b.onnx': 'b'.repeat(200_000) })
  })

  it('lets nothing climb out', async () => {
    for (const path of ['../evil', 'a/../../evil', '/etc/evil', 'a\\..\\evil']) {
      const built = archive(kind, kind === 'tgz' ? buildTgz([{ path, content: Buffer.from('x') }]) : buildZip([{ path, content: Buffer.from('x') }]))
      await expect(contents(built, () => true)).rejects.toBeInstanceOf(SourceFailure)
    }
  })

  it('says that the file is not in it', async () => {
    const read = async (): Promise<void> => {
      for await (const piece of archiveFile(archive(kind, build(FILES)), 'dist/model/c.onnx', signal))
        void piece
    }
    await expect(read()).rejects.toThrow('the package holds no dist/model/c.onnx')
  })

  it('calls what is no archive, or is damaged anywhere, damaged, or gives its content', async () => {
    await expect(contents(archive(kind, Buffer.from('<html>no</html>'.repeat(100))), () => true)).rejects.toBeInstanceOf(SourceFailure)
    const bytes = build(FILES)
    await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
      const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes)
      if (!cut)
        damaged[at] = (damaged[at] ?? 0) ^ flip
      await contents(archive(kind, damaged), () => true).catch((error: unknown) => expect(error).toBeInstanceOf(SourceFailure))
    }), { numRuns: 150 })
  })
})

describe('isInside', () => {
  it('knows what stays below', () => {
    expect(['a', 'a/b.c', 'a..b/c', '.hidden'].every(isInside)).toBe(true)
    expect(['', '/a', '..', 'a/..', 'a//b', 'a/./b', 'C:/a', 'c:a', 'a\\b', 'a\0b'].some(isInside)).toBe(false)
  })
})
