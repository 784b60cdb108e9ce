import type { KeyView } from '../contract'
import type { ChosenHotkeySource } from '../desktop/hotkey-source'
import type { AppError } from '../lib/app-error'
import { toAppError } from '../lib/app-error'

/** One global key, bound, and what the windows are told of it. */
export interface KeyBinder {
  /** Tries this key; the former stays in force when that fails. An empty one unbinds. */
  bind: (accelerator: string) => Promise<AppError | null>
  /** It was tried already, along with others. */
  tried: (accelerator: string, failure: AppError | null) => Promise<void>
  view: () => KeyView
  /** The former key is what is shown again; the failure of another was told. */
  forget: () => void
  /** What is in force; null: nothing was bound yet. */
  readonly bound: () => string | null
}

export interface KeyBinderOptions {
  readonly id: string
  readonly source: ChosenHotkeySource
  /** What the settings wish. */
  readonly wished: () => string
  /** A key in force was lost, or came back. */
  readonly changed: () => void
}

export function createKeyBinder({ id, source, wished, changed }: KeyBinderOptions): KeyBinder {
  let problem: KeyView | null = null
  let bound: string | null = null

  source.problems.subscribe(({ bindingId, error }) => {
    if (bindingId !== id)
      return
    problem = error === null ? null : { accelerator: wished(), errorCode: error.code, suggestion: null }
    changed()
  })

  async function tried(accelerator: string, failure: AppError | null): Promise<void> {
    if (failure === null) {
      problem = null
      bound = accelerator
      return
    }
    const suggestion = failure.code === 'hotkey-unsupported' ? null : await source.suggestFree(accelerator).catch(() => null)
    problem = { accelerator, errorCode: failure.code, suggestion }
  }

  return {
    tried,
    bound: () => bound,
    view: () => problem ?? { accelerator: wished(), errorCode: null, suggestion: null },
    forget() {
      problem = null
    },
    async bind(accelerator) {
      const failure = await (accelerator === '' ? source.unbind(id) : source.bind({ id, accelerator })).then(() => null, error => toAppError(error))
      await tried(accelerator, failure)
      return failure
    },
  }
}
