import type { AppError } from '../lib/app-error'
import type { PlayableChunk } from '../ports/audio-device'
import type { RouteReport } from '../ports/route'
import type { HopRecorder } from './hops'
import type { Loudspeaker } from './loudspeaker'
import type { Playback } from './playback'
import type { Reply } from './reply-stream'
import type { RunnerEvent, RunnerNoticeCode, RunnerSettings, TurnRunnerDeps } from './runner-types'
import type { TokenKind } from './token-batch'
import type { TurnRecord } from './turn-record'
import type { OwnEvent } from './turn-types'
import { toAppError } from '../lib/app-error'
import { startPlayback } from './playback'
import { TokenBatcher } from './token-batch'

export interface AnswerDeps {
  readonly turnId: string
  readonly deps: Pick<TurnRunnerDeps, 'speaker' | 'clock' | 'chat' | 'tts'>
  readonly settings: RunnerSettings
  readonly record: TurnRecord
  readonly hops: HopRecorder
  readonly loudspeaker: Loudspeaker
  readonly tell: (event: OwnEvent) => void
  readonly emit: (event: RunnerEvent) => void
  readonly failed: (error: unknown) => void
  readonly notice: (code: RunnerNoticeCode, error: unknown) => void
  readonly route: (report: RouteReport) => void
}

/** The reply of a turn as the person gets it: shown as it is written, and heard. */
export class Answer {
  readonly #with: AnswerDeps
  readonly #batch: TokenBatcher
  #reply: Reply | null = null
  #playback: Playback | null = null
  #voiceLost = false
  #over = false

  constructor(deps: AnswerDeps) {
    this.#with = deps
    this.#batch = new TokenBatcher(deps.deps.clock, batch => deps.emit({ type: 'tokens', turnId: deps.turnId, ...batch }))
  }

  /** From here on the reply is seen and heard. */
  give(reply: Reply): void {
    const { deps: { chat, tts }, settings, record, tell, failed } = this.#with
    record.patch({ engines: { ...record.turn.engines, chat: chat.id, ...(settings.voiceEnabled ? { tts: tts.id } : {}) } })
    this.#reply = reply
    reply.adopt({
      mark: (hop, atMs) => {
        this.#with.hops.mark(hop, atMs)
        this.#tellHops()
      },
      text: delta => this.#onText('text', delta),
      reasoning: delta => this.#onText('reasoning', delta),
      voice: chunks => this.#play(chunks, reply),
      voiceFailed: error => this.#loseVoice(error),
      route: report => this.#with.route(report),
      ended: (end, spoken, account) => {
        this.#batch.flush()
        record.patch(account)
        tell({ type: 'reply-ended', end })
        if (!spoken)
          tell({ type: 'playback-ended' })
      },
      failed: (error) => {
        this.#batch.flush()
        failed(error)
      },
    })
  }

  /** What was given is taken back: another reply follows. */
  takeBack(): void {
    this.#reply?.abort()
    this.#reply = null
    this.#playback = null
    this.#batch.reset()
    this.#with.hops.clearReply()
    this.#with.record.patch({ replyText: '', reasoningText: '', finish: null, usage: null })
    this.#with.record.show()
  }

  stopPlayback(): void {
    this.#playback?.stop()
  }

  /** Nothing of it is told any more; what was not told yet comes with the whole turn. Idempotent. */
  abort(): void {
    this.#over = true
    this.#reply?.abort()
    this.#batch.reset()
  }

  /** What was heard of a reply that was broken off; null when it was not to be heard. Waits for silence. */
  async heardText(): Promise<string | null> {
    if (!this.#with.settings.voiceEnabled || this.#voiceLost)
      return null
    const lastPiece = await this.#playback?.lastHeard() ?? null
    const heardTo = lastPiece === null ? 0 : this.#reply?.pieces[lastPiece]?.sourceEnd ?? 0
    return this.#with.record.turn.replyText.slice(0, heardTo)
  }

  #onText(kind: TokenKind, delta: string): void {
    const { record, tell } = this.#with
    const isFirst = kind === 'text' && record.turn.replyText === ''
    if (kind === 'text')
      record.patch({ replyText: record.turn.replyText + delta })
    else
      record.patch({ reasoningText: record.turn.reasoningText + delta })
    this.#batch.push(kind, delta)
    tell({ type: isFirst ? 'first-token' : 'progress' })
    record.keepNowAndThen()
  }

  #play(chunks: AsyncIterable<PlayableChunk>, reply: Reply): void {
    const { turnId, deps: { speaker, clock }, settings, hops, loudspeaker, tell, emit } = this.#with
    this.#playback = startPlayback(speaker, chunks, clock, {
      after: loudspeaker.free(),
      volume: settings.volume,
      onStarted: (atMs) => {
        sounds()
        hops.mark('firstSound', atMs)
        this.#tellHops()
        tell({ type: 'playback-started' })
      },
      onPiece: (pieceIndex) => {
        emit({ type: 'spoken', turnId, pieceIndex, text: reply.pieces[pieceIndex]?.text ?? '' })
        tell({ type: 'progress' })
      },
      onEnded: (failure) => {
        reply.silence()
        if (failure)
          this.#loseVoice(toAppError(failure.error))
        hops.mark('playbackEnd', clock.nowMs())
        this.#tellHops()
        tell({ type: 'playback-ended' })
      },
    })
    const sounds = loudspeaker.take(this.#playback.released)
  }

  #loseVoice(error: AppError): void {
    if (this.#voiceLost)
      return
    this.#voiceLost = true
    this.#with.notice('voice-failed', error)
  }

  #tellHops(): void {
    const { turnId, hops, emit } = this.#with
    if (hops.released && !this.#over)
      emit({ type: 'hops', turnId, hops: hops.times() })
  }
}
