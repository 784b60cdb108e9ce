import type { AsrEngine } from '../ports/asr-engine'
import type { StoredDictation } from '../ports/dictation-store'
import type { TextContext } from '../ports/text-context'
import type { InjectionTarget, UndoOutcome } from '../ports/text-injector'
import type { LastInsertion } from './delivery'
import type { SessionHost } from './dictation-session'
import type { GestureAction, GestureEvent, GestureState } from './key-gesture'
import type { DictationEvent, DictationKey, DictationOutcome, DictationRunner, DictationRunnerDeps, DictationViewState } from './types'
import { abortReason } from '../lib/abort'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { recognise } from '../listening/capture'
import { KEY_CHECK_MS } from '../listening/take-limits'
import { formatWords, noRecording } from './delivery'
import { DictationSession } from './dictation-session'
import { gesture, restingGesture } from './key-gesture'
import { proposeCorrections } from './words/learn'

const AT_REST: DictationViewState = { state: 'idle', id: null, kind: 'dictation', latched: false, text: '', stableChars: 0, startedAtMs: null, endsInMs: null, plainOffered: false, outcome: null }

/** Runs dictations: one recording at a time; what was said is inserted in the order in which it was said. */
export function createDictationRunner(deps: DictationRunnerDeps): DictationRunner {
  return new SerialDictationRunner(deps)
}

class SerialDictationRunner implements DictationRunner {
  readonly events = new Emitter<DictationEvent>()
  readonly #deps: DictationRunnerDeps
  readonly #host: SessionHost
  readonly #running = new Set<DictationSession>()
  readonly #ending = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()
  #gesture: GestureState = restingGesture
  /** The newest one: what the overlay shows. */
  #shown: DictationSession | null = null
  #told = ''
  #outcome: DictationOutcome | null = null
  #last: LastInsertion | null = null
  #compared: LastInsertion | null = null
  #insertions: Promise<unknown> = Promise.resolve()
  #cancelKeyCheck: (() => void) | undefined
  #disposed = false

  constructor(deps: DictationRunnerDeps) {
    this.#deps = deps
    this.#host = {
      deps,
      last: () => this.#last,
      setLast: (last) => {
        this.#last = last
      },
      save: dictation => this.#save(dictation),
      inTurn: work => this.#inTurn(work),
      undoLast: signal => this.#undoLast(signal),
      emit: event => this.#emit(event),
      over: (session) => {
        // A newer one has a gesture of its own.
        if (session === this.#shown)
          this.#gesture = gesture(this.#gesture, { type: 'over' }).state
      },
      changed: () => this.#tellView(),
      earlier: () => Promise.allSettled([...this.#running].map(({ done }) => done)),
      compare: (target, context) => this.#compare(target, context),
    }
  }

  get #recording(): DictationSession | null {
    return this.#shown?.isRecording ? this.#shown : null
  }

  keyDown(key: DictationKey, atMs: number): void {
    // While a clean-up takes long the key means: the words as they are.
    if (this.#gesture.take === null && [...this.#running].some(session => session.takePlain()))
      this.#gesture = { ...this.#gesture, held: { key, downAtMs: atMs } }
    else
      this.#act({ type: 'down', key, atMs, mode: this.#deps.options().keyMode }, key)
    this.#watchKey()
  }

  keyUp(key: DictationKey, atMs: number): void {
    this.#act({ type: 'up', key, atMs }, key)
    this.#watchKey()
  }

  start(): void {
    if (!this.#recording)
      this.#tap('toggle')
  }

  stop(): void {
    if (this.#recording)
      this.#tap('toggle')
  }

  toggle(): void {
    this.#tap('toggle')
  }

  cancel(): void {
    this.#gesture = gesture(this.#gesture, { type: 'over' }).state
    for (const session of this.#running)
      session.cancel()
  }

  pasteLast(): void {
    this.#inBackground('paste the last dictation', async () => {
      const last = this.#deps.store.last()
      if (!last)
        return this.#tellOutcome('nothing-to-paste')
      await this.#inTurn(async () => {
        const target = await this.#deps.injector.target()
        const rules = this.#deps.rulesFor(target)
        const report = await this.#deps.injector.insert(last.finalText, target, { signal: this.#stopping.signal, method: rules.method, chord: rules.chord, mayInsertNewlines: rules.newlines })
        this.#last = { dictationId: last.id, report, targetId: target?.id ?? null, atMs: this.#deps.clock.nowMs(), replaced: null }
        this.#tellOutcome(report.why === 'copy-only' ? 'copied' : report.why)
      })
    })
  }

  undo(): void {
    this.#inBackground('take back the last dictation', async () => {
      this.#tellOutcome(await this.#inTurn(() => this.#undoLast(this.#stopping.signal)))
    })
  }

  async retry(id: string, asr: AsrEngine = this.#deps.asr): Promise<void> {
    const stored = this.#deps.store.get(id)
    if (!stored)
      throw new AppError('not-found', `There is no dictation ${id}.`)
    if (stored.takePath === null)
      throw noRecording(id)
    let text = ''
    let failure: unknown = null
    let routes = stored.routes
    await recognise(asr, this.#deps.readTake(stored.takePath), { signal: this.#stopping.signal, conversationId: id }, {
      asr: (event) => {
        if (event.type === 'final')
          text = event.text.trim()
      },
      route: (asrRoute) => {
        routes = { ...routes, asr: asrRoute }
      },
      asrFailed: (error) => {
        failure = error
      },
    })
    if (failure !== null)
      throw toAppError(failure)
    this.#stopping.signal.throwIfAborted()
    const rules = this.#deps.rulesFor(stored.target && { id: '', pid: null, ...stored.target })
    const again: StoredDictation = {
      ...stored,
      rawText: text,
      finalText: text === '' ? '' : formatWords(this.#host, { rules, context: null, target: null }, text).text,
      routes,
      errorCode: null,
      // What was inserted stays what it is; what had failed is there to be copied.
      end: text === '' ? 'empty' : stored.end === 'inserted' ? 'inserted' : 'copied',
      how: stored.end === 'inserted' ? stored.how : null,
    }
    this.#save(again)
    this.#emit({ type: 'entry', dictation: again, kept: true })
  }

  view(): DictationViewState {
    return this.#shown?.view.state === 'idle' || !this.#shown ? { ...AT_REST, outcome: this.#outcome } : this.#shown.view
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0 || this.#ending.size > 0)
      await Promise.all([...[...this.#running].map(session => session.done), ...this.#ending])
    await this.#deps.injector.settled()
  }

  async dispose(): Promise<void> {
    this.#disposed = true
    this.#cancelKeyCheck?.()
    this.cancel()
    this.#stopping.abort(abortReason('the program ends'))
    await this.settled()
  }

  // --- keys ---

  #tap(mode: 'toggle'): void {
    const key = 'command'
    const atMs = this.#deps.clock.nowMs()
    const { state, action } = gesture(this.#gesture, { type: 'down', key, atMs, mode })
    this.#gesture = gesture(state, { type: 'up', key, atMs }).state
    this.#carryOut(action, 'dictate', atMs)
    if (action === 'begin')
      this.#recording?.latch()
  }

  #act(event: GestureEvent & { readonly atMs: number }, key: DictationKey): void {
    const { state, action } = gesture(this.#gesture, event)
    this.#gesture = state
    this.#carryOut(action, key, event.atMs)
  }

  #carryOut(action: GestureAction, key: DictationKey, atMs: number): void {
    switch (action) {
      case 'begin': return this.#begin(key, atMs)
      case 'end': return this.#recording?.end(atMs)
      case 'latched': return this.#recording?.latch()
    }
  }

  #begin(key: DictationKey, atMs: number): void {
    if (this.#disposed || !this.#deps.mayBegin()) {
      this.#gesture = gesture(this.#gesture, { type: 'over' }).state
      return
    }
    const session = new DictationSession(this.#host, key, atMs)
    this.#shown = session
    this.#running.add(session)
    background(session.done.finally(() => {
      this.#running.delete(session)
      if (this.#shown === session) {
        this.#outcome = session.view.outcome
        this.#tellView()
      }
    }), this.#deps.logger, 'dictation')
    this.#tellView()
  }

  /** A release that was lost is found by asking for the key's real state; only the answer *up* counts, for the press it was asked about. */
  #watchKey(): void {
    const held = this.#gesture.held
    this.#cancelKeyCheck?.()
    if (!held || this.#disposed)
      return
    this.#cancelKeyCheck = this.#deps.clock.after(KEY_CHECK_MS, () => {
      background(this.#checkKey(held.key as DictationKey, held.downAtMs), this.#deps.logger, 'ask for the state of the key')
    })
  }

  async #checkKey(key: DictationKey, downAtMs: number): Promise<void> {
    const isDown = await this.#deps.keyIsDown(key).catch(() => true)
    const { held } = this.#gesture
    if (held?.key !== key || held.downAtMs !== downAtMs)
      return
    if (isDown)
      this.#watchKey()
    else
      this.keyUp(key, this.#deps.clock.nowMs())
  }

  // --- insertions ---

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#insertions.then(work)
    this.#insertions = next.catch(() => {})
    return next
  }

  async #undoLast(signal: AbortSignal): Promise<DictationOutcome> {
    const last = this.#last
    if (!last)
      return 'undo-nothing'
    if (!last.report.undo)
      return 'undo-impossible'
    const outcome: UndoOutcome = await last.report.undo(signal)
    if (outcome !== 'undone')
      return `undo-${outcome}`
    this.#last = null
    if (last.replaced !== null) {
      const target = await this.#deps.injector.target()
      await this.#deps.injector.insert(last.replaced, target, { signal, method: 'auto', chord: this.#deps.rulesFor(target).chord, mayInsertNewlines: true })
    }
    return 'undone'
  }

  #inBackground(what: string, work: () => Promise<void>): void {
    const promise = work().catch((error: unknown) => this.#tellOutcome(toAppError(error).code)).finally(() => this.#ending.delete(promise))
    this.#ending.add(promise)
    background(promise, this.#deps.logger, what)
  }

  /** Whether the last insertion was corrected by hand; looked at once. */
  #compare(target: InjectionTarget, { before, selected, after, isSecret }: TextContext): void {
    const last = this.#last
    if (!last || last === this.#compared || isSecret || last.targetId !== target.id)
      return
    this.#compared = last
    const corrections = proposeCorrections(last.report.text, `${before}${selected}${after}`)
    if (corrections.length > 0)
      this.#emit({ type: 'corrections', corrections })
  }

  // --- telling ---

  #save(dictation: StoredDictation): void {
    try {
      this.#deps.store.save(dictation)
    }
    catch (error) {
      this.#emit({ type: 'notice', code: 'store-failed', errorCode: toAppError(error).code })
    }
  }

  #tellOutcome(outcome: DictationOutcome | null): void {
    this.#outcome = outcome
    this.#told = '' // the same outcome twice is told twice
    this.#tellView()
  }

  #tellView(): void {
    const view = this.view()
    const told = JSON.stringify(view)
    if (told === this.#told)
      return
    this.#told = told
    this.#emit({ type: 'view', view })
  }

  /** A listener's fault is not the dictation's. */
  #emit(event: DictationEvent): void {
    try {
      this.events.emit(event)
    }
    catch (error) {
      this.#deps.logger.error('a listener failed', { event: event.type, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
