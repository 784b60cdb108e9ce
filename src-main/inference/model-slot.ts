import type { AppError } from '../lib/app-error'
import type { LocalModels, LocalModelState, ModelChanges } from './local-models'
import type { LoadRequest, LocalKind } from './protocol'
import { assertNever } from '../lib/assert-never'
import { Emitter } from '../lib/emitter'

/** One kind of model as the supervisor keeps it. */
export interface Slot {
  readonly kind: LocalKind
  state: LocalModelState['state']
  error?: AppError
  loadMs?: number
  /** The child was told to load it and has not answered. */
  asked: boolean
  askedAtMs: number
  /** Told by the child: what its library opened last. */
  openingId?: string
  active: number
  /** Other models wait for the running requests to end. */
  stale: boolean
  readonly changed: Emitter<void>
}

export function newSlot(kind: LocalKind): Slot {
  return { kind, state: 'unloaded', asked: false, askedAtMs: 0, active: 0, stale: false, changed: new Emitter() }
}

/** As others see it. */
export function viewOf(slot: Slot): LocalModelState {
  return {
    kind: slot.kind,
    state: slot.state,
    ...(slot.state === 'failed' && slot.error ? { errorCode: slot.error.code } : {}),
    ...(slot.state === 'ready' && slot.loadMs !== undefined ? { loadMs: slot.loadMs } : {}),
  }
}

/** What to load of a kind; null when a model it cannot do without is missing. */
export function requestFor(kind: LocalKind, { asr, rescue, vad, tts, chat }: LocalModels): LoadRequest | null {
  switch (kind) {
    case 'asr':
      return asr && vad ? { kind, models: { asr, vad, ...(rescue ? { rescue } : {}) } } : null
    case 'tts':
      return tts ? { kind, models: { tts } } : null
    case 'chat':
      return chat ? { kind, models: { chat } } : null
    default:
      return assertNever(kind)
  }
}

export function requestIds(request: LoadRequest | null): string[] {
  return request ? Object.values(request.models).map(model => model.id) : []
}

export function applyChanges(models: LocalModels, changes: ModelChanges): LocalModels {
  const next = { ...models, ...changes }
  return Object.fromEntries(Object.entries(next).filter(([, model]) => model !== null && model !== undefined))
}
