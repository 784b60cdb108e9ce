import type { AsrEngine, AsrEvent } from '../ports/asr-engine'
import type { Microphone, Take, TakeCounters } from '../ports/audio-device'
import type { AudioFrame } from '../ports/audio-frame'
import type { OnRoute } from '../ports/route'
import { AppError } from '../lib/app-error'

export interface RecognitionSink {
  asr: (event: AsrEvent) => void
  /** Who recognises it, whenever that changes. */
  route: OnRoute
  /** The recogniser gave up; the recording goes on. */
  asrFailed: (error: unknown) => void
}

export interface CaptureSink extends RecognitionSink {
  /** The recording has begun, at this path. */
  started: (path: string) => void
  /** The microphone gave nothing at all. */
  failed: (error: unknown) => void
  /** The microphone failed while recording: what was captured up to now is the take. */
  cut: (error: unknown) => void
  /** The file is closed, or could not be (null). */
  ended: (counters: TakeCounters | null) => void
}

/** One take, from the microphone to the recogniser. */
export interface Capture {
  /** What was captured up to now is the take. Idempotent. */
  stop: () => void
  /** After `stop`: nothing of it is open any more. Never rejects. */
  closed: () => Promise<void>
}

export interface RecognitionOptions {
  readonly signal: AbortSignal
  /** What serves a conversation goes on serving it. */
  readonly conversationId: string
}

/** Runs one recognition to its end. Never rejects; after an abort it tells nothing. */
export async function recognise(asr: AsrEngine, frames: AsyncIterable<AudioFrame>, { signal, conversationId }: RecognitionOptions, sink: RecognitionSink): Promise<void> {
  try {
    for await (const event of asr.transcribe(frames, { signal, conversationId, onRoute: report => signal.aborted ? undefined : sink.route(report) })) {
      if (signal.aborted)
        return
      sink.asr(event)
      if (event.type === 'final')
        return
    }
    throw new AppError('internal', 'The recogniser ended without a final text.', { retryable: true })
  }
  catch (error) {
    if (!signal.aborted)
      sink.asrFailed(error)
  }
}

export interface CaptureStart extends RecognitionOptions {
  readonly microphone: Pick<Microphone, 'startTake'>
  readonly asr: AsrEngine
  readonly takeId: string
  /** Frames captured before it are recorded, but not given to the recogniser. */
  readonly heardFromMs: number
}

/** Records at once. An abort ends recognition; the recording itself is ended by `stop` alone. */
export function startCapture({ microphone, asr, takeId, heardFromMs, ...recognition }: CaptureStart, sink: CaptureSink): Capture {
  const { signal } = recognition
  let take: Take | null = null
  let stopWanted = false
  let closing: Promise<void> | null = null

  async function close(open: Take): Promise<void> {
    try {
      sink.ended(await open.stop())
    }
    catch (error) {
      sink.cut(error)
      sink.ended(null)
    }
  }

  function stop(): void {
    stopWanted = true
    if (take)
      closing ??= close(take)
  }

  async function* frames(open: Take): AsyncGenerator<AudioFrame, void, undefined> {
    try {
      for await (const frame of open.frames(signal)) {
        if (frame.capturedAtMs >= heardFromMs)
          yield frame
      }
    }
    catch (error) {
      if (signal.aborted)
        throw error
      sink.cut(error)
    }
    stop()
  }

  async function run(): Promise<void> {
    try {
      take = await microphone.startTake(takeId)
    }
    catch (error) {
      sink.failed(error)
      return
    }
    sink.started(take.path)
    if (stopWanted)
      stop()
    if (!signal.aborted)
      await recognise(asr, frames(take), recognition, sink)
  }

  const recognised = run()
  return {
    stop,
    async closed() {
      await recognised
      await closing
    },
  }
}
