import type { Subscribable } from '../lib/emitter'
import type { AsrEngine } from '../ports/asr-engine'
import type { SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { TtsEngine } from '../ports/tts-engine'
import type { LocalChatEngine, LocalModels, LocalModelState, ModelChanges } from './local-models'
import type { LocalKind } from './protocol'
import { createLocalAsr } from './local-asr'
import { createLocalChat } from './local-chat'
import { createLocalTts } from './local-tts'
import { createModelSupervisor } from './model-supervisor'

export type { LocalChatEngine, LocalModels, LocalModelState, ModelChanges } from './local-models'
export type { LocalKind } from './protocol'

export interface InferenceHostOptions {
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly logger: Logger
  readonly models: LocalModels
  readonly options?: {
    /** Ends the child when nothing was asked of it for so long; null (default): never. */
    readonly unloadAfterIdleMs?: number | null
    /** How long a request waits for its model; 60 s. */
    readonly readyTimeoutMs?: number
    /** Tokens of prompt and reply together; 4096. */
    readonly contextTokens?: number
  }
}

/** The local models in their own process, which is started, watched and replaced here. */
export interface InferenceHost extends AsyncDisposable {
  /** Starts the child and the loading of all models, also of those that had failed; does not wait for them. */
  start: () => void
  readonly states: Subscribable<LocalModelState>
  state: (kind: LocalKind) => LocalModelState
  /** Resolves when the kind answers (loading it if need be). Rejects with what its loading failed with. */
  ready: (kind: LocalKind, signal?: AbortSignal) => Promise<void>
  /** Takes effect at once, or when the last running request of the kind has ended. */
  setModels: (changes: ModelChanges) => void
  /** Keeps the models loaded until it is released: for the whole of a take or reply. */
  hold: () => () => void
  readonly asr: AsrEngine
  readonly chat: LocalChatEngine
  readonly tts: TtsEngine
  /** The child's process id and resident memory; null when it does not run. */
  readonly process: { readonly pid: number | undefined, readonly rssBytes: number } | null
}

const READY_TIMEOUT_MS = 60_000
/** A long conversation; the state of Qwen 0.5B takes 50 MB with it. */
const CONTEXT_TOKENS = 4096

export function createInferenceHost({ spawn, clock, logger, models, options = {} }: InferenceHostOptions): InferenceHost {
  const supervisor = createModelSupervisor({
    spawn,
    clock,
    logger,
    models,
    unloadAfterIdleMs: options.unloadAfterIdleMs ?? null,
    readyTimeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
    contextTokens: options.contextTokens ?? CONTEXT_TOKENS,
  })
  return {
    start: () => supervisor.start(),
    states: supervisor.states,
    state: kind => supervisor.state(kind),
    async ready(kind, signal = new AbortController().signal) {
      const lease = await supervisor.acquire(kind, signal)
      lease.release()
    },
    setModels: changes => supervisor.setModels(changes),
    hold: () => supervisor.hold(),
    asr: createLocalAsr(supervisor),
    chat: createLocalChat(supervisor),
    tts: createLocalTts(supervisor),
    get process() {
      return supervisor.process
    },
    async [Symbol.asyncDispose]() {
      supervisor.close()
    },
  }
}
