import type { InjectionTarget, LiveInsertion } from '../ports/text-injector'
import type { DictationRules, DictationRunnerDeps } from './types'
import { isAbort, toAppError } from '../lib/app-error'

/** The words at the cursor while they are spoken: those that will not change any more. */
export interface LiveText {
  /** `mayWrite`: no key is held down that would change what is typed. */
  show: (text: string, stableChars: number, mayWrite: boolean) => void
  /** To finish it with, once what is under way is written. Null: nothing was begun. `lost`: some words are there, and no more can be written. */
  insertion: () => Promise<LiveInsertion | 'lost' | null>
}

export interface LiveTextOptions {
  readonly target: InjectionTarget
  readonly rules: DictationRules
  /** Recognised words as they are to be written. */
  readonly format: (rawText: string) => string
  readonly signal: AbortSignal
}

export function createLiveText({ injector, logger }: Pick<DictationRunnerDeps, 'injector' | 'logger'>, { target, rules, format, signal }: LiveTextOptions): LiveText {
  let insertion: LiveInsertion | null = null
  let isGivenUp = false
  let last = ''
  let work: Promise<void> = Promise.resolve()

  function begin(): LiveInsertion | null {
    insertion ??= injector.live(target, { signal, method: rules.method, chord: rules.chord, mayInsertNewlines: rules.newlines })
    isGivenUp = insertion === null
    return insertion
  }

  async function write(text: string): Promise<void> {
    if (isGivenUp || signal.aborted)
      return
    try {
      await begin()?.update(format(text))
    }
    catch (error) {
      isGivenUp = true
      if (!isAbort(error))
        logger.info('live text was given up', { code: toAppError(error).code })
    }
  }

  return {
    show(text, stableChars, mayWrite) {
      // Whole words only: the end of a word is the part that changes most.
      const stable = wholeWords(text, stableChars)
      if (!mayWrite || isGivenUp || stable === '' || stable === last)
        return
      last = stable
      work = work.then(() => write(stable))
    },
    async insertion() {
      await work
      return insertion && isGivenUp ? 'lost' : insertion
    },
  }
}

function wholeWords(text: string, chars: number): string {
  const stable = text.slice(0, chars)
  const isWhole = chars >= text.length || /\s/.test(text[chars] ?? ' ')
  return (isWhole ? stable : stable.replace(/\S+$/, '')).trimEnd()
}
