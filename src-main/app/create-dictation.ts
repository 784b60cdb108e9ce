import type { DictationView } from '../contract'
import type { DictationKey } from '../dictation/types'
import type { AudioDevice } from '../ports/audio-device'
import type { DictationHub } from './dictation-hub'
import type { ServiceHub } from './service-hub'
import type { DiskServices } from './services'
import type { StateHub } from './state-hub'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { createCuePlayer } from '../audio/cues'
import { readAudio } from '../audio/read-audio'
import { createStreamMute } from '../audio/stream-mute'
import { createAtSpiContext } from '../desktop/at-spi/at-spi-context'
import { createDesktopInput } from '../desktop/inject/desktop-input'
import { createMediaControl } from '../desktop/media/media-control'
import { createTextInjector } from '../dictation/insertion/text-injector'
import { background } from '../lib/background'
import { systemClock } from '../ports/clock'
import { createDictationHub } from './dictation-hub'
import { createShellInput } from './shell-input'

/** A built entry beside this one. */
const CLIPBOARD_THREAD = 'clipboard-thread'

export interface DictationParts {
  readonly hub: StateHub
  readonly disk: DiskServices
  readonly device: AudioDevice
  readonly services: ServiceHub
  readonly keyIsDown: (key: DictationKey) => Promise<boolean>
  readonly hasKeyUp: () => boolean
  readonly mayBegin: () => boolean
  readonly onView: (view: DictationView) => void
}

/** Dictation on this desktop: what presses keys, reads the text at the cursor and quiets other programs, put together. */
export async function createDictation({ hub, disk, device, services, keyIsDown, hasKeyUp, mayBegin, onView }: DictationParts): Promise<DictationHub> {
  const { paths, logger, settings, history, takes } = disk
  const clock = systemClock
  const desktop = { platform: process.platform, env: process.env, clock, logger }
  const input = await createDesktopInput({ ...desktop, dataDir: paths.dataDir, startClipboardThread: display => new Worker(join(__dirname, `${CLIPBOARD_THREAD}.js`), { workerData: { display } }), fallback: createShellInput(clock) })
  const injector = createTextInjector(input, { clock, logger })
  const context = process.platform === 'linux' ? createAtSpiContext(desktop) : null
  const media = createMediaControl({ ...desktop, stateFile: join(paths.dataDir, 'held-media.json'), mute: process.platform === 'linux' ? createStreamMute(desktop) : null })
  background(media.recover(), logger, 'media of a former run')
  const dictation = createDictationHub({
    hub,
    settings: () => settings.get(),
    saveDictionary: dictionary => settings.patch({ dictation: { dictionary } }),
    speaker: device.speaker,
    microphone: device.microphone,
    asr: services.engines.asr,
    asrBy: services.engines.asrBy,
    chat: services.engines.chat,
    injector,
    context,
    store: history.dictations,
    media,
    cues: createCuePlayer({
      speaker: device.speaker,
      clock,
      logger,
      settings: () => {
        const { cues, cueVolume } = settings.get().dictation
        return { on: cues, volume: cueVolume }
      },
    }),
    clock,
    logger,
    newId: randomUUID,
    keyIsDown,
    hasKeyUp,
    mayBegin,
    readTake: path => readAudio(path),
    deleteTakes: doomed => takes.delete(doomed),
    onView,
  })
  return {
    ...dictation,
    async [Symbol.asyncDispose]() {
      await dictation[Symbol.asyncDispose]()
      await Promise.all([media, context, injector].map(part => part?.[Symbol.asyncDispose]()))
    },
  }
}
