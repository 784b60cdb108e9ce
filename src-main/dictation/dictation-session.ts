import type { AsrEngine } from '../ports/asr-engine'
import type { StoredDictation } from '../ports/dictation-store'
import type { TextContext } from '../ports/text-context'
import type { InjectionTarget } from '../ports/text-injector'
import type { Delivered, DeliveryHost } from './delivery'
import type { LiveText } from './live-text'
import type { DictationEvent, DictationKey, DictationOptions, DictationOutcome, DictationRules, DictationRunnerDeps, DictationViewState } from './types'
import { abortReason } from '../lib/abort'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { TAP_MS } from '../listening/take-limits'
import { promptPrefix } from './cleanup/prompts'
import { deliver, failed, formatWords } from './delivery'
import { DictationTake } from './dictation-take'
import { createLiveText } from './live-text'

/** So long before the limit it is told. */
const WARNING_MS = 30_000
/** How long the text around the cursor may be asked for; it is asked while the words are still being spoken. */
const CONTEXT_LIMIT_MS = 250
/** A recording shorter than this in which nothing was said is not worth an entry. */
const SHORT_MS = 1_000

export interface SessionHost extends DeliveryHost {
  readonly deps: DictationRunnerDeps
  readonly emit: (event: DictationEvent) => void
  /** The take ended by itself: the key that began it may still be down. */
  readonly over: (session: DictationSession) => void
  readonly changed: () => void
  /** Every dictation that began before this call is over. */
  readonly earlier: () => Promise<unknown>
  /** What stands at the cursor now, before anything new is written there. */
  readonly compare: (target: InjectionTarget, context: TextContext) => void
}

/** Where the words go, and how: known a few milliseconds after the key. */
interface Place {
  readonly target: InjectionTarget | null
  readonly rules: DictationRules
  readonly context: Promise<TextContext | null>
  readonly selected: Promise<string | null>
}

/** One dictation from key down to its stored end. */
export class DictationSession {
  readonly id: string
  readonly kind: 'dictation' | 'edit'
  readonly #host: SessionHost
  readonly #deps: DictationRunnerDeps
  readonly #options: DictationOptions
  readonly #controller = new AbortController()
  readonly #plain = new AbortController()
  readonly #keyDownAtMs: number
  readonly #earlier: Promise<unknown>
  readonly #place: Promise<Place>
  readonly #take: DictationTake
  readonly #cancelLimits: (() => void)[] = []
  #releasedAtMs: number | null = null
  /** It goes into a password field: nothing of it is kept. Null: not known yet. */
  #isSecret: boolean | null = null
  #isTakeKept = false
  #live: LiveText | null = null
  #cancelSilence: (() => void) | undefined
  #view: DictationViewState
  #dictation: StoredDictation
  /** Told at the end where nothing else is. */
  #note: DictationOutcome | null = null
  readonly done: Promise<void>

  constructor(host: SessionHost, key: DictationKey, atMs: number) {
    const { deps } = host
    this.#host = host
    this.#deps = deps
    this.#options = deps.options()
    this.#keyDownAtMs = atMs
    this.#earlier = host.earlier()
    this.id = deps.newId()
    this.kind = key === 'edit' ? 'edit' : 'dictation'
    this.#view = { state: 'recording', id: this.id, kind: this.kind, latched: false, text: '', stableChars: 0, startedAtMs: deps.clock.wallMs(), endsInMs: null, plainOffered: false, outcome: null }
    this.#dictation = fresh(this.id, this.kind, deps.clock.wallMs())
    // The recording first: everything else may take its time.
    this.#take = this.#record(deps.asr, atMs)
    this.#place = this.#findPlace()
    this.#place.catch(() => {}) // awaited in `#run`
    deps.cues.start()
    deps.media.hold(this.#options.media)
    this.#watchLimit()
    this.done = this.#run()
  }

  get view(): DictationViewState {
    return this.#view
  }

  get isRecording(): boolean {
    return this.#releasedAtMs === null
  }

  /** The key may be let go: it was a tap. */
  latch(): void {
    this.#show({ latched: true })
    this.#armSilence(true)
  }

  end(atMs: number): void {
    if (this.#releasedAtMs !== null)
      return
    this.#releasedAtMs = atMs
    this.#cancelWatches()
    this.#take.end(atMs)
    this.#show({ state: 'transcribing', latched: false, endsInMs: null })
  }

  cancel(): void {
    this.#releasedAtMs ??= this.#deps.clock.nowMs()
    this.#cancelWatches()
    this.#take.stopNow()
    this.#controller.abort(abortReason('dictation cancelled'))
  }

  /** The clean-up takes long: the words as they are. False: nothing is being cleaned up, or it has not been long. */
  takePlain(): boolean {
    if (!this.#view.plainOffered)
      return false
    this.#plain.abort()
    return true
  }

  // --- the way of one ---

  #record(asr: AsrEngine, atMs: number): DictationTake {
    const inLanguage: AsrEngine = {
      id: asr.id,
      async* transcribe(this: void, frames, options) {
        const { rules } = await placeOf()
        yield* asr.transcribe(frames, { ...options, ...(rules.language === null ? {} : { language: rules.language }) })
      },
    }
    const placeOf = (): Promise<Place> => this.#place
    return new DictationTake({ ...this.#deps, asr: inLanguage }, { id: this.id, atMs, signal: this.#controller.signal }, {
      started: (path) => {
        this.#dictation = { ...this.#dictation, takePath: path }
        this.#keepTake()
      },
      speech: active => this.#armSilence(!active),
      partial: (text, stableChars) => this.#onPartial(text, stableChars),
      captured: (counters) => {
        this.#deps.media.release()
        if (this.#note !== 'never-here')
          this.#deps.cues.stop()
        this.#dictation = { ...this.#dictation, durationMs: counters?.durationMs ?? 0, takePath: counters?.fileError ? null : this.#dictation.takePath }
        this.#time('captureEndMs')
      },
      route: (report) => {
        this.#dictation = { ...this.#dictation, routes: { ...this.#dictation.routes, asr: report } }
      },
      notice: (code, error) => this.#host.emit({ type: 'notice', code, errorCode: toAppError(error).code }),
      over: () => {
        this.end(this.#deps.clock.nowMs())
        this.#host.over(this)
      },
    })
  }

  async #findPlace(): Promise<Place> {
    const { injector, context, rulesFor } = this.#deps
    const target = await injector.target().catch(() => null)
    const rules = rulesFor(target)
    const { signal } = this.#controller
    const selected = this.kind === 'edit' && target ? injector.selection(target, signal).catch(() => null) : Promise.resolve(null)
    const around = target && context && !rules.never ? context.read(target, CONTEXT_LIMIT_MS) : Promise.resolve(null)
    if (target && this.#options.learn)
      background(around.then(read => read && this.#host.compare(target, read)), this.#deps.logger, 'look for corrections')
    return { target, rules, context: around, selected }
  }

  async #run(): Promise<void> {
    let outcome: DictationOutcome | null
    try {
      outcome = await this.#deliver()
    }
    catch (error) {
      this.#dictation = failed(this.#dictation, error)
      outcome = this.#dictation.end === 'cancelled' ? 'cancelled' : this.#dictation.errorCode
      await this.#live?.insertion()
      if (outcome !== 'cancelled')
        this.#deps.cues.fail()
    }
    await this.#take.closed()
    this.#cancelWatches()
    await this.#keep()
    this.#show({ state: 'idle', id: null, latched: false, text: '', stableChars: 0, startedAtMs: null, endsInMs: null, plainOffered: false, outcome: outcome ?? this.#note })
  }

  async #deliver(): Promise<DictationOutcome | null> {
    const place = await this.#place
    const { target, rules } = place
    this.#dictation = { ...this.#dictation, target: target && { appId: target.appId, title: target.title } }
    if (rules.never)
      return this.#refuse()
    this.#prime(rules)
    this.#isSecret = (await place.context)?.isSecret ?? false
    this.#keepTake()
    await this.#startLive(place)
    const text = (await this.#take.text()).trim()
    this.#time('transcriptMs')
    this.#dictation = { ...this.#dictation, rawText: text }
    if (text === '')
      return this.#empty()
    this.#save()
    const selected = await place.selected
    if (this.kind === 'edit' && (selected === null || selected === '')) {
      this.#dictation = { ...this.#dictation, end: 'failed' }
      return 'no-selection'
    }
    const { dictation, outcome } = await this.#toItsPlace(place, selected)
    this.#dictation = dictation
    return outcome
  }

  async #toItsPlace({ target, rules, context }: Place, selected: string | null): Promise<Delivered> {
    const live = await this.#live?.insertion() ?? null
    return deliver({ ...this.#host, save: dictation => this.#isSecret === false ? this.#host.save(dictation) : undefined }, {
      dictation: this.#dictation,
      target,
      rules,
      context: await context,
      selected,
      live,
      releasedAtMs: this.#releasedAtMs ?? this.#deps.clock.nowMs(),
      earlier: this.#earlier,
      signal: this.#controller.signal,
      plainNow: this.#plain.signal,
      stage: state => this.#show({ state, ...(state === 'inserting' ? { plainOffered: false } : {}) }),
      onSlow: () => this.#show({ plainOffered: true }),
    })
  }

  /** The profile of this program says: not here. */
  #refuse(): DictationOutcome {
    this.#note = 'never-here'
    this.#controller.abort(abortReason('not here'))
    this.end(this.#deps.clock.nowMs())
    this.#take.stopNow()
    this.#host.over(this)
    this.#dictation = { ...this.#dictation, end: 'cancelled', durationMs: 0 }
    return 'never-here'
  }

  #empty(): DictationOutcome {
    this.#dictation = { ...this.#dictation, end: 'empty' }
    const heldMs = (this.#releasedAtMs ?? 0) - this.#keyDownAtMs
    return heldMs < TAP_MS ? 'too-short' : 'no-speech'
  }

  /** The model reads what it will be told anyhow while the words are still being spoken. */
  #prime({ cleanup, ownPrompt }: DictationRules): void {
    if (cleanup === 'off' || this.kind === 'edit')
      return
    const { chat, logger } = this.#deps
    const reading = chat.prime?.(promptPrefix(cleanup, ownPrompt), { signal: this.#controller.signal })
    if (reading)
      background(reading, logger, 'prime the clean-up')
  }

  async #startLive(place: Place): Promise<void> {
    const { target, rules } = place
    if (rules.mode !== 'live' || this.kind === 'edit' || !target)
      return
    const context = await place.context
    const format = (rawText: string): string => formatWords(this.#host, { rules, context, target }, rawText).text
    this.#live = createLiveText(this.#deps, { target, rules, format, signal: this.#controller.signal })
    this.#live.show(this.#view.text, this.#view.stableChars, this.#view.latched)
  }

  /** What is kept of it, once it is over. */
  async #keep(): Promise<void> {
    const { takePath, end, durationMs } = this.#dictation
    const isDone = end !== 'failed'
    const isNothing = (end === 'empty' && durationMs < SHORT_MS) || (end === 'cancelled' && (durationMs < SHORT_MS || this.#note === 'never-here'))
    const kept = !isNothing && this.#isSecret !== true && !(isDone && this.#options.keepNothing)
    if (kept) {
      this.#save()
    }
    else {
      const paths = this.#forget()
      await this.#deps.deleteTakes([...new Set([...paths, ...(takePath === null ? [] : [takePath])])]).catch((error: unknown) => {
        this.#deps.logger.warn('a recording could not be deleted', { code: toAppError(error).code })
      })
    }
    this.#host.emit({ type: 'entry', dictation: this.#dictation, kept })
  }

  #save(): void {
    if (this.#isSecret !== true)
      this.#host.save(this.#dictation)
  }

  /** From here on a recording whose program was killed is in the history, to be tried again. */
  #keepTake(): void {
    if (this.#isTakeKept || this.#isSecret !== false || this.#dictation.takePath === null)
      return
    this.#isTakeKept = true
    this.#save()
  }

  #forget(): readonly string[] {
    try {
      return this.#deps.store.delete([this.id])
    }
    catch (error) {
      this.#host.emit({ type: 'notice', code: 'store-failed', errorCode: toAppError(error).code })
      return []
    }
  }

  // --- while it is spoken ---

  #onPartial(text: string, stableChars: number): void {
    if (this.#controller.signal.aborted)
      return
    this.#show({ text, stableChars })
    this.#live?.show(text, stableChars, this.#view.latched)
  }

  /** A latched take may end by silence, once something was said. */
  #armSilence(isSilent: boolean): void {
    this.#cancelSilence?.()
    this.#cancelSilence = undefined
    const { silenceStopMs } = this.#options
    if (!isSilent || silenceStopMs === 0 || !this.#view.latched || !this.isRecording || this.#view.text === '')
      return
    this.#cancelSilence = this.#deps.clock.after(silenceStopMs, () => {
      this.end(this.#deps.clock.nowMs())
      this.#host.over(this)
    })
  }

  #watchLimit(): void {
    const { clock } = this.#deps
    const { limitMs } = this.#options
    if (limitMs > WARNING_MS)
      this.#cancelLimits.push(clock.after(limitMs - WARNING_MS, () => this.#show({ endsInMs: WARNING_MS })))
    this.#cancelLimits.push(clock.after(limitMs, () => {
      this.#note = 'limit-reached'
      this.end(clock.nowMs())
      this.#host.over(this)
    }))
  }

  #cancelWatches(): void {
    this.#cancelSilence?.()
    for (const cancel of this.#cancelLimits.splice(0))
      cancel()
  }

  #time(hop: keyof StoredDictation['times']): void {
    const atMs = this.#deps.clock.nowMs() - (this.#releasedAtMs ?? this.#deps.clock.nowMs())
    const keyDownMs = this.#keyDownAtMs - (this.#releasedAtMs ?? this.#deps.clock.nowMs())
    this.#dictation = { ...this.#dictation, times: { ...this.#dictation.times, keyDownMs, [hop]: atMs } }
  }

  #show(part: Partial<DictationViewState>): void {
    this.#view = { ...this.#view, ...part }
    this.#host.changed()
  }
}

function fresh(id: string, kind: 'dictation' | 'edit', createdAtMs: number): StoredDictation {
  return {
    id,
    kind,
    createdAtMs,
    takePath: null,
    durationMs: 0,
    rawText: '',
    finalText: '',
    end: 'pending',
    errorCode: null,
    target: null,
    how: null,
    confirmed: false,
    why: null,
    cleanup: null,
    times: {},
    routes: {},
  }
}
