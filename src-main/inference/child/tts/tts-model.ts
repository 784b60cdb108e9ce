import type { SpeechChunk } from '../../../ports/tts-engine'
import type { Voice } from '../sherpa'
import { raceAbort } from '../../../lib/abort'
import { cutParts, isPronounceable } from './speech-parts'
import { shapeSpeech } from './speech-shape'

export interface TtsSessionOptions {
  readonly signal: AbortSignal
  readonly speed: number
  /** Chunks that may be out without having been taken. */
  readonly windowChunks: number
  readonly emit: (chunk: SpeechChunk) => void
}

/** One reply being spoken. */
export interface TtsSession {
  piece: (index: number, text: string) => void
  finish: () => void
  /** The consumer took a chunk. */
  taken: () => void
  /** All pieces are spoken. Rejects with `signal.reason` on abort. */
  readonly done: Promise<void>
}

export interface TtsModel {
  createSession: (options: TtsSessionOptions) => TtsSession
  warmUp: () => Promise<void>
}

/** A clause of about 50 characters takes some 100 ms on two cores; a part of 160 characters some 400 ms. */
const LIMITS = { firstChars: 60, maxChars: 160 }
const WARM_UP_TEXT = 'Hello there.'

export function createTtsModel(voice: Voice): TtsModel {
  let last: Promise<unknown> = Promise.resolve()

  /** One text at a time: the phoneme library has one state for the process. */
  function generate(text: string, speed: number, signal: AbortSignal): Promise<Float32Array> {
    const mine = last.then(async () => {
      signal.throwIfAborted()
      const { samples } = await voice.generate(text, { speed, onSentence: () => !signal.aborted })
      signal.throwIfAborted()
      return samples
    })
    last = mine.catch(() => {})
    return mine
  }

  function createSession(options: TtsSessionOptions): TtsSession {
    const { signal, speed } = options
    const pieces: { readonly index: number, readonly text: string }[] = []
    let ended = false
    let out = 0
    let first = true
    let wake: (() => void) | undefined
    const changed = (): void => {
      wake?.()
      wake = undefined
    }
    const change = (): Promise<void> => raceAbort(new Promise<void>((resolve) => {
      wake = resolve
    }), signal)

    async function tell(samples: Int16Array, pieceIndex: number, isLast: boolean): Promise<void> {
      signal.throwIfAborted()
      out++
      options.emit({ samples, sampleRate: voice.sampleRateHz, pieceIndex, last: isLast })
      while (out >= options.windowChunks)
        await change()
    }

    async function speak({ index, text }: { readonly index: number, readonly text: string }): Promise<void> {
      const parts = isPronounceable(text) ? cutParts(text, LIMITS) : []
      for (const [at, part] of parts.entries()) {
        const isLast = at === parts.length - 1
        const sound = isPronounceable(part.text) ? await generate(part.text.trim(), speed, signal) : new Float32Array(0)
        const samples = shapeSpeech(sound, { sampleRateHz: voice.sampleRateHz, first, end: part.end, speed })
        first &&= samples.length === 0
        if (isLast || samples.length > 0)
          await tell(samples, index, isLast)
      }
      if (parts.length === 0)
        await tell(new Int16Array(0), index, true)
    }

    async function run(): Promise<void> {
      for (;;) {
        signal.throwIfAborted()
        const next = pieces.shift()
        if (next)
          await speak(next)
        else if (ended)
          return
        else
          await change()
      }
    }

    return {
      piece(index, text) {
        pieces.push({ index, text })
        changed()
      },
      finish() {
        ended = true
        changed()
      },
      taken() {
        out--
        changed()
      },
      done: run(),
    }
  }

  return {
    createSession,
    async warmUp() {
      await generate(WARM_UP_TEXT, 1, new AbortController().signal)
    },
  }
}
