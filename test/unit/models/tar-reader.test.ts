import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SourceFailure } from '../../../src-main/models/source-failure'
import { readTar } from '../../../src-main/models/tar-reader'
import { buildTar } from './support/archives'
import { anyCuts, inPieces } from './support/splits'

async function readAll(source: AsyncIterable<Uint8Array>, take: (path: string) => boolean = () => true): Promise<[string, string][]> {
  const found: [string, string][] = []
  for await (const entry of readTar(source)) {
    if (!take(entry.path))
      continue
    const pieces: Buffer[] = []
    for await (const piece of entry.content)
      pieces.push(Buffer.from(piece))
    found.push([entry.path, Buffer.concat(pieces).toString('hex')])
  }
  return found
}

const segment = fc.stringMatching(/^[\w.-]{1,60}$/).filter(name => name !== '.' && name !== '..')
const anyFile = fc.record({ path: fc.array(segment, { minLength: 1, maxLength: 4 }).map(parts => parts.join('/')), content: fc.uint8Array({ maxLength: 1_600 }) })
const files = fc.array(anyFile, { maxLength: 6 })

describe('readTar', () => {
  it('gives back every file, however the bytes are cut and however long names are written', async () => {
    await fc.assert(fc.asyncProperty(files, anyCuts, fc.constantFrom('pax' as const, 'gnu' as const), async (built, cuts, longNames) => {
      expect(await readAll(inPieces(buildTar(built, longNames), cuts))).toEqual(built.map(file => [file.path, Buffer.from(file.content).toString('hex')]))
    }), { numRuns: 150 })
  })

  it('gives the right bytes to whoever takes only some of the files', async () => {
    await fc.assert(fc.asyncProperty(files, anyCuts, async (built, cuts) => {
      const wanted = new Set(built.filter((_, at) => at % 2 === 1).map(file => file.path))
      expect(await readAll(inPieces(buildTar(built), cuts), path => wanted.has(path)))
        .toEqual(built.filter(file => wanted.has(file.path)).map(file => [file.path, Buffer.from(file.content).toString('hex')]))
    }), { numRuns: 80 })
  })

  it('skips links and folders', async () => {
    const tar = buildTar([
      { path: 'a', content: Buffer.from('1') },
      { path: 'link', content: Buffer.alloc(0), type: '2' },
      { path: 'folder/', content: Buffer.alloc(0), type: '5' },
      { path: 'b', content: Buffer.from('2') },
    ])
    expect(await readAll(inPieces(tar, []))).toEqual([['a', '31'], ['b', '32']])
  })

  it('calls an archive that is cut off, at any byte within a file, cut off', async () => {
    const tar = buildTar([{ path: 'a', content: Buffer.alloc(700, 7) }])
    for (let length = 1; length < 512 + 1024; length++)
      await expect(readAll(inPieces(tar.subarray(0, length), []))).rejects.toBeInstanceOf(SourceFailure)
  })

  it('ends any damaged archive with a SourceFailure, or reads it', async () => {
    const tar = buildTar([{ path: 'a'.repeat(120), content: Buffer.alloc(600, 1) }, { path: 'b', content: Buffer.from('x') }])
    await fc.assert(fc.asyncProperty(fc.nat(tar.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const damaged = Buffer.from(tar)
      damaged[at] = (damaged[at] ?? 0) ^ flip
      await readAll(inPieces(damaged, [])).catch((error: unknown) => expect(error).toBeInstanceOf(SourceFailure))
    }), { numRuns: 400 })
  })
})
