import type { ChatFinish } from './chat-engine'
import type { EnginePart, RouteReport } from './route'

/** How a reply ended; `pending` while it runs (found at start-up it means: the program was cut off, shown as failed). */
export type ReplyEnd = 'pending' | 'complete' | 'truncated' | 'failed' | 'interrupted'

/**
 * Times of a turn's hops in milliseconds since key up (negative: before it), on the port clock.
 * Absent: that hop did not happen.
 */
export interface HopTimes {
  /** Key down, so the length of the hold is `-keyDownMs`. */
  readonly keyDownMs?: number
  /** The last frame was captured (end of the post-roll). */
  readonly captureEndMs?: number
  /** The final transcript was there. */
  readonly transcriptMs?: number
  /** The request went to the chat engine (negative when speculation was adopted). */
  readonly requestMs?: number
  readonly firstTokenMs?: number
  /** The first speakable piece was complete. */
  readonly firstPieceMs?: number
  /** The first sample came out of the voice. */
  readonly firstAudioMs?: number
  /** The first sample was handed to the device. */
  readonly firstSoundMs?: number
  readonly replyEndMs?: number
  readonly playbackEndMs?: number
}

export interface StoredTurn {
  readonly id: string
  readonly conversationId: string
  readonly createdAtMs: number
  /** The recording, or null when the question was typed or the take was deleted. */
  readonly takePath: string | null
  readonly userText: string
  /** Everything that was generated. */
  readonly replyText: string
  /** What was really heard when interrupted; null when all of it was, or nothing was to be spoken. This is what the model is told. */
  readonly heardText: string | null
  readonly reasoningText: string
  readonly end: ReplyEnd
  readonly errorCode: string | null
  readonly hops: HopTimes
  /** Engine id of each part. */
  readonly engines: Readonly<Partial<Record<EnginePart, string>>>
  /** Why the writing ended, as the model or its service said; null: it did not say. */
  readonly finish: ChatFinish | null
  /** As counted by whoever wrote the reply; null: nobody did. */
  readonly usage: { readonly promptTokens: number, readonly completionTokens: number } | null
  /** Who did each part, where there was a choice. */
  readonly routes: Readonly<Partial<Record<EnginePart, RouteReport>>>
}

export interface StoredConversation {
  readonly id: string
  readonly title: string
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** Conversations on disk. Every method is durable when it returns; a crash between two calls loses nothing of the first. */
export interface ConversationStore extends Disposable {
  /** Newest first. */
  listConversations: (options?: { readonly limit?: number, readonly search?: string }) => readonly StoredConversation[]
  createConversation: (conversation: StoredConversation) => void
  renameConversation: (id: string, title: string) => void
  /** Deletes its turns too; returns the paths of takes that nothing refers to any more. */
  deleteConversation: (id: string) => readonly string[]
  /** Oldest first. Throws `not-found`. */
  turns: (conversationId: string) => readonly StoredTurn[]
  turn: (turnId: string) => StoredTurn | undefined
  /** Inserts or replaces by id: a turn is never stored twice. */
  saveTurn: (turn: StoredTurn) => void
  /** Turns that were `pending` when the program died are marked failed; returns how many. */
  closePending: () => number
}
