import type { DictationView, PipelineView, Settings } from '../contract'
import type { RequestHandlers } from '../ipc/request-router'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { app, globalShortcut, nativeTheme, net, powerMonitor, shell, systemPreferences } from 'electron'
import { createAudioDevice } from '../audio/naudiodon-device'
import { readAudio } from '../audio/read-audio'
import { soundLengthMs } from '../audio/sound-length'
import { createTurnRunner } from '../conversation/turn-runner'
import { createFileTranscripts } from '../core/file-transcripts'
import { modelsInUse } from '../core/local-engines'
import { systemPrompt } from '../core/system-prompt'
import { createControlServer } from '../desktop/control-socket'
import { createHotkeySource } from '../desktop/hotkey-source'
import { createInferenceHost } from '../inference/inference-host'
import { connectIpc } from '../ipc/electron-ipc'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { builtInCatalogue, createModelStore } from '../models'
import { systemClock } from '../ports/clock'
import { openSecretStore } from '../storage/secret-store'
import { createSpeechText } from '../text/speech-text'
import { setAutostart } from './autostart'
import { createControlHandler } from './control-handler'
import { createDictation } from './create-dictation'
import { dictationKeyOf } from './dictation-hub'
import { createFileHub } from './file-hub'
import { createHotkeyService } from './hotkey-service'
import { initialSnapshot, MOST_CONVERSATIONS } from './initial-snapshot'
import { systemKeychain } from './keychain'
import { createLoopDelayMeter } from './loop-delay'
import { createMicrophoneAccess } from './microphone-access'
import { createModelViews } from './model-views'
import { isOwnUrl, servePages } from './own-pages'
import { createPermissions } from './permissions'
import { tellWindows } from './pipeline-bridge'
import { createRequestHandlers } from './request-handlers'
import { createServiceHub } from './service-hub'
import { openDisk } from './services'
import { createSoundService } from './sound-service'
import { spawnUtility } from './spawn-utility'
import { createStateHub } from './state-hub'
import { createTalkControl } from './talk-control'
import { textsFor } from './texts'
import { createTray } from './tray'
import { trayImage } from './tray-image'
import { createWindows } from './windows'

export interface RunningApp extends AsyncDisposable {
  readonly show: () => void
}

function isBusy({ state }: PipelineView): boolean {
  return state !== 'idle' && state !== 'failed'
}

const ALL_PARTS = ['asr', 'tts', 'chat'] as const

/** Puts everything together. `mark` logs how long after the process's start a stage was reached. */
export async function createApp(options: { readonly hidden: boolean }): Promise<RunningApp> {
  const clock = systemClock
  const disk = await openDisk()
  const { paths, logger, settings, history, takes } = disk
  const mark = (stage: string): void => logger.info('start-up', { stage, atMs: Math.round(Date.now() - (process.getCreationTime() ?? performance.timeOrigin)) })
  const hub = createStateHub(initialSnapshot(disk, randomUUID), clock)
  const resources = app.isPackaged ? process.resourcesPath : join(app.getAppPath(), 'resources')
  const icons = (name: string): string => join(resources, 'icons', name)
  for (const { level, code, params } of disk.notices)
    hub.notify(level, code, params)

  // Keys first: what is said right after the start must not be lost to a slow disk or a big model.
  const hotkeySource = createHotkeySource({
    platform: process.platform,
    env: process.env,
    logger,
    clock,
    claim: {
      claim: accelerator => globalShortcut.register(accelerator, () => {}),
      release: accelerator => globalShortcut.unregister(accelerator),
    },
  })
  const hotkeys = createHotkeyService({
    source: hotkeySource,
    hub,
    logger,
    settings: () => settings.get(),
    save: patch => background(settings.patch(patch), logger, 'settings'),
  })
  const hotkeysStarted = hotkeys.start().then(() => mark('hotkey'))

  const access = createMicrophoneAccess(systemPreferences, process.platform)
  const device = createAudioDevice({ spawn: spawnUtility, clock, logger, takesDir: paths.takesDir, ...(access && { access }) })
  const sound = createSoundService(device, hub, () => settings.get(), logger)
  const soundStarted = sound.start().then(() => mark('sound'))

  const modelStore = createModelStore({ ...paths, catalogue: builtInCatalogue(), logger, fetch: (url, init) => net.fetch(url as string, init) })
  let models = await modelsInUse(modelStore, ALL_PARTS, settings.get().models)
  const idle = settings.get().models.unloadAfterMs
  const host = createInferenceHost({ spawn: spawnUtility, clock, logger, models, options: { unloadAfterIdleMs: idle === 0 ? null : idle } })
  host.start()
  background(Promise.all(ALL_PARTS.map(kind => host.ready(kind))).then(() => mark('models')), logger, 'loading models')
  const modelViews = createModelViews(hub, modelStore, host, () => models, () => settings.get().models, logger)
  background(modelViews.refresh(), logger, 'listing models')

  /** A part without a model is a candidate all the same: it tells what is missing. */
  const own = <E>(kind: 'asr' | 'chat' | 'tts', engine: E): { readonly engine: E, readonly model: string, readonly ready: () => boolean } => ({
    engine,
    model: models[kind]?.id ?? settings.get().models[kind],
    ready: () => host.state(kind).state === 'ready',
  })
  const vault = await openSecretStore({ file: paths.secretsFile, cipher: systemKeychain(), keepPlain: () => settings.get().keysInFile, wallMs: () => clock.wallMs() })
  const services = createServiceHub({
    hub,
    settings,
    vault,
    env: process.env,
    clock,
    logger,
    own: () => ({ asr: own('asr', host.asr), chat: own('chat', host.chat), tts: own('tts', host.tts) }),
    offline: () => !net.isOnline(),
  })

  const runner = createTurnRunner({
    microphone: device.microphone,
    speaker: device.speaker,
    asr: services.engines.asr,
    chat: services.engines.chat,
    tts: services.engines.tts,
    store: history.store,
    clock,
    logger,
    createSpeechText,
    keyIsDown: () => talk.isDown(),
    readTake: path => readAudio(path),
    settings: () => {
      const { hotkey, voice, chat } = settings.get()
      return {
        // Without a key up a key can only toggle.
        mode: hub.snapshot().hotkey.hold || hub.snapshot().hotkey.mechanism === 'control-socket' ? hotkey.mode : 'toggle',
        voiceEnabled: voice.enabled,
        speed: voice.speed,
        volume: voice.volume,
        maxTokens: chat.maxTokens,
        systemPrompt: systemPrompt(chat.systemPrompt),
        // What was said before the key is let go is nobody's outside.
        speculate: services.engines.isNear('chat'),
      }
    },
    newId: randomUUID,
  })
  const talk = createTalkControl(() => runner, hotkeySource, clock, mayTalk)
  runner.openConversation(hub.snapshot().activeConversationId)

  const dictation = await createDictation({
    hub,
    disk,
    device,
    services,
    keyIsDown: key => hotkeySource.isDown(key),
    hasKeyUp: () => hub.snapshot().hotkey.hold || hub.snapshot().hotkey.mechanism === 'control-socket',
    mayBegin: mayDictate,
    onView: onDictation,
  })

  const files = createFileHub(hub, createFileTranscripts({
    asr: services.engines.asr,
    read: (path, { signal }) => readAudio(path, { signal }),
    durationOf: soundLengthMs,
    store: history.dictations,
    clock,
    logger,
    newId: randomUUID,
  }), history.dictations)
  const windows = createWindows({
    icon: icons('app-256.png'),
    clock,
    keepRunning: () => true,
    onMainVisibility: visible => visible ? undefined : releaseWindow(),
  })
  const tray = createTray(view => icons(trayImage(view)), textsFor(app.getLocale()), {
    open: () => windows.show(),
    settings: () => windows.show('settings'),
    pause: paused => background(pauseListening(paused), logger, 'pause'),
    quit: () => app.quit(),
  })

  /** One microphone, one purpose: a dictation ends, and its words are inserted. */
  function mayTalk(): boolean {
    if (sound.isPaused())
      return false
    dictation.runner.stop()
    return true
  }

  /** The same: what is being said to the assistant is dropped (it stays in the history), a reply falls silent. */
  function mayDictate(): boolean {
    if (sound.isPaused())
      return false
    if (hub.snapshot().pipeline.state === 'listening')
      runner.cancel()
    else
      runner.stop()
    return true
  }

  function cancelAll(): void {
    runner.cancel()
    dictation.runner.cancel()
  }

  /** The page that held the button or watched the levels is gone. */
  function releaseWindow(): void {
    talk.release('button')
    sound.watchLevels('window', false)
  }

  async function pauseListening(paused: boolean): Promise<void> {
    if (paused)
      cancelAll()
    await sound.pause(paused)
    tray.update({ state: hub.snapshot().pipeline.state, listeningPaused: paused })
  }

  const loopDelay = createLoopDelayMeter(logger)
  function onPipeline(pipeline: PipelineView): void {
    const busy = isBusy(pipeline)
    windows.showOverlay({ busy: busy || hub.snapshot().dictation.state !== 'idle', trouble: pipeline.errorCode !== null })
    tray.update({ state: pipeline.state, listeningPaused: sound.isPaused() })
    sound.watchLevels('take', pipeline.state === 'listening')
    hotkeys.captureEscape('talk', pipeline.state === 'listening')
    if (busy)
      loopDelay.begin()
    else
      loopDelay.end()
  }
  function onDictation(view: DictationView): void {
    const { pipeline } = hub.snapshot()
    windows.showOverlay({ busy: isBusy(pipeline) || view.state !== 'idle', trouble: view.outcome !== null })
    sound.watchLevels('dictation', view.state === 'recording')
    hotkeys.captureEscape('dictation', view.state !== 'idle')
  }
  function onConversationsChanged(): void {
    hub.publish({ type: 'conversations', conversations: [...history.store.listConversations({ limit: MOST_CONVERSATIONS })] })
  }
  runner.events.subscribe(services.onRunnerEvent)
  runner.events.subscribe(event => tellWindows(hub, event, { onPipeline, onConversationsChanged }))
  hotkeySource.events.subscribe(({ type, bindingId, atMs }) => {
    if (type === 'down')
      dictation.forgiveHotkey(bindingId === 'cancel' ? 'Escape' : settings.get().hotkey[bindingId as 'talk'])
    if (bindingId === 'cancel')
      return type === 'down' ? cancelAll() : undefined
    const key = dictationKeyOf(bindingId)
    if (key !== null)
      return type === 'down' ? dictation.runner.keyDown(key, atMs) : dictation.runner.keyUp(key, atMs)
    if (bindingId === 'undo' || bindingId === 'pasteLast')
      return type === 'down' ? dictation.runner[bindingId]() : undefined
    return type === 'down' ? talk.press('hotkey', atMs) : talk.release('hotkey', atMs)
  })

  async function applySettings(before: Settings, after: Settings): Promise<void> {
    hub.publish({ type: 'settings', settings: after })
    nativeTheme.themeSource = after.theme
    await services.applySettings(before, after)
    if (before.hotkey.mode !== after.hotkey.mode)
      hotkeys.publish()
    if (JSON.stringify(before.hotkey) !== JSON.stringify(after.hotkey))
      await hotkeys.followSettings()
    if (JSON.stringify(before.audio) !== JSON.stringify(after.audio))
      await sound.configure()
    if (before.startup.openAtLogin !== after.startup.openAtLogin)
      await setAutostart(after.startup.openAtLogin)
    if (JSON.stringify(before.models) !== JSON.stringify(after.models))
      await useModels()
  }

  async function useModels(): Promise<void> {
    models = await modelsInUse(modelStore, ALL_PARTS, settings.get().models)
    host.setModels({ asr: models.asr ?? null, rescue: models.rescue ?? null, vad: models.vad ?? null, tts: models.tts ?? null, chat: models.chat ?? null })
    await modelViews.refresh()
  }

  const followed = settings.follow()
  let known = settings.get()
  settings.subscribe((after) => {
    const before = known
    known = after
    background(applySettings(before, after), logger, 'settings')
  })
  nativeTheme.themeSource = known.theme

  const handlers: RequestHandlers = createRequestHandlers({
    hub,
    runner,
    talk,
    sound,
    device,
    hotkeys,
    settings,
    history,
    takes,
    modelViews,
    windows,
    services,
    dictation,
    files,
    permissions: createPermissions({ platform: process.platform, privacy: systemPreferences, openPage: url => shell.openExternal(url) }),
    logger,
    useModels,
    pauseListening,
    onConversationsChanged,
  })
  servePages(join(app.getAppPath(), 'out/renderer'))
  const disconnectIpc = connectIpc({ handlers, events: hub.events, logger, windows: windows.contents, isOwnUrl })
  const control = await createControlServer({ path: paths.controlSocket, handle: createControlHandler({ hub, runner, talk, dictation: dictation.control, show: () => windows.show() }), logger })
    .catch((error: unknown) => {
      logger.warn('there is no control socket', { code: toAppError(error).code })
      return null
    })
  const rearm = (): void => background(hotkeySource.rearm(), logger, 'hotkeys after sleep')
  powerMonitor.on('resume', rearm)
  powerMonitor.on('unlock-screen', rearm)
  if (!options.hidden && settings.get().startup.showWindow)
    windows.show()
  mark('window')
  background(Promise.all([hotkeysStarted, soundStarted]), logger, 'start-up')

  return {
    show: () => windows.show(),
    async [Symbol.asyncDispose]() {
      powerMonitor.off('resume', rearm)
      powerMonitor.off('unlock-screen', rearm)
      await hotkeySource[Symbol.asyncDispose]()
      await dictation[Symbol.asyncDispose]()
      await files.dispose()
      await runner.dispose()
      await services[Symbol.asyncDispose]()
      disconnectIpc()
      followed[Symbol.dispose]()
      modelViews.dispose()
      sound.dispose()
      tray.dispose()
      windows.dispose()
      await Promise.all([control?.[Symbol.asyncDispose](), host[Symbol.asyncDispose](), device[Symbol.asyncDispose]()])
      history.store[Symbol.dispose]()
      await logger[Symbol.asyncDispose]()
    },
  }
}
