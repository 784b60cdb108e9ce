import type { ClipboardOffer, InjectionTarget, SavedClipboard } from '../../ports/text-injector'
import type { SelectionContent, SelectionOwner, SelectionRead } from './x11-clipboard-owner'
import type { SelectionSession } from './x11-clipboard-session'
import { toAppError } from '../../lib/app-error'
import { isClipboardWatcher, isOfProgram } from './x11-clipboard-reader'

/** Some programs read twice for one paste: what they get the second time must be the same. */
const QUIET_MS = 150
/**
 * Browsers ask some fifteen to thirty times for one paste, within 20 ms, and paste nothing at all when the content changes in
 * between. On a machine with three times the work that it can do, up to 120 ms passed between two of these.
 */
const BROWSER_QUIET_MS = 500
const BROWSER_REQUESTS = 3
/** Nobody is waited for longer than this. */
const MAX_QUIET_MS = 2_000
/** A reader in the middle of a large text that takes nothing for half of this is given up anyway. */
const MAX_READING_MS = 60_000

export interface OfferOptions {
  readonly session: SelectionSession
  readonly clipboard: SelectionOwner
  /** Null: PRIMARY is not touched. */
  readonly primary: SelectionOwner | null
  readonly reader: InjectionTarget | null
  readonly textTargets: ReadonlySet<number>
  /** The text with the hints that it is passing, which the clipboard holds now. */
  readonly passing: SelectionContent
  /** The text as an ordinary content. */
  readonly lasting: SelectionContent
  /** Null: PRIMARY was empty, or its content could not be had. */
  readonly primaryBefore: SelectionContent | null
  /** Null: not of this connection, or nothing of it could be kept. */
  readonly contentOf: (saved: SavedClipboard) => SelectionContent | null
  /** Changes of the owner happen one after another. */
  readonly inTurn: <T>(step: () => Promise<T>) => Promise<T>
}

export interface RunningOffer extends ClipboardOffer {
  /** Resolves once whoever read the text asks for nothing more: at once where nobody has read it. */
  readonly quiet: () => Promise<void>
  /** The program itself put something else there. */
  readonly supersede: () => void
  /** The text is still there, as a passing one. */
  readonly isPassing: boolean
}

export function createOffer({ session, clipboard, primary, reader, textTargets, passing, lasting, primaryBefore, contentOf, inTurn }: OfferOptions): RunningOffer {
  const { clock } = session
  let isRead = false
  let isPassing = true
  /** Readings that have begun and of which it isn't known yet how they end. */
  let begun = 0
  let lastRequestMs = -Infinity
  let requests = 0
  const waiting = new Set<() => void>()
  const wake = (): void => [...waiting].forEach(look => look())

  async function countsAsReader(requestor: number): Promise<boolean> {
    try {
      return reader ? await isOfProgram(session, requestor, reader) : !await isClipboardWatcher(session, requestor)
    }
    catch {
      return false // the connection broke
    }
  }

  function onRead({ requestor, target, delivered }: SelectionRead): void {
    lastRequestMs = clock.nowMs()
    requests++
    if (isRead || !textTargets.has(target))
      return
    begun++
    void countsAsReader(requestor).then(counts => counts && delivered).then((isReadNow) => {
      begun--
      isRead ||= isReadNow
      wake()
    })
  }

  const unsubscribe = [clipboard.reads.subscribe(onRead), clipboard.lost.subscribe(end)]
  if (primary)
    unsubscribe.push(primary.reads.subscribe(onRead))

  function end(): void {
    isPassing = false
    unsubscribe.splice(0).forEach(leave => leave())
    wake()
  }

  /** Resolves when `isSo()`, at the latest after `limitMs`; rejects with the signal's reason. */
  function until(isSo: () => boolean, limitMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        cancel()
        waiting.delete(look)
        signal?.removeEventListener('abort', abort)
      }
      const look = (): void => {
        if (!isSo())
          return
        leave()
        resolve()
      }
      const abort = (): void => {
        leave()
        reject(signal?.reason as Error)
      }
      const cancel = clock.after(limitMs, () => {
        leave()
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
      waiting.add(look)
      look()
    })
  }

  async function quiet(): Promise<void> {
    const untilMs = clock.nowMs() + MAX_QUIET_MS
    for (;;) {
      const quietMs = requests < BROWSER_REQUESTS ? QUIET_MS : BROWSER_QUIET_MS
      const leftMs = Math.min(lastRequestMs + quietMs, untilMs) - clock.nowMs()
      if (!isRead || !isPassing || leftMs <= 0)
        return
      await until(() => !isPassing, leftMs)
    }
  }

  async function giveBackPrimary(): Promise<void> {
    if (!primary?.content)
      return
    if (primaryBefore)
      await primary.own(primaryBefore)
    else
      await primary.release()
  }

  async function keepPrimary(): Promise<void> {
    if (primary?.content)
      await primary.own(lasting)
  }

  /** Ends the offer by what `put` does with the clipboard, unless it ended before. */
  function finish<T>(put: (atTime: number) => Promise<T>, otherwise: () => T, endPrimary = giveBackPrimary): Promise<T> {
    return inTurn(async () => {
      if (!isPassing)
        return otherwise()
      // Whoever took the clipboard until now has been told of afterwards; with this time it cannot be taken from a later one.
      const atTime = await session.serverTime()
      if (!isPassing)
        return otherwise()
      end()
      await endPrimary()
      return put(atTime)
    })
  }

  const outcomeOfLoss = (): 'changed' | 'lost' => session.connection.isClosed ? 'lost' : 'changed'

  return {
    get isPassing() {
      return isPassing
    },
    quiet,
    supersede: end,
    async wasRead(limitMs, signal) {
      signal.throwIfAborted()
      const isSettled = (): boolean => isRead || (!isPassing && begun === 0)
      await until(isSettled, limitMs, signal)
      if (!isRead && begun > 0)
        await until(() => isRead || begun === 0, MAX_READING_MS, signal)
      return isRead
    },
    async isCurrent() {
      try {
        // What others did before this has been told of afterwards.
        await session.serverTime()
      }
      catch {
        return false
      }
      return clipboard.content === passing || clipboard.content === lasting
    },
    async restore(saved) {
      await quiet()
      try {
        return await finish(async (atTime) => {
          const content = saved && contentOf(saved)
          if (content)
            return await clipboard.own(content, atTime) ? 'restored' : 'changed'
          await clipboard.release()
          return saved ? 'lost' : 'restored'
        }, outcomeOfLoss)
      }
      catch (error) {
        if (toAppError(error).code === 'no-display')
          return 'lost'
        throw error
      }
    },
    async keep({ alsoPrimary = false } = {}) {
      await finish(async (atTime) => {
        await clipboard.own(lasting, atTime)
      }, () => {}, alsoPrimary ? keepPrimary : giveBackPrimary)
    },
  }
}
