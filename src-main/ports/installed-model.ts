export type ModelKind = 'asr' | 'vad' | 'tts' | 'chat'

/** How a model's files are loaded. */
export type ModelFormat = 'moonshine' | 'transducer' | 'whisper' | 'silero-vad' | 'piper' | 'kokoro' | 'gguf'

/**
 * A model that is on disk, complete and prepared. `files` maps a role to an absolute path; the roles by format:
 * - moonshine: `encoder`, `mergedDecoder`, `tokens`
 * - transducer: `encoder`, `decoder`, `joiner`, `tokens`
 * - whisper: `encoder`, `decoder`, `tokens`
 * - silero-vad: `model`
 * - piper: `model`, `tokens`, `dataDir` (a folder: espeak-ng-data)
 * - kokoro: `model`, `voices`, `tokens`, `dataDir`
 * - gguf: `model`
 */
export interface InstalledModel {
  readonly id: string
  readonly kind: ModelKind
  readonly format: ModelFormat
  readonly files: Readonly<Record<string, string>>
}
