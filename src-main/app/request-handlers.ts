import type { TurnRunner } from '../conversation/runner-types'
import type { RequestHandlers } from '../ipc/request-router'
import type { AudioDevice } from '../ports/audio-device'
import type { Logger } from '../ports/logger'
import type { DictationHub } from './dictation-hub'
import type { FileHub } from './file-hub'
import type { HotkeyService } from './hotkey-service'
import type { ModelViews } from './model-views'
import type { Permissions } from './permissions'
import type { ServiceHub } from './service-hub'
import type { DiskServices } from './services'
import type { SoundService } from './sound-service'
import type { StateHub } from './state-hub'
import type { TalkControl } from './talk-control'
import type { Windows } from './windows'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { clipboard } from 'electron'
import { AppError } from '../lib/app-error'
import { background } from '../lib/background'
import { MOST_CONVERSATIONS } from './initial-snapshot'
import { turnView } from './view-mapping'

export interface HandlerParts extends Pick<DiskServices, 'settings' | 'history' | 'takes'> {
  readonly hub: StateHub
  readonly runner: TurnRunner
  readonly talk: TalkControl
  readonly sound: SoundService
  readonly device: AudioDevice
  readonly hotkeys: HotkeyService
  readonly modelViews: ModelViews
  readonly windows: Windows
  readonly services: ServiceHub
  readonly dictation: DictationHub
  readonly files: FileHub
  readonly permissions: Permissions
  readonly logger: Logger
  readonly useModels: () => Promise<void>
  readonly pauseListening: (paused: boolean) => Promise<void>
  readonly onConversationsChanged: () => void
}

/** What the windows may ask, done. */
export function createRequestHandlers(parts: HandlerParts): RequestHandlers {
  const { hub, runner, talk, sound, device, hotkeys, settings, history, takes, modelViews, windows, services, dictation, files, permissions, logger } = parts

  function open(conversationId: string): void {
    runner.openConversation(conversationId)
    const isKnown = history.store.listConversations().some(({ id }) => id === conversationId)
    hub.publish({ type: 'conversation-opened', conversationId, turns: isKnown ? history.store.turns(conversationId).map(turnView) : [] })
  }

  function openNew(): string {
    const conversationId = randomUUID()
    open(conversationId)
    return conversationId
  }

  return {
    'app.snapshot': () => hub.snapshot(),
    'talk.down': () => talk.press('button'),
    'talk.up': () => talk.release('button'),
    'talk.cancel': () => {
      talk.release('button')
      runner.cancel()
    },
    'turn.stop': () => runner.stop(),
    'turn.retry': ({ turnId }) => runner.retry(turnId),
    'turn.ask': ({ text }) => {
      runner.ask(text)
    },
    'clipboard.copy': ({ text }) => clipboard.writeText(text),
    'conversation.create': () => ({ conversationId: openNew() }),
    'conversation.open': ({ conversationId }) => {
      history.store.turns(conversationId) // throws `not-found`
      open(conversationId)
    },
    'conversation.search': ({ text }) => [...history.store.listConversations({ search: text, limit: MOST_CONVERSATIONS })],
    'conversation.rename': ({ conversationId, title }) => {
      history.store.renameConversation(conversationId, title)
      parts.onConversationsChanged()
    },
    'conversation.delete': async ({ conversationId }) => {
      if (conversationId === runner.conversationId) {
        runner.stop()
        await runner.settled()
      }
      // Also recordings that their turns disown, because they are not whole.
      const ownTakes = history.store.turns(conversationId).map(({ id }) => join(takes.folder, `${id}.wav`))
      await takes.delete([...history.store.deleteConversation(conversationId), ...ownTakes])
      parts.onConversationsChanged()
      if (conversationId === hub.snapshot().activeConversationId) {
        const next = hub.snapshot().conversations[0]
        if (next)
          open(next.id)
        else
          openNew()
      }
    },
    'settings.patch': async (patch) => {
      const { talk: talkKey, dictate, edit, undo, pasteLast, ...hotkey } = patch.hotkey ?? {}
      const now = settings.get().hotkey
      if (Object.entries({ talk: talkKey, dictate, edit, undo, pasteLast }).some(([name, key]) => key !== undefined && key !== now[name as keyof typeof now]))
        throw new AppError('bad-input', 'Keys are changed by hotkey.set and key.set.')
      if (patch.services !== undefined)
        throw new AppError('bad-input', 'Services are changed by services.save.')
      await settings.patch({ ...patch, hotkey })
      if (settings.writeFault)
        hub.notify('warning', settings.writeFault.code)
      return settings.get()
    },
    'devices.refresh': async () => {
      const devices = (await device.devices()).map(info => ({ ...info }))
      hub.publish({ type: 'devices', devices })
      return devices
    },
    'hotkey.set': ({ accelerator }) => hotkeys.setTalkKey(accelerator),
    'key.set': ({ name, accelerator }) => hotkeys.setKey(name, accelerator),
    ...dictation.requests,
    ...files.requests,
    'levels.watch': ({ on }) => sound.watchLevels('window', on),
    'permissions.list': () => permissions.list(),
    'permissions.ask': ({ id }) => permissions.ask(id),
    'listening.pause': ({ paused }) => parts.pauseListening(paused),
    'models.install': ({ modelId }) => modelViews.install(modelId, parts.useModels),
    ...services.requests,
    'notice.dismiss': ({ noticeId }) => hub.dismiss(noticeId),
    'overlay.sized': ({ widthPx }) => windows.shapeOverlay(widthPx),
    'window.open': ({ view }) => {
      background(Promise.resolve().then(() => windows.show(view)), logger, 'window')
    },
  }
}
