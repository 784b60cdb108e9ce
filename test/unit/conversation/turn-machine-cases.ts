import type { TurnEvent, TurnState } from '../../../src-main/conversation/turn-types'
import { KEY_CHECK_MS } from '../../../src-main/listening/take-limits'

export const TURN = 'turn'
const key = { downAtMs: 0, checkAtMs: KEY_CHECK_MS }
const lost = { code: 'inference-child-lost', retryable: true } as const

export const listening = { name: 'listening', turnId: TURN, key, mode: 'hold', pressedAtMs: 0, latched: false, speechActive: false, fault: null } as const
export const transcribing = {
  name: 'transcribing',
  turnId: TURN,
  key: null,
  shortPress: false,
  capture: 'ended',
  postRollUntilMs: 1_400,
  fault: null,
  retried: false,
  deadlineMs: 21_000,
} as const
export const thinking = { name: 'thinking', turnId: TURN, key: null, voice: 'waiting', replyEnd: null, firstToken: false, retried: false, deadlineMs: 46_000 } as const
export const speaking = { name: 'speaking', turnId: TURN, key: null, replyEnd: null, deadlineMs: 91_000 } as const

/** One or more of each kind of state; the table below has a row for each with every event. */
export const STATES = {
  'idle': { name: 'idle', key: null, hint: null },
  'idle, key still held': { name: 'idle', key, hint: null },
  'listening, silent': listening,
  'listening, voice heard': { ...listening, speechActive: true },
  'listening, latched': { ...listening, mode: 'toggle', key: null, latched: true },
  'listening, recogniser lost': { ...listening, speechActive: true, fault: lost },
  'transcribing, post-roll': { ...transcribing, capture: 'running' },
  'transcribing, short press': { ...transcribing, shortPress: true },
  'transcribing, retried': { ...transcribing, retried: true },
  'thinking': thinking,
  'thinking, retried': { ...thinking, retried: true },
  'thinking, no voice': { ...thinking, voice: 'off', firstToken: true },
  'thinking, all written': { ...thinking, firstToken: true, replyEnd: 'complete' },
  'speaking': speaking,
  'speaking, all written': { ...speaking, replyEnd: 'truncated' },
  'failed': { name: 'failed', turnId: TURN, key: null, errorCode: 'timeout' },
} as const satisfies Record<string, TurnState>

const at = { turnId: TURN, atMs: 1_000 }
export const EVENTS = {
  'key-down': { type: 'key-down', atMs: 1_000, mode: 'hold', turnId: 'new' },
  'key-up': { type: 'key-up', atMs: 1_000 },
  'key-state up': { type: 'key-state', atMs: 1_000, pressedAtMs: 0, down: false },
  'key-state down': { type: 'key-state', atMs: 1_000, pressedAtMs: 0, down: true },
  'cancel': { type: 'cancel', atMs: 1_000 },
  'stop': { type: 'stop', atMs: 1_000 },
  'ask': { type: 'ask', atMs: 1_000, turnId: 'new', text: 'Why?', voice: true },
  'retry take': { type: 'retry', atMs: 1_000, turnId: 'old', from: 'take', voice: true },
  'retry text': { type: 'retry', atMs: 1_000, turnId: 'old', from: 'text', voice: true },
  'tick': { type: 'tick', atMs: 1_000 },
  'tick late': { type: 'tick', atMs: 1_000_000 },
  'speech begins': { type: 'speech', ...at, active: true },
  'speech ends': { type: 'speech', ...at, active: false },
  'capture-ended': { type: 'capture-ended', ...at },
  'transcript': { type: 'transcript-final', ...at, text: 'Why?', voice: true },
  'transcript empty': { type: 'transcript-final', ...at, text: ' ', voice: true },
  'first-token': { type: 'first-token', ...at },
  'progress': { type: 'progress', ...at },
  'reply-ended': { type: 'reply-ended', ...at, end: 'complete' },
  'playback-started': { type: 'playback-started', ...at },
  'playback-ended': { type: 'playback-ended', ...at },
  'capture fails': { type: 'failure', ...at, stage: 'capture', fault: { code: 'no-microphone', retryable: false } },
  'recogniser lost': { type: 'failure', ...at, stage: 'asr', fault: lost },
  'recognition service fails': { type: 'failure', ...at, stage: 'asr', fault: { code: 'service-unreachable', retryable: true } },
  'recogniser fails': { type: 'failure', ...at, stage: 'asr', fault: { code: 'model-missing', retryable: false } },
  'chat lost': { type: 'failure', ...at, stage: 'chat', fault: lost },
  'chat fails': { type: 'failure', ...at, stage: 'chat', fault: { code: 'out-of-memory', retryable: false } },
  'chat service fails': { type: 'failure', ...at, stage: 'chat', fault: { code: 'service-unreachable', retryable: true } },
} as const satisfies Record<string, TurnEvent>

export type StateName = keyof typeof STATES
export type EventName = keyof typeof EVENTS
