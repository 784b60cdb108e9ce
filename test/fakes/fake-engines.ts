import type { AsrEngine, AsrEvent, AsrOptions } from '../../src-main/ports/asr-engine'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { ChatEngine, ChatEvent, ChatFinish, ChatMessage, ChatOptions } from '../../src-main/ports/chat-engine'
import type { SpeechChunk, SpeechPiece, TtsEngine, TtsOptions } from '../../src-main/ports/tts-engine'
import { pullFrom } from '../../src-main/inference/pull-from'
import { raceAbort } from '../../src-main/lib/abort'

/**
 * Scripted engines for tests of what stands on top of the ports. Two ways of timing:
 * - `instant` (default): the script is played as soon as its input is there;
 * - `manual`: nothing comes until the test calls `emit`, `fail` or `end` on the call (`await engine.nextCall()`).
 * They keep the contract of the ports: abort throws `signal.reason`, `break` is seen, one last event.
 */
export type FakeTiming = 'instant' | 'manual'

/** How a call went: `open` while somebody may still pull from it. */
export type FakeOutcome = 'open' | 'ended' | 'aborted' | 'broken' | 'failed'

/** One call of an engine, in the hands of the test. */
export class FakeCall<TEvent> {
  readonly signal: AbortSignal
  outcome: FakeOutcome = 'open'
  /** Nobody pulls any more, in whichever way it ended. */
  readonly closed: Promise<void>
  #close: () => void = () => {}
  #items: TEvent[] = []
  #end: { readonly error?: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    this.signal = signal
    this.closed = new Promise((resolve) => {
      this.#close = resolve
    })
  }

  /** Events that were emitted and not yet pulled. */
  get waiting(): number {
    return this.#items.length
  }

  emit(...events: TEvent[]): void {
    this.#items.push(...events)
    this.#notify()
  }

  /** The stream ends after what was emitted. Without a last event before it, it is a cut stream. */
  end(): void {
    this.#end ??= {}
    this.#notify()
  }

  fail(error: unknown): void {
    this.#end ??= { error }
    this.#notify()
  }

  /** For the engine: aborts with the call's signal, and when nobody pulls any more. */
  untilClosed(): AbortSignal {
    const closed = new AbortController()
    void this.closed.then(() => closed.abort())
    return AbortSignal.any([this.signal, closed.signal])
  }

  /** For the engine: what the consumer iterates. */
  async* stream(): AsyncGenerator<TEvent, void, undefined> {
    try {
      for (;;) {
        this.signal.throwIfAborted()
        if (this.#items.length > 0) {
          yield this.#items.shift() as TEvent
          continue
        }
        if (this.#end) {
          if ('error' in this.#end)
            throw this.#end.error
          this.outcome = 'ended'
          return
        }
        await raceAbort(new Promise<void>((resolve) => {
          this.#wake = resolve
        }), this.signal)
      }
    }
    catch (error) {
      this.outcome = this.signal.aborted ? 'aborted' : 'failed'
      throw error
    }
    finally {
      if (this.outcome === 'open')
        this.outcome = 'broken'
      this.#close()
    }
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}

/** Calls in their order, and a way to wait for the next one. */
class CallLog<TCall> {
  readonly calls: TCall[] = []
  #next = 0
  #waiting: ((call: TCall) => void)[] = []

  add(call: TCall): TCall {
    this.calls.push(call)
    const waiting = this.#waiting.shift()
    if (waiting) {
      this.#next++
      waiting(call)
    }
    return call
  }

  /** Each call is given once, also when it was made before it was asked for. */
  nextCall(): Promise<TCall> {
    const call = this.calls[this.#next]
    if (call !== undefined) {
      this.#next++
      return Promise.resolve(call)
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }
}

// --- recogniser ---

export class FakeAsrCall extends FakeCall<AsrEvent> {
  /** What the engine was given so far. */
  readonly frames: AudioFrame[] = []
  readonly options: AsrOptions
  /** The input has ended (key up). */
  readonly inputEnded: Promise<void>
  #inputEnd: () => void = () => {}

  constructor(options: AsrOptions) {
    super(options.signal)
    this.options = options
    this.inputEnded = new Promise((resolve) => {
      this.#inputEnd = resolve
    })
  }

  async pull(frames: AsyncIterable<AudioFrame>): Promise<void> {
    for await (const frame of pullFrom(frames, this.untilClosed()))
      this.frames.push(frame)
    this.#inputEnd()
  }

  /** Emits `final` and ends. */
  finish(text: string, speechMs = text === '' ? 0 : 1000): void {
    this.emit({ type: 'final', text, speechMs })
    this.end()
  }
}

export interface FakeAsrScript {
  readonly timing?: FakeTiming
  /** What is "heard", or the whole list of events (the last one `final`); by number of the call from 0. */
  readonly hears?: string | readonly AsrEvent[] | ((callIndex: number) => string | readonly AsrEvent[])
}

export interface FakeAsrEngine extends AsrEngine {
  readonly calls: readonly FakeAsrCall[]
  nextCall: () => Promise<FakeAsrCall>
}

/** With a text: speech-start at the first frame; a settled partial, one phrase and the final when the frames end. */
export function createFakeAsr(script: FakeAsrScript = {}): FakeAsrEngine {
  const log = new CallLog<FakeAsrCall>()
  const { timing = 'instant', hears = 'hello' } = script

  async function run(call: FakeAsrCall, callIndex: number, frames: AsyncIterable<AudioFrame>): Promise<void> {
    await call.pull(frames)
    if (timing === 'manual')
      return
    const heard = typeof hears === 'function' ? hears(callIndex) : hears
    call.emit(...(typeof heard === 'string' ? eventsOf(heard, call.frames) : heard))
    call.end()
  }

  return {
    id: 'fake-asr',
    calls: log.calls,
    nextCall: () => log.nextCall(),
    async* transcribe(frames, options) {
      options.signal.throwIfAborted()
      const call = log.add(new FakeAsrCall(options))
      run(call, log.calls.length - 1, frames).catch((error: unknown) => call.fail(error))
      yield* call.stream()
    },
  }
}

function eventsOf(text: string, frames: readonly AudioFrame[]): AsrEvent[] {
  const endMs = frames.reduce((sum, frame) => sum + frame.samples.length / frame.sampleRate * 1000, 0)
  if (text === '')
    return [{ type: 'final', text, speechMs: 0 }]
  return [
    { type: 'speech-start', atMs: 0 },
    { type: 'speech-end', atMs: endMs },
    { type: 'partial', text, stableChars: text.length, settled: true },
    { type: 'phrase', text, index: 0, startMs: 0, endMs },
    { type: 'final', text, speechMs: endMs },
  ]
}

// --- chat ---

export class FakeChatCall extends FakeCall<ChatEvent> {
  readonly messages: readonly ChatMessage[]
  readonly options: ChatOptions

  constructor(messages: readonly ChatMessage[], options: ChatOptions) {
    super(options.signal)
    this.messages = messages
    this.options = options
  }

  say(...texts: string[]): void {
    this.emit(...texts.map(text => ({ type: 'text', text }) as const))
  }

  /** Usage, finish, end. */
  finish(reason: ChatFinish = 'stop'): void {
    this.emit({ type: 'usage', promptTokens: 10, completionTokens: 10 }, { type: 'finish', reason })
    this.end()
  }
}

export interface FakeChatScript {
  readonly timing?: FakeTiming
  /** The reply's text (sent word by word) or its events; by the messages it is given and the number of the call from 0. */
  readonly reply?: string | readonly ChatEvent[] | ((messages: readonly ChatMessage[], callIndex: number) => string | readonly ChatEvent[])
  readonly finish?: ChatFinish
}

export interface FakeChatEngine extends ChatEngine {
  readonly calls: readonly FakeChatCall[]
  /** Prefixes that were evaluated ahead of time. */
  readonly primed: readonly (readonly ChatMessage[])[]
  nextCall: () => Promise<FakeChatCall>
  prime: (messages: readonly ChatMessage[], options: { readonly signal: AbortSignal }) => Promise<void>
}

export function createFakeChat(script: FakeChatScript = {}): FakeChatEngine {
  const log = new CallLog<FakeChatCall>()
  const primed: (readonly ChatMessage[])[] = []
  const { timing = 'instant', reply = 'It is so. That is all.', finish = 'stop' } = script
  return {
    id: 'fake-chat',
    calls: log.calls,
    primed,
    nextCall: () => log.nextCall(),
    async prime(messages, { signal }) {
      signal.throwIfAborted()
      primed.push(messages)
    },
    async* complete(messages, options) {
      options.signal.throwIfAborted()
      const call = log.add(new FakeChatCall(messages, options))
      if (timing === 'instant') {
        const answer = typeof reply === 'function' ? reply(messages, log.calls.length - 1) : reply
        if (typeof answer === 'string') {
          call.say(...answer.match(/\s*\S+\s*$|\s*\S+/g) ?? [])
          call.finish(finish)
        }
        else {
          call.emit(...answer)
          call.end()
        }
      }
      yield* call.stream()
    },
  }
}

// --- voice ---

export class FakeTtsCall extends FakeCall<SpeechChunk> {
  readonly options: TtsOptions
  /** Pieces pulled so far. */
  readonly pieces: SpeechPiece[] = []
  readonly sampleRateHz: number
  readonly msPerCharacter: number

  constructor(options: TtsOptions, sampleRateHz: number, msPerCharacter: number) {
    super(options.signal)
    this.options = options
    this.sampleRateHz = sampleRateHz
    this.msPerCharacter = msPerCharacter
  }

  /** The sound of a piece: a 440 Hz tone of `msPerCharacter` for each character (none for white space). */
  speak(piece: SpeechPiece): void {
    const characters = piece.text.trim().length
    const samples = new Int16Array(Math.round(characters * this.msPerCharacter * this.sampleRateHz / 1000))
    for (let i = 0; i < samples.length; i++)
      samples[i] = Math.round(8000 * Math.sin(2 * Math.PI * 440 * i / this.sampleRateHz))
    this.emit({ samples, sampleRate: this.sampleRateHz, pieceIndex: piece.index, last: true })
  }
}

export interface FakeTtsScript {
  readonly timing?: FakeTiming
  readonly sampleRateHz?: number
  readonly msPerCharacter?: number
}

export interface FakeTtsEngine extends TtsEngine {
  readonly calls: readonly FakeTtsCall[]
  nextCall: () => Promise<FakeTtsCall>
}

/** Pieces are pulled as they come. Instant: each is spoken at once. Manual: the test speaks, fails or ends. */
export function createFakeTts(script: FakeTtsScript = {}): FakeTtsEngine {
  const log = new CallLog<FakeTtsCall>()
  const { timing = 'instant', sampleRateHz = 22_050, msPerCharacter = 10 } = script

  async function pull(call: FakeTtsCall, pieces: AsyncIterable<SpeechPiece>): Promise<void> {
    for await (const piece of pullFrom(pieces, call.untilClosed())) {
      call.pieces.push(piece)
      if (timing === 'instant')
        call.speak(piece)
    }
    if (timing === 'instant')
      call.end()
  }

  return {
    id: 'fake-tts',
    calls: log.calls,
    nextCall: () => log.nextCall(),
    async* synthesize(pieces, options) {
      options.signal.throwIfAborted()
      const call = log.add(new FakeTtsCall(options, sampleRateHz, msPerCharacter))
      pull(call, pieces).catch((error: unknown) => call.fail(error))
      yield* call.stream()
    },
  }
}
