import type { AudioFrame } from '../../src-main/ports/audio-frame'
import type { SpeechChunk } from '../../src-main/ports/tts-engine'
import { ASR_RATE_HZ, FRAME_MS, FRAME_SAMPLES } from '../../src-main/ports/audio-frame'

/** A voice's chunks as a take: 20 ms frames at 16 kHz, by linear interpolation, with silence before and after. */
export function framesOf(chunks: readonly SpeechChunk[], silenceMs = 300): AudioFrame[] {
  const rate = chunks[0]?.sampleRate ?? ASR_RATE_HZ
  const voice = chunks.flatMap(chunk => [...chunk.samples])
  const silence = Math.round(silenceMs * ASR_RATE_HZ / 1000)
  const length = Math.floor(voice.length * ASR_RATE_HZ / rate)
  const samples = new Int16Array(length + 2 * silence)
  for (let i = 0; i < length; i++) {
    const at = i * rate / ASR_RATE_HZ
    const before = Math.floor(at)
    const left = voice[before] ?? 0
    samples[silence + i] = Math.round(left + ((voice[before + 1] ?? left) - left) * (at - before))
  }
  const frames: AudioFrame[] = []
  for (let at = 0; at + FRAME_SAMPLES <= samples.length; at += FRAME_SAMPLES)
    frames.push({ samples: samples.slice(at, at + FRAME_SAMPLES), sampleRate: ASR_RATE_HZ, capturedAtMs: frames.length * FRAME_MS })
  return frames
}
