import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { ROOT } from '../../lib/paths.mjs'

/**
 * Recorded speech with transcripts for measuring: `manifest.json`, a list of `{file, seconds, text, text_alt?, language,
 * tags, vad_silero_v5}` ('none' is the language of sound without speech), and the WAV files it names, 16 kHz mono 16 bit.
 * The folder is named by PARLEY_SPEECH_CLIPS or lies beside the clone; null when there is none.
 */
export function openClips(env = process.env) {
  const folder = env.PARLEY_SPEECH_CLIPS ? resolve(env.PARLEY_SPEECH_CLIPS) : join(ROOT, '..', 'shared', 'speech')
  const manifest = join(folder, 'manifest.json')
  if (!existsSync(manifest))
    return null
  return JSON.parse(readFileSync(manifest, 'utf8')).map(clip => ({ ...clip, samples: () => readWav(join(folder, clip.file)) }))
}

function readWav(path) {
  const bytes = readFileSync(path)
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4)
    const size = bytes.readUInt32LE(at + 4)
    const start = at + 8
    if (id === 'data') {
      const samples = new Int16Array(Math.floor(Math.min(size, bytes.length - start) / 2))
      for (let i = 0; i < samples.length; i++)
        samples[i] = bytes.readInt16LE(start + 2 * i)
      return samples
    }
    at = start + size + (size % 2)
  }
  throw new Error(`No sound in ${path}`)
}

/** The last second at which the clip's own marks have voice. */
export function voiceEndSeconds(clip) {
  return clip.vad_silero_v5?.at(-1)?.[1] ?? clip.seconds
}
