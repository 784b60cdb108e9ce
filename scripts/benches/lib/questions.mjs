import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Below this a sample counts as silence: the voice's own floor. */
const SILENCE = 200

/** A WAV made by set-up (16-bit mono, canonical header) as PCM without the silence around the words. */
export async function spokenQuestion(folder, name) {
  const bytes = await readFile(join(folder, `${name}.wav`))
  const data = bytes.indexOf('data') + 8
  const sampleRateHz = bytes.readUInt32LE(24)
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + data, bytes.byteOffset + data + ((bytes.length - data) & ~1)))
  const from = samples.findIndex(sample => Math.abs(sample) > SILENCE)
  const to = samples.findLastIndex(sample => Math.abs(sample) > SILENCE) + 1
  return { name, samples: samples.slice(from, to), sampleRateHz, durationMs: ((to - from) / sampleRateHz) * 1000 }
}
