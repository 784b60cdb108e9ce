import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { DesktopInput, InjectionTarget, TextInjector } from '../../ports/text-injector'
import type { AppRules } from './chords'
import type { InsertionContext } from './insertion-context'
import process from 'node:process'
import { abortReason } from '../../lib/abort'
import { toAppError } from '../../lib/app-error'
import { chordFor, copyChordFor, withChord } from './chords'
import { insertText } from './insert-text'
import { createInsertions, placeOf } from './insertion-context'
import { createLiveInsertion } from './live-insertion'
import { createPassingClipboard } from './passing-clipboard'
import { undoInsertion } from './undo-insertion'
import { createStepQueue } from './waiting'

/** Where a selection is copied, the key that was pressed for it may be held while one speaks. */
const SPEECH_LIMIT_MS = 120_000
const COPY_LIMIT_MS = 500

export interface TextInjectorOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Hold before the table of programs, by names as in `AppRules`. */
  readonly terminals?: AppRules
  readonly platform?: NodeJS.Platform
}

/** The policy of inserting, the same on every system. Closes `input` with itself. */
export function createTextInjector(input: DesktopInput, { clock, logger, terminals = {}, platform = process.platform }: TextInjectorOptions): TextInjector {
  const queue = createStepQueue()
  const clipboard = createPassingClipboard(input.clipboard, { clock, logger })
  const closing = new AbortController()
  const context: InsertionContext = {
    input,
    clock,
    logger,
    clipboard,
    insertions: createInsertions(),
    ruleFor(target, chord) {
      const anywhere = target.appId === '' ? input.pasteAnywhere : undefined
      return withChord(chordFor(target.appId, terminals, platform), chord ?? anywhere)
    },
    undo: (insertion, signal) => step(signal, either => undoInsertion(context, insertion, either)),
    debtor: { current: null },
    closing: closing.signal,
  }
  let live: object | null = null

  function step<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const either = AbortSignal.any([signal, closing.signal])
    return queue.run(async () => {
      try {
        return await work(either)
      }
      finally {
        clipboard.endStep()
      }
    }, either)
  }

  /** By its copy chord, once the keys that asked for it are up. */
  async function copiedSelection(target: InjectionTarget, signal: AbortSignal): Promise<string | null> {
    const chord = copyChordFor(context.ruleFor(target, null), platform)
    const { copySelection } = input.clipboard
    if (!copySelection || chord === null || !await input.keys.modifiersUp(SPEECH_LIMIT_MS, signal))
      return null
    return step(signal, async (either) => {
      await clipboard.settled(true)
      if (await placeOf(context, target) !== 'focused')
        return null
      either.throwIfAborted()
      return await copySelection(() => input.keys.press(chord), COPY_LIMIT_MS, either) || null
    })
  }

  return {
    mechanism: input.mechanism,
    target: () => input.focus.current(),
    insert: (text, target, options) => step(options.signal, signal => insertText(context, text, target, { ...options, signal })),
    live(target, options) {
      const rule = context.ruleFor(target, options.chord)
      if (input.mechanism === 'none' || input.focus.isBlind || rule.kind === 'modal' || options.method === 'paste' || options.method === 'copy')
        return null
      const own = {}
      live = own
      const signal = AbortSignal.any([options.signal, closing.signal])
      return createLiveInsertion(context, {
        target,
        rule,
        options: { ...options, signal },
        queue: { ...queue, run: (work, either) => step(either, work) },
        isCurrent: () => live === own,
      })
    },
    async selection(target, signal) {
      try {
        return await input.clipboard.selectedText(target, signal) || await copiedSelection(target, signal)
      }
      catch (error) {
        signal.throwIfAborted()
        logger.warn('the selection could not be read', { code: toAppError(error).code })
        return null
      }
    },
    forgiveHotkey: () => input.focus.forgiveHotkey?.(),
    async settled() {
      do {
        await queue.idle()
        await clipboard.settled()
      } while (!clipboard.isIdle())
    },
    async [Symbol.asyncDispose]() {
      closing.abort(abortReason('The injector is closed.'))
      await queue.idle()
      await clipboard.settled(true)
      await input[Symbol.asyncDispose]()
    },
  }
}
