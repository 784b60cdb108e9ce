import type { ServiceTest } from '../../contract'
import type { AudioFrame } from '../../ports/audio-frame'
import type { Clock } from '../../ports/clock'
import type { EnginePart } from '../../ports/route'
import type { ServiceEngines } from './service-engines'
import { toAppError } from '../../lib/app-error'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../ports/audio-frame'

export interface ServiceTestOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** A spoken sentence at 16 kHz; without one a hum is sent, and an empty text is a good answer. */
  readonly sample?: Int16Array
}

const PROBE_MS = 1_000
const QUESTION = 'Answer with the single word: yes.'
const SENTENCE = 'This is a test.'

/** A tiny real request for each part that the service is set up for; one after another. Never throws but on abort. */
export async function* testService(engines: ServiceEngines, options: ServiceTestOptions): AsyncGenerator<ServiceTest, void, undefined> {
  for (const part of ['chat', 'asr', 'tts'] as const) {
    const result = await testServicePart(engines, part, options)
    if (result)
      yield result
  }
}

/** Null: the service is not set up for it. */
export async function testServicePart(engines: ServiceEngines, part: EnginePart, options: ServiceTestOptions): Promise<ServiceTest | null> {
  const events = probe(engines, part, options)
  return events && await measure(part, events, options)
}

async function measure(part: EnginePart, events: AsyncIterable<boolean>, { clock, signal }: ServiceTestOptions): Promise<ServiceTest> {
  const startMs = clock.nowMs()
  let firstOutputMs: number | null = null
  try {
    for await (const isOutput of events) {
      if (isOutput)
        firstOutputMs ??= clock.nowMs() - startMs
    }
    signal.throwIfAborted()
    return { part, ok: true, firstOutputMs, errorCode: null, status: null, detail: null }
  }
  catch (error) {
    signal.throwIfAborted()
    const { code, params, message } = toAppError(error)
    const { status, detail } = params
    return { part, ok: false, firstOutputMs, errorCode: code, status: typeof status === 'number' ? status : null, detail: typeof detail === 'string' ? detail : message }
  }
}

/** Whether each event is what a person would notice. Null: the service does not do this part. */
function probe({ chat, asr, tts }: ServiceEngines, part: EnginePart, { signal, sample }: ServiceTestOptions): AsyncIterable<boolean> | null {
  switch (part) {
    case 'chat': return chat && mapped(chat.complete([{ role: 'user', content: QUESTION }], { signal, maxTokens: 16 }), ({ type }) => type === 'text' || type === 'reasoning')
    case 'asr': return asr && mapped(asr.transcribe(framesOf(sample ?? hum()), { signal }), ({ type }) => type === 'partial' || type === 'final')
    case 'tts': return tts && mapped(tts.synthesize(once({ index: 0, text: SENTENCE }), { signal }), ({ samples }) => samples.length > 0)
  }
}

async function* mapped<T>(source: AsyncIterable<T>, isOutput: (item: T) => boolean): AsyncGenerator<boolean> {
  for await (const item of source)
    yield isOutput(item)
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item
}

async function* framesOf(samples: Int16Array): AsyncGenerator<AudioFrame> {
  for (let at = 0; at < samples.length; at += FRAME_SAMPLES)
    yield { samples: samples.subarray(at, at + FRAME_SAMPLES), sampleRate: ASR_RATE_HZ, capturedAtMs: (at / FRAME_SAMPLES) * FRAME_MS }
}

/** 200 Hz, quiet: not silence, which would not even be sent. */
function hum(): Int16Array {
  return Int16Array.from({ length: (ASR_RATE_HZ * PROBE_MS) / 1000 }, (_, i) => Math.round(2_000 * Math.sin((2 * Math.PI * 200 * i) / ASR_RATE_HZ)))
}
