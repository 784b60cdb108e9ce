import type { SpeechPiece, TtsEngine, TtsOptions } from '../ports/tts-engine'
import type { LinkRequest } from './child-link'
import type { Lease, ModelAccess } from './model-access'
import { raceAbort } from '../lib/abort'
import { pullFrom } from './pull-from'

const MIN_SPEED = 0.5
const MAX_SPEED = 2

/**
 * The voice in the child, as an engine. While the consumer holds the sound of a piece the next one is pulled and
 * made, but no further one: what is interrupted was not made in vain, and a reply that changes is not yet spoken.
 */
export function createLocalTts(access: ModelAccess): TtsEngine {
  return {
    id: 'local',
    async* synthesize(pieces: AsyncIterable<SpeechPiece>, { signal, speed = 1 }: TtsOptions) {
      const lease = await access.acquire('tts', signal)
      const { link } = lease
      const request = link.open(id => ({ type: 'tts.start', id, speed: Math.min(MAX_SPEED, Math.max(MIN_SPEED, speed)) }))
      const heard = createProgress()
      const stop = new AbortController()
      const either = AbortSignal.any([signal, stop.signal])
      const pumping = pump(pieces, lease, request, heard, either)
      pumping.catch((error: unknown) => request.stream.fail(error))
      try {
        for await (const payload of request.stream.consume(signal)) {
          if (payload.of !== 'tts')
            continue
          link.send({ type: 'tts.taken', id: request.id })
          heard.reach(payload.chunk.pieceIndex)
          yield payload.chunk
        }
      }
      finally {
        stop.abort()
        request.cancel()
        lease.release()
      }
    },
  }
}

async function pump(pieces: AsyncIterable<SpeechPiece>, { link }: Lease, { id }: LinkRequest, heard: Progress, signal: AbortSignal): Promise<void> {
  for await (const { index, text } of pullFrom(pieces, signal)) {
    link.send({ type: 'tts.piece', id, index, text })
    await raceAbort(heard.reached(index), signal)
  }
  link.send({ type: 'tts.finish', id })
}

/** Which piece's sound the consumer has begun to take. */
interface Progress {
  reach: (pieceIndex: number) => void
  reached: (pieceIndex: number) => Promise<void>
}

function createProgress(): Progress {
  const begun = new Set<number>()
  const waiting = new Map<number, () => void>()
  return {
    reach(pieceIndex) {
      begun.add(pieceIndex)
      waiting.get(pieceIndex)?.()
    },
    reached: pieceIndex => begun.has(pieceIndex)
      ? Promise.resolve()
      : new Promise((resolve) => {
          waiting.set(pieceIndex, resolve)
        }),
  }
}
