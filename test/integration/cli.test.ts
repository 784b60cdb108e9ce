import type { Stage } from '../../scripts/stage/index.mjs'
import { Buffer } from 'node:buffer'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage } from '../../scripts/stage/index.mjs'
import { readAudio } from '../../src-main/audio/read-audio'
import { appPaths } from '../../src-main/storage/paths'
import { parley } from '../support/cli'
import { spokenFile, wordsKept } from '../support/speech'

let folder: string
let samples: Int16Array

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-cli-'))
  const frames: number[] = []
  for await (const frame of readAudio(spokenFile('q-capital')))
    frames.push(...frame.samples)
  samples = Int16Array.from(frames)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const QUESTION = 'what is the capital of france'

/** A WAV of 16 kHz mono samples in another shape: each sample `repeat` times over `channels` channels. */
function wav(options: { readonly bits: 8 | 16 | 24 | 32, readonly channels: number, readonly repeat: number, readonly float?: boolean }): Buffer {
  const { bits, channels, repeat, float = false } = options
  const width = bits / 8
  const data = Buffer.alloc(samples.length * repeat * channels * width)
  let at = 0
  for (const sample of samples) {
    for (let i = 0; i < repeat * channels; i++) {
      if (float)
        data.writeFloatLE(sample / 32768, at)
      else if (bits === 8)
        data.writeUInt8((sample >> 8) + 128, at)
      else
        data.writeIntLE(sample * 2 ** (bits - 16), at, width)
      at += width
    }
  }
  const header = Buffer.alloc(44)
  const rate = 16_000 * repeat
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + data.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(float ? 3 : 1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * channels * width, 28)
  header.writeUInt16LE(channels * width, 32)
  header.writeUInt16LE(bits, 34)
  header.write('data', 36)
  header.writeUInt32LE(data.length, 40)
  return Buffer.concat([header, data])
}

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

describe('parley transcribe', () => {
  it('reads 8 and 24 bit, float, stereo, 96 kHz and a file that was cut off', async () => {
    const whole = wav({ bits: 16, channels: 1, repeat: 1 })
    const files = await Promise.all([
      file('8-bit.wav', wav({ bits: 8, channels: 1, repeat: 1 })),
      file('24-bit.wav', wav({ bits: 24, channels: 1, repeat: 1 })),
      file('stereo.wav', wav({ bits: 16, channels: 2, repeat: 1 })),
      file('float-96k.wav', wav({ bits: 32, channels: 1, repeat: 6, float: true })),
      file('cut.wav', whole.subarray(0, whole.length - 2_001)),
    ])
    const { code, events } = await parley(['transcribe', '--json', ...files])
    const finals = events.filter(({ type }) => type === 'final')
    expect(finals.map(({ file }) => file)).toEqual(files)
    for (const { text } of finals)
      expect(wordsKept(QUESTION, String(text))).toBe(1)
    expect(code).toBe(0)
    for (const event of events)
      expect(event).toMatchObject({ turnId: expect.any(String), type: expect.any(String), atMs: expect.any(Number) })
  })

  it('reads raw sound from standard input', async () => {
    const { code, stdout } = await parley(['transcribe', '-'], { input: new Uint8Array(samples.buffer) })
    expect(wordsKept(QUESTION, stdout)).toBe(1)
    expect(code).toBe(0)
  })

  it('tells of each file that is no sound, and reads the others all the same', async () => {
    const good = await file('good.wav', wav({ bits: 16, channels: 1, repeat: 1 }))
    const text = await file('letter.txt', 'Dear reader, this is not a sound.')
    const empty = await file('empty.wav', '')
    const hollow = await file('hollow.wav', wav({ bits: 16, channels: 1, repeat: 1 }).subarray(0, 44))
    const { code, stdout, stderr } = await parley(['transcribe', text, empty, hollow, join(folder, 'missing.wav'), good])
    expect(code).toBe(1)
    expect(wordsKept(QUESTION, stdout)).toBe(1)
    const told = stderr.trim().split('\n')
    expect(told.map(line => line.split(': ')[0])).toEqual([text, empty, hollow, join(folder, 'missing.wav')])
  })

  it('field 35: gives no text for silence, and exit code 3', async () => {
    const silence = await file('silence.wav', Buffer.concat([wav({ bits: 16, channels: 1, repeat: 1 }).subarray(0, 40), Buffer.from([0, 0xE2, 4, 0]), Buffer.alloc(320_000)]))
    const { code, stdout } = await parley(['transcribe', silence])
    expect({ code, text: stdout.trim() }).toEqual({ code: 3, text: '' })
  })
})

describe('parley ask and say', () => {
  it('answers a spoken question in events, and speaks the answer into a file', async () => {
    const output = join(folder, 'answer.wav')
    const { code, events } = await parley(['ask', spokenFile('q-capital'), '--output', output, '--json'])
    expect(code).toBe(0)
    expect(new Set(events.map(({ turnId }) => turnId)).size).toBe(1)
    const types = events.map(({ type }) => type)
    expect(types.indexOf('partial')).toBeLessThan(types.indexOf('tokens'))
    expect(types.indexOf('tokens')).toBeLessThan(types.indexOf('spoken'))
    const answer = events.filter(({ type, kind }) => type === 'tokens' && kind === 'text').map(({ text }) => text).join('')
    expect(answer).toContain('Paris')
    expect(types.at(-1)).toBe('done')
    const heard = await parley(['transcribe', output])
    expect(wordsKept(answer, heard.stdout)).toBeGreaterThan(0.7)
  })

  it('says a text into a file that the recogniser reads back', async () => {
    const output = join(folder, 'said.wav')
    const text = 'The kettle is on the stove. Please bring two cups.'
    expect((await parley(['say', text, '--output', output])).code).toBe(0)
    expect(wordsKept(text, (await parley(['transcribe', output])).stdout)).toBeGreaterThan(0.85)
  })

  it('refuses what cannot be done before any model is loaded, and says what to do', async () => {
    const text = await file('no-sound.txt', 'words')
    const results = await Promise.all([
      parley(['ask', text]),
      parley(['say', '🙂']),
      parley(['say', 'hello', '--speed', '9']),
      parley(['ask']),
      parley(['dance']),
      parley(['ask', text, '--output', 'a.wav', '--play']),
    ])
    expect(results.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2])
    for (const { stderr } of results)
      expect(stderr.trim()).not.toBe('')
  })

  it('names the model that is missing and how to get it', async () => {
    const { code, stderr } = await parley(['ask', spokenFile('q-capital')], { env: { PARLEY_MODELS_DIR: join(folder, 'no-models') } })
    expect(code).toBe(1)
    expect(stderr).toContain('parley models install')
  })
})

describe('parley devices and doctor', () => {
  let stage: Stage

  beforeAll(async () => {
    stage = await startStage()
  })

  afterAll(async () => {
    await stage?.stop()
  })

  const dataDir = (): Record<string, string> => ({ PARLEY_DATA_DIR: join(folder, 'data') })

  it('lists the microphone and the loudspeaker', async () => {
    const { code, events } = await parley(['devices', '--json'], { env: { ...stage.env, ...dataDir() } })
    expect(code).toBe(0)
    expect(events.filter(({ isDefault }) => isDefault).map(({ kind }) => kind).sort()).toEqual(['input', 'output'])
  })

  it('finds everything well on a machine where it is', async () => {
    const { code, events } = await parley(['doctor', '--json'], { env: { ...stage.env, ...dataDir() } })
    const states = Object.fromEntries(events.map(({ check, state }) => [check, state]))
    expect(states).toMatchObject({ 'runtime': 'ok', 'folders': 'ok', 'model asr': 'ok', 'model vad': 'ok', 'model tts': 'ok', 'model chat': 'ok', 'display': 'ok', 'hotkey': 'ok', 'microphone': 'ok', 'loudspeaker': 'ok' })
    expect(code).toBe(0)
  })

  it('says what to do where models, sound, display and folders are missing', async () => {
    const blocked = await file('a-file', 'in the way')
    const { code, events } = await parley(['doctor', '--json'], {
      env: { ...stage.env, DISPLAY: '', PULSE_SERVER: `unix:${join(folder, 'nobody')}`, PARLEY_MODELS_DIR: join(folder, 'no-models'), PARLEY_DATA_DIR: join(blocked, 'data') },
    })
    const faults = events.filter(({ state }) => state !== 'ok')
    expect(faults.map(({ check }) => check)).toEqual(expect.arrayContaining(['folders', 'model asr', 'model chat', 'display', 'hotkey']))
    for (const fault of faults)
      expect(fault['advice'], String(fault['check'])).toBeTruthy()
    expect(code).toBe(1)
  })

  it('plays through the loudspeaker', async () => {
    const speaker = await stage.recordSpeaker()
    const said = parley(['say', 'One two three.'], { env: { ...stage.env, ...dataDir() } })
    await speaker.untilSound({ timeoutMs: 30_000 })
    expect((await said).code).toBe(0)
    await speaker.stop()
  })
})

describe('parley models', () => {
  it('lists what there is, in JSON', async () => {
    const { code, events } = await parley(['models', 'list', '--json'])
    expect(code).toBe(0)
    expect(events.find(({ id }) => id === 'moonshine-base-en')).toMatchObject({ kind: 'asr', state: 'installed', isDefault: true })
  })

  it('finds a damaged model', async () => {
    const from = join(appPaths(process.env, process.platform, homedir()).modelsDir, 'silero-vad-v5')
    const models = join(folder, 'damaged')
    await cp(from, join(models, 'silero-vad-v5'), { recursive: true })
    const target = join(models, 'silero-vad-v5', 'silero_vad_v5.onnx')
    const bytes = await readFile(target)
    bytes[1_000] = (bytes[1_000] ?? 0) ^ 0xFF
    await writeFile(target, bytes)
    const { code, stdout, stderr } = await parley(['models', 'verify', 'silero-vad-v5'], { env: { PARLEY_MODELS_DIR: models } })
    expect(code).toBe(1)
    expect(stdout + stderr).toContain('silero_vad_v5.onnx')
  })
})
