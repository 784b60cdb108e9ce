import type { ErrorCode } from '../lib/app-error'
import type { AsrEvent } from '../ports/asr-engine'
import type { ChatEvent, ChatMessage } from '../ports/chat-engine'
import type { InstalledModel } from '../ports/installed-model'
import type { SpeechChunk } from '../ports/tts-engine'
import { AppError } from '../lib/app-error'

/**
 * What main and the inference child say to each other. Both ends are built from this file, so messages are not
 * validated; the version catches a child that was built from another one.
 *
 * Every request has an id of main's. The child answers a started request with any number of `event`s and then with
 * exactly one `end` or `fail`, also after `cancel`. A message for an id that is not (or no longer) known is dropped.
 */
export const PROTOCOL_VERSION = 1

/** What is loaded and unloaded as one. The recogniser's part holds its rescue model and the voice detector. */
export const LOCAL_KINDS = ['asr', 'tts', 'chat'] as const
export type LocalKind = (typeof LOCAL_KINDS)[number]

/** The models of a kind, by role. */
export interface ModelSet {
  readonly asr: { readonly asr: InstalledModel, readonly rescue?: InstalledModel, readonly vad: InstalledModel }
  readonly tts: { readonly tts: InstalledModel }
  readonly chat: { readonly chat: InstalledModel }
}

export type LoadRequest = { readonly [K in LocalKind]: { readonly kind: K, readonly models: ModelSet[K] } }[LocalKind]

/** Samples at 16 kHz: main sends at most this much before the child has said that it took it. */
export const ASR_WINDOW_SAMPLES = 16_000 * 60
/** Chunks of speech on the way that the consumer has not taken yet. */
export const TTS_WINDOW_CHUNKS = 2

export type ToChild
  = | { readonly type: 'load', readonly request: LoadRequest, readonly contextTokens: number }
    | { readonly type: 'unload', readonly kind: LocalKind }
    | { readonly type: 'ping', readonly n: number }
    | { readonly type: 'asr.start', readonly id: number, readonly language?: string }
    | { readonly type: 'asr.push', readonly id: number, readonly samples: Int16Array }
    | { readonly type: 'asr.finish', readonly id: number }
    | { readonly type: 'chat.start', readonly id: number, readonly messages: readonly ChatMessage[], readonly maxTokens?: number, readonly temperature?: number }
    | { readonly type: 'chat.prime', readonly id: number, readonly messages: readonly ChatMessage[], readonly unfinished: boolean }
    | { readonly type: 'tts.start', readonly id: number, readonly speed: number }
    | { readonly type: 'tts.piece', readonly id: number, readonly index: number, readonly text: string }
    | { readonly type: 'tts.taken', readonly id: number }
    | { readonly type: 'tts.finish', readonly id: number }
    | { readonly type: 'cancel', readonly id: number }

export type RequestEvent
  = | { readonly of: 'asr', readonly event: AsrEvent }
    | { readonly of: 'asr-taken', readonly samples: number }
    | { readonly of: 'chat', readonly event: ChatEvent }
    | { readonly of: 'tts', readonly chunk: SpeechChunk }

export type FromChild
  = | { readonly type: 'hello', readonly version: number }
  /** The library is about to open this model's files: what to blame when the process dies in it. */
    | { readonly type: 'opening', readonly kind: LocalKind, readonly modelId: string }
    | { readonly type: 'loaded', readonly kind: LocalKind, readonly loadMs: number, readonly warmUpMs: number }
    | { readonly type: 'load-failed', readonly kind: LocalKind, readonly error: WireError }
    | { readonly type: 'unloaded', readonly kind: LocalKind }
    | { readonly type: 'pong', readonly n: number, readonly rssBytes: number }
    | { readonly type: 'event', readonly id: number, readonly payload: RequestEvent }
    | { readonly type: 'end', readonly id: number }
    | { readonly type: 'fail', readonly id: number, readonly error: WireError }

/** An `AppError` as plain data: structured clone keeps no fields of an error's own. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  readonly params: Readonly<Record<string, string | number>>
}

export function toWire(error: AppError): WireError {
  return { code: error.code, message: error.message, retryable: error.retryable, params: error.params }
}

export function fromWire(error: WireError): AppError {
  return new AppError(error.code, error.message, { retryable: error.retryable, params: error.params })
}

/** Structured clone sends the whole buffer under a view: a view of a part is copied first. */
export function ownSamples(samples: Int16Array): Int16Array {
  return samples.byteLength === samples.buffer.byteLength ? samples : samples.slice()
}
