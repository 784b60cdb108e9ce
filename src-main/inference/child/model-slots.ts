import type { FromChild, LoadRequest, LocalKind, ModelSet } from '../protocol'
import type { Loaded, Loaders } from './loaders'
import { AppError, toAppError } from '../../lib/app-error'
import { assertNever } from '../../lib/assert-never'
import { systemClock } from '../../ports/clock'
import { toWire } from '../protocol'
import { opening } from './model-file'

export interface ModelSlots {
  /** Throws when the kind is not loaded: main asks only for what it was told is. */
  get: <K extends LocalKind>(kind: K) => Loaded[K]
  /** Replaces what is loaded of that kind. Ends in `loaded` or `load-failed`. */
  load: (request: LoadRequest, contextTokens: number) => void
  unload: (kind: LocalKind) => void
}

export interface ModelSlotsOptions {
  readonly send: (message: FromChild) => void
  readonly collectGarbage: () => void
}

/** The models that are loaded, one of each kind. Kinds load at the same time; steps of one kind one after the other. */
export function createModelSlots(loaders: Loaders, { send, collectGarbage }: ModelSlotsOptions): ModelSlots {
  const loaded: { -readonly [K in LocalKind]?: Loaded[K] } = {}
  const order: Record<LocalKind, Promise<void>> = { asr: Promise.resolve(), tts: Promise.resolve(), chat: Promise.resolve() }

  function enqueue(kind: LocalKind, work: () => Promise<void>): void {
    order[kind] = order[kind].then(work).catch((error: unknown) => send({ type: 'load-failed', kind, error: toWire(toAppError(error)) }))
  }

  async function drop(kind: LocalKind): Promise<void> {
    const model = loaded[kind]
    if (!model)
      return
    delete loaded[kind]
    if ('dispose' in model)
      await model.dispose()
    collectGarbage()
  }

  async function loadAs<K extends LocalKind>(kind: K, models: ModelSet[K], contextTokens: number): Promise<void> {
    await drop(kind)
    const ids = new Set(Object.values(models).map(model => model.id))
    const stopTelling = opening.subscribe((modelId) => {
      if (ids.has(modelId))
        send({ type: 'opening', kind, modelId })
    })
    try {
      const startMs = systemClock.nowMs()
      const model = await loaders[kind](models, { contextTokens })
      const loadedMs = systemClock.nowMs()
      await model.warmUp()
      loaded[kind] = model
      send({ type: 'loaded', kind, loadMs: loadedMs - startMs, warmUpMs: systemClock.nowMs() - loadedMs })
    }
    finally {
      stopTelling()
    }
  }

  function loadRequest(request: LoadRequest, contextTokens: number): Promise<void> {
    switch (request.kind) {
      case 'asr':
        return loadAs('asr', request.models, contextTokens)
      case 'tts':
        return loadAs('tts', request.models, contextTokens)
      case 'chat':
        return loadAs('chat', request.models, contextTokens)
      default:
        return assertNever(request)
    }
  }

  return {
    get(kind) {
      const model = loaded[kind]
      if (!model)
        throw new AppError('internal', `Not loaded: ${kind}.`, { retryable: true })
      return model
    },
    load: (request, contextTokens) => enqueue(request.kind, () => loadRequest(request, contextTokens)),
    unload: kind => enqueue(kind, async () => {
      await drop(kind)
      send({ type: 'unloaded', kind })
    }),
  }
}
