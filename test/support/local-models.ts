import type { LocalModels } from '../../src-main/inference/inference-host'
import type { InstalledModel } from '../../src-main/ports/installed-model'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** Where set-up puts the models; the same rule as the program's. */
export function modelsFolder(): string {
  const cache = process.env['PARLEY_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'parley')
  return process.env['PARLEY_MODELS_DIR'] ?? join(cache, 'models')
}

function moonshine(id: string): InstalledModel {
  const folder = join(modelsFolder(), id)
  return {
    id,
    kind: 'asr',
    format: 'moonshine',
    files: { encoder: join(folder, 'encoder_model.onnx'), mergedDecoder: join(folder, 'decoder_model_merged.onnx'), tokens: join(folder, 'tokens.txt') },
  }
}

function gguf(id: string): InstalledModel {
  return { id, kind: 'chat', format: 'gguf', files: { model: join(modelsFolder(), id, 'model.gguf') } }
}

export const MOONSHINE_BASE = moonshine('moonshine-base-en')
export const MOONSHINE_TINY = moonshine('moonshine-tiny-en')
export const SILERO: InstalledModel = {
  id: 'silero-vad-v5',
  kind: 'vad',
  format: 'silero-vad',
  files: { model: join(modelsFolder(), 'silero-vad-v5', 'silero_vad_v5.onnx') },
}
export const PIPER: InstalledModel = {
  id: 'piper-en-us-joe',
  kind: 'tts',
  format: 'piper',
  files: {
    model: join(modelsFolder(), 'piper-en-us-joe', 'voice.onnx'),
    tokens: join(modelsFolder(), 'piper-en-us-joe', 'tokens.txt'),
    dataDir: join(modelsFolder(), 'piper-en-us-joe', 'espeak-ng-data'),
  },
}
export const QWEN = gguf('qwen2.5-coder-0.5b-instruct-q4-k-m')
export const SMOLLM2 = gguf('smollm2-135m-instruct-q4-1')

export const LOCAL_MODELS: LocalModels = { asr: MOONSHINE_BASE, rescue: MOONSHINE_TINY, vad: SILERO, tts: PIPER, chat: QWEN }

/** Whether every file of a model is there. */
export function isInstalled(model: InstalledModel): boolean {
  return Object.values(model.files).every(path => existsSync(path))
}
