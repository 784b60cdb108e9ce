import type { HotkeyView, KeyName, KeyView, Settings, SettingsPatch } from '../contract'
import type { ChosenHotkeySource } from '../desktop/hotkey-source'
import type { Logger } from '../ports/logger'
import type { StateHub } from './state-hub'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { createKeyBinder } from './key-binder'

const KEY_NAMES = ['dictate', 'edit', 'undo', 'pasteLast'] as const satisfies readonly KeyName[]

export interface HotkeyService {
  start: () => Promise<void>
  /** Binds another talk key; the former stays in force when that fails. Resolves with what is in force now. */
  setTalkKey: (accelerator: string) => Promise<HotkeyView>
  /** The same for another key. */
  setKey: (name: KeyName, accelerator: string) => Promise<KeyView>
  /** The settings have these keys: binds those that are not bound. */
  followSettings: () => Promise<void>
  /** Esc belongs to us only while a take runs. */
  captureEscape: (owner: 'talk' | 'dictation', on: boolean) => void
  /** The mode changed in the settings. */
  publish: () => void
}

export interface HotkeyServiceOptions {
  readonly source: ChosenHotkeySource
  readonly hub: StateHub
  readonly logger: Logger
  readonly settings: () => Settings
  /** Keeps a key that is in force. */
  readonly save: (patch: SettingsPatch) => void
}

/** The global keys and what the windows are told of them. */
export function createHotkeyService({ source, hub, logger, settings, save }: HotkeyServiceOptions): HotkeyService {
  const talk = createKeyBinder({ id: 'talk', source, wished: () => settings().hotkey.talk, changed: publish })
  const keys = Object.fromEntries(KEY_NAMES.map(name =>
    [name, createKeyBinder({ id: name, source, wished: () => settings().hotkey[name], changed: publish })])) as Record<KeyName, ReturnType<typeof createKeyBinder>>
  const escapeWanted = new Set<string>()
  let escapeBound = false
  let escapeWork: Promise<void> = Promise.resolve()

  function talkView(): HotkeyView {
    const { mechanism, hold } = source.capabilities
    return { ...talk.view(), mode: settings().hotkey.mode, mechanism, hold }
  }

  function keyViews(): Record<KeyName, KeyView> {
    return Object.fromEntries(KEY_NAMES.map(name => [name, keys[name].view()])) as Record<KeyName, KeyView>
  }

  function publish(): void {
    hub.publish({ type: 'hotkey', hotkey: talkView() })
    hub.publish({ type: 'keys', keys: keyViews() })
  }

  async function followEscape(): Promise<void> {
    const wanted = escapeWanted.size > 0
    if (wanted === escapeBound)
      return
    escapeBound = wanted
    try {
      await (wanted ? source.bind({ id: 'cancel', accelerator: 'Escape' }) : source.unbind('cancel'))
    }
    catch (error) {
      // Another program has it: the window's own Esc and the stop button are still there.
      logger.debug('Esc could not be bound', { code: toAppError(error).code })
    }
  }

  async function setTalkKey(accelerator: string): Promise<HotkeyView> {
    if (await talk.bind(accelerator) === null)
      save({ hotkey: { talk: accelerator } })
    const result = talkView()
    // The former key is still in force: it is what the snapshot shows, the answer alone tells the failure.
    talk.forget()
    publish()
    return result
  }

  async function setKey(name: KeyName, accelerator: string): Promise<KeyView> {
    if (await keys[name].bind(accelerator) === null)
      save({ hotkey: { [name]: accelerator } })
    const result = keys[name].view()
    keys[name].forget()
    publish()
    return result
  }

  return {
    publish,
    setTalkKey,
    setKey,
    async followSettings() {
      const wished = settings().hotkey
      if (talk.bound() !== null && talk.bound() !== wished.talk)
        await setTalkKey(wished.talk)
      for (const name of KEY_NAMES) {
        if (keys[name].bound() !== null && keys[name].bound() !== wished[name])
          await setKey(name, wished[name])
      }
    },
    async start() {
      await source.start()
      const wished = settings().hotkey
      const wanted = [
        { id: 'talk', binder: talk, key: wished.talk },
        ...KEY_NAMES.map(name => ({ id: name, binder: keys[name], key: wished[name] })),
      ].filter(({ key }) => key !== '')
      // At once: a desktop that asks the person asks once.
      const outcomes = await source.bindAll(wanted.map(({ id, key }) => ({ id, accelerator: key })))
      const failures = await Promise.all(wanted.map(async ({ id, binder, key }) => {
        const failure = outcomes.get(id) ?? null
        await binder.tried(key, failure)
        return { key, failure }
      }))
      for (const { key, failure } of failures) {
        if (failure && failure.code !== 'hotkey-unsupported')
          hub.notify('warning', failure.code, { key })
      }
      publish()
    },
    captureEscape(owner, on) {
      if (escapeWanted.has(owner) === on)
        return
      if (on)
        escapeWanted.add(owner)
      else
        escapeWanted.delete(owner)
      escapeWork = escapeWork.then(followEscape)
      background(escapeWork, logger, 'Esc')
    },
  }
}
