import type { AsrEvent } from '../../../ports/asr-engine'
import type { InstalledModel } from '../../../ports/installed-model'
import type { ResettableJudge } from './window-judge'
import { systemClock } from '../../../ports/clock'
import { createRecognizer, createVoiceDetector } from '../sherpa'
import { listenAgain } from './second-listening'
import { TakeSession } from './session'
import { createWindowJudge } from './window-judge'

export interface AsrModelFiles {
  readonly asr: InstalledModel
  /** A small model of another make-up for what the first cannot decode. */
  readonly rescue?: InstalledModel
  readonly vad: InstalledModel
}

export interface AsrSessionOptions {
  /** BCP 47. The models here know one language each; kept for engines that know more. */
  readonly language?: string
  readonly emit: (event: AsrEvent) => void
}

export interface AsrSession {
  /** 16 kHz mono, any length. Never waits. */
  push: (samples: Int16Array) => void
  /** Resolves after `final` was emitted, or at once when cancelled. Rejects with `AppError`. */
  finish: () => Promise<void>
  /** Idempotent. Nothing is emitted any more; what the session holds is freed. */
  cancel: () => void
  /**
   * For a reader of files, which is faster than the decoder: resolves when only a few finished phrases wait to
   * be decoded. A reader that awaits this after each block keeps memory flat.
   */
  drained: () => Promise<void>
}

export interface LoadedAsr {
  createSession: (options: AsrSessionOptions) => AsrSession
  /** One tiny run through every model, so that the first take is as fast as the next. */
  warmUp: () => Promise<void>
  /** Running sessions are cancelled. */
  dispose: () => void
}

/** The measured recipe's threshold, to find where voice begins and ends … */
const SENSITIVE = 0.35
/** … and a strict one, to tell a voice from a bang, a bark or a chair. */
const STRICT = 0.5

const RATE_HZ = 16_000

/** Throws `model-missing`, `model-corrupt`. */
export async function loadAsr(files: AsrModelFiles, options: { readonly threads: number }): Promise<LoadedAsr> {
  // One thread a decode: the decoder is a chain of tiny steps, where a second thread costs 60 % more processor
  // time for 20 % less waiting. Several phrases side by side use the other threads.
  const [main, rescue] = await Promise.all([
    createRecognizer(files.asr, { threads: 1 }),
    files.rescue ? createRecognizer(files.rescue, { threads: 1 }) : undefined,
  ])
  const decoders = {
    main: async (samples: Float32Array) => (await main.decode({ samples, sampleRateHz: RATE_HZ })).text,
    rescue: rescue && (async (samples: Float32Array) => (await rescue.decode({ samples, sampleRateHz: RATE_HZ })).text),
  }
  const createJudge = (): ResettableJudge => createWindowJudge(
    createVoiceDetector(files.vad, { threshold: SENSITIVE }),
    createVoiceDetector(files.vad, { threshold: STRICT }),
  )
  const free: ResettableJudge[] = [createJudge()]
  const sessions = new Set<TakeSession>()

  function createSession({ emit }: AsrSessionOptions): AsrSession {
    const judge = free.pop() ?? createJudge()
    judge.reset()
    const session = new TakeSession({
      judge,
      decoders,
      lanes: options.threads,
      nowMs: systemClock.nowMs,
      emit,
      listenAgain(samples) {
        judge.reset()
        return listenAgain(samples, judge)
      },
      onClose() {
        sessions.delete(session)
        free.push(judge)
      },
    })
    sessions.add(session)
    return {
      push: samples => session.push(samples),
      finish: () => session.finish(),
      cancel: () => session.cancel(),
      drained: () => session.drained(),
    }
  }

  return {
    createSession,
    async warmUp() {
      const hum = Float32Array.from({ length: RATE_HZ }, (_, i) => 0.1 * Math.sin(i / 20))
      for (const judge of free)
        judge.judge(hum.subarray(0, judge.windowSamples))
      await Promise.all([decoders.main(hum), decoders.rescue?.(hum)])
    },
    dispose() {
      for (const session of sessions)
        session.cancel()
      free.length = 0
    },
  }
}
