import type { Subscribable } from '../lib/emitter'
import type { SpawnChild } from '../ports/child-channel'
import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import type { ChildLink, ControlMessage, LostReason } from './child-link'
import type { LocalModels, LocalModelState, ModelChanges } from './local-models'
import type { ModelAccess } from './model-access'
import type { Slot } from './model-slot'
import type { LocalKind } from './protocol'
import { abortReason } from '../lib/abort'
import { AppError } from '../lib/app-error'
import { assertNever } from '../lib/assert-never'
import { Emitter } from '../lib/emitter'
import { createChildLink } from './child-link'
import { createModelAccess } from './model-access'
import { applyChanges, newSlot, requestFor, requestIds, viewOf } from './model-slot'
import { fromWire, LOCAL_KINDS, PROTOCOL_VERSION } from './protocol'
import { createRestartPolicy } from './restart-policy'

export interface ModelSupervisor extends ModelAccess {
  start: () => void
  readonly states: Subscribable<LocalModelState>
  state: (kind: LocalKind) => LocalModelState
  setModels: (changes: ModelChanges) => void
  hold: () => () => void
  readonly process: { readonly pid: number | undefined, readonly rssBytes: number } | null
  close: () => void
}

export interface SupervisorOptions {
  readonly spawn: SpawnChild
  readonly clock: Clock
  readonly logger: Logger
  readonly models: LocalModels
  readonly unloadAfterIdleMs: number | null
  readonly readyTimeoutMs: number
  readonly contextTokens: number
}

/** One kind's loading: a disk that gives 20 MB/s and a model of 1 GB. */
const LOAD_TIMEOUT_MS = 90_000
/** Loading and computing each hold a thread of libuv's pool. */
const CHILD_ENV = { UV_THREADPOOL_SIZE: '8' }

export function createModelSupervisor(options: SupervisorOptions): ModelSupervisor {
  const { spawn, clock, logger } = options
  const states = new Emitter<LocalModelState>()
  const policy = createRestartPolicy()
  const slots: Record<LocalKind, Slot> = { asr: newSlot('asr'), tts: newSlot('tts'), chat: newSlot('chat') }
  const all = LOCAL_KINDS.map(kind => slots[kind])
  let models: LocalModels = options.models
  let link: ChildLink | undefined
  let closed = false
  let holds = 0
  let stopIdle = (): void => {}
  let stopRestart: (() => void) | undefined
  let stopLoadTimeout = (): void => {}
  let lostAtMs: number | undefined

  function enter(slot: Slot, state: Slot['state'], error?: AppError): void {
    enterAll([{ slot, state, ...(error && { error }) }])
  }

  /** All have changed before any is told of: who hears of one asks for another at once, some within the telling itself. */
  function enterAll(changes: readonly { readonly slot: Slot, readonly state: Slot['state'], readonly error?: AppError }[]): void {
    for (const { slot, state, error } of changes) {
      slot.state = state
      if (error)
        slot.error = error
      else
        delete slot.error
    }
    for (const { slot } of changes) {
      states.emit(viewOf(slot))
      slot.changed.emit()
    }
  }

  // --- the child's life ---

  function connect(): ChildLink {
    stopRestart?.()
    stopRestart = undefined
    const made = createChildLink(spawn({ entry: 'inference-child', env: CHILD_ENV }), clock)
    link = made
    made.control.subscribe(message => hear(message))
    made.losses.subscribe(reason => lose(reason))
    return made
  }

  /** Loads what should be loaded and is not: all at once, or after a death while loading one by one. */
  function loadMore(): void {
    if (closed || stopRestart)
      return
    for (const slot of all) {
      if (slot.asked || (slot.state !== 'unloaded' && slot.state !== 'loading'))
        continue
      if (policy.careful && all.some(each => each.asked))
        break
      const request = requestFor(slot.kind, models)
      if (!request) {
        enter(slot, 'failed', new AppError('model-missing', `No model is installed: ${slot.kind}.`, { params: { kind: slot.kind } }))
        continue
      }
      const to = link ?? connect()
      slot.asked = true
      slot.askedAtMs = clock.nowMs()
      delete slot.openingId
      slot.stale = false
      if (slot.state !== 'loading')
        enter(slot, 'loading')
      to.send({ type: 'load', request, contextTokens: options.contextTokens })
    }
    watchLoading()
  }

  function watchLoading(): void {
    stopLoadTimeout()
    stopLoadTimeout = all.some(slot => slot.asked) ? clock.after(LOAD_TIMEOUT_MS, () => link?.giveUp()) : () => {}
  }

  function hear(message: ControlMessage): void {
    switch (message.type) {
      case 'hello':
        if (message.version !== PROTOCOL_VERSION)
          failAll(new AppError('internal', 'The child process is of another version.'))
        return
      case 'opening':
        slots[message.kind].openingId = message.modelId
        return
      case 'loaded':
        return loaded(slots[message.kind])
      case 'load-failed':
        return loadFailed(slots[message.kind], fromWire(message.error))
      case 'unloaded':
        return
      default:
        assertNever(message)
    }
  }

  function loaded(slot: Slot): void {
    policy.loaded(slot.kind)
    slot.loadMs = clock.nowMs() - slot.askedAtMs
    slot.asked = false
    logger.info('local model loaded', { kind: slot.kind, loadMs: Math.round(slot.loadMs) })
    enter(slot, 'ready')
    if (lostAtMs !== undefined && !all.some(slot => slot.asked)) {
      logger.info('local models are back', { downMs: Math.round(clock.nowMs() - lostAtMs) })
      lostAtMs = undefined
    }
    reloadIfStale(slot)
    loadMore()
    watchIdle()
  }

  function loadFailed(slot: Slot, error: AppError): void {
    policy.loaded(slot.kind)
    slot.asked = false
    logger.warn('local model failed to load', { kind: slot.kind, code: error.code, model: error.params['model'] ?? null })
    enter(slot, 'failed', error)
    reloadIfStale(slot)
    loadMore()
    watchIdle()
  }

  function lose(reason: LostReason): void {
    link = undefined
    lostAtMs = clock.nowMs()
    stopLoadTimeout()
    const loading = all.filter(slot => slot.asked)
    const verdict = policy.lost(loading.map(slot => ({ kind: slot.kind, opened: slot.openingId !== undefined })), clock.nowMs())
    logger.warn('inference child lost', { reason, loading: loading.map(slot => slot.kind).join(' '), delayMs: verdict.delayMs })
    for (const slot of all)
      slot.asked = false
    enterAll(all.filter(({ state }) => state === 'loading' || state === 'ready').flatMap((slot) => {
      if (verdict.corrupt.includes(slot.kind)) {
        const model = slot.openingId ?? requestIds(requestFor(slot.kind, models)).join(', ')
        return { slot, state: 'failed' as const, error: new AppError('model-corrupt', `The process ended twice while it loaded a model: ${model}.`, { params: { model } }) }
      }
      if (verdict.giveUp)
        return { slot, state: 'failed' as const, error: new AppError('inference-child-lost', 'The process of the local models ended again and again while loading.', { params: { reason } }) }
      return slot.state === 'loading' ? [] : { slot, state: 'loading' as const }
    }))
    if (!verdict.giveUp && all.some(slot => slot.state === 'loading'))
      restartAfter(verdict.delayMs)
  }

  function restartAfter(delayMs: number): void {
    const stop = clock.after(delayMs, () => {
      stopRestart = undefined
      loadMore()
    })
    stopRestart = stop
  }

  function failAll(error: AppError): void {
    const old = link
    link = undefined
    old?.close(error)
    for (const slot of all)
      slot.asked = false
    enterAll(all.map(slot => ({ slot, state: 'failed', error })))
  }

  // --- idling ---

  function isBusy(): boolean {
    return holds > 0 || all.some(slot => slot.active > 0 || slot.state === 'loading')
  }

  function watchIdle(): void {
    stopIdle()
    stopIdle = () => {}
    if (options.unloadAfterIdleMs !== null && link && !isBusy())
      stopIdle = clock.after(options.unloadAfterIdleMs, unload)
  }

  /** The process ends: the one sure way to give its memory back. */
  function unload(): void {
    if (isBusy())
      return
    const old = link
    link = undefined
    old?.close(abortReason('unloaded'))
    logger.info('local models unloaded', {})
    enterAll(all.filter(({ state }) => state === 'ready').map(slot => ({ slot, state: 'unloaded' })))
  }

  function reloadIfStale(slot: Slot): void {
    if (!slot.stale || slot.active > 0 || slot.asked)
      return
    slot.stale = false
    if (slot.state === 'unloaded')
      return
    if (requestFor(slot.kind, models) === null)
      link?.send({ type: 'unload', kind: slot.kind })
    enter(slot, 'loading')
    loadMore()
  }

  // --- what others ask ---

  function hold(): () => void {
    let held = true
    holds++
    stopIdle()
    return () => {
      if (!held)
        return
      held = false
      holds--
      watchIdle()
    }
  }

  const { acquire } = createModelAccess({
    clock,
    readyTimeoutMs: options.readyTimeoutMs,
    slot: kind => slots[kind],
    link: () => link as ChildLink,
    closed: () => closed,
    loadMore,
    hold,
    released: reloadIfStale,
  })

  return {
    states,
    acquire,
    hold,
    state: kind => viewOf(slots[kind]),
    start() {
      for (const slot of all.filter(each => each.state === 'failed')) {
        policy.forgive(slot.kind)
        enter(slot, 'unloaded')
      }
      loadMore()
    },
    setModels(changes) {
      const before = models
      models = applyChanges(models, changes)
      for (const slot of all) {
        const wanted = requestFor(slot.kind, models)
        if (JSON.stringify(wanted) === JSON.stringify(requestFor(slot.kind, before)))
          continue
        policy.forgive(slot.kind)
        slot.stale = true
        reloadIfStale(slot)
      }
    },
    get process() {
      return link ? { pid: link.pid, rssBytes: link.rssBytes } : null
    },
    close() {
      closed = true
      stopIdle()
      stopRestart?.()
      stopLoadTimeout()
      const old = link
      link = undefined
      old?.close(abortReason('closed'))
      for (const slot of all)
        slot.changed.emit()
    },
  }
}
