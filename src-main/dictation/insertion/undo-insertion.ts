import type { UndoOutcome } from '../../ports/text-injector'
import type { Insertion, InsertionContext } from './insertion-context'
import { pause } from '../../lib/pause'
import { graphemes, isPlain } from './clean-text'
import { ANSWER_LIMIT_MS, hasAnswered, MODIFIERS_LIMIT_MS, placeOf } from './insertion-context'

/** A terminal takes characters back one by one, unseen. */
const LONGEST_UNSEEN = 500
const LONGEST_SELECTED = 5_000
/**
 * The cursor is moved in pieces, each waited for. A field of one line may need 50 ms for each key once it holds 2,000
 * characters: there all of it would keep the program busy for minutes.
 */
const PIECE_CHARACTERS = 50
const SELECTING_LIMIT_MS = 5_000
/** A program tells its selection some time after the keys; a long one grows while it is told. */
const SELECTION_LIMIT_MS = 500
const SELECTION_LIMIT_PER_CHARACTER_MS = 1
const SELECTION_EVERY_MS = 20

/**
 * Takes back exactly this insertion: only in its window, only when it is the last thing that happened there, and where the
 * selection can be read, only after having read that it is what was inserted. Throws on abort.
 */
export async function undoInsertion(context: InsertionContext, insertion: Insertion, signal: AbortSignal): Promise<UndoOutcome> {
  const { input, insertions } = context
  const before = await obstacle(context, insertion)
  if (before)
    return before
  const characters = graphemes(insertion.text)
  const isTerminal = insertion.rule.kind === 'terminal' || insertion.rule.kind === 'line'
  if (isTerminal && (insertion.activity === null || characters.length > LONGEST_UNSEEN || insertion.text.includes('\n') || !isPlain(characters)))
    return 'impossible'
  if (characters.length > LONGEST_SELECTED)
    return 'impossible'
  if (!await input.keys.modifiersUp(MODIFIERS_LIMIT_MS, signal))
    return 'changed'
  signal.throwIfAborted()
  const after = await obstacle(context, insertion)
  if (after)
    return after
  const outcome = isTerminal
    ? await input.keys.press('Backspace', characters.length) ? 'undone' : 'impossible'
    : await bySelecting(context, insertion, characters, signal)
  if (outcome === 'undone')
    insertions.remove(insertion)
  return outcome
}

async function obstacle(context: InsertionContext, insertion: Insertion): Promise<UndoOutcome | null> {
  if (!context.insertions.isLast(insertion))
    return 'changed'
  const place = await placeOf(context, insertion.target)
  if (place !== 'focused')
    return place === 'target-gone' ? 'target-gone' : 'changed'
  return insertion.activity !== null && context.input.focus.activity() !== insertion.activity ? 'changed' : null
}

async function bySelecting(context: InsertionContext, insertion: Insertion, characters: readonly string[], signal: AbortSignal): Promise<UndoOutcome> {
  const { keys } = context.input
  const isUnseen = insertion.activity === null
  // What is selected now would be taken for what the keys selected.
  const earlier = await selected(context, insertion, signal)
  if (isUnseen && (earlier === null ? context.input.clipboard.copySelection !== undefined : earlier === insertion.text))
    return 'impossible'
  try {
    const selecting = await selectBackwards(context, insertion, characters.length, signal)
    if (selecting !== 'selected')
      return selecting
    const seen = await selectionThatIs(context, insertion, characters.length, signal)
    const isCertain = seen === insertion.text || (seen === null && !isUnseen && isPlain(characters))
    const place = await obstacle(context, insertion)
    signal.throwIfAborted()
    if (isCertain && !place)
      return await keys.press('Backspace') ? 'undone' : 'impossible'
    if (!place)
      await keys.press('Right')
    return place ?? (seen === null ? 'impossible' : 'changed')
  }
  catch (error) {
    if (await placeOf(context, insertion.target) === 'focused')
      await keys.press('Right')
    throw error
  }
}

/** Whatever is selected when it cannot be all of it is let go. */
async function selectBackwards(context: InsertionContext, insertion: Insertion, count: number, signal: AbortSignal): Promise<'selected' | UndoOutcome> {
  const { input: { keys, focus }, clock } = context
  const untilMs = clock.nowMs() + SELECTING_LIMIT_MS
  for (let left = count; left > 0; left -= PIECE_CHARACTERS) {
    if (!await keys.press('Shift+Left', Math.min(left, PIECE_CHARACTERS)))
      return 'impossible'
    const isTaken = await focus.responds?.(insertion.target, ANSWER_LIMIT_MS, signal) !== false
    const place = await obstacle(context, insertion)
    signal.throwIfAborted()
    if (place)
      return place
    if (!isTaken || clock.nowMs() > untilMs) {
      await keys.press('Right')
      return 'impossible'
    }
  }
  return 'selected'
}

/** The selection once it is the text, else the last that was read. Programs whose cursor goes by code points need more steps. */
async function selectionThatIs(context: InsertionContext, insertion: Insertion, characters: number, signal: AbortSignal): Promise<string | null> {
  const { input, clock } = context
  const untilMs = clock.nowMs() + SELECTION_LIMIT_MS + characters * SELECTION_LIMIT_PER_CHARACTER_MS
  let seen = await selected(context, insertion, signal)
  let settledAt = seen
  while (seen !== insertion.text && clock.nowMs() < untilMs) {
    await pause(clock, SELECTION_EVERY_MS, signal)
    seen = await selected(context, insertion, signal)
    const missing = seen === null || seen === '' || seen !== settledAt || !insertion.text.endsWith(seen) ? '' : insertion.text.slice(0, -seen.length)
    settledAt = seen
    if (missing !== '' && !isPlain(graphemes(insertion.text)) && await input.keys.press('Shift+Left'))
      await hasAnswered(context, insertion.target, signal)
  }
  return seen
}

async function selected({ input }: InsertionContext, { target }: Insertion, signal: AbortSignal): Promise<string | null> {
  const text = await input.clipboard.selectedText(target, signal)
  return text?.replaceAll('\r\n', '\n') ?? null
}
