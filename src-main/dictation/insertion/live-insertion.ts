import type { InjectionTarget, InsertOptions, InsertReport, LeftReason, LiveInsertion } from '../../ports/text-injector'
import type { AppRule } from './chords'
import type { Insertion, InsertionContext } from './insertion-context'
import type { StepQueue } from './waiting'
import { AppError } from '../../lib/app-error'
import { cleanForTarget, commonLength, graphemes, isPlain } from './clean-text'
import { insertText } from './insert-text'
import { hasAnswered, inserted, leftOnClipboard, MODIFIERS_LIMIT_MS, placeOf } from './insertion-context'
import { typeText } from './type-text'

/** More than this is never taken back at once: a phrase is shorter. */
export const LONGEST_TAKEN_BACK = 300
/** A held modifier: the next words are another chance. */
const LIVE_MODIFIERS_LIMIT_MS = 200

type Lost = Exclude<LeftReason, 'copy-only' | 'no-target'>

export interface LiveOptions {
  readonly target: InjectionTarget
  readonly rule: AppRule
  readonly options: InsertOptions
  readonly queue: StepQueue
  /** Nobody else writes live. */
  readonly isCurrent: () => boolean
}

/**
 * Words are typed, not pasted: the clipboard is not touched at all, and a word is there at once. What keys cannot type is
 * pasted as a whole at the end.
 */
export function createLiveInsertion(context: InsertionContext, live: LiveOptions): LiveInsertion {
  const { target, rule, options, queue } = live
  const { signal } = options
  const writer = createLiveWriter(context, live)
  let wanted = ''
  let isFinished = false

  return {
    async update(text) {
      if (isFinished)
        throw lostError('focus-moved')
      wanted = text
      await queue.run(async () => {
        if (wanted === text && !isFinished)
          await writer.write(text, LIVE_MODIFIERS_LIMIT_MS)
      }, signal)
    },
    async finish(text) {
      isFinished = true
      return queue.run(() => finish(text), signal)
    },
  }

  async function finish(text: string): Promise<InsertReport> {
    const outcome = await writer.finish(text)
    if (outcome === 'nothing-written')
      return insertText(context, text, target, options)
    if (outcome !== 'written') {
      context.insertions.clear()
      return leftOnClipboard(context, cleanForTarget(text, rule.kind, options.mayInsertNewlines), outcome)
    }
    return inserted(context, 'typed', await hasAnswered(context, target, signal), { target, rule, text: writer.text(), activity: writer.activity() })
  }
}

interface LiveWriter {
  /** Rejects with `not-found` once it is lost. Does nothing while a modifier is held, or where nothing can be typed. */
  write: (text: string, modifiersLimitMs: number) => Promise<void>
  finish: (text: string) => Promise<'written' | 'nothing-written' | Lost>
  readonly text: () => string
  readonly activity: () => number | null
}

function createLiveWriter(context: InsertionContext, { target, rule, options: { signal, mayInsertNewlines }, isCurrent }: LiveOptions): LiveWriter {
  const { input: { keys, focus }, insertions } = context
  let written: readonly string[] = []
  let mark: Insertion | null = null
  let lost: Lost | null = null
  let cannotType = false

  function lose(why: Lost): never {
    lost ??= why
    throw lostError(lost)
  }

  /** Throws when what was written is not, for certain, just before the cursor. */
  async function check(): Promise<void> {
    const place = await placeOf(context, target)
    signal.throwIfAborted()
    if (place !== 'focused')
      lose(place)
    const isOurs = mark === null || (insertions.isLast(mark) && mark.activity === focus.activity())
    if (!isOurs || !isCurrent())
      lose('focus-moved')
  }

  /** The window is ours from the first word on: a person's key, or another insertion, ends it. */
  function begin(): void {
    if (mark)
      return
    mark = { target, rule, text: '', activity: focus.activity() }
    insertions.add(mark)
  }

  /** False: a modifier is held. */
  async function bring(text: string, modifiersLimitMs: number): Promise<boolean> {
    const next = graphemes(cleanForTarget(text, rule.kind, mayInsertNewlines, 'type'))
    const same = commonLength(written, next)
    if (same === written.length && same === next.length)
      return true
    if (!await keys.modifiersUp(modifiersLimitMs, signal))
      return false
    await check()
    begin()
    if (same < written.length)
      await takeBack(written.slice(same))
    written = written.slice(0, same)
    if (same < next.length)
      await append(next.slice(same))
    return true
  }

  async function takeBack(characters: readonly string[]): Promise<void> {
    if (characters.length > LONGEST_TAKEN_BACK)
      throw new AppError('too-large', 'More than a phrase would have to be taken back.')
    // Backspace may take a part of what looks like one character; the cursor passes the whole of it.
    const bySelecting = !isPlain(characters)
    if (bySelecting && (rule.kind === 'terminal' || rule.kind === 'line'))
      lose('no-keys')
    const isGone = bySelecting
      ? await keys.press('Shift+Left', characters.length) && await keys.press('Backspace')
      : await keys.press('Backspace', characters.length)
    if (!isGone)
      lose('no-keys')
    await check()
  }

  async function append(characters: readonly string[]): Promise<void> {
    const outcome = await typeText(context, characters.join(''), target, signal)
    if (outcome === 'typed')
      written = [...written, ...characters]
    else if (outcome !== 'impossible')
      lose(outcome)
    else if (written.length === 0)
      cannotType = true
    else
      lose('no-keys')
  }

  async function write(text: string, modifiersLimitMs: number): Promise<boolean> {
    if (lost)
      throw lostError(lost)
    if (cannotType)
      return false
    try {
      return await bring(text, modifiersLimitMs)
    }
    catch (error) {
      // Stopped in the middle of it: how much is there is not known.
      if (!(error instanceof AppError && error.code === 'too-large'))
        lost ??= 'focus-moved'
      throw error
    }
  }

  return {
    async write(text, modifiersLimitMs) {
      await write(text, modifiersLimitMs)
    },
    async finish(text) {
      if (!mark)
        return 'nothing-written'
      try {
        const isWritten = await write(text, MODIFIERS_LIMIT_MS)
        if (cannotType)
          return 'nothing-written'
        if (!isWritten)
          return 'keys-held'
        insertions.remove(mark)
        return 'written'
      }
      catch (error) {
        signal.throwIfAborted()
        return lost ?? (error instanceof AppError && error.code === 'too-large' ? 'focus-moved' : 'no-keys')
      }
    },
    text: () => written.join(''),
    activity: () => mark?.activity ?? null,
  }
}

function lostError(why: Lost): AppError {
  return new AppError('not-found', 'The text that is being written is not at the cursor any more.', { params: { why } })
}
