import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeMetadata, readMetadata } from '../../../src-main/models/prepare/onnx-metadata'
import { anyCuts, inPieces } from './support/splits'

/** ModelProto: ir_version = 8, producer_name = "t", a graph (field 7) of some size, opset_import (field 8). */
function model(graphBytes: number): Buffer {
  const length: number[] = []
  for (let rest = graphBytes; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest <= 127)
      break
  }
  return Buffer.concat([
    Buffer.from([0x08, 8, 0x12, 1, 0x74, 0x3A, ...length]),
    Buffer.alloc(graphBytes, 0x72),
    Buffer.from([0x42, 2, 0x10, 13]),
  ])
}

const anyEntries = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }).filter(key => key !== '__proto__'), fc.string({ maxLength: 300 }), { maxKeys: 8 })

describe('metadata of an ONNX file', () => {
  it('is read back as it was appended, whatever the model and the pieces', async () => {
    await fc.assert(fc.asyncProperty(anyEntries, fc.nat(3_000), anyCuts, async (entries, graphBytes, cuts) => {
      const file = Buffer.concat([model(graphBytes), encodeMetadata(entries)])
      expect(Object.fromEntries(await readMetadata(inPieces(file, cuts)))).toEqual(Object.fromEntries(Object.entries(entries)))
    }), { numRuns: 200 })
  })

  it('is the bytes protobuf prescribes', () => {
    expect(encodeMetadata({ a: 'bc' }).toString('hex')).toBe('72070a016112026263')
  })

  it('is not taken from a file that is cut off', async () => {
    const file = Buffer.concat([model(300), encodeMetadata({ model_type: 'vits' })])
    const boundaries = new Set([2, 5, 8 + 300, 8 + 300 + 4, file.length])
    for (let length = 1; length < file.length; length++) {
      const reading = readMetadata(inPieces(file.subarray(0, length), []))
      if (boundaries.has(length))
        expect([...await reading]).toEqual([])
      else
        await expect(reading).rejects.toMatchObject({ code: 'model-corrupt' })
    }
  })

  it('never fails otherwise than by saying that the file is damaged', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), anyCuts, async (bytes, cuts) => {
      await readMetadata(inPieces(bytes, cuts)).catch((error: unknown) => expect(error).toMatchObject({ code: 'model-corrupt' }))
    }), { numRuns: 300 })
  })
})
