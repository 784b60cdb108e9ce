import type { InjectionTarget, LeftReason } from '../../ports/text-injector'
import type { InsertionContext } from './insertion-context'
import { background } from '../../lib/background'
import { graphemes } from './clean-text'
import { placeOf } from './insertion-context'

/** `impossible`: nothing was typed. Otherwise why the rest was not; some of it may be in the window. */
export type TypeOutcome = 'typed' | 'impossible' | Extract<LeftReason, 'focus-moved' | 'target-gone' | 'no-keys' | 'not-read'>

/** The focus is asked for again after so many characters; between them the system's own word of a change stops the typing. */
const CHUNK_CHARACTERS = 100

/** A program that does not answer within this is stopped: by the time it goes on, the keys may mean something else. */
const AWAKE_LIMIT_MS = 2_000

/** Types as long as the target has the focus. Throws on abort. */
export async function typeText(context: InsertionContext, text: string, target: InjectionTarget, signal: AbortSignal): Promise<TypeOutcome> {
  const moved = new AbortController()
  const unsubscribe = context.input.focus.changes.subscribe(() => {
    background(placeOf(context, target).then((place) => {
      if (place !== 'focused')
        moved.abort(place)
    }), context.logger, 'focus')
  })
  const either = AbortSignal.any([signal, moved.signal])
  try {
    const before = await placeOf(context, target)
    signal.throwIfAborted()
    if (before !== 'focused')
      return before
    if (await context.input.focus.responds?.(target, AWAKE_LIMIT_MS, either) === false)
      return 'not-read'
    const characters = graphemes(text)
    for (let at = 0; at < characters.length; at += CHUNK_CHARACTERS) {
      const place = await placeOf(context, target)
      signal.throwIfAborted()
      if (place !== 'focused')
        return place
      if (!await context.input.keys.type(characters.slice(at, at + CHUNK_CHARACTERS).join(''), either))
        return at === 0 ? 'impossible' : 'no-keys'
    }
    return 'typed'
  }
  catch (error) {
    if (signal.aborted)
      throw signal.reason
    if (moved.signal.aborted)
      return moved.signal.reason as 'focus-moved' | 'target-gone'
    context.logger.warn('typing failed', { error: error instanceof Error ? error.name : 'unknown' })
    return 'no-keys'
  }
  finally {
    unsubscribe()
  }
}
