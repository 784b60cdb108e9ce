import type { AppError } from '../lib/app-error'
import type { AsrEvent } from '../ports/asr-engine'
import type { PlayableChunk } from '../ports/audio-device'
import type { ChatMessage } from '../ports/chat-engine'
import type { StoredTurn } from '../ports/conversation-store'
import type { Capture } from './capture'
import type { ConversationKeeper } from './conversation-keeper'
import type { Playback } from './playback'
import type { Reply } from './reply-stream'
import type { RunnerEvent, RunnerNoticeCode, RunnerSettings, TurnRunnerDeps } from './runner-types'
import type { Speculation } from './speculation'
import type { TokenKind } from './token-batch'
import type { RunEvent, TurnEffect } from './turn-types'
import { abortReason } from '../lib/abort'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { recognise, startCapture } from './capture'
import { historyMessages } from './history'
import { HopRecorder } from './hops'
import { startPlayback } from './playback'
import { startReply } from './reply-stream'
import { settleWithin } from './settle'
import { createSpeculation } from './speculation'
import { TokenBatcher } from './token-batch'

/** A reply that is being written is put on disk this often, so that a crash loses little of it. */
const SAVE_EVERY_MS = 2_000
/** A take that was thrown away is kept in the history when somebody spoke, or when it was at least this long. */
const WORTH_KEEPING_MS = 1_000
/** How long the end of a turn waits for its recording to be closed. */
const CLOSE_LIMIT_MS = 2_000

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never
/** An event of this turn; the id and the time are added on the way. */
export type OwnEvent = Without<RunEvent, 'turnId' | 'atMs'>

/** What a turn needs of the runner that owns it. */
export interface RunHost {
  readonly deps: TurnRunnerDeps
  readonly keeper: ConversationKeeper
  /** To the turn machine; dropped when the turn is not the running one any more. */
  readonly tell: (run: TurnRun, event: OwnEvent) => void
  readonly emit: (event: RunnerEvent) => void
  /** The loudspeaker is free: one playback at a time, also across turns. */
  readonly loudspeaker: () => Promise<void>
  readonly takeLoudspeaker: (released: Promise<void>) => void
}

export interface RunStart {
  readonly turn: StoredTurn
  readonly settings: RunnerSettings
  /** A stored turn that is run again. */
  readonly former: StoredTurn | null
  /** Earlier turns are stored as they ended. */
  readonly before: Promise<unknown>
}

/** One turn while it runs: carries out the machine's effects, and owns everything the turn opens. */
export class TurnRun {
  readonly id: string
  readonly #host: RunHost
  readonly #deps: TurnRunnerDeps
  readonly #settings: RunnerSettings
  readonly #former: StoredTurn | null
  readonly #before: Promise<unknown>
  readonly #controller = new AbortController()
  readonly #hops = new HopRecorder()
  readonly #batch: TokenBatcher
  readonly #speculation: Speculation
  #turn: StoredTurn
  #history: readonly ChatMessage[] | null = null
  #capture: Capture | null = null
  #reply: Reply | null = null
  #playback: Playback | null = null
  #live = false
  #speechHeard = false
  #partialShown = false
  #questionFinal = false
  #voiceLost = false
  #saved = false
  #lastSavedMs = 0

  constructor(host: RunHost, start: RunStart) {
    this.#host = host
    this.#deps = host.deps
    this.#settings = start.settings
    this.#former = start.former
    this.#before = start.before
    this.#turn = start.turn
    this.id = start.turn.id
    this.#batch = new TokenBatcher(host.deps.clock, batch => host.emit({ type: 'tokens', turnId: this.id, ...batch }))
    this.#speculation = createSpeculation(text => this.#speculate(text))
  }

  // --- the question ---

  beginTake(atMs: number): void {
    const { microphone, asr } = this.#deps
    this.#live = true
    this.#hops.mark('keyDown', atMs)
    this.#patch({ engines: { asr: asr.id } })
    this.#capture = startCapture(microphone, asr, this.id, this.#controller.signal, {
      started: path => this.#patch({ takePath: path }),
      failed: error => this.#tellFailure('capture', error),
      cut: error => this.#notice('capture-failed', error),
      ended: (counters) => {
        if (counters)
          this.#host.emit({ type: 'capture', turnId: this.id, ...counters })
        this.#tell({ type: 'capture-ended' })
      },
      asr: event => this.#onAsr(event),
      asrFailed: (error) => {
        this.#live = false
        this.#speculation.dismiss()
        this.#notice('transcription-failed', error)
        this.#tellFailure('asr', error)
      },
    })
    background(this.#prime(), this.#deps.logger, 'prime the chat engine')
  }

  markRelease(atMs: number): void {
    this.#hops.release(atMs)
  }

  endCapture(): void {
    this.#hops.mark('captureEnd', this.#deps.clock.nowMs())
    this.#capture?.stop()
  }

  transcribeTake(): void {
    const { asr, readTake } = this.#deps
    const { takePath } = this.#turn
    if (takePath === null) {
      this.#tell({ type: 'failure', stage: 'asr', fault: { code: 'not-found', retryable: false } })
      return
    }
    this.#patch({ engines: { ...this.#turn.engines, asr: asr.id } })
    background(recognise(asr, readTake(takePath), this.#controller.signal, {
      asr: event => this.#onAsr(event),
      asrFailed: (error) => {
        const known = this.#former?.userText ?? ''
        if (known !== '' && toAppError(error).code === 'not-found')
          this.#onTranscript(known)
        else
          this.#tellFailure('asr', error)
      },
    }), this.#deps.logger, 'transcribe a take')
  }

  beginTyped(atMs: number, text: string): void {
    this.#hops.release(atMs)
    this.beginReply(text)
  }

  reopen(atMs: number, from: 'take' | 'text'): void {
    this.#hops.release(atMs)
    if (from === 'text') {
      this.beginReply(this.#turn.userText)
      return
    }
    this.#keep()
    this.#show()
    this.transcribeTake()
  }

  // --- the reply ---

  beginReply(text: string): void {
    this.#patch({ userText: text.trim() })
    this.#questionFinal = true
    this.#host.emit({ type: 'turn', turn: this.#turn })
    const claimed = this.#speculation.claim(text)
    if (claimed) {
      this.#adopt(claimed)
      this.#keep()
    }
    else {
      background(this.#freshReply(), this.#deps.logger, 'begin a reply')
    }
  }

  restartReply(): void {
    this.#reply?.abort()
    this.#reply = null
    this.#playback = null
    this.#batch.reset()
    this.#hops.clearReply()
    this.#patch({ replyText: '', reasoningText: '' })
    this.#show()
    background(this.#freshReply(), this.#deps.logger, 'begin a reply again')
  }

  // --- the end ---

  stopPlayback(): void {
    this.#playback?.stop()
  }

  /** Idempotent. */
  abort(): void {
    this.#controller.abort(abortReason('turn stopped'))
    this.#speculation.dismiss()
    this.#reply?.abort()
    // What was not told yet comes with the whole turn at its end.
    this.#batch.reset()
  }

  /** Keeps the turn as it ended; resolves when it is stored and nothing of it is open. Never rejects. */
  async finish(end: Extract<TurnEffect, { type: 'finish' }>['end'], errorCode: string | null): Promise<void> {
    const endedAtMs = this.#deps.clock.nowMs()
    this.abort()
    this.#playback?.stop()
    const heardText = await this.#heardText(end)
    this.#hidePartial()
    this.#hops.release(endedAtMs)
    this.#patch({ end, errorCode, heardText, hops: this.#hops.times() })
    // A reply that was there before is not given up for none.
    if (this.#former && this.#former.replyText !== '' && this.#turn.replyText === '')
      this.#patch(this.#former)
    if (this.#saved || this.#isWorthKeeping(end)) {
      this.#keep()
      this.#show()
    }
    await this.#closed()
  }

  /** Nothing was said: nothing is kept, and a turn that was run again is what it was before. */
  async discard(): Promise<void> {
    this.abort()
    this.#hidePartial()
    if (this.#former) {
      this.#patch(this.#former)
      this.#keep()
      this.#show()
    }
    else if (this.#saved) {
      // A partial text was on disk, and the recogniser took it back.
      await this.finish('interrupted', 'aborted')
      return
    }
    await this.#closed()
  }

  async #closed(): Promise<void> {
    if (this.#capture)
      await settleWithin(this.#capture.closed(), CLOSE_LIMIT_MS, this.#deps.clock)
  }

  /** What was heard of a reply that was broken off; null when there was nothing to hear. */
  async #heardText(end: string): Promise<string | null> {
    if (end !== 'interrupted' || !this.#settings.voiceEnabled || this.#voiceLost)
      return null
    const lastPiece = await this.#playback?.lastHeard() ?? null
    const heardTo = lastPiece === null ? 0 : this.#reply?.pieces[lastPiece]?.sourceEnd ?? 0
    return this.#turn.replyText.slice(0, heardTo)
  }

  #isWorthKeeping(end: string): boolean {
    if (this.#turn.userText !== '')
      return true
    if (this.#turn.takePath === null)
      return false
    return end === 'failed' || this.#speechHeard || -(this.#turn.hops.keyDownMs ?? 0) >= WORTH_KEEPING_MS
  }

  // --- inside ---

  async #prime(): Promise<void> {
    const history = await this.#loadHistory()
    if (!this.#controller.signal.aborted && history.length > 0)
      await this.#deps.chat.prime?.(history, { signal: this.#controller.signal })
  }

  /** Earlier turns as they ended: of one that this turn interrupted only what was heard. */
  async #loadHistory(): Promise<readonly ChatMessage[]> {
    if (this.#history)
      return this.#history
    await this.#before
    return this.#history ??= historyMessages(this.#settings.systemPrompt, this.#earlierTurns())
  }

  #earlierTurns(): readonly StoredTurn[] {
    try {
      const turns = this.#deps.store.turns(this.#turn.conversationId)
      const own = turns.findIndex(({ id }) => id === this.id)
      return own < 0 ? turns : turns.slice(0, own)
    }
    catch (error) {
      if (toAppError(error).code !== 'not-found')
        this.#notice('store-failed', error)
      return []
    }
  }

  #onAsr(event: AsrEvent): void {
    switch (event.type) {
      case 'speech-start':
        this.#speechHeard = true
        this.#speculation.dismiss()
        this.#tell({ type: 'speech', active: true })
        break
      case 'speech-end':
        this.#tell({ type: 'speech', active: false })
        break
      case 'partial':
        this.#onPartial(event)
        this.#tell({ type: 'progress' })
        break
      case 'phrase':
        this.#tell({ type: 'progress' })
        break
      case 'final':
        this.#onTranscript(event.text)
        break
    }
  }

  #onPartial({ text, stableChars, settled }: Extract<AsrEvent, { type: 'partial' }>): void {
    if (this.#controller.signal.aborted)
      return
    this.#partialShown = true
    this.#host.emit({ type: 'partial', partial: { turnId: this.id, text, stableChars } })
    if (this.#former === null && text.trim() !== '') {
      this.#patch({ userText: text.trim() })
      // From the first word on a crash leaves a turn with its recording, which can be run again.
      if (!this.#saved && this.#turn.takePath !== null) {
        this.#keep()
        this.#show()
      }
    }
    if (this.#live)
      this.#speculation.heard(text, settled)
  }

  #onTranscript(text: string): void {
    const known = text.trim() === '' ? this.#former?.userText ?? '' : text
    this.#live = false
    this.#hops.mark('transcript', this.#deps.clock.nowMs())
    this.#hidePartial()
    this.#tell({ type: 'transcript-final', text: known, voice: this.#settings.voiceEnabled })
  }

  #hidePartial(): void {
    if (!this.#partialShown)
      return
    this.#partialShown = false
    this.#host.emit({ type: 'partial', partial: null })
  }

  #speculate(text: string): Reply | null {
    if (this.#settings.speculate === false || this.#history === null || this.#controller.signal.aborted)
      return null
    return this.#generate(text, this.#history)
  }

  #generate(question: string, history: readonly ChatMessage[]): Reply {
    const { voiceEnabled, speed, maxTokens } = this.#settings
    return startReply(this.#deps, [...history, { role: 'user', content: question }], { tts: voiceEnabled ? this.#deps.tts : null, speed, maxTokens })
  }

  async #freshReply(): Promise<void> {
    try {
      const history = this.#history ?? await this.#loadHistory()
      if (this.#controller.signal.aborted)
        return
      const reply = this.#generate(this.#turn.userText, history)
      // The request is on its way before anything is written to disk.
      this.#keep()
      this.#adopt(reply)
    }
    catch (error) {
      this.#tellFailure('chat', error)
    }
  }

  #adopt(reply: Reply): void {
    const { chat, tts } = this.#deps
    this.#patch({ engines: { ...this.#turn.engines, chat: chat.id, ...(this.#settings.voiceEnabled ? { tts: tts.id } : {}) } })
    this.#reply = reply
    reply.adopt({
      mark: (hop, atMs) => {
        this.#hops.mark(hop, atMs)
        this.#tellHops()
      },
      text: delta => this.#onReplyText('text', delta),
      reasoning: delta => this.#onReplyText('reasoning', delta),
      voice: chunks => this.#play(chunks, reply),
      voiceFailed: error => this.#loseVoice(error),
      ended: (end, spoken) => {
        this.#batch.flush()
        this.#tell({ type: 'reply-ended', end })
        if (!spoken)
          this.#tell({ type: 'playback-ended' })
      },
      failed: (error) => {
        this.#batch.flush()
        this.#tellFailure('chat', error)
      },
    })
  }

  #onReplyText(kind: TokenKind, delta: string): void {
    const isFirst = kind === 'text' && this.#turn.replyText === ''
    if (kind === 'text')
      this.#patch({ replyText: this.#turn.replyText + delta })
    else
      this.#patch({ reasoningText: this.#turn.reasoningText + delta })
    this.#batch.push(kind, delta)
    this.#tell({ type: isFirst ? 'first-token' : 'progress' })
    if (this.#saved && this.#deps.clock.nowMs() - this.#lastSavedMs >= SAVE_EVERY_MS)
      this.#keep()
  }

  #play(chunks: AsyncIterable<PlayableChunk>, reply: Reply): void {
    this.#playback = startPlayback(this.#deps.speaker, chunks, this.#deps.clock, {
      after: this.#host.loudspeaker(),
      volume: this.#settings.volume,
      onStarted: (atMs) => {
        this.#hops.mark('firstSound', atMs)
        this.#tellHops()
        this.#tell({ type: 'playback-started' })
      },
      onPiece: (pieceIndex) => {
        this.#host.emit({ type: 'spoken', turnId: this.id, pieceIndex, text: reply.pieces[pieceIndex]?.text ?? '' })
        this.#tell({ type: 'progress' })
      },
      onEnded: (failure) => {
        reply.silence()
        if (failure)
          this.#loseVoice(toAppError(failure.error))
        this.#hops.mark('playbackEnd', this.#deps.clock.nowMs())
        this.#tellHops()
        this.#tell({ type: 'playback-ended' })
      },
    })
    this.#host.takeLoudspeaker(this.#playback.released)
  }

  #loseVoice(error: AppError): void {
    if (this.#voiceLost)
      return
    this.#voiceLost = true
    this.#notice('voice-failed', error)
  }

  #tellFailure(stage: 'capture' | 'asr' | 'chat', error: unknown): void {
    const { code, retryable } = toAppError(error)
    this.#deps.logger.warn('a stage of a turn failed', { turnId: this.id, stage, code })
    this.#tell({ type: 'failure', stage, fault: { code, retryable } })
  }

  #tell(event: OwnEvent): void {
    this.#host.tell(this, event)
  }

  #tellHops(): void {
    if (this.#hops.released && !this.#controller.signal.aborted)
      this.#host.emit({ type: 'hops', turnId: this.id, hops: this.#hops.times() })
  }

  #notice(code: RunnerNoticeCode, error: unknown): void {
    const errorCode = toAppError(error).code
    this.#deps.logger.warn('a turn goes on without a part', { turnId: this.id, code, errorCode })
    this.#host.emit({ type: 'notice', code, turnId: this.id, errorCode })
  }

  #show(): void {
    this.#host.emit({ type: 'turn', turn: this.#turn })
  }

  #keep(): void {
    this.#lastSavedMs = this.#deps.clock.nowMs()
    try {
      this.#host.keeper.save(this.#turn, this.#questionFinal)
      this.#saved = true
    }
    catch (error) {
      this.#notice('store-failed', error)
    }
  }

  #patch(fields: Partial<StoredTurn>): void {
    this.#turn = { ...this.#turn, ...fields }
  }
}
