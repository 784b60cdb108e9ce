import type { DictationEntryView, DictationView, Settings } from '../contract'
import type { DictationEvent, DictationKey, DictationRunner, DictationRunnerDeps } from '../dictation/types'
import type { RequestHandlers } from '../ipc/request-router'
import type { AsrEngine } from '../ports/asr-engine'
import type { AudioDevice } from '../ports/audio-device'
import type { StoredDictation } from '../ports/dictation-store'
import type { DictationTargets } from './control-handler'
import type { StateHub } from './state-hub'
import process from 'node:process'
import { isLoneModifier } from '../desktop/accelerator'
import { createDictationRunner } from '../dictation/dictation-runner'
import { effective, profileFor } from '../dictation/profiles'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { expireDictations } from '../storage/retention'
import { createLessons } from './lessons'
import { createTakePlayer } from './take-player'

/** How often it is looked for what has been kept long enough. */
const TIDY_EVERY_MS = 6 * 3_600_000

type DictationRequests = Pick<RequestHandlers, 'dictation.toggle' | 'dictation.cancel' | 'dictation.pasteLast' | 'dictation.undo' | 'dictations.list' | 'dictations.delete' | 'dictations.retry' | 'dictations.play' | 'words.learn' | 'words.dismiss'>

export interface DictationHubOptions extends Omit<DictationRunnerDeps, 'options' | 'rulesFor'> {
  readonly hub: StateHub
  readonly settings: () => Settings
  readonly speaker: AudioDevice['speaker']
  /** False: the key can only toggle, its release is not told. */
  readonly hasKeyUp: () => boolean
  readonly saveDictionary: (dictionary: Settings['dictation']['dictionary']) => Promise<unknown>
  readonly asrBy: (serviceId: string) => AsrEngine
  readonly onView: (view: DictationView) => void
}

/** Dictation in the running program: the runner by the settings, what the windows see of it, and what they may ask. */
export interface DictationHub extends AsyncDisposable {
  readonly runner: DictationRunner
  readonly requests: DictationRequests
  /** This key of ours was pressed: it is nothing that a person did in a window. */
  readonly forgiveHotkey: (accelerator: string) => void
  /** What commands may do. */
  readonly control: DictationTargets
}

export function createDictationHub(options: DictationHubOptions): DictationHub {
  const { hub, settings, store, clock, logger, deleteTakes, asrBy } = options
  const runner = createDictationRunner({
    ...options,
    options: () => {
      const { dictation, hotkey } = settings()
      return {
        keyMode: options.hasKeyUp() ? hotkey.dictateMode : 'toggle',
        media: dictation.media,
        silenceStopMs: dictation.silenceStopMs,
        limitMs: dictation.limitMs,
        learn: dictation.learn,
        keepNothing: dictation.keepNothing,
      }
    },
    rulesFor: (target) => {
      const { dictation } = settings()
      return effective(dictation, profileFor(target, dictation.profiles))
    },
  })
  const lessons = createLessons(hub, options.settings, options.saveDictionary)
  const player = createTakePlayer({ speaker: options.speaker, readTake: options.readTake, logger, changed: dictationId => hub.publish({ type: 'dictation-playing', dictationId }) })

  function onEvent(event: DictationEvent): void {
    switch (event.type) {
      case 'view': {
        const view: DictationView = { ...event.view }
        hub.publish({ type: 'dictation', dictation: view })
        return options.onView(view)
      }
      case 'entry':
        return hub.publish(event.kept ? { type: 'dictation-entry', entry: entryView(event.dictation) } : { type: 'dictations-removed', ids: [event.dictation.id] })
      case 'corrections':
        return lessons.offer(event.corrections)
      case 'notice':
        return hub.notify('warning', event.code, { code: event.errorCode })
    }
  }

  function tellRemoved(ids: readonly string[]): void {
    hub.publish({ type: 'dictations-removed', ids: [...ids] })
  }

  const ending = new AbortController()
  /** Deletes what was kept for as long as the settings say. */
  async function tidy(): Promise<void> {
    const { keepDays } = settings().dictation
    await expireDictations({ dictations: store, deleteTakes, keepDays, wallMs: clock.wallMs(), signal: ending.signal, onRemoved: tellRemoved })
  }

  let cancelTidy: (() => void) | undefined
  function tidyNowAndThen(): void {
    background(tidy(), logger, 'deleting old dictations')
    cancelTidy = clock.after(TIDY_EVERY_MS, tidyNowAndThen)
  }

  const unsubscribe = runner.events.subscribe(onEvent)
  try {
    const cutOff = store.closePending()
    if (cutOff > 0)
      logger.warn('dictations were cut off by the end of the program', { count: cutOff })
  }
  catch (error) {
    logger.warn('dictations of a former run could not be closed', { code: toAppError(error).code })
  }
  tidyNowAndThen()

  return {
    runner,
    forgiveHotkey(accelerator) {
      // A lone modifier reaches the window too, and changes no text.
      if (!isLoneModifier(accelerator, process.platform))
        options.injector.forgiveHotkey()
    },
    control: {
      start: () => runner.start(),
      stop: () => runner.stop(),
      toggle: () => runner.toggle(),
      cancel: () => runner.cancel(),
      pasteLast: () => runner.pasteLast(),
      undo: () => runner.undo(),
      status: () => runner.view(),
    },
    requests: {
      'dictation.toggle': () => runner.toggle(),
      'dictation.cancel': () => runner.cancel(),
      'dictation.pasteLast': () => runner.pasteLast(),
      'dictation.undo': () => runner.undo(),
      'words.learn': correction => lessons.learn(correction),
      'words.dismiss': correction => lessons.dismiss(correction),
      'dictations.list': ({ search, beforeMs, limit }) => store.list({ search, limit, ...(beforeMs === undefined ? {} : { beforeMs }) }).map(entryView),
      'dictations.delete': async ({ ids }) => {
        player.stop(ids)
        const takes = store.delete(ids)
        tellRemoved(ids)
        await deleteTakes(takes)
      },
      'dictations.retry': ({ dictationId, asr }) => runner.retry(dictationId, asr === null ? undefined : asrBy(asr)),
      'dictations.play': ({ dictationId }) => {
        player.stop()
        if (dictationId === null)
          return
        const takePath = store.get(dictationId)?.takePath
        if (!takePath)
          throw new AppError('not-found', 'There is no recording of it.')
        player.play(dictationId, takePath)
      },
    },
    async [Symbol.asyncDispose]() {
      cancelTidy?.()
      ending.abort()
      player.stop()
      await runner.dispose()
      unsubscribe()
    },
  }
}

/** The keys of dictation among the bindings; null: another one. */
export function dictationKeyOf(bindingId: string): DictationKey | null {
  return bindingId === 'dictate' || bindingId === 'edit' ? bindingId : null
}

/** A stored dictation as the windows see it: no path leaves main. */
export function entryView({ takePath, routes, ...rest }: StoredDictation): DictationEntryView {
  return { ...rest, target: rest.target && { ...rest.target }, times: { ...rest.times }, hasTake: takePath !== null, asr: routes.asr?.servedBy ?? null }
}
