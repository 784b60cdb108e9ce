import type { StoredTurn } from '../ports/conversation-store'
import type { RunnerEvent, TurnRunner, TurnRunnerDeps } from './runner-types'
import type { RunHost } from './turn-run'
import type { OwnEvent, TurnEffect, TurnEvent, TurnState } from './turn-types'
import { AppError } from '../lib/app-error'
import { assertNever } from '../lib/assert-never'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { createConversationKeeper } from './conversation-keeper'
import { createLoudspeaker } from './loudspeaker'
import { initialState, nextTickMs, transition, turnIdOf } from './turn-machine'
import { TurnRun } from './turn-run'

/** How long the system may take to tell a key's state; after it the key counts as held. */
const KEY_STATE_LIMIT_MS = 1_000

/** Runs turns: one at a time, from key, text or recording to a stored end. */
export function createTurnRunner(deps: TurnRunnerDeps): TurnRunner {
  return new SerialTurnRunner(deps)
}

/**
 * Events are taken one after another, each with all its effects, so nothing sees a state half changed; effects only
 * start things, what they started reports by further events.
 */
class SerialTurnRunner implements TurnRunner {
  readonly events = new Emitter<RunnerEvent>()
  readonly #deps: TurnRunnerDeps
  readonly #host: RunHost
  readonly #queue: TurnEvent[] = []
  readonly #ending = new Set<Promise<void>>()
  /** Who waits for the running turn to be over. */
  readonly #waiting: (() => void)[] = []
  #draining = false
  #state: TurnState = initialState
  #shown = ''
  #current: TurnRun | null = null
  /** The stored turn that a `retry` event is about. */
  #reopening: StoredTurn | null = null
  #conversationId: string
  #timer: { readonly atMs: number, readonly cancel: () => void } | null = null
  /** Counts what people did, so that a retry that had to wait sees that something else came between. */
  #controls = 0
  #disposed = false

  constructor(deps: TurnRunnerDeps) {
    this.#deps = deps
    this.#conversationId = deps.newId()
    this.#host = {
      deps,
      keeper: createConversationKeeper(deps.store, deps.clock, conversation => this.#emit({ type: 'conversation', conversation })),
      tell: (run, event) => this.#tell(run, event),
      emit: event => this.#emit(event),
      loudspeaker: createLoudspeaker(deps.clock),
    }
  }

  get conversationId(): string {
    return this.#conversationId
  }

  keyDown(atMs: number): void {
    this.#control({ type: 'key-down', atMs, mode: this.#deps.settings().mode, turnId: this.#deps.newId() })
  }

  keyUp(atMs: number): void {
    this.#control({ type: 'key-up', atMs })
  }

  cancel(): void {
    this.#control({ type: 'cancel', atMs: this.#deps.clock.nowMs() })
  }

  stop(): void {
    this.#control({ type: 'stop', atMs: this.#deps.clock.nowMs() })
  }

  ask(text: string): string {
    if (text.trim() === '')
      throw new AppError('bad-input', 'The question is empty.')
    const turnId = this.#deps.newId()
    this.#control({ type: 'ask', atMs: this.#deps.clock.nowMs(), turnId, text, voice: this.#deps.settings().voiceEnabled })
    return turnId
  }

  async retry(turnId: string): Promise<void> {
    const seen = ++this.#controls
    if (this.#current?.id === turnId)
      this.#dispatch({ type: 'stop', atMs: this.#deps.clock.nowMs() })
    // The end of the former run is stored first: it must not overwrite the new one.
    await Promise.all(this.#ending)
    if (this.#controls !== seen || this.#disposed)
      return
    const { keeper } = this.#host
    keeper.writeHeld()
    const turn = this.#deps.store.turn(turnId) ?? keeper.held().find(({ id }) => id === turnId)
    if (!turn)
      throw new AppError('not-found', 'There is no such turn.')
    if (turn.takePath === null && turn.userText.trim() === '')
      throw new AppError('bad-input', 'The turn has neither a recording nor a question.')
    this.#reopening = turn
    const from = turn.takePath === null ? 'text' : 'take'
    this.#dispatch({ type: 'retry', atMs: this.#deps.clock.nowMs(), turnId, from, voice: this.#deps.settings().voiceEnabled })
  }

  openConversation(conversationId: string): void {
    this.#conversationId = conversationId
  }

  async settled(): Promise<void> {
    while (this.#current || this.#ending.size > 0) {
      if (this.#current)
        await this.#nextEnd()
      await Promise.all(this.#ending)
    }
  }

  async dispose(): Promise<void> {
    this.stop()
    this.#disposed = true
    this.#timer?.cancel()
    this.#timer = null
    await Promise.all(this.#ending)
    this.#host.keeper.writeHeld()
  }

  #control(event: TurnEvent): void {
    this.#controls++
    if (!this.#disposed)
      this.#dispatch(event)
  }

  #tell(run: TurnRun, event: OwnEvent): void {
    if (run === this.#current)
      this.#dispatch({ ...event, turnId: run.id, atMs: this.#deps.clock.nowMs() })
  }

  #dispatch(event: TurnEvent): void {
    this.#queue.push(event)
    if (this.#draining)
      return
    this.#draining = true
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift())
        this.#step(next)
    }
    finally {
      this.#draining = false
    }
    this.#armTimer()
  }

  #step(event: TurnEvent): void {
    const { state, effects } = transition(this.#state, event)
    this.#state = state
    this.#showState()
    for (const effect of effects)
      this.#perform(effect)
  }

  #perform(effect: TurnEffect): void {
    try {
      this.#carryOut(effect)
    }
    catch (error) {
      this.#deps.logger.error('an effect of a turn failed', { effect: effect.type, error: error instanceof Error ? error.message : String(error) })
      const stage = this.#state.name === 'thinking' || this.#state.name === 'speaking' ? 'chat' : 'capture'
      if (this.#current)
        this.#tell(this.#current, { type: 'failure', stage, fault: { code: 'internal', retryable: false } })
    }
  }

  #carryOut(effect: TurnEffect): void {
    switch (effect.type) {
      case 'check-key':
        background(this.#checkKey(effect.pressedAtMs), this.#deps.logger, 'ask for the state of the key')
        return
      case 'begin-take':
        this.#begin(this.#freshTurn(effect.turnId)).beginTake(effect.atMs)
        return
      case 'begin-typed':
        this.#begin(this.#freshTurn(effect.turnId)).beginTyped(effect.atMs, effect.text)
        return
      case 'reopen': {
        const former = this.#reopening
        this.#reopening = null
        if (former)
          this.#begin({ ...former, replyText: '', heardText: null, reasoningText: '', end: 'pending', errorCode: null, hops: {}, finish: null, usage: null, routes: {} }, former).reopen(effect.atMs, effect.from)
        return
      }
      default:
        if (this.#current?.id === effect.turnId)
          this.#carryOutOn(this.#current, effect)
    }
  }

  #carryOutOn(run: TurnRun, effect: Exclude<TurnEffect, { type: 'check-key' | 'begin-take' | 'begin-typed' | 'reopen' }>): void {
    switch (effect.type) {
      case 'stop-playback': return run.stopPlayback()
      case 'abort': return run.abort()
      case 'finish': return this.#end(run.finish(effect.end, effect.errorCode))
      case 'discard': return this.#end(run.discard())
      case 'mark-release': return run.markRelease(effect.atMs)
      case 'end-capture': return run.endCapture()
      case 'transcribe-take': return run.transcribeAgain()
      case 'begin-reply': return run.beginReply(effect.text)
      case 'restart-reply': return run.restartReply()
      default: assertNever(effect)
    }
  }

  #begin(turn: StoredTurn, former: StoredTurn | null = null): TurnRun {
    if (former === null)
      this.#host.keeper.writeHeld()
    const run = new TurnRun(this.#host, { turn, former, settings: this.#deps.settings(), before: Promise.all(this.#ending) })
    this.#current = run
    return run
  }

  #freshTurn(id: string): StoredTurn {
    return {
      id,
      conversationId: this.#conversationId,
      createdAtMs: this.#deps.clock.wallMs(),
      takePath: null,
      userText: '',
      replyText: '',
      heardText: null,
      reasoningText: '',
      end: 'pending',
      errorCode: null,
      hops: {},
      engines: {},
      finish: null,
      usage: null,
      routes: {},
    }
  }

  #end(work: Promise<void>): void {
    this.#current = null
    const ending = work.catch((error: unknown) => {
      this.#deps.logger.error('the end of a turn failed', { error: error instanceof Error ? error.message : String(error) })
    }).finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    for (const wake of this.#waiting.splice(0))
      wake()
  }

  #nextEnd(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  async #checkKey(pressedAtMs: number): Promise<void> {
    const { clock, keyIsDown, logger } = this.#deps
    const down = await new Promise<boolean>((resolve) => {
      const cancel = clock.after(KEY_STATE_LIMIT_MS, () => resolve(true))
      keyIsDown().then(resolve, (error: unknown) => {
        logger.warn('the state of the key is not known', { error: error instanceof Error ? error.message : String(error) })
        resolve(true)
      }).finally(cancel)
    })
    if (!this.#disposed)
      this.#dispatch({ type: 'key-state', atMs: clock.nowMs(), pressedAtMs, down })
  }

  /** The timer is left alone while it rings early enough: a ring too early is a tick that does nothing. */
  #armTimer(): void {
    const atMs = this.#disposed ? null : nextTickMs(this.#state)
    if (atMs !== null && this.#timer && this.#timer.atMs <= atMs)
      return
    this.#timer?.cancel()
    this.#timer = null
    if (atMs === null)
      return
    const { clock } = this.#deps
    const cancel = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      this.#timer = null
      this.#dispatch({ type: 'tick', atMs: clock.nowMs() })
    })
    this.#timer = { atMs, cancel }
  }

  #showState(): void {
    const state = this.#state
    const view = {
      state: state.name,
      turnId: turnIdOf(state),
      latched: state.name === 'listening' && state.latched,
      errorCode: state.name === 'failed' ? state.errorCode : state.name === 'listening' ? state.fault?.code ?? null : null,
      hint: state.name === 'idle' ? state.hint : null,
    }
    const shown = JSON.stringify(view)
    if (shown === this.#shown)
      return
    this.#shown = shown
    this.#emit({ type: 'state', ...view })
  }

  /** A listener's fault is not the turn's. */
  #emit(event: RunnerEvent): void {
    try {
      this.events.emit(event)
    }
    catch (error) {
      this.#deps.logger.error('a listener failed', { event: event.type, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
