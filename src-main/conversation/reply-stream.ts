import type { AppError } from '../lib/app-error'
import type { PlayableChunk } from '../ports/audio-device'
import type { ChatEngine, ChatMessage } from '../ports/chat-engine'
import type { Clock } from '../ports/clock'
import type { StoredTurn } from '../ports/conversation-store'
import type { EnginePart, OnRoute, RouteReport } from '../ports/route'
import type { CreateSpeechText, SpeechSegment } from '../ports/speech-text'
import type { TtsEngine } from '../ports/tts-engine'
import type { HopName } from './hops'
import type { GoodEnd } from './turn-types'
import type { Voice } from './voice-stream'
import { abortReason } from '../lib/abort'
import { toAppError } from '../lib/app-error'
import { createVoice } from './voice-stream'

/** No token for so long: what may be said by now is said. */
export const IDLE_FLUSH_MS = 250
/** Still no token: all that was written is said. */
const IDLE_FLUSH_AGAIN_MS = 1_000

export interface ReplyDeps {
  readonly chat: ChatEngine
  readonly createSpeechText: CreateSpeechText
  readonly clock: Clock
}

export interface ReplyOptions {
  /** Null: the reply is not spoken. */
  readonly tts: TtsEngine | null
  readonly speed: number
  readonly maxTokens: number
  /** What serves a conversation goes on serving it. */
  readonly conversationId: string
}

/** What whoever wrote it says about it. */
export type ReplyAccount = Pick<StoredTurn, 'finish' | 'usage'>

/** Who takes the reply, once it is not speculative any more. */
export interface ReplySink {
  mark: (hop: HopName, atMs: number) => void
  text: (delta: string) => void
  reasoning: (delta: string) => void
  /** The first piece is there: this is the sound of the reply, to be played. */
  voice: (chunks: AsyncIterable<PlayableChunk>) => void
  voiceFailed: (error: AppError) => void
  /** Who writes or speaks it, whenever that changes. */
  route: (report: RouteReport) => void
  /** `spoken`: `voice` was told, so its end is still to come. */
  ended: (end: GoodEnd, spoken: boolean, account: ReplyAccount) => void
  failed: (error: AppError) => void
}

/** One reply while it is generated. It begins at once, but unseen: nothing leaves it before `adopt`. */
export interface Reply {
  readonly text: string
  /** The pieces as they were cut, with where they stand in `text`. */
  readonly pieces: readonly SpeechSegment[]
  /** It failed before it was adopted: of no use. */
  readonly spoilt: boolean
  /** Tells what is there already, all at once, and then the rest as it comes. */
  adopt: (sink: ReplySink) => void
  /** Stops generation and synthesis. Nothing is told any more. Idempotent. */
  abort: () => void
  /** Stops the voice alone: the loudspeaker does not take it any more. */
  silence: () => void
}

type Outcome = { readonly end: GoodEnd, readonly account: ReplyAccount } | { readonly error: AppError }

class RunningReply implements Reply {
  text = ''
  readonly pieces: SpeechSegment[] = []
  readonly #controller = new AbortController()
  readonly #voiceController = new AbortController()
  readonly #clock: Clock
  readonly #speech: ReturnType<CreateSpeechText>
  readonly #voice: Voice | null
  readonly #marks: [HopName, number][] = []
  readonly #routes = new Map<EnginePart, RouteReport>()
  readonly #conversationId: string
  #sink: ReplySink | null = null
  #reasoning = ''
  #outcome: Outcome | null = null
  #voiceError: AppError | null = null
  /** How many pieces were given to the voice. Before adoption only the first one is. */
  #said = 0
  #voiceTold = false
  #cancelIdle: (() => void) | null = null

  constructor(deps: ReplyDeps, options: ReplyOptions) {
    this.#clock = deps.clock
    this.#conversationId = options.conversationId
    this.#speech = deps.createSpeechText()
    this.#voice = options.tts === null
      ? null
      : createVoice(options.tts, deps.clock, {
          signal: this.#voiceController.signal,
          speed: options.speed,
          conversationId: options.conversationId,
          onRoute: this.#onRoute,
          onFirstAudio: atMs => this.#mark('firstAudio', atMs),
          onFailed: error => this.#loseVoice(error),
        })
  }

  get spoilt(): boolean {
    return this.#outcome !== null && 'error' in this.#outcome
  }

  adopt(sink: ReplySink): void {
    if (this.#sink !== null || this.#controller.signal.aborted)
      return
    this.#sink = sink
    for (const [hop, atMs] of this.#marks)
      sink.mark(hop, atMs)
    for (const report of this.#routes.values())
      sink.route(report)
    if (this.#reasoning !== '')
      sink.reasoning(this.#reasoning)
    if (this.text !== '')
      sink.text(this.text)
    if (this.#voiceError)
      sink.voiceFailed(this.#voiceError)
    else if (this.#said > 0)
      this.#tellVoice()
    this.#speakPieces()
    if (this.#outcome)
      this.#tellOutcome(this.#outcome)
  }

  abort(): void {
    this.#sink = null
    this.#cancelIdle?.()
    this.#cancelIdle = null
    this.#controller.abort(abortReason('reply stopped'))
    this.silence()
  }

  silence(): void {
    this.#voiceController.abort(abortReason('voice stopped'))
  }

  /** Generates to the end. Never rejects. */
  async run(chat: ChatEngine, messages: readonly ChatMessage[], maxTokens: number): Promise<void> {
    const { signal } = this.#controller
    try {
      this.#mark('request', this.#clock.nowMs())
      const account = await this.#read(chat, messages, maxTokens)
      if (signal.aborted)
        return
      this.#cut(() => this.#speech.end())
      this.#outcome = { end: account.finish === 'stop' ? 'complete' : 'truncated', account }
    }
    catch (error) {
      if (signal.aborted)
        return
      this.#outcome = { error: toAppError(error) }
    }
    this.#cancelIdle?.()
    this.#mark('replyEnd', this.#clock.nowMs())
    this.#voice?.end()
    if (this.#sink)
      this.#tellOutcome(this.#outcome)
  }

  /** Without a `finish` the stream was cut: it ended without saying why. */
  async #read(chat: ChatEngine, messages: readonly ChatMessage[], maxTokens: number): Promise<ReplyAccount> {
    const { signal } = this.#controller
    let usage: ReplyAccount['usage'] = null
    for await (const event of chat.complete(messages, { signal, maxTokens, conversationId: this.#conversationId, onRoute: this.#onRoute })) {
      if (signal.aborted)
        break
      // After the finish nothing is waited for.
      if (event.type === 'finish')
        return { finish: event.reason, usage }
      if (event.type === 'usage')
        usage = { promptTokens: event.promptTokens, completionTokens: event.completionTokens }
      if (event.type === 'text')
        this.#onText(event.text)
      else if (event.type === 'reasoning')
        this.#onReasoning(event.text)
    }
    return { finish: null, usage }
  }

  readonly #onRoute: OnRoute = (report) => {
    this.#routes.set(report.part, report)
    this.#sink?.route(report)
  }

  #onText(delta: string): void {
    if (delta === '')
      return
    this.#mark('firstToken', this.#clock.nowMs())
    this.text += delta
    this.#sink?.text(delta)
    this.#cut(() => this.#speech.push(delta))
    this.#armIdle(IDLE_FLUSH_MS, true)
  }

  #onReasoning(delta: string): void {
    if (delta === '')
      return
    this.#reasoning += delta
    this.#sink?.reasoning(delta)
  }

  #armIdle(delayMs: number, again: boolean): void {
    this.#cancelIdle?.()
    this.#cancelIdle = this.#voice === null
      ? null
      : this.#clock.after(delayMs, () => {
          this.#cut(() => this.#speech.flushIdle())
          if (again)
            this.#armIdle(IDLE_FLUSH_AGAIN_MS, false)
        })
  }

  /** A fault in cutting the text costs the voice, never the text. */
  #cut(take: () => readonly SpeechSegment[]): void {
    if (this.#voice === null || this.#voiceError || this.#voiceController.signal.aborted)
      return
    try {
      for (const segment of take()) {
        // Nothing to say in it: its sound must not be waited for.
        if (segment.text.trim() !== '')
          this.pieces.push(segment)
      }
    }
    catch (error) {
      this.#loseVoice(error)
    }
    if (this.pieces.length > 0)
      this.#mark('firstPiece', this.#clock.nowMs())
    this.#speakPieces()
  }

  #speakPieces(): void {
    if (this.#voice === null)
      return
    const allowed = this.#sink ? this.pieces.length : Math.min(1, this.pieces.length)
    for (; this.#said < allowed; this.#said++) {
      this.#voice.say({ index: this.#said, text: this.pieces[this.#said]?.text ?? '' })
      if (this.#said === 0)
        this.#tellVoice()
    }
  }

  #tellVoice(): void {
    if (this.#sink === null || this.#voice === null)
      return
    this.#voiceTold = true
    this.#sink.voice(this.#voice.chunks)
  }

  #loseVoice(error: unknown): void {
    if (this.#voiceError || this.#voiceController.signal.aborted)
      return
    this.#voiceError = toAppError(error)
    this.#voice?.end()
    this.#sink?.voiceFailed(this.#voiceError)
  }

  #mark(hop: HopName, atMs: number): void {
    if (this.#marks.some(([name]) => name === hop))
      return
    this.#marks.push([hop, atMs])
    this.#sink?.mark(hop, atMs)
  }

  #tellOutcome(outcome: Outcome): void {
    if ('error' in outcome)
      this.#sink?.failed(outcome.error)
    else
      this.#sink?.ended(outcome.end, this.#voiceTold, outcome.account)
  }
}

export function startReply(deps: ReplyDeps, messages: readonly ChatMessage[], options: ReplyOptions): Reply {
  const reply = new RunningReply(deps, options)
  void reply.run(deps.chat, messages, options.maxTokens)
  return reply
}
