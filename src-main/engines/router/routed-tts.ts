import type { SpeechChunk, SpeechPiece, TtsEngine, TtsOptions } from '../../ports/tts-engine'
import type { PieceContext, SpokenPiece } from './piece-speaker'
import type { RouterDeps } from './router-deps'
import type { Voice } from './speech-route'
import { abortReason, raceAbort } from '../../lib/abort'
import { pullFrom } from '../../lib/pull-from'
import { speakPiece } from './piece-speaker'
import { isPronounceable, SpeakingRates } from './speech-position'
import { SpeechRoute } from './speech-route'

/** Pieces that are asked for while the one before them is still being given out. */
const AHEAD = 2

/**
 * A voice made of several. Each piece is a request of its own, the next ones are on their way while one is heard, and
 * sound is given out strictly in order. A piece whose voice fails is spoken by the next one, from the word where it broke off.
 */
export function createRoutedTts(deps: RouterDeps<TtsEngine>): TtsEngine {
  return {
    id: 'router',
    async* synthesize(pieces, options) {
      options.signal.throwIfAborted()
      const speech = new Speech(deps, options)
      try {
        yield* speech.speak(pieces)
      }
      finally {
        speech.close()
      }
    },
  }
}

class Speech {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #onAbort: () => void
  readonly #context: PieceContext
  readonly #waiting: SpokenPiece[] = []
  #route: SpeechRoute | null = null
  /** Asked for and not given out whole. */
  #open = 0
  #end: { readonly error?: unknown } | null = null
  #whole = false
  #changed: (() => void) | null = null
  #roomMade: (() => void) | null = null

  constructor(deps: RouterDeps<TtsEngine>, options: TtsOptions) {
    this.#outer = options.signal
    this.#onAbort = () => this.#controller.abort(options.signal.reason)
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#context = {
      deps,
      // Who speaks is decided when there is something to say.
      route: () => this.#route ??= new SpeechRoute(deps, options, this.#controller.signal),
      options: { ...(options.speed !== undefined && { speed: options.speed }) },
      rates: new SpeakingRates<Voice>(options.speed ?? 1),
      signal: this.#controller.signal,
    }
  }

  async* speak(pieces: AsyncIterable<SpeechPiece>): AsyncGenerator<SpeechChunk, void, undefined> {
    const { signal } = this.#controller
    void this.#pull(pieces).then(() => this.#ended({}), (error: unknown) => this.#ended({ error }))
    for (;;) {
      const piece = await this.#next(signal)
      if (piece === null)
        break
      yield* piece.chunks(signal)
      this.#open--
      this.#roomMade?.()
    }
    this.#whole = true
  }

  close(): void {
    this.#outer.removeEventListener('abort', this.#onAbort)
    this.#route?.close(this.#whole)
    this.#controller.abort(abortReason('speech is over'))
  }

  async #pull(pieces: AsyncIterable<SpeechPiece>): Promise<void> {
    const { signal } = this.#controller
    let before = Promise.resolve()
    let first = true
    for await (const piece of pullFrom(pieces, signal)) {
      this.#open++
      const spoken = speakPiece(this.#context, piece, first, before)
      first &&= !isPronounceable(piece.text)
      before = spoken.made
      this.#waiting.push(spoken)
      this.#changed?.()
      while (this.#open > AHEAD) {
        await raceAbort(new Promise<void>((resolve) => {
          this.#roomMade = resolve
        }), signal)
      }
    }
  }

  /** Null: none comes any more. */
  async #next(signal: AbortSignal): Promise<SpokenPiece | null> {
    for (;;) {
      signal.throwIfAborted()
      const piece = this.#waiting.shift()
      if (piece)
        return piece
      if (this.#end) {
        if ('error' in this.#end)
          throw this.#end.error
        return null
      }
      await raceAbort(new Promise<void>((resolve) => {
        this.#changed = resolve
      }), signal)
    }
  }

  #ended(end: { readonly error?: unknown }): void {
    this.#end = end
    this.#changed?.()
  }
}
