import type { ModelView, Settings } from '../contract'
import type { InferenceHost, LocalModels } from '../inference/inference-host'
import type { ModelStore } from '../models'
import type { Logger } from '../ports/logger'
import type { StateHub } from './state-hub'
import { toAppError } from '../lib/app-error'

const PROGRESS_INTERVAL_MS = 200

export interface ModelViews {
  refresh: () => Promise<void>
  /** Installs in the background; progress and end are shown. Calls `onInstalled` when it is there. */
  install: (modelId: string, onInstalled: () => Promise<void>) => void
  dispose: () => void
}

/** The models as the settings show them: what is on disk, joined with what is loaded. */
export function createModelViews(hub: StateHub, store: ModelStore, host: InferenceHost, inUse: () => LocalModels, chosen: () => Settings['models'], logger: Logger): ModelViews {
  const installing = new Map<string, number>()
  const failed = new Map<string, string>()
  const stop = new AbortController()

  function liveState(view: ModelView): ModelView {
    const progress = installing.get(view.id)
    if (progress !== undefined)
      return { ...view, state: 'installing', progress }
    if (inUse()[view.kind]?.id !== view.id)
      return failed.has(view.id) ? { ...view, state: 'failed', errorCode: failed.get(view.id) ?? null } : view
    const { state, errorCode } = host.state(view.kind === 'vad' ? 'asr' : view.kind)
    switch (state) {
      case 'loading':
      case 'ready':
        return { ...view, state }
      case 'failed':
        return { ...view, state, errorCode: errorCode ?? 'internal' }
      case 'unloaded':
        return view
    }
  }

  let listed: readonly ModelView[] = []
  /** Told of once for each time that they break. */
  const replaced = new Set<string>()

  /** A chosen model that is damaged, and another one in its place: worse answers would have no visible reason. */
  function tellReplaced(): void {
    for (const { id, kind, name, errorCode } of listed) {
      if (errorCode !== 'model-corrupt') {
        replaced.delete(id)
        continue
      }
      const used = inUse()[kind]
      if (chosen()[kind] !== id || used === undefined || used.id === id || replaced.has(id))
        continue
      replaced.add(id)
      hub.notify('warning', 'model-fallback', { model: name })
    }
  }

  function publish(): void {
    hub.publish({ type: 'models', models: listed.map(liveState) })
  }

  async function refresh(): Promise<void> {
    listed = (await store.list()).map(({ id, kind, name, licence, sizeBytes, state }): ModelView => ({
      id,
      kind,
      name,
      licence,
      sizeBytes,
      state: state === 'corrupt' ? 'failed' : state,
      progress: null,
      errorCode: state === 'corrupt' ? 'model-corrupt' : null,
    }))
    publish()
    tellReplaced()
  }

  const unsubscribe = host.states.subscribe(publish)

  async function run(modelId: string, onInstalled: () => Promise<void>): Promise<void> {
    let toldAtMs = 0
    try {
      await store.install(modelId, {
        signal: stop.signal,
        onProgress({ doneBytes, totalBytes }) {
          installing.set(modelId, totalBytes ? Math.min(1, doneBytes / totalBytes) : 0)
          if (Date.now() - toldAtMs >= PROGRESS_INTERVAL_MS) {
            toldAtMs = Date.now()
            publish()
          }
        },
      })
      await onInstalled()
    }
    catch (error) {
      const { code } = toAppError(error)
      if (code === 'aborted')
        return
      failed.set(modelId, code)
      logger.warn('a model could not be installed', { modelId, code })
      hub.notify('error', code, { model: modelId })
    }
    finally {
      installing.delete(modelId)
      await refresh()
    }
  }

  return {
    refresh,
    install(modelId, onInstalled) {
      if (installing.has(modelId))
        return
      installing.set(modelId, 0)
      failed.delete(modelId)
      publish()
      void run(modelId, onInstalled)
    },
    dispose() {
      stop.abort()
      unsubscribe()
    },
  }
}
