import type { Subscribable } from '../lib/emitter'
import type { AsrEngine } from '../ports/asr-engine'
import type { Microphone, Speaker, TakeCounters } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { ChatEngine, ChatMessage, PrimeOptions } from '../ports/chat-engine'
import type { Clock } from '../ports/clock'
import type { ConversationStore, HopTimes, StoredConversation, StoredTurn } from '../ports/conversation-store'
import type { Logger } from '../ports/logger'
import type { CreateSpeechText } from '../ports/speech-text'
import type { TtsEngine } from '../ports/tts-engine'
import type { TokenKind } from './token-batch'
import type { HintCode, KeyMode, TurnState } from './turn-types'

/** Read anew for each turn; a change takes effect with the next one. */
export interface RunnerSettings {
  readonly mode: KeyMode
  readonly voiceEnabled: boolean
  /** 1 is the voice's own speed. */
  readonly speed: number
  /** 0 to 1. */
  readonly volume: number
  readonly maxTokens: number
  /** Empty: none. */
  readonly systemPrompt: string
  /** Begin the answer while the key is still held. Default true. */
  readonly speculate?: boolean
}

/** A chat engine that can read a prefix ahead of time. */
export type PrimableChatEngine = ChatEngine & {
  readonly prime?: (messages: readonly ChatMessage[], options: PrimeOptions) => Promise<void>
}

export interface TurnRunnerDeps {
  readonly microphone: Pick<Microphone, 'startTake'>
  readonly speaker: Pick<Speaker, 'play'>
  readonly asr: AsrEngine
  readonly chat: PrimableChatEngine
  readonly tts: TtsEngine
  readonly store: Pick<ConversationStore, 'listConversations' | 'createConversation' | 'renameConversation' | 'turns' | 'turn' | 'saveTurn'>
  readonly clock: Clock
  readonly logger: Logger
  readonly createSpeechText: CreateSpeechText
  /** The talk key's real state, asked from the system. */
  readonly keyIsDown: () => Promise<boolean>
  /** A recording on disk, as 16 kHz frames. Throws `not-found`. */
  readonly readTake: (path: string) => AsyncIterable<AudioFrame>
  readonly settings: () => RunnerSettings
  readonly newId: () => string
}

/** `notices.<code>` in the locales. */
export type RunnerNoticeCode
  = | 'inference-restarted' // the models' process died: the turn is tried once more
    | 'voice-failed' // the reply goes on in writing
    | 'transcription-failed' // while the key is held: recording goes on
    | 'capture-failed' // the microphone failed during a take: what was captured is used
    | 'take-not-saved' // the disk did not take the recording: it is answered, and cannot be run again
    | 'store-failed' // a turn could not be written to disk

export type RunnerEvent
  = | { readonly type: 'state', readonly state: TurnState['name'], readonly turnId: string | null, readonly latched: boolean, readonly errorCode: string | null, readonly hint: HintCode | null }
  /** The live transcript; null when it is over. */
    | { readonly type: 'partial', readonly partial: { readonly turnId: string, readonly text: string, readonly stableChars: number } | null }
  /** A turn as it is now: told when it begins to have a text, when its question is final, when its reply begins anew, at its end. */
    | { readonly type: 'turn', readonly turn: StoredTurn }
  /** At most one in 8 ms. `offset`: characters of this kind that were told since the last `turn` with an empty reply. */
    | { readonly type: 'tokens', readonly turnId: string, readonly kind: TokenKind, readonly offset: number, readonly text: string }
    | { readonly type: 'hops', readonly turnId: string, readonly hops: HopTimes }
  /** Who does the parts of the turn, and who was tried before. */
    | { readonly type: 'routes', readonly turnId: string, readonly routes: StoredTurn['routes'] }
  /** This piece begins to be heard. */
    | { readonly type: 'spoken', readonly turnId: string, readonly pieceIndex: number, readonly text: string }
    | ({ readonly type: 'capture', readonly turnId: string } & Pick<TakeCounters, 'durationMs' | 'preRollMs' | 'missingFrames'>)
  /** A conversation was made or got its title. */
    | { readonly type: 'conversation', readonly conversation: StoredConversation }
    | { readonly type: 'notice', readonly code: RunnerNoticeCode, readonly turnId: string, readonly errorCode: string }

export interface TurnRunner {
  /** `atMs` on the clock's monotonic scale, of the key's event itself. */
  keyDown: (atMs: number) => void
  keyUp: (atMs: number) => void
  /** Esc: what was recorded stays on disk and in the history; nothing follows. */
  cancel: () => void
  /** Stops generation and voice. */
  stop: () => void
  /** A typed question; returns the id of its turn. Throws `bad-input` on a blank one. */
  ask: (text: string) => string
  /** Runs a turn again, from its take when it has one, else from its text. Rejects with `not-found` or `bad-input`. */
  retry: (turnId: string) => Promise<void>
  /** Turns that begin from now on belong to this conversation; it is made when its first turn is kept. */
  openConversation: (conversationId: string) => void
  readonly conversationId: string
  readonly events: Subscribable<RunnerEvent>
  /** No turn is running and all are stored. */
  settled: () => Promise<void>
  /** Ends the running turn as interrupted and waits until everything is stored and closed. */
  dispose: () => Promise<void>
}
