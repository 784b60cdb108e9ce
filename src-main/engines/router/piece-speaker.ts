import type { SpeechChunk, SpeechPiece, TtsEngine, TtsOptions } from '../../ports/tts-engine'
import type { RouterDeps } from './router-deps'
import type { SpeakingRates } from './speech-position'
import type { SpeechRoute, Voice } from './speech-route'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'
import { LOCAL_SERVICE } from '../../ports/route'
import { routeStream } from './routed-stream'
import { SoundBuffer } from './sound-buffer'
import { isPronounceable, restOf, SpeechMeter } from './speech-position'

/** Of one piece; then the voice is given up. */
const MOST_CUTS = 3
/** Of a piece without a sound, when there was no sound yet to go by. */
const USUAL_RATE_HZ = 24_000

interface VoicedChunk {
  readonly voice: Voice
  readonly chunk: SpeechChunk
}

export interface PieceContext {
  readonly deps: RouterDeps<TtsEngine>
  readonly route: () => SpeechRoute
  readonly options: Pick<TtsOptions, 'speed'>
  readonly rates: SpeakingRates<Voice>
  readonly signal: AbortSignal
}

/** One piece of a reply, made by whichever voice can, and given out once. */
export interface SpokenPiece {
  readonly chunks: (signal: AbortSignal) => AsyncIterable<SpeechChunk>
  /** All of its sound is made, or it failed. Never rejects. */
  readonly made: Promise<void>
}

/** Begins at once. `before`: the piece in front of it is made; for voices that make one after the other. */
export function speakPiece(context: PieceContext, piece: SpeechPiece, first: boolean, before: Promise<void>): SpokenPiece {
  const sound = new SoundBuffer()
  makePiece(context, piece, { first, before, sound }).then(() => sound.end(), (error: unknown) => sound.fail(error))
  return { chunks: signal => sound.consume(signal), made: sound.closed }
}

interface Making {
  readonly first: boolean
  readonly before: Promise<void>
  readonly sound: SoundBuffer
}

async function makePiece(context: PieceContext, piece: SpeechPiece, making: Making): Promise<void> {
  const { sound } = making
  let text = piece.text
  let sampleRate = USUAL_RATE_HZ
  const end = (): void => sound.push({ samples: new Int16Array(0), sampleRate, pieceIndex: piece.index, last: true })
  if (!isPronounceable(text))
    return end()
  for (let cuts = 0; ; cuts++) {
    const meter = new SpeechMeter()
    let speaking: Voice | null = null
    try {
      for await (const { voice, chunk } of requestSound(context, { index: piece.index, text }, making)) {
        speaking = voice
        sampleRate = chunk.sampleRate
        context.route().serves(voice)
        meter.add(chunk.samples, chunk.sampleRate)
        sound.push({ ...chunk, pieceIndex: piece.index })
        if (chunk.last)
          sound.end()
        await sound.room(context.signal)
      }
      if (speaking)
        context.rates.learn(speaking, text, meter.spokenMs)
      return
    }
    catch (error) {
      // Before its sound: everything was tried. After it: another voice says what is left.
      if (context.signal.aborted || speaking === null || cuts >= MOST_CUTS)
        throw error
      text = restOf(text, meter.spokenMs, context.rates.msPerUnit(speaking))
      if (!isPronounceable(text))
        return end()
    }
  }
}

function requestSound({ deps, route, options, signal }: PieceContext, piece: SpeechPiece, { first, before }: Making): AsyncIterable<VoicedChunk> {
  const speech = route()
  return routeStream<VoicedChunk, Voice>({
    part: 'tts',
    ranking: speech.rankingNow(),
    start: (voice, own) => ask(voice, piece, { ...options, signal: own }, { before, leave: speech.leaveSignal(voice) }),
    isOutput: ({ chunk }) => chunk.samples.length > 0 || chunk.last,
    isLast: ({ chunk }) => chunk.last,
    observe: (voice, hedge) => speech.observe(voice, hedge),
    clock: deps.clock,
    random: deps.random ?? Math.random,
    signal,
    hedge: speech.hedgePlan(first),
    ...(deps.patienceMs !== undefined && { patienceMs: deps.patienceMs }),
  })
}

interface Asking {
  readonly before: Promise<void>
  readonly leave: AbortSignal | null
}

/** One piece by one voice, to its end. Fails when it ends without its last chunk, and when the voice is left before its sound began. */
async function* ask(voice: Voice, piece: SpeechPiece, options: TtsOptions, { before, leave }: Asking): AsyncGenerator<VoicedChunk, void, undefined> {
  if (voice.serviceId === LOCAL_SERVICE)
    await raceAbort(before, options.signal)
  const chunks = voice.engine.synthesize(only(piece), options)[Symbol.asyncIterator]()
  let begun = false
  let over = false
  try {
    for (;;) {
      const next: IteratorResult<SpeechChunk> = await (begun || leave === null ? chunks.next() : raceAbort(chunks.next(), leave))
      if (next.done)
        break
      // After the last one only the end is read off, so that a connection can serve again.
      if (over)
        continue
      begun ||= next.value.samples.length > 0
      over = next.value.last
      yield { voice, chunk: next.value }
    }
  }
  finally {
    chunks.return?.()?.catch(() => {})
  }
  if (!over)
    throw new AppError('service-failed', 'The sound of a piece ended before the piece.', { retryable: true, params: { service: voice.serviceId } })
}

async function* only(piece: SpeechPiece): AsyncGenerator<SpeechPiece, void, undefined> {
  yield piece
}
