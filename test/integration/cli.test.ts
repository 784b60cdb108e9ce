import type { Stage } from '../../scripts/stage/index.mjs'
import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
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
    expect(stderr.trim().split('\n')).toEqual([
      `${text}: This is not a WAV file. Convert it first: ffmpeg -i FILE out.wav`,
      `${empty}: The sound file is empty. Record or export it again.`,
      `${hollow}: The sound file has no sound in it. Record or export it again.`,
      `${join(folder, 'missing.wav')}: There is no such sound file. Check the path.`,
    ])
  })

  it('with a damaged recogniser: says which file and how to mend it, and goes on with another one; without another one it stops', async () => {
    const installed = appPaths(process.env, process.platform, homedir()).modelsDir
    const models = join(folder, 'damaged-recogniser')
    await cp(join(installed, 'moonshine-base-en'), join(models, 'moonshine-base-en'), { recursive: true })
    await truncate(join(models, 'moonshine-base-en', 'encoder_model.onnx'), 1_000_000)
    for (const id of ['moonshine-tiny-en', 'silero-vad-v5'])
      await symlink(join(installed, id), join(models, id))
    const good = await file('good-again.wav', wav({ bits: 16, channels: 1, repeat: 1 }))
    const env = { PARLEY_MODELS_DIR: models }
    const damage = 'The model moonshine-base-en is damaged: encoder_model.onnx (wrong size). Run: parley models install moonshine-base-en\n'
    const replaced = await parley(['transcribe', good], { env })
    expect({ code: replaced.code, stderr: replaced.stderr }).toEqual({ code: 0, stderr: `${damage}Until then moonshine-tiny-en is used.\n` })
    expect(wordsKept(QUESTION, replaced.stdout)).toBeGreaterThan(0.6)
    await rm(join(models, 'moonshine-tiny-en'))
    expect(await parley(['transcribe', good], { env })).toMatchObject({ code: 1, stdout: '', stderr: damage })
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
    expect(results.map(({ stderr }) => stderr.trim())).toEqual([
      'This is not a WAV file. Convert it first: ffmpeg -i FILE out.wav',
      'There is nothing in this text that can be spoken.',
      'The speed must be a number from 0.5 to 2.',
      'What is the question? Name a sound file, - for standard input, or --text "…".',
      'error: unknown command \'dance\'',
      'Use either --output or --play.',
    ])
  })

  it('says that the disk is full, and where, instead of leaving half an answer unsaid', async ({ skip }) => {
    const disk = join(folder, 'small')
    await mkdir(disk)
    if (process.platform !== 'linux' || spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0)
      return skip('this user may not mount a file system')
    try {
      const output = join(disk, 'said.wav')
      const { code, stderr } = await parley(['say', 'This sentence needs more room than there is on such a small disk.', '--output', output])
      expect({ code, stderr }).toEqual({ code: 1, stderr: `The disk is full: make room, then try again: ${output}\n` })
      spawnSync('mount', ['-o', 'remount,ro', disk])
      const other = join(disk, 'other.wav')
      expect(await parley(['say', 'Hello.', '--output', other])).toMatchObject({ code: 1, stderr: `The file system is read-only: ${other}\n` })
      expect(await parley(['say', 'Hello.', '--output', join(folder, 'nowhere', 'a.wav')])).toMatchObject({ code: 2, stderr: `There is no such folder: ${join(folder, 'nowhere')}\n` })
    }
    finally {
      spawnSync('umount', ['-l', disk])
    }
  })

  it('keeps settings that cannot be read under another name, and says so once', async () => {
    const data = join(folder, 'broken-settings')
    await mkdir(data)
    await writeFile(join(data, 'settings.json'), '{"voice":')
    const env = { PARLEY_DATA_DIR: data }
    const first = await parley(['models', 'list'], { env })
    const [kept] = await readdir(data)
    expect(kept).toMatch(/^settings\.broken-.*\.json$/)
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: `The settings could not be read, or not in full. They are kept as ${join(data, String(kept))}; defaults are used in their place.\n` })
    expect(await readFile(join(data, String(kept)), 'utf8')).toBe('{"voice":')
    expect((await parley(['models', 'list'], { env })).stderr).toBe('')
  })

  it('names the model that is missing and how to get it', async () => {
    const { code, stderr } = await parley(['ask', spokenFile('q-capital')], { env: { PARLEY_MODELS_DIR: join(folder, 'no-models') } })
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'No model is installed for speech recognition. Run: parley models install --defaults\n' })
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
    expect(states).toMatchObject({ 'runtime': 'ok', 'folders': 'ok', 'model asr': 'ok', 'model vad': 'ok', 'model tts': 'ok', 'model chat': 'ok', 'display': 'ok', 'hotkey': 'ok', 'inserting': 'ok', 'media': 'ok', 'microphone': 'ok', 'loudspeaker': 'ok' })
    expect(code).toBe(0)
  })

  it('says what to do about a talk key that nobody can type', async () => {
    const data = join(folder, 'odd-key')
    await mkdir(data)
    await writeFile(join(data, 'settings.json'), '{"hotkey":{"talk":"Ctrl+Banana"}}')
    // Also where there are no talk keys at all at the moment.
    for (const env of [stage.env, { ...stage.env, DISPLAY: '' }]) {
      const { events } = await parley(['doctor', '--json'], { env: { ...env, PARLEY_DATA_DIR: data } })
      expect(events.find(({ check }) => check === 'hotkey')).toMatchObject({ state: 'fault', detail: expect.stringContaining('Banana') as string, advice: 'Choose another key in the settings.' })
    }
  })

  it('says what is missing where there is no sound server', async () => {
    const env = { ...stage.env, ...dataDir(), PULSE_SERVER: `unix:${join(folder, 'nobody')}` }
    expect(await parley(['devices'], { env })).toMatchObject({ code: 1, stderr: 'No microphone and no loudspeaker was found. Is the sound server running?\n' })
    expect(await parley(['say', 'Hello.'], { env })).toMatchObject({ code: 1, stderr: 'There is no loudspeaker. Plug one in or choose another in the settings.\n' })
    const { events } = await parley(['doctor', '--json'], { env })
    const faults = events.filter(({ check }) => check === 'microphone' || check === 'loudspeaker').map(({ check, state, detail, advice }) => [check, state, detail, advice])
    const advice = 'Plug one in, or start the sound server (PipeWire or PulseAudio).'
    expect(faults.sort()).toEqual([['loudspeaker', 'fault', 'There is no loudspeaker.', advice], ['microphone', 'fault', 'There is no microphone.', advice]])
  })

  it('says what to do where models, sound, display and folders are missing', async () => {
    const blocked = await file('a-file', 'in the way')
    const { code, events } = await parley(['doctor', '--json'], {
      env: { ...stage.env, DISPLAY: '', PULSE_SERVER: `unix:${join(folder, 'nobody')}`, PARLEY_MODELS_DIR: join(folder, 'no-models'), PARLEY_DATA_DIR: join(blocked, 'data') },
    })
    const faults = events.filter(({ state }) => state !== 'ok')
    expect(faults.map(({ check }) => check)).toEqual(expect.arrayContaining(['folders', 'model asr', 'model chat', 'display', 'hotkey']))
    expect(faults.map(({ check }) => check)).toContain('inserting')
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
