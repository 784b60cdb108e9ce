import type { ErrorCode } from '../lib/app-error'
import type {
  Fault,
  GoodEnd,
  HeldKey,
  ListeningState,
  RunEvent,
  SpeakingState,
  ThinkingState,
  TranscribingState,
  Transition,
  TurnEffect,
  TurnEvent,
  TurnState,
} from './turn-types'
import { assertNever } from '../lib/assert-never'
import { KEY_CHECK_MS, POST_ROLL_MS, TAKE_SHARE, TAP_MS } from '../listening/take-limits'
import { STAGE_LIMITS_MS } from './turn-types'

type EventOf<T extends TurnEvent['type']> = Extract<TurnEvent, { type: T }>

export const initialState: TurnState = { name: 'idle', key: null, hint: null }

/** The turn the state is about, or null. */
export function turnIdOf(state: TurnState): string | null {
  return state.name === 'idle' ? null : state.turnId
}

/** When the state wants its next `tick`, on the clock of the events; null: never. */
export function nextTickMs(state: TurnState): number | null {
  const times = [state.key?.checkAtMs, deadlineOf(state), postRollEndOf(state)].filter(time => time !== undefined)
  return times.length === 0 ? null : Math.min(...times)
}

/**
 * The whole life of turns as a pure function: what becomes of `state` when `event` happens, and what is to be done.
 * Effects are to be carried out in their order. At most one turn is running in any state.
 */
export function transition(state: TurnState, event: TurnEvent): Transition {
  switch (event.type) {
    case 'key-down': return onKeyDown(state, event)
    case 'key-up': return onKeyUp(state, event.atMs)
    case 'key-state': return event.down || state.key?.downAtMs !== event.pressedAtMs ? keep(state) : onKeyUp(state, event.atMs)
    case 'cancel':
    case 'stop': return onHalt(state)
    case 'ask': return onAsk(state, event)
    case 'retry': return onRetry(state, event)
    case 'tick': return onTick(state, event.atMs)
    default: return turnIdOf(state) === event.turnId ? onRunEvent(state, event) : keep(state)
  }
}

function onRunEvent(state: TurnState, event: RunEvent): Transition {
  switch (state.name) {
    case 'idle':
    case 'failed': return keep(state)
    case 'listening': return whileListening(state, event)
    case 'transcribing': return whileTranscribing(state, event)
    case 'thinking': return whileThinking(state, event)
    case 'speaking': return whileSpeaking(state, event)
    default: return assertNever(state)
  }
}

// --- the key, and what people do ---

function onKeyDown(state: TurnState, event: EventOf<'key-down'>): Transition {
  // A second press without a release between is the keyboard repeating itself.
  if (state.key !== null)
    return keep(state)
  const key: HeldKey = { downAtMs: event.atMs, checkAtMs: event.atMs + KEY_CHECK_MS }
  if (state.name === 'listening')
    return endTake({ ...state, key }, event.atMs)
  return {
    state: {
      name: 'listening',
      turnId: event.turnId,
      key,
      mode: event.mode,
      pressedAtMs: event.atMs,
      latched: false,
      speechActive: false,
      fault: null,
    },
    effects: [...interruption(state), { type: 'begin-take', turnId: event.turnId, atMs: event.atMs }],
  }
}

function onKeyUp(state: TurnState, atMs: number): Transition {
  if (state.key === null)
    return keep(state)
  const released = { ...state, key: null }
  if (released.name !== 'listening' || released.latched)
    return keep(released)
  const isTap = released.mode === 'toggle' || (released.mode === 'auto' && atMs - released.pressedAtMs <= TAP_MS)
  return isTap ? keep({ ...released, latched: true }) : endTake(released, atMs)
}

function onHalt(state: TurnState): Transition {
  if (state.name === 'idle')
    return keep(state)
  const hint = state.name === 'listening' || state.name === 'transcribing' ? 'cancelled' : null
  return { state: { name: 'idle', key: state.key, hint }, effects: interruption(state) }
}

function onAsk(state: TurnState, event: EventOf<'ask'>): Transition {
  return {
    state: thinking(state, event.turnId, event.voice, false, event.atMs),
    effects: [...interruption(state), { type: 'begin-typed', turnId: event.turnId, atMs: event.atMs, text: event.text }],
  }
}

function onRetry(state: TurnState, event: EventOf<'retry'>): Transition {
  const { turnId, from, atMs } = event
  return {
    state: from === 'text'
      ? thinking(state, turnId, event.voice, false, atMs)
      : {
          name: 'transcribing',
          turnId,
          key: state.key,
          shortPress: false,
          capture: 'ended',
          postRollUntilMs: atMs,
          fault: null,
          retried: false,
          deadlineMs: atMs + STAGE_LIMITS_MS.transcribing,
        },
    effects: [...interruption(state), { type: 'reopen', turnId, atMs, from }],
  }
}

/** Silence first, then the machines; what is kept of the turn is decided when the loudspeaker has told what was heard. */
function interruption(state: TurnState): TurnEffect[] {
  switch (state.name) {
    case 'idle':
    case 'failed': return []
    case 'listening': return [{ type: 'end-capture', turnId: state.turnId }, ...ending(state.turnId, 'interrupted', 'aborted')]
    case 'transcribing': return [...endOfCapture(state), ...ending(state.turnId, 'interrupted', 'aborted')]
    case 'thinking':
    case 'speaking': return [{ type: 'stop-playback', turnId: state.turnId }, ...ending(state.turnId, 'interrupted', null)]
    default: return assertNever(state)
  }
}

// --- time ---

function onTick(state: TurnState, atMs: number): Transition {
  const due = state.key !== null && atMs >= state.key.checkAtMs ? state.key : null
  const checked: TurnState = due ? { ...state, key: { ...due, checkAtMs: atMs + KEY_CHECK_MS } } : state
  const check: TurnEffect[] = due ? [{ type: 'check-key', pressedAtMs: due.downAtMs }] : []
  const { state: next, effects } = onDeadline(checked, atMs)
  return { state: next, effects: [...check, ...effects] }
}

function onDeadline(state: TurnState, atMs: number): Transition {
  switch (state.name) {
    case 'idle':
    case 'failed':
    case 'listening': return keep(state)
    case 'transcribing':
    case 'thinking':
    case 'speaking':
      if (atMs >= state.deadlineMs)
        return fail(state, 'timeout')
      return state.name === 'transcribing' && atMs >= (postRollEndOf(state) ?? Infinity) ? stopCapture(state) : keep(state)
    default: return assertNever(state)
  }
}

function deadlineOf(state: TurnState): number | undefined {
  return 'deadlineMs' in state ? state.deadlineMs : undefined
}

function postRollEndOf(state: TurnState): number | undefined {
  return state.name === 'transcribing' && state.capture === 'running' ? state.postRollUntilMs : undefined
}

// --- the running turn ---

function whileListening(state: ListeningState, event: RunEvent): Transition {
  switch (event.type) {
    case 'speech': return keep({ ...state, speechActive: event.active })
    // The microphone is gone for good: what was captured is the take.
    case 'capture-ended':
    case 'transcript-final': {
      const ended = endTake({ ...state, speechActive: false }, event.atMs)
      const settled = whileTranscribing(ended.state, event)
      return { state: settled.state, effects: [...ended.effects, ...settled.effects] }
    }
    case 'failure':
      if (event.stage === 'capture')
        return fail(state, event.fault.code)
      // Nobody tells any more when the voice falls silent: the post-roll is to run its whole length.
      return event.stage === 'asr' ? keep({ ...state, speechActive: true, fault: event.fault }) : keep(state)
    case 'first-token':
    case 'progress':
    case 'reply-ended':
    case 'playback-started':
    case 'playback-ended': return keep(state)
    default: return assertNever(event)
  }
}

/** The hold is over. While the voice is still heard recording goes on for a moment, so that the last word is whole. */
function endTake(state: ListeningState, atMs: number): Transition<TranscribingState> {
  const { turnId } = state
  const running: TranscribingState = {
    name: 'transcribing',
    turnId,
    key: state.key,
    shortPress: !state.latched && atMs - state.pressedAtMs < TAP_MS,
    capture: 'running',
    postRollUntilMs: atMs + POST_ROLL_MS,
    fault: state.fault,
    retried: false,
    deadlineMs: atMs + STAGE_LIMITS_MS.transcribing + (atMs - state.pressedAtMs) * TAKE_SHARE,
  }
  const mark: TurnEffect = { type: 'mark-release', turnId, atMs }
  if (state.speechActive)
    return { state: running, effects: [mark] }
  const stopped = stopCapture(running)
  return { state: stopped.state, effects: [mark, ...stopped.effects] }
}

function stopCapture(state: TranscribingState): Transition<TranscribingState> {
  return { state: { ...state, capture: 'ending' }, effects: [{ type: 'end-capture', turnId: state.turnId }] }
}

function endOfCapture(state: TranscribingState): TurnEffect[] {
  return state.capture === 'running' ? [{ type: 'end-capture', turnId: state.turnId }] : []
}

function whileTranscribing(state: TranscribingState, event: RunEvent): Transition {
  switch (event.type) {
    case 'speech': {
      const alive = extended(state, event.atMs)
      return event.active || alive.capture !== 'running' ? keep(alive) : stopCapture(alive)
    }
    case 'progress': return keep(extended(state, event.atMs))
    case 'capture-ended': return afterCapture({ ...extended(state, event.atMs), capture: 'ended' })
    case 'transcript-final': return afterTranscript(state, event)
    case 'failure':
      if (event.stage === 'capture')
        return fail(state, event.fault.code)
      return event.stage === 'asr' ? afterCapture({ ...state, fault: final(event.fault) }) : keep(state)
    case 'first-token':
    case 'reply-ended':
    case 'playback-started':
    case 'playback-ended': return keep(state)
    default: return assertNever(event)
  }
}

/** While somebody waits for it a service is tried as often as it is worth before this is told. */
function final(fault: Fault): Fault {
  return isProcessLost(fault) ? fault : { ...fault, retryable: false }
}

/** The recogniser failed: once the take is whole on disk it may be decoded from there, once. */
function afterCapture(state: TranscribingState): Transition {
  if (state.capture !== 'ended' || state.fault === null)
    return keep(state)
  if (!mayRetry(state, state.fault))
    return fail(state, state.fault.code)
  return { state: { ...state, fault: null, retried: true }, effects: [{ type: 'transcribe-take', turnId: state.turnId }] }
}

function afterTranscript(state: TranscribingState, event: EventOf<'transcript-final'>): Transition {
  const { turnId, text } = event
  if (text.trim() === '') {
    return {
      state: { name: 'idle', key: state.key, hint: state.shortPress ? 'too-short' : 'no-speech' },
      effects: [...endOfCapture(state), { type: 'abort', turnId }, { type: 'discard', turnId }],
    }
  }
  return {
    state: thinking(state, turnId, event.voice, state.retried, event.atMs),
    effects: [...endOfCapture(state), { type: 'begin-reply', turnId, text }],
  }
}

function thinking(from: TurnState, turnId: string, voice: boolean, retried: boolean, atMs: number): ThinkingState {
  return {
    name: 'thinking',
    turnId,
    key: from.key,
    voice: voice ? 'waiting' : 'off',
    replyEnd: null,
    firstToken: false,
    retried,
    deadlineMs: atMs + STAGE_LIMITS_MS.thinking,
  }
}

function whileThinking(state: ThinkingState, event: RunEvent): Transition {
  switch (event.type) {
    case 'first-token': return keep(extended({ ...state, firstToken: true }, event.atMs))
    case 'progress': return keep(extended(state, event.atMs))
    case 'reply-ended':
      if (state.voice === 'off')
        return complete(state, event.end)
      return keep({ ...extended({ ...state, firstToken: true }, event.atMs), replyEnd: event.end })
    case 'playback-started': {
      if (state.voice === 'off')
        return keep(state)
      const { turnId, key, replyEnd } = state
      return keep({ name: 'speaking', turnId, key, replyEnd, deadlineMs: event.atMs + STAGE_LIMITS_MS.speaking })
    }
    case 'playback-ended':
      if (state.replyEnd !== null)
        return complete(state, state.replyEnd)
      return keep({ ...extended(state, event.atMs), voice: 'off' })
    case 'failure':
      if (event.stage !== 'chat' || state.replyEnd !== null)
        return keep(state)
      return isProcessLost(event.fault) && mayRetry(state, event.fault) ? restartReply(state, event.atMs) : fail(state, event.fault.code)
    case 'speech':
    case 'capture-ended':
    case 'transcript-final': return keep(state)
    default: return assertNever(event)
  }
}

/**
 * A service was tried as often as it is worth before this is told, and what it wrote was shown: asked once more it would
 * write something else. The own model's process comes back and answers.
 */
function isProcessLost({ code }: Fault): boolean {
  return code === 'inference-child-lost'
}

/** Nothing of the reply was heard: it may begin again from nothing. */
function restartReply(state: ThinkingState, atMs: number): Transition {
  const { turnId, voice } = state
  return {
    state: thinking(state, turnId, voice === 'waiting', true, atMs),
    effects: [{ type: 'stop-playback', turnId }, { type: 'restart-reply', turnId }],
  }
}

function whileSpeaking(state: SpeakingState, event: RunEvent): Transition {
  switch (event.type) {
    case 'first-token':
    case 'progress':
    case 'playback-started': return keep(extended(state, event.atMs))
    case 'reply-ended': return keep({ ...extended(state, event.atMs), replyEnd: event.end })
    case 'playback-ended': {
      const { turnId, key, replyEnd } = state
      if (replyEnd !== null)
        return complete(state, replyEnd)
      // The voice gave up early: the reply goes on in writing.
      return keep({ ...thinking(state, turnId, false, true, event.atMs), key, firstToken: true, deadlineMs: event.atMs + STAGE_LIMITS_MS.replying })
    }
    case 'failure':
      // A part was heard: it is kept, and never said twice.
      return event.stage === 'chat' && state.replyEnd === null ? fail(state, event.fault.code) : keep(state)
    case 'speech':
    case 'capture-ended':
    case 'transcript-final': return keep(state)
    default: return assertNever(event)
  }
}

// --- shared ---

function keep(state: TurnState): Transition {
  return { state, effects: [] }
}

function mayRetry(state: { readonly retried: boolean }, fault: Fault): boolean {
  return fault.retryable && !state.retried
}

/** A sign of life moves the deadline; it never comes nearer. */
function extended<S extends TranscribingState | ThinkingState | SpeakingState>(state: S, atMs: number): S {
  return { ...state, deadlineMs: Math.max(state.deadlineMs, atMs + stageLimitMs(state)) }
}

function stageLimitMs(state: TranscribingState | ThinkingState | SpeakingState): number {
  switch (state.name) {
    case 'transcribing': return STAGE_LIMITS_MS.transcribing
    case 'thinking': return state.firstToken ? STAGE_LIMITS_MS.replying : STAGE_LIMITS_MS.thinking
    case 'speaking': return STAGE_LIMITS_MS.speaking
    default: return assertNever(state)
  }
}

function complete(state: ThinkingState | SpeakingState, end: GoodEnd): Transition {
  return {
    state: { name: 'idle', key: state.key, hint: null },
    effects: [{ type: 'finish', turnId: state.turnId, end, errorCode: null }],
  }
}

function fail(state: Exclude<TurnState, { name: 'idle' | 'failed' }>, errorCode: ErrorCode): Transition {
  const { turnId, key } = state
  const first: TurnEffect[] = state.name === 'listening'
    ? [{ type: 'end-capture', turnId }]
    : state.name === 'transcribing' ? endOfCapture(state) : [{ type: 'stop-playback', turnId }]
  return { state: { name: 'failed', turnId, key, errorCode }, effects: [...first, ...ending(turnId, 'failed', errorCode)] }
}

function ending(turnId: string, end: 'failed' | 'interrupted', errorCode: ErrorCode | null): TurnEffect[] {
  return [{ type: 'abort', turnId }, { type: 'finish', turnId, end, errorCode }]
}
