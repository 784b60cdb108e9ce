import type { AsrEngine, AsrEvent, AsrOptions } from '../../ports/asr-engine'
import type { AudioFrame } from '../../ports/audio-frame'
import type { Recogniser } from './listening'
import type { Ranking } from './ranking'
import type { RouterDeps } from './router-deps'
import { LOCAL_SERVICE } from '../../ports/route'
import { Listening } from './listening'
import { routeStream } from './routed-stream'

export interface RoutedAsrDeps extends RouterDeps<AsrEngine> {
  /** So long after the last frame the built-in recogniser's text is taken when the service has none yet. Absent: 1200 ms. */
  readonly deadlineMs?: () => number
  /** Frames that are kept for another recogniser; absent: twenty minutes. */
  readonly mostFrames?: number
}

const DEADLINE_MS = 1_200

/**
 * A recogniser made of several. Where there is a built-in one it follows along on the same frames: it tells when the voice
 * begins and ends, gives partial texts as long as the service has none, and has an answer when the service fails or
 * is late. The final text, with its phrases, is of one recogniser alone; phrases are told right before it.
 */
export function createRoutedAsr(deps: RoutedAsrDeps): AsrEngine {
  return {
    id: 'router',
    async* transcribe(frames, options) {
      options.signal.throwIfAborted()
      const policy = deps.policy()
      const ranking = deps.memory.rank('asr', deps.candidates(), policy, { conversationId: options.conversationId, turn: true })
      const [only, ...others] = ranking.ordered
      if (only?.candidate.serviceId === LOCAL_SERVICE && others.length === 0)
        return yield* alone(deps, ranking, frames, options)
      const listening = new Listening({ deps, policy, ranking, asr: options, deadlineMs: deps.deadlineMs?.() ?? DEADLINE_MS, mostFrames: deps.mostFrames })
      try {
        yield* listening.events(frames)
      }
      finally {
        listening.close()
      }
    },
  }
}

/** Nothing but the built-in one: what it tells goes through as it is, and no frame is kept. */
async function* alone(deps: RoutedAsrDeps, ranking: Ranking<Recogniser>, frames: AsyncIterable<AudioFrame>, options: AsrOptions): AsyncGenerator<AsrEvent, void, undefined> {
  const { onRoute, conversationId, ...rest } = options
  let endedMs: number | null = null
  yield* routeStream<AsrEvent, Recogniser>({
    part: 'asr',
    ranking,
    start: ({ engine }, signal) => engine.transcribe(watchEnd(frames, () => endedMs = deps.clock.nowMs()), { ...rest, signal }),
    isOutput: () => true,
    isAnswer: event => event.type === 'final',
    isLast: event => event.type === 'final',
    observe: candidate => deps.memory.begin('asr', candidate, conversationId),
    clock: deps.clock,
    random: deps.random ?? Math.random,
    signal: options.signal,
    hedge: null,
    // Its frames are gone: the turn is run again from the take on the disk.
    mostRetries: 0,
    tookMs: () => endedMs === null ? null : deps.clock.nowMs() - endedMs,
    onRoute,
  })
}

/** No generator: one that waits for a frame cannot be told to leave. */
function watchEnd(frames: AsyncIterable<AudioFrame>, onEnd: () => void): AsyncIterable<AudioFrame> {
  return {
    [Symbol.asyncIterator]() {
      const source = frames[Symbol.asyncIterator]()
      return {
        async next() {
          const next = await source.next()
          if (next.done)
            onEnd()
          return next
        },
        return: async () => await source.return?.() ?? { done: true, value: undefined },
      }
    },
  }
}
