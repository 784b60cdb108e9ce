import type { Buffer } from 'node:buffer'
import { z } from 'zod'
import { AppError } from '../../lib/app-error'
import { encodeMetadata } from './onnx-metadata'

const piperConfigSchema = z.object({
  audio: z.object({ sample_rate: z.number().int().positive() }),
  espeak: z.object({ voice: z.string().min(1) }),
  language: z.object({ name_english: z.string() }).optional(),
  num_speakers: z.number().int().positive(),
  phoneme_id_map: z.record(z.string(), z.array(z.number().int().nonnegative()).min(1)),
})
export type PiperConfig = z.infer<typeof piperConfigSchema>

/** Parses a voice's `.onnx.json`. Throws `model-corrupt`. */
export function parsePiperConfig(json: string): PiperConfig {
  try {
    return piperConfigSchema.parse(JSON.parse(json))
  }
  catch (error) {
    throw new AppError('model-corrupt', 'The voice\'s configuration is malformed.', { cause: error })
  }
}

/** What sherpa-onnx wants to find in a Piper voice's metadata. */
export function piperMetadata(config: PiperConfig): Readonly<Record<string, string>> {
  return {
    model_type: 'vits',
    comment: 'piper',
    language: config.language?.name_english ?? 'English',
    voice: config.espeak.voice,
    has_espeak: '1',
    n_speakers: String(config.num_speakers),
    sample_rate: String(config.audio.sample_rate),
  }
}

/** Bytes to append to the voice's ONNX. */
export function piperMetadataSuffix(config: PiperConfig): Buffer {
  return encodeMetadata(piperMetadata(config))
}

/** The tokens file sherpa-onnx reads for Piper: lines `phoneme SPACE id`. */
export function piperTokens(config: PiperConfig): string {
  return Object.entries(config.phoneme_id_map).map(([phoneme, ids]) => `${phoneme} ${ids[0]}\n`).join('')
}
