import type { PlayableChunk } from '../ports/audio-device'
import type { Clock } from '../ports/clock'
import type { OnRoute } from '../ports/route'
import type { SpeechPiece, TtsEngine } from '../ports/tts-engine'
import { raceAbort } from '../lib/abort'
import { isAbort, toAppError } from '../lib/app-error'

export interface VoiceOptions {
  readonly signal: AbortSignal
  readonly speed: number
  readonly conversationId: string
  readonly onRoute: OnRoute
  readonly onFirstAudio: (atMs: number) => void
  /** The voice is lost for the rest of the reply. What was made before is still played. */
  readonly onFailed: (error: unknown) => void
}

/** The spoken side of one reply: pieces in, sound out. */
export interface Voice {
  say: (piece: SpeechPiece) => void
  /** No piece comes any more. */
  end: () => void
  /** One consumer. Ends, never throws: a failing voice is told through `onFailed`. */
  readonly chunks: AsyncIterable<PlayableChunk>
}

/** Synthesis begins at the first piece, also when nobody pulls the sound yet. Further pieces are made as the engine sees fit. */
export function createVoice(tts: TtsEngine, clock: Clock, options: VoiceOptions): Voice {
  const pieces = createPieceList(options.signal)
  const source = resilientSpeech(tts, pieces, options)
  let first: Promise<IteratorResult<PlayableChunk, void>> | null = null
  let heardFirst = false

  function pull(): Promise<IteratorResult<PlayableChunk, void>> {
    const next = source.next()
    next.then((result) => {
      if (!heardFirst && !result.done && result.value.samples.length > 0) {
        heardFirst = true
        options.onFirstAudio(clock.nowMs())
      }
    }, () => {})
    return next
  }

  async function* playable(): AsyncGenerator<PlayableChunk, void, undefined> {
    try {
      for (let result = await (first ?? pull()); !result.done; result = await pull())
        yield result.value
    }
    catch (error) {
      if (!options.signal.aborted && !isAbort(error))
        options.onFailed(error)
    }
    finally {
      close()
    }
  }

  /** A generator that waits at a `yield` does not see the signal: it is told to leave. */
  function close(): void {
    source.return().catch(() => {})
  }
  options.signal.addEventListener('abort', close, { once: true })

  return {
    say(piece) {
      pieces.add(piece)
      first ??= pull()
    },
    end: () => pieces.end(),
    chunks: playable(),
  }
}

interface PieceList {
  add: (piece: SpeechPiece) => void
  end: () => void
  /** From the piece of this index on, as they come; may be walked again from further on. */
  from: (index: number) => AsyncIterable<SpeechPiece>
}

function createPieceList(signal: AbortSignal): PieceList {
  const pieces: SpeechPiece[] = []
  let ended = false
  let wake: () => void = () => {}
  let changed = nextChange()

  function nextChange(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve
    })
  }

  function tell(): void {
    const told = wake
    changed = nextChange()
    told()
  }

  return {
    add(piece) {
      pieces.push(piece)
      tell()
    },
    end() {
      ended = true
      tell()
    },
    async* from(index) {
      for (let at = index; ;) {
        const piece = pieces[at]
        if (piece !== undefined) {
          at++
          yield piece
          continue
        }
        if (ended)
          return
        await raceAbort(changed, signal)
      }
    },
  }
}

/**
 * Speaks the pieces. When the voice is lost because its process died, it is asked once more from the first piece of which
 * nothing was made yet: nothing is said twice, and the loudspeaker notices only a pause. Services were tried as often as
 * it is worth before their failure comes here.
 */
async function* resilientSpeech(tts: TtsEngine, pieces: PieceList, options: VoiceOptions): AsyncGenerator<PlayableChunk, void, undefined> {
  let next = 0
  for (let attempt = 0; ; attempt++) {
    let open: PlayableChunk | null = null
    try {
      for await (const chunk of tts.synthesize(pieces.from(next), { signal: options.signal, speed: options.speed, conversationId: options.conversationId, onRoute: options.onRoute })) {
        open = chunk.last ? null : chunk
        next = chunk.pieceIndex + 1
        yield chunk
      }
      return
    }
    catch (error) {
      if (options.signal.aborted || attempt > 0 || toAppError(error).code !== 'inference-child-lost')
        throw error
      if (open !== null)
        yield { ...open, samples: new Int16Array(0), last: true }
    }
  }
}
