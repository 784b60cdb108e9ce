import type { HotkeyView, Settings } from '../contract'
import type { ChosenHotkeySource } from '../desktop/hotkey-source'
import type { AppError } from '../lib/app-error'
import type { Logger } from '../ports/logger'
import type { StateHub } from './state-hub'
import { toAppError } from '../lib/app-error'
import { background } from '../lib/background'

export interface HotkeyService {
  start: () => Promise<void>
  /** Binds another talk key; the former stays in force when that fails. Resolves with what is in force now. */
  setTalkKey: (accelerator: string) => Promise<HotkeyView>
  /** The settings have this talk key: binds it, unless it is bound. */
  followSettings: (accelerator: string) => Promise<void>
  /** Esc belongs to us only while a take runs. */
  captureEscape: (on: boolean) => void
  /** The mode changed in the settings. */
  publish: () => void
}

export interface HotkeyServiceOptions {
  readonly source: ChosenHotkeySource
  readonly hub: StateHub
  readonly logger: Logger
  readonly settings: () => Settings
  /** Keeps a key that is in force. */
  readonly save: (accelerator: string) => void
}

/** The talk key and what the windows are told of it. */
export function createHotkeyService({ source, hub, logger, settings, save }: HotkeyServiceOptions): HotkeyService {
  let problem: { readonly accelerator: string, readonly errorCode: string, readonly suggestion: string | null } | null = null
  let bound: string | null = null
  let escapeWanted = false
  let escapeBound = false
  let escapeWork: Promise<void> = Promise.resolve()

  function view(): HotkeyView {
    const { mechanism, hold } = source.capabilities
    return {
      accelerator: problem?.accelerator ?? settings().hotkey.talk,
      mode: settings().hotkey.mode,
      mechanism,
      hold,
      errorCode: problem?.errorCode ?? null,
      suggestion: problem?.suggestion ?? null,
    }
  }

  function publish(): void {
    hub.publish({ type: 'hotkey', hotkey: view() })
  }

  async function bindTalk(accelerator: string): Promise<AppError | null> {
    try {
      await source.bind({ id: 'talk', accelerator })
      problem = null
      bound = accelerator
      return null
    }
    catch (error) {
      const failure = toAppError(error)
      const suggestion = failure.code === 'hotkey-unsupported' ? null : await source.suggestFree(accelerator).catch(() => null)
      problem = { accelerator, errorCode: failure.code, suggestion }
      return failure
    }
  }

  source.problems.subscribe(({ bindingId, error }) => {
    if (bindingId !== 'talk')
      return
    problem = error === null ? null : { accelerator: settings().hotkey.talk, errorCode: error.code, suggestion: null }
    publish()
  })

  async function followEscape(): Promise<void> {
    if (escapeWanted === escapeBound)
      return
    escapeBound = escapeWanted
    try {
      await (escapeBound ? source.bind({ id: 'cancel', accelerator: 'Escape' }) : source.unbind('cancel'))
    }
    catch (error) {
      // Another program has it: the window's own Esc and the stop button are still there.
      logger.debug('Esc could not be bound', { code: toAppError(error).code })
    }
  }

  async function setTalkKey(accelerator: string): Promise<HotkeyView> {
    const failure = await bindTalk(accelerator)
    if (failure === null)
      save(accelerator)
    const result = view()
    // The former key is still in force: it is what the snapshot shows, the answer alone tells the failure.
    problem = null
    publish()
    return result
  }

  return {
    publish,
    setTalkKey,
    async followSettings(accelerator) {
      if (bound !== null && bound !== accelerator)
        await setTalkKey(accelerator)
    },
    async start() {
      await source.start()
      const failure = await bindTalk(settings().hotkey.talk)
      if (failure && failure.code !== 'hotkey-unsupported')
        hub.notify('warning', failure.code, { key: settings().hotkey.talk })
      publish()
    },
    captureEscape(on) {
      escapeWanted = on
      escapeWork = escapeWork.then(followEscape)
      background(escapeWork, logger, 'Esc')
    },
  }
}
