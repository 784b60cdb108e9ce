import { describe, expect, it } from 'vitest'
import { builtInCatalogue, parseCatalogue } from '../../../src-main/models'
import { manifestOf, manifestSchema, outputsOf } from '../../../src-main/models/catalogue'

const ROLES = {
  'moonshine': ['encoder', 'mergedDecoder', 'tokens'],
  'transducer': ['decoder', 'encoder', 'joiner', 'tokens'],
  'whisper': ['decoder', 'encoder', 'tokens'],
  'silero-vad': ['model'],
  'piper': ['dataDir', 'model', 'tokens'],
  'kokoro': ['dataDir', 'model', 'tokens', 'voices'],
  'gguf': ['model'],
} as const

const entry = {
  id: 'a',
  kind: 'vad',
  format: 'silero-vad',
  name: 'A',
  licence: 'MIT',
  languages: ['en'],
  minMemoryMiB: 1,
  files: [{ name: 'a.onnx', role: 'model', sizeBytes: 1, sha256: '0'.repeat(64), sources: [{ type: 'url', url: 'https://example.org/a.onnx' }] }],
}
const small = { version: 1, defaults: { asr: ['a'], vad: ['a'], tts: ['a'], chat: ['a'] }, rescue: {}, models: [entry] }

describe('the catalogue that comes with Parley', () => {
  const catalogue = builtInCatalogue()

  it('has a default for each kind, of that kind, in the order set-up tries them', () => {
    const kinds = new Map(catalogue.models.map(model => [model.id, model.kind]))
    expect(catalogue.defaults).toEqual({
      asr: ['moonshine-base-en', 'moonshine-tiny-en'],
      vad: ['silero-vad-v5'],
      tts: ['piper-en-us-joe'],
      chat: ['qwen2.5-coder-0.5b-instruct-q4-k-m', 'smollm2-135m-instruct-q4-1'],
    })
    for (const [kind, ids] of Object.entries(catalogue.defaults))
      expect(ids.map(id => kinds.get(id))).toEqual(ids.map(() => kind))
  })

  it('gives each model exactly the roles its format is loaded with', () => {
    for (const model of catalogue.models)
      expect([model.id, outputsOf(model).map(output => output.role).sort()]).toEqual([model.id, ROLES[model.format]])
  })

  it('has no id, and within a model no file name, twice', () => {
    const ids = catalogue.models.map(model => model.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const model of catalogue.models) {
      for (const names of [model.files.map(file => file.name), outputsOf(model).map(output => output.name)])
        expect(new Set(names).size).toBe(names.length)
    }
  })

  it('asks the makers first, then packages, and marks what no package carries', () => {
    for (const model of catalogue.models) {
      for (const file of model.files) {
        const kinds = file.sources.map(source => source.type === 'url' ? 0 : 1)
        expect(kinds).toEqual([...kinds].sort())
      }
      expect([model.id, model.upstreamOnly]).toEqual([model.id, model.files.some(file => file.sources.every(source => source.type === 'url'))])
    }
  })

  it('has parts that add up to the whole', () => {
    for (const file of catalogue.models.flatMap(model => model.files)) {
      for (const source of file.sources) {
        if (source.type === 'parts')
          expect(source.parts.reduce((sum, part) => sum + part.sizeBytes, 0)).toBe(file.sizeBytes)
      }
    }
  })

  it('gives manifests that can be read back', () => {
    for (const model of catalogue.models)
      expect(manifestSchema.parse(JSON.parse(JSON.stringify(manifestOf(model))))).toEqual(manifestOf(model))
  })
})

describe('parseCatalogue', () => {
  it('takes a good one', () => {
    expect(parseCatalogue(small).models[0]?.id).toBe('a')
  })

  it.each([
    ['an id that climbs out', { ...entry, id: '../a' }],
    ['an id that hides', { ...entry, id: '.a' }],
    ['a file name that climbs out', { ...entry, files: [{ ...entry.files[0], name: '../../a' }] }],
    ['a file name with a folder', { ...entry, files: [{ ...entry.files[0], name: 'b/a' }] }],
    ['a hash that is none', { ...entry, files: [{ ...entry.files[0], sha256: 'abc' }] }],
    ['a URL that is no web address', { ...entry, files: [{ ...entry.files[0], sources: [{ type: 'url', url: 'file:///etc/passwd' }] }] }],
    ['a package name that is an option', { ...entry, files: [{ ...entry.files[0], sources: [{ type: 'pypi', package: '--index-url=x', version: '1' }] }] }],
    ['a version that is a command', { ...entry, files: [{ ...entry.files[0], sources: [{ type: 'npm', package: 'a', version: '1; rm -rf /', path: 'a' }] }] }],
    ['a path in a package that climbs out', { ...entry, files: [{ ...entry.files[0], sources: [{ type: 'npm', package: 'a', version: '1', path: 'a/../../b' }] }] }],
    ['a step from a file it does not have', { ...entry, prepare: [{ step: 'moonshine-tokens', from: 'nothing.js', name: 't', role: 'tokens', sizeBytes: 1, sha256: '0'.repeat(64) }] }],
    ['no file', { ...entry, files: [] }],
  ])('refuses %s', (_, broken) => {
    expect(() => parseCatalogue({ ...small, models: [broken] })).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('refuses a default it does not describe', () => {
    expect(() => parseCatalogue({ ...small, defaults: { ...small.defaults, tts: ['b'] } })).toThrow('names b as a default')
  })
})
