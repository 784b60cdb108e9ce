import type { Settings } from '../contract'
import type { AudioDevice, AudioNotice } from '../ports/audio-device'
import type { Logger } from '../ports/logger'
import type { StateHub } from './state-hub'
import { toAppError } from '../lib/app-error'
import { assertNever } from '../lib/assert-never'

export interface SoundService {
  start: () => Promise<void>
  /** Device, mode or pause changed. */
  configure: () => Promise<void>
  /** Level events flow while anybody watches, or a take runs. */
  watchLevels: (watcher: string, on: boolean) => void
  pause: (paused: boolean) => Promise<void>
  readonly isPaused: () => boolean
  dispose: () => void
}

/** The audio device as the settings want it, and what it tells, shown. */
export function createSoundService(device: AudioDevice, hub: StateHub, settings: () => Settings, logger: Logger): SoundService {
  const watchers = new Set<string>()
  let unwatch: (() => void) | null = null
  let paused = false
  let shownState = ''

  function publishMicrophone(): void {
    const { state } = device.microphone
    if (shownState === `${state}/${paused}`)
      return
    shownState = `${state}/${paused}`
    hub.publish({ type: 'microphone', state, listeningPaused: paused })
  }

  function onNotice(notice: AudioNotice): void {
    switch (notice.type) {
      case 'devices':
        return hub.publish({ type: 'devices', devices: notice.devices.map(info => ({ ...info })) })
      case 'microphone':
        return publishMicrophone()
      case 'child-lost':
        logger.warn('the audio process was lost', { reason: notice.reason })
        return hub.notify('warning', 'child-lost', { reason: notice.reason })
      case 'child-restored':
        logger.info('the audio process is back', { downMs: Math.round(notice.downMs) })
        return hub.notify('info', 'child-restored', { downMs: Math.round(notice.downMs) })
      case 'device-lost':
      case 'device-changed':
        return hub.notify('warning', notice.type, { kind: notice.kind, name: notice.name })
      default:
        return assertNever(notice)
    }
  }

  async function configure(): Promise<void> {
    const { audio } = settings()
    await device.microphone.configure({
      // Paused means that nothing listens: the stream is closed, not just ignored.
      mode: paused ? 'cold' : audio.microphone,
      lingerMs: audio.lingerMs,
      deviceId: audio.inputId,
    })
    await device.speaker.configure({ deviceId: audio.outputId })
    publishMicrophone()
  }

  const unsubscribe = device.notices.subscribe(onNotice)

  return {
    configure,
    async start() {
      try {
        await configure()
        await device.start()
        hub.publish({ type: 'devices', devices: (await device.devices()).map(info => ({ ...info })) })
      }
      catch (error) {
        const { code } = toAppError(error)
        logger.error('sound could not be started', { code })
        hub.notify('error', code)
      }
      publishMicrophone()
    },
    watchLevels(watcher, on) {
      if (on)
        watchers.add(watcher)
      else
        watchers.delete(watcher)
      if (watchers.size > 0) {
        unwatch ??= device.microphone.levels.subscribe(level => hub.publish({ type: 'level', ...level }))
      }
      else {
        unwatch?.()
        unwatch = null
      }
    },
    async pause(on) {
      paused = on
      await configure()
    },
    isPaused: () => paused,
    dispose() {
      unsubscribe()
      unwatch?.()
    },
  }
}
