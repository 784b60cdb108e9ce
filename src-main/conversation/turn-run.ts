import type { Capture, RecognitionOptions } from '../listening/capture'
import type { AsrEvent } from '../ports/asr-engine'
import type { TakeCounters } from '../ports/audio-device'
import type { ChatMessage } from '../ports/chat-engine'
import type { StoredTurn } from '../ports/conversation-store'
import type { RouteReport } from '../ports/route'
import type { ConversationKeeper } from './conversation-keeper'
import type { Loudspeaker } from './loudspeaker'
import type { Reply } from './reply-stream'
import type { RunnerEvent, RunnerNoticeCode, RunnerSettings, TurnRunnerDeps } from './runner-types'
import type { Speculation } from './speculation'
import type { OwnEvent, TurnEffect } from './turn-types'
import { abortReason } from '../lib/abort'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { settleWithin } from '../lib/settle'
import { recognise, startCapture } from '../listening/capture'
import { LOCAL_SERVICE } from '../ports/route'
import { Answer } from './answer'
import { historyMessages } from './history'
import { HopRecorder } from './hops'
import { startReply } from './reply-stream'
import { createSpeculation } from './speculation'
import { TurnRecord } from './turn-record'

/** How long the end of a turn waits for its recording to be closed. */
const CLOSE_LIMIT_MS = 2_000

/** What a turn needs of the runner that owns it. */
export interface RunHost {
  readonly deps: TurnRunnerDeps
  readonly keeper: ConversationKeeper
  /** To the turn machine; dropped when the turn is not the running one any more. */
  readonly tell: (run: TurnRun, event: OwnEvent) => void
  readonly emit: (event: RunnerEvent) => void
  readonly loudspeaker: Loudspeaker
}

export interface RunStart {
  readonly turn: StoredTurn
  readonly settings: RunnerSettings
  /** A stored turn that is run again. */
  readonly former: StoredTurn | null
  /** Earlier turns are stored as they ended. */
  readonly before: Promise<unknown>
}

/** The last words of a hypothesis change most. */
const UNSURE_WORDS = 1
const PRIME_EVERY_WORDS = 2

/** One turn while it runs: carries out the machine's effects, and owns everything the turn opens. */
export class TurnRun {
  readonly id: string
  readonly #host: RunHost
  readonly #deps: TurnRunnerDeps
  readonly #settings: RunnerSettings
  readonly #before: Promise<unknown>
  readonly #controller = new AbortController()
  readonly #hops = new HopRecorder()
  readonly #record: TurnRecord
  readonly #answer: Answer
  readonly #speculation: Speculation
  #history: readonly ChatMessage[] | null = null
  #capture: Capture | null = null
  /** The microphone is recording, and the recogniser follows. */
  #live = false
  #speechHeard = false
  /** What was understood is more than what is on disk: running it again goes from the words. */
  #takeIsPartial = false
  /** Who was asked while the key was held, when the take has to be heard again from the disk. */
  #heardBefore: RouteReport['attempts'] = []
  #partialShown = false
  #primedWords = 0
  #lastFailure: unknown = null

  constructor(host: RunHost, start: RunStart) {
    this.#host = host
    this.#deps = host.deps
    this.#settings = start.settings
    this.#before = start.before
    this.id = start.turn.id
    this.#record = new TurnRecord(start, host.keeper, host.deps.clock, {
      shown: turn => host.emit({ type: 'turn', turn }),
      notKept: error => this.#notice('store-failed', error),
    })
    this.#answer = new Answer({
      turnId: this.id,
      deps: host.deps,
      settings: start.settings,
      record: this.#record,
      hops: this.#hops,
      loudspeaker: host.loudspeaker,
      emit: host.emit,
      tell: event => this.#tell(event),
      failed: error => this.#tellFailure('chat', error),
      notice: (code, error) => this.#notice(code, error),
      route: report => this.#onRoute(report),
    })
    this.#speculation = createSpeculation(host.deps.clock, text => this.#speculate(text))
  }

  // --- the question ---

  beginTake(atMs: number): void {
    const { microphone, asr } = this.#deps
    this.#live = true
    this.#hops.mark('keyDown', atMs)
    this.#record.patch({ engines: { asr: asr.id } })
    // Our own voice out of the loudspeaker must not be answered: of the pre-roll only what came after it counts.
    const heardFromMs = Math.min(atMs, this.#host.loudspeaker.soundedUntilMs())
    this.#capture = startCapture({ microphone, asr, takeId: this.id, heardFromMs, ...this.#recognition }, {
      started: path => this.#record.patch({ takePath: path }),
      failed: error => this.#tellFailure('capture', error),
      cut: error => this.#notice('capture-failed', error),
      ended: (counters) => {
        this.#hops.mark('captureEnd', this.#deps.clock.nowMs())
        if (counters)
          this.#tellCapture(counters)
        this.#tell({ type: 'capture-ended' })
      },
      asr: event => this.#onAsr(event),
      route: report => this.#onRoute(report),
      asrFailed: (error) => {
        this.#live = false
        this.#speculation.dismiss()
        if (!this.#hops.released)
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

  /** The recogniser was lost: once more, from the disk. */
  transcribeAgain(): void {
    this.#noticeRestart()
    this.#transcribeTake()
  }

  #transcribeTake(): void {
    const { asr, readTake } = this.#deps
    const { takePath, routes } = this.#record.turn
    this.#heardBefore = routes.asr?.attempts ?? []
    if (takePath === null) {
      this.#tell({ type: 'failure', stage: 'asr', fault: { code: 'not-found', retryable: false } })
      return
    }
    this.#record.patch({ engines: { ...this.#record.turn.engines, asr: asr.id } })
    background(recognise(asr, readTake(takePath), this.#recognition, {
      asr: event => this.#onAsr(event),
      route: report => this.#onRoute(report),
      asrFailed: (error) => {
        const known = this.#record.former?.userText ?? ''
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
      this.beginReply(this.#record.turn.userText)
      return
    }
    this.#record.keep()
    this.#record.show()
    this.#transcribeTake()
  }

  // --- the reply ---

  beginReply(text: string): void {
    this.#record.patch({ userText: text.trim(), ...(this.#takeIsPartial ? { takePath: null } : {}) })
    this.#record.questionFinal = true
    this.#record.show()
    const claimed = this.#speculation.claim(text)
    if (claimed) {
      this.#answer.give(claimed)
      this.#record.keep()
    }
    else {
      background(this.#freshReply(), this.#deps.logger, 'begin a reply')
    }
  }

  restartReply(): void {
    this.#noticeRestart()
    this.#answer.takeBack()
    background(this.#freshReply(), this.#deps.logger, 'begin a reply again')
  }

  // --- the end ---

  stopPlayback(): void {
    this.#answer.stopPlayback()
  }

  /** Idempotent. */
  abort(): void {
    this.#controller.abort(abortReason('turn stopped'))
    this.#speculation.dismiss()
    this.#answer.abort()
  }

  /** Keeps the turn as it ended; resolves when it is stored and nothing of it is open. Never rejects. */
  async finish(end: Extract<TurnEffect, { type: 'finish' }>['end'], errorCode: string | null): Promise<void> {
    const endedAtMs = this.#deps.clock.nowMs()
    this.abort()
    this.#answer.stopPlayback()
    // Also when there is nothing to wait for, a new take begins before anything is written.
    const heardText = await (end === 'interrupted' ? this.#answer.heardText() : null)
    this.#hidePartial()
    this.#hops.release(endedAtMs)
    this.#record.close({ end, errorCode, heardText, hops: this.#hops.times() }, this.#speechHeard)
    await this.#closed()
  }

  /** Nothing was said: nothing is kept, and a turn that was run again is what it was before. */
  async discard(): Promise<void> {
    this.abort()
    this.#hidePartial()
    if (this.#record.former)
      this.#record.restore(this.#record.former)
    // A partial text was on disk, and the recogniser took it back.
    else if (this.#record.saved)
      return this.finish('interrupted', 'aborted')
    return this.#closed()
  }

  async #closed(): Promise<void> {
    if (this.#capture)
      await settleWithin(this.#capture.closed(), CLOSE_LIMIT_MS, this.#deps.clock)
  }

  // --- inside ---

  async #prime(): Promise<void> {
    const history = await this.#loadHistory()
    if (!this.#controller.signal.aborted && history.length > 0)
      await this.#deps.chat.prime?.(history, this.#recognition)
  }

  /** The words that are fairly sure are read by the model while the rest is still being spoken. */
  async #primeWords(text: string): Promise<void> {
    const words = text.trim().split(/\s+/).slice(0, -UNSURE_WORDS)
    if (this.#history === null || words.length < this.#primedWords + PRIME_EVERY_WORDS)
      return
    this.#primedWords = words.length
    await this.#deps.chat.prime?.([...this.#history, { role: 'user', content: words.join(' ') }], { ...this.#recognition, unfinished: true })
  }

  /** Earlier turns as they ended: of one that this turn interrupted only what was heard. */
  async #loadHistory(): Promise<readonly ChatMessage[]> {
    if (this.#history)
      return this.#history
    await this.#before
    return this.#history ??= historyMessages(this.#settings.systemPrompt, this.#earlierTurns())
  }

  #earlierTurns(): readonly StoredTurn[] {
    const { conversationId } = this.#record.turn
    const held = this.#host.keeper.held().filter(turn => turn.conversationId === conversationId)
    const isHeld = new Set(held.map(({ id }) => id))
    const turns = [...this.#storedTurns(conversationId).filter(({ id }) => !isHeld.has(id)), ...held]
    const own = turns.findIndex(({ id }) => id === this.id)
    return own < 0 ? turns : turns.slice(0, own)
  }

  #storedTurns(conversationId: string): readonly StoredTurn[] {
    try {
      return this.#deps.store.turns(conversationId)
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
        this.#speculation.voice(true)
        this.#tell({ type: 'speech', active: true })
        break
      case 'speech-end':
        this.#speculation.voice(false)
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
    if (this.#record.former === null && text.trim() !== '') {
      this.#record.patch({ userText: text.trim() })
      // From the first word on a crash leaves a turn with its recording, which can be run again.
      if (!this.#record.saved && this.#record.turn.takePath !== null) {
        this.#record.keep()
        this.#record.show()
      }
    }
    if (!this.#live)
      return
    this.#speculation.heard(text, settled)
    if (!settled)
      background(this.#primeWords(text), this.#deps.logger, 'prime the chat engine')
  }

  #onTranscript(text: string): void {
    const known = text.trim() === '' ? this.#record.former?.userText ?? '' : text
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
    return startReply(this.#deps, [...history, { role: 'user', content: question }], { tts: voiceEnabled ? this.#deps.tts : null, speed, maxTokens, conversationId: this.#record.turn.conversationId })
  }

  async #freshReply(): Promise<void> {
    try {
      const history = this.#history ?? await this.#loadHistory()
      if (this.#controller.signal.aborted)
        return
      const reply = this.#generate(this.#record.turn.userText, history)
      // The request is on its way before anything is written to disk.
      this.#record.keep()
      this.#answer.give(reply)
    }
    catch (error) {
      this.#tellFailure('chat', error)
    }
  }

  #noticeRestart(): void {
    if (toAppError(this.#lastFailure).code === 'inference-child-lost')
      this.#notice('inference-restarted', this.#lastFailure)
  }

  #tellCapture({ durationMs, preRollMs, missingFrames, fileError }: TakeCounters): void {
    this.#host.emit({ type: 'capture', turnId: this.id, durationMs, preRollMs, missingFrames })
    if (!fileError)
      return
    this.#notice('take-not-saved', fileError)
    this.#takeIsPartial = true
    if (this.#record.questionFinal)
      this.#record.patch({ takePath: null })
  }

  get #recognition(): RecognitionOptions {
    return { signal: this.#controller.signal, conversationId: this.#record.turn.conversationId }
  }

  /** Stored with the turn; the name of whoever did the part stands in place of the router's. */
  #onRoute(part: RouteReport): void {
    if (this.#controller.signal.aborted)
      return
    const { turn } = this.#record
    const report = part.part === 'asr' ? { ...part, attempts: [...this.#heardBefore, ...part.attempts] } : part
    const served = report.attempts.findLast(({ outcome }) => outcome === 'served') ?? report.attempts.at(-1)
    this.#record.patch({
      routes: { ...turn.routes, [report.part]: report },
      ...(served && { engines: { ...turn.engines, [report.part]: served.serviceId === LOCAL_SERVICE ? served.model : `${served.serviceId}:${served.model}` } }),
    })
    this.#host.emit({ type: 'routes', turnId: this.id, routes: this.#record.turn.routes })
  }

  #tellFailure(stage: 'capture' | 'asr' | 'chat', error: unknown): void {
    const { code, retryable } = toAppError(error)
    this.#deps.logger.warn('a stage of a turn failed', { turnId: this.id, stage, code })
    this.#lastFailure = error
    this.#tell({ type: 'failure', stage, fault: { code, retryable } })
  }

  #tell(event: OwnEvent): void {
    this.#host.tell(this, event)
  }

  #notice(code: RunnerNoticeCode, error: unknown): void {
    const errorCode = toAppError(error).code
    this.#deps.logger.warn('a turn goes on without a part', { turnId: this.id, code, errorCode })
    this.#host.emit({ type: 'notice', code, turnId: this.id, errorCode })
  }
}
