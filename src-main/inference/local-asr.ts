import type { AsrEngine, AsrOptions } from '../ports/asr-engine'
import type { AudioFrame } from '../ports/audio-frame'
import type { LinkRequest } from './child-link'
import type { Lease, ModelAccess } from './model-access'
import { raceAbort } from '../lib/abort'
import { AppError } from '../lib/app-error'
import { ASR_RATE_HZ } from '../ports/audio-frame'
import { ASR_WINDOW_SAMPLES, ownSamples } from './protocol'
import { pullFrom } from './pull-from'

/** The recogniser in the child, as an engine. Takes 16 kHz mono; a long file is fed as fast as it is decoded. */
export function createLocalAsr(access: ModelAccess): AsrEngine {
  return {
    id: 'local',
    async* transcribe(frames: AsyncIterable<AudioFrame>, { signal, language }: AsrOptions) {
      const lease = await access.acquire('asr', signal)
      const request = lease.link.open(id => ({ type: 'asr.start', id, ...(language === undefined ? {} : { language }) }))
      const window = createWindow()
      const stop = new AbortController()
      const either = AbortSignal.any([signal, stop.signal])
      pump(frames, lease, request, window, either).catch((error: unknown) => request.stream.fail(error))
      try {
        for await (const payload of request.stream.consume(signal)) {
          if (payload.of === 'asr-taken')
            window.taken(payload.samples)
          else if (payload.of === 'asr')
            yield payload.event
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

async function pump(frames: AsyncIterable<AudioFrame>, { link }: Lease, { id }: LinkRequest, window: Window, signal: AbortSignal): Promise<void> {
  for await (const { samples, sampleRate } of pullFrom(frames, signal)) {
    if (sampleRate !== ASR_RATE_HZ)
      throw new AppError('bad-input', `The recogniser takes ${ASR_RATE_HZ} Hz, got ${sampleRate}.`)
    await raceAbort(window.room(), signal)
    window.sent(samples.length)
    link.send({ type: 'asr.push', id, samples: ownSamples(samples) })
  }
  link.send({ type: 'asr.finish', id })
}

/** Sound on its way that the child has not yet taken. */
interface Window {
  sent: (samples: number) => void
  taken: (samples: number) => void
  room: () => Promise<void>
}

function createWindow(): Window {
  let out = 0
  let wake: (() => void) | undefined
  return {
    sent(samples) {
      out += samples
    },
    taken(samples) {
      out -= samples
      if (out < ASR_WINDOW_SAMPLES)
        wake?.()
    },
    room: () => out < ASR_WINDOW_SAMPLES
      ? Promise.resolve()
      : new Promise((resolve) => {
          wake = resolve
        }),
  }
}
