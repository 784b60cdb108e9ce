/// <reference path="./sherpa-onnx-node.d.ts" />
import type { OfflineRecognizer as NativeRecognizer, OfflineTts as NativeTts, Vad as NativeVad } from 'sherpa-onnx-node'
import type { InstalledModel } from '../../ports/installed-model'
import sherpa from 'sherpa-onnx-node'
import { AppError } from '../../lib/app-error'
import { assertNever } from '../../lib/assert-never'
import { modelFile, opening } from './model-file'
import { computeGate } from './scheduler'

/**
 * The only file that loads sherpa-onnx-node (ONNX Runtime): recognisers, voice detector, voices.
 * Every call that computes is asynchronous, on a thread of libuv's pool, so the child stays responsive.
 * External buffers are off: Electron forbids them.
 */

/** Float samples, -1 to 1, mono. */
export interface FloatAudio {
  readonly samples: Float32Array
  readonly sampleRateHz: number
}

// --- recogniser ---

export interface Recognizer {
  /**
   * Decodes one stretch of sound, at most about 30 s. Several calls may run at once; each takes its threads.
   * A call that has begun cannot be stopped: the caller drops its result.
   */
  decode: (audio: FloatAudio) => Promise<{ readonly text: string }>
}

function recognizerModel(model: InstalledModel): Record<string, unknown> {
  const file = (role: string): string => modelFile(model, role)
  switch (model.format) {
    case 'moonshine':
      return { moonshine: { encoder: file('encoder'), mergedDecoder: file('mergedDecoder') }, tokens: file('tokens') }
    case 'transducer':
      return {
        transducer: { encoder: file('encoder'), decoder: file('decoder'), joiner: file('joiner') },
        tokens: file('tokens'),
        modelType: 'nemo_transducer',
      }
    case 'whisper':
      return { whisper: { encoder: file('encoder'), decoder: file('decoder') }, tokens: file('tokens') }
    case 'silero-vad':
    case 'piper':
    case 'kokoro':
    case 'gguf':
      throw new AppError('bad-input', `Not a recogniser: ${model.id}.`)
    default:
      return assertNever(model.format)
  }
}

/** Throws `model-missing`, `model-corrupt`. */
export async function createRecognizer(model: InstalledModel, options: { readonly threads: number }): Promise<Recognizer> {
  const config = {
    featConfig: { sampleRate: 16_000, featureDim: 80 },
    modelConfig: { ...recognizerModel(model), numThreads: options.threads, debug: 0, provider: 'cpu' },
  }
  const native = await load<NativeRecognizer>(model, () => sherpa.OfflineRecognizer.createAsync(config))
  return {
    async decode({ samples, sampleRateHz }) {
      if (samples.length === 0)
        return { text: '' }
      const stream = native.createStream()
      stream.acceptWaveform({ samples, sampleRate: sampleRateHz })
      const result = await computeGate.urgent(() => native.decodeAsync(stream))
      return { text: result.text }
    },
  }
}

// --- voice detector ---

export interface VoiceDetectorOptions {
  /** Probability from which a window is speech, 0 to 1; a window stays speech down to 0.15 below it. */
  readonly threshold: number
}

/**
 * Silero, window by window. The addon gives no probability, only its decision; with the shortest durations it
 * allows, that decision is the window's own (with the model's hysteresis), and what to make of it is the caller's.
 */
export interface VoiceDetector {
  readonly windowSamples: number
  /** 16 kHz, exactly `windowSamples` samples. About 0.1 ms. */
  isSpeech: (window: Float32Array) => boolean
  reset: () => void
}

export const VAD_WINDOW_SAMPLES = 512
const DETECTOR_BUFFER_SECONDS = 10

/**
 * Synchronous: the model is 2 MB. One detector per stream; it has state. Throws `model-missing`. A corrupt file
 * makes the library abort the whole process: the host sees in which load the child died.
 */
export function createVoiceDetector(model: InstalledModel, options: VoiceDetectorOptions): VoiceDetector {
  const config = {
    sileroVad: {
      model: modelFile(model, 'model'),
      threshold: options.threshold,
      // Shorter than a window (32 ms). Zero is not the same: begin and end are then found some 200 ms later.
      minSilenceDuration: 0.001,
      minSpeechDuration: 0.001,
      maxSpeechDuration: 3600,
      windowSize: VAD_WINDOW_SAMPLES,
    },
    sampleRate: 16_000,
    numThreads: 1,
    debug: 0,
    provider: 'cpu',
  }
  opening.emit(model.id)
  let native: NativeVad
  try {
    // The addon keeps the sound of the running segment; nobody reads it here, so it is emptied in time (below).
    native = new sherpa.Vad(config, DETECTOR_BUFFER_SECONDS)
  }
  catch (error) {
    throw corrupt(model, error)
  }
  const mostWindows = (DETECTOR_BUFFER_SECONDS / 2) * 16_000 / VAD_WINDOW_SAMPLES
  let speechWindows = 0
  return {
    windowSamples: VAD_WINDOW_SAMPLES,
    isSpeech(window) {
      native.acceptWaveform(window)
      const speech = native.isDetected()
      speechWindows = speech ? speechWindows + 1 : 0
      // Endless speech would let the buffer grow. Flushing empties it and leaves the model's state alone.
      if (speechWindows >= mostWindows) {
        speechWindows = 0
        native.flush()
      }
      while (!native.isEmpty())
        native.pop()
      return speech
    },
    reset() {
      speechWindows = 0
      native.reset()
      native.clear()
    },
  }
}

// --- voice ---

export interface Voice {
  readonly sampleRateHz: number
  /**
   * Speaks a text. `onSentence` gets the sound of each sentence the library cuts the text into, as soon as it is
   * there; returning false stops after it. Resolves with all of the sound.
   */
  generate: (text: string, options: { readonly speed: number, readonly onSentence?: (samples: Float32Array) => boolean }) => Promise<FloatAudio>
}

function voiceModel(model: InstalledModel): Record<string, unknown> {
  const file = (role: string): string => modelFile(model, role)
  switch (model.format) {
    case 'piper':
      return { vits: { model: file('model'), tokens: file('tokens'), dataDir: file('dataDir') } }
    case 'kokoro':
      return { kokoro: { model: file('model'), voices: file('voices'), tokens: file('tokens'), dataDir: file('dataDir') } }
    case 'moonshine':
    case 'transducer':
    case 'whisper':
    case 'silero-vad':
    case 'gguf':
      throw new AppError('bad-input', `Not a voice: ${model.id}.`)
    default:
      return assertNever(model.format)
  }
}

/** Throws `model-missing`, `model-corrupt`. */
export async function createVoice(model: InstalledModel, options: { readonly threads: number }): Promise<Voice> {
  const config = {
    model: { ...voiceModel(model), numThreads: options.threads, debug: 0, provider: 'cpu' },
    maxNumSentences: 1,
  }
  const native = await load<NativeTts>(model, () => sherpa.OfflineTts.createAsync(config))
  return {
    sampleRateHz: native.sampleRate,
    async generate(text, { speed, onSentence }) {
      const audio = await computeGate.urgent(() => native.generateAsync({
        text,
        sid: 0,
        speed,
        enableExternalBuffer: false,
        ...(onSentence ? { onProgress: ({ samples }) => onSentence(samples) } : {}),
      }))
      return { samples: audio.samples, sampleRateHz: audio.sampleRate }
    },
  }
}

// --- shared ---

async function load<T>(model: InstalledModel, create: () => Promise<T>): Promise<T> {
  opening.emit(model.id)
  try {
    return await create()
  }
  catch (error) {
    throw corrupt(model, error)
  }
}

function corrupt(model: InstalledModel, cause: unknown): AppError {
  return cause instanceof AppError
    ? cause
    : new AppError('model-corrupt', `A model cannot be loaded: ${model.id}.`, { cause, params: { model: model.id } })
}
