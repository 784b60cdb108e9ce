import type { AsrEvent } from '../../ports/asr-engine'
import type { ModelSet } from '../protocol'
import type { ChatModel } from './chat/chat-model'
import type { LoadSense } from './load-sense'
import type { TtsModel } from './tts/tts-model'
import { availableParallelism } from 'node:os'
import { systemClock } from '../../ports/clock'
import { loadAsr } from './asr'
import { createChatModel } from './chat/chat-model'
import { loadLanguageModel } from './chat/llama'
import { createThreadChoice } from './chat/thread-choice'
import { startLoadSense } from './load-sense'
import { COMPUTE_THREADS, computeGate } from './scheduler'
import { createVoice } from './sherpa'
import { createTtsModel } from './tts/tts-model'

/** What the server needs of a loaded recogniser. */
export interface LoadedAsr {
  createSession: (options: { readonly language?: string, readonly emit: (event: AsrEvent) => void }) => AsrSession
  warmUp: () => Promise<void>
  dispose: () => void | Promise<void>
}

export interface AsrSession {
  push: (samples: Int16Array) => void
  /** Resolves when few phrases wait to be decoded: what holds back a file that is read faster than that. */
  drained: () => Promise<void>
  /** Resolves after the final event was emitted. */
  finish: () => Promise<void>
  cancel: () => void
}

export interface Loaded {
  readonly asr: LoadedAsr
  readonly tts: TtsModel
  readonly chat: ChatModel
}

/** How each kind is loaded. Throw `model-missing`, `model-corrupt`, `out-of-memory`. */
export type Loaders = { readonly [K in keyof Loaded]: (models: ModelSet[K], options: { readonly contextTokens: number }) => Promise<Loaded[K]> }

let loadSense: LoadSense | undefined

export const nativeLoaders: Loaders = {
  asr: models => loadAsr(models, { threads: COMPUTE_THREADS }),
  async tts({ tts }) {
    const voice = await createVoice(tts, { threads: COMPUTE_THREADS })
    return createTtsModel(voice)
  },
  async chat({ chat }, { contextTokens }) {
    const model = await loadLanguageModel(chat, { maxThreads: COMPUTE_THREADS, contextTokens })
    loadSense ??= startLoadSense()
    const sense = loadSense
    const threads = createThreadChoice({ maxThreads: COMPUTE_THREADS, cores: availableParallelism(), othersCores: () => sense.othersCores })
    return createChatModel(model, { gate: computeGate, clock: systemClock, threads })
  },
}
