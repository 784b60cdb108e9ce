import type { AppError } from '../../src-main/lib/app-error'
import type { AudioDevice, AudioDeviceInfo, AudioNotice, LevelReading, PlayableChunk, PlaybackReport, PlayOptions, Take, TakeCounters } from '../../src-main/ports/audio-device'
import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { Clock } from '../../src-main/ports/clock'
import { BoundedQueue } from '../../src-main/lib/bounded-queue'
import { Emitter } from '../../src-main/lib/emitter'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../src-main/ports/audio-frame'

export interface FakeAudioOptions {
  readonly clock: Clock
  /** `paced`: a chunk takes as long as its sound on the clock. `instant`: chunks are heard at once. */
  readonly playback?: 'paced' | 'instant'
  readonly preRoll?: readonly AudioFrame[]
}

export interface FakePlayback {
  readonly chunks: PlayableChunk[]
  report: PlaybackReport | undefined
}

export interface FakeAudioDevice extends AudioDevice {
  readonly notices: Emitter<AudioNotice>
  /** A scripted person speaks: frames go to the running take. `frame()` makes one. */
  speak: (...frames: AudioFrame[]) => void
  level: (reading: LevelReading) => void
  readonly takes: readonly { readonly id: string, readonly stopped: boolean }[]
  readonly playbacks: readonly FakePlayback[]
  /** From now on `startTake` / `play` fails with this; `undefined` mends it. */
  breakMicrophone: (error: AppError | undefined) => void
  breakSpeaker: (error: AppError | undefined) => void
  setDevices: (devices: readonly AudioDeviceInfo[]) => void
  readonly disposed: boolean
}

/** A 20 ms frame of constant amplitude (0 is silence). */
export function frame(capturedAtMs: number, amplitude = 0): AudioFrame {
  return { samples: new Int16Array(FRAME_SAMPLES).fill(amplitude), sampleRate: ASR_RATE_HZ, capturedAtMs }
}

/** The port with no sound behind it: the microphone says what the test says, the loudspeaker keeps what it heard. */
export function createFakeAudioDevice(options: FakeAudioOptions): FakeAudioDevice {
  const notices = new Emitter<AudioNotice>()
  const levels = new Emitter<LevelReading>()
  const microphone = fakeMicrophone(options, levels)
  const speaker = fakeSpeaker(options)
  let devices: readonly AudioDeviceInfo[] = [
    { id: 'fake-mic', name: 'Fake microphone', kind: 'input', isDefault: true, isMonitor: false },
    { id: 'fake-out', name: 'Fake loudspeaker', kind: 'output', isDefault: true, isMonitor: false },
  ]
  let disposed = false
  return {
    notices,
    microphone: microphone.port,
    speaker: speaker.port,
    start: async () => {},
    devices: async () => devices,
    speak: microphone.speak,
    level: reading => levels.emit(reading),
    get takes() {
      return microphone.takes()
    },
    playbacks: speaker.playbacks,
    breakMicrophone: microphone.fail,
    breakSpeaker: speaker.fail,
    setDevices(next) {
      devices = next
      notices.emit({ type: 'devices', devices })
    },
    get disposed() {
      return disposed
    },
    async [Symbol.asyncDispose]() {
      disposed = true
      microphone.stopAll()
    },
  }
}

interface FakeTake {
  readonly take: Take
  readonly queue: BoundedQueue<AudioFrame>
  count: number
  stopped: boolean
}

function fakeMicrophone({ preRoll = [] }: FakeAudioOptions, levels: Emitter<LevelReading>) {
  const takes = new Map<string, FakeTake>()
  let failure: AppError | undefined
  const begin = (id: string): Take => {
    const queue = new BoundedQueue<AudioFrame>(3000)
    const counters = (): TakeCounters => ({ durationMs: entry.count * FRAME_MS, preRollMs: preRoll.length * FRAME_MS, missingFrames: 0 })
    const take: Take = {
      id,
      path: `/takes/${id}.wav`,
      frames: signal => queue.consume(signal),
      async stop() {
        entry.stopped = true
        queue.end()
        return counters()
      },
    }
    const entry: FakeTake = { take, queue, count: 0, stopped: false }
    takes.set(id, entry)
    for (const item of preRoll)
      feed(entry, item)
    return take
  }
  const feed = (entry: FakeTake, item: AudioFrame): void => {
    if (entry.queue.push(item))
      entry.count++
  }
  return {
    port: {
      async startTake(id: string) {
        if (failure)
          throw failure
        return takes.get(id)?.take ?? begin(id)
      },
      async configure() {},
      levels,
      state: 'open' as const,
    },
    speak(...frames: AudioFrame[]) {
      for (const entry of takes.values()) {
        for (const item of frames)
          feed(entry, item)
      }
    },
    takes: () => [...takes].map(([id, { stopped }]) => ({ id, stopped })),
    stopAll: () => [...takes.values()].forEach(({ take }) => void take.stop()),
    fail: (error: AppError | undefined) => {
      failure = error
    },
  }
}

function fakeSpeaker({ clock, playback = 'paced' }: FakeAudioOptions) {
  const playbacks: FakePlayback[] = []
  let failure: AppError | undefined
  const play = async (chunks: AsyncIterable<PlayableChunk>, { signal, onStarted, onPiece }: PlayOptions): Promise<PlaybackReport> => {
    if (failure)
      throw failure
    const record: FakePlayback = { chunks: [], report: undefined }
    playbacks.push(record)
    let playedMs = 0
    let lastPieceIndex: number | null = null
    let piece = -1
    try {
      for await (const chunk of until(chunks, signal)) {
        record.chunks.push(chunk)
        if (record.chunks.length === 1)
          onStarted?.(clock.nowMs())
        if (chunk.pieceIndex !== piece) {
          piece = chunk.pieceIndex
          onPiece?.(piece, clock.nowMs())
        }
        const chunkMs = (chunk.samples.length / chunk.sampleRate) * 1000
        const heardMs = playback === 'instant' ? chunkMs : await pause(clock, chunkMs, signal)
        playedMs += heardMs
        if (heardMs >= chunkMs / 2)
          lastPieceIndex = chunk.pieceIndex
      }
    }
    catch (error) {
      if (!signal.aborted)
        throw error
    }
    record.report = { playedMs, lastPieceIndex, interrupted: signal.aborted }
    return record.report
  }
  return {
    port: { play, configure: async () => {} },
    playbacks,
    fail: (error: AppError | undefined) => {
      failure = error
    },
  }
}

/** Waits on the clock; returns how long it was, less than asked for after an abort. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<number> {
  const fromMs = clock.nowMs()
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel()
      signal.removeEventListener('abort', finish)
      resolve(Math.min(delayMs, clock.nowMs() - fromMs))
    }
    const cancel = clock.after(delayMs, finish)
    signal.addEventListener('abort', finish)
    if (signal.aborted)
      finish()
  })
}

/** Ends (without a throw) at an abort, also while the source has nothing; then the source is told to stop. */
async function* until<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]()
  let onAbort: (() => void) | undefined
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => resolve(null)
    signal.addEventListener('abort', onAbort)
  })
  try {
    while (!signal.aborted) {
      const next = await Promise.race([iterator.next(), aborted])
      if (next === null || next.done)
        return
      yield next.value
    }
  }
  finally {
    if (onAbort)
      signal.removeEventListener('abort', onAbort)
    Promise.resolve(iterator.return?.()).catch(() => {})
  }
}
