import type { Buffer } from 'node:buffer'

/**
 * How a service wants to be spoken to; what it answers is understood in every dialect.
 * - `openai`: `session.update` with a session of type transcription, 24 kHz;
 * - `openai-beta`: the same as `transcription_session.update`, 24 kHz;
 * - `16k`: 16 kHz; the model in `session.update` itself, a commit that starts and one that is `final`, no item ids.
 */
export type RealtimeDialect = 'openai' | 'openai-beta' | '16k'

export interface RealtimeSetup {
  readonly dialect: RealtimeDialect
  readonly model: string
  readonly language: string | undefined
}

export function rateOf(dialect: RealtimeDialect): number {
  return dialect === '16k' ? 16_000 : 24_000
}

/** One generation at a time, told by no ids: a take is one item. */
export function isSingleItem(dialect: RealtimeDialect): boolean {
  return dialect === '16k'
}

/** The first message on a connection. The server's own detection of pauses is off: it would cut by itself. */
export function setupMessage({ dialect, model, language }: RealtimeSetup): string {
  const transcription = { model, ...(language !== undefined && { language }) }
  switch (dialect) {
    case 'openai': return JSON.stringify({
      type: 'session.update',
      session: { type: 'transcription', audio: { input: { format: { type: 'audio/pcm', rate: rateOf(dialect) }, transcription, turn_detection: null } } },
    })
    case 'openai-beta': return JSON.stringify({
      type: 'transcription_session.update',
      session: { input_audio_format: 'pcm16', input_audio_transcription: transcription, turn_detection: null },
    })
    case '16k': return JSON.stringify({ type: 'session.update', model, ...(language !== undefined && { language }) })
  }
}

/** Null: an item needs no beginning. */
export function startMessage(dialect: RealtimeDialect): string | null {
  return dialect === '16k' ? JSON.stringify({ type: 'input_audio_buffer.commit', final: false }) : null
}

export function appendMessage(pcm: Buffer): string {
  // Base64 needs no escaping.
  return `{"type":"input_audio_buffer.append","audio":"${pcm.toString('base64')}"}`
}

export function commitMessage(dialect: RealtimeDialect): string {
  return JSON.stringify({ type: 'input_audio_buffer.commit', ...(dialect === '16k' && { final: true }) })
}

export function realtimeHeaders(dialect: RealtimeDialect): Record<string, string> {
  return dialect === 'openai-beta' ? { 'openai-beta': 'realtime=v1' } : {}
}

/** `http` becomes `ws`, `https` becomes `wss`. */
export function realtimeUrl(baseUrl: string): string {
  return `${baseUrl.replace(/^http/, 'ws')}/realtime?intent=transcription`
}
