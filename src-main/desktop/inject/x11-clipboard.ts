import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { ClipboardAccess, SavedClipboard } from '../../ports/text-injector'
import type { RunningOffer } from './x11-clipboard-offer'
import type { SelectionContent, SelectionOwner } from './x11-clipboard-owner'
import type { Requestor } from './x11-clipboard-request'
import type { SelectionSession } from './x11-clipboard-session'
import type { Transfers } from './x11-clipboard-transfer'
import { AppError } from '../../lib/app-error'
import { createSerialQueue } from '../serial-queue'
import { handOver } from './x11-clipboard-farewell'
import { createOffer } from './x11-clipboard-offer'
import { createSelectionOwner } from './x11-clipboard-owner'
import { isOfProgram } from './x11-clipboard-reader'
import { createRequestor } from './x11-clipboard-request'
import { createPatience, keepContent } from './x11-clipboard-save'
import { openSelectionSession } from './x11-clipboard-session'
import { decodeText, textContent, textTargets } from './x11-clipboard-text'
import { createTransfers } from './x11-clipboard-transfer'

export interface X11ClipboardOptions {
  readonly display: string
  readonly clock: Clock
  readonly logger: Logger
}

/** A selection that is longer is no instruction's subject. */
const MAX_SELECTED_BYTES = 16 * 1024 * 1024

/** Everything that lives and ends with one connection. */
interface Desk {
  readonly session: SelectionSession
  readonly transfers: Transfers
  readonly requestor: Requestor
  readonly clipboard: SelectionOwner
  readonly primary: SelectionOwner
  readonly textTargets: ReadonlySet<number>
  /** The last offer; its content is ours as long as it is passing. */
  offer: { readonly running: RunningOffer, readonly before: SavedClipboard | null, readonly primaryBefore: SelectionContent | null } | null
  /** What `save` answered last. */
  lastSaved: SavedClipboard | null
}

/**
 * The clipboard of an X display, on a connection of its own that is made at the first use and again after it broke.
 * Everything rejects with `AppError` `no-display` while there is none.
 */
export function createX11Clipboard({ display, clock, logger }: X11ClipboardOptions): ClipboardAccess & AsyncDisposable {
  const contents = new WeakMap<SavedClipboard, { readonly desk: Desk, readonly content: SelectionContent }>()
  const inTurn = createSerialQueue()
  let opening: Promise<Desk> | null = null
  let isDisposed = false

  function desk(): Promise<Desk> {
    if (isDisposed)
      return Promise.reject(new AppError('no-display', 'The clipboard is closed.'))
    if (opening)
      return opening
    const mine = openDesk({ display, clock })
    const forget = (): void => {
      if (opening === mine)
        opening = null
    }
    mine.then(opened => opened.session.connection.closed.subscribe(forget), forget)
    opening = mine
    return mine
  }

  function remember(at: Desk, content: SelectionContent, { formats, missing, sizeBytes }: SavedClipboard): SavedClipboard {
    const saved = { formats, missing, sizeBytes }
    contents.set(saved, { desk: at, content })
    at.lastSaved = saved
    return saved
  }

  function contentOf(at: Desk, saved: SavedClipboard): SelectionContent | null {
    const known = contents.get(saved)
    return known?.desk === at && known.content.size > 0 ? known.content : null
  }

  async function saveOurs(at: Desk, content: SelectionContent): Promise<SavedClipboard> {
    const formats = await Promise.all([...content.keys()].map(at.session.atomName))
    const sizeBytes = [...new Set([...content.values()].map(value => value.data))].reduce((sum, data) => sum + data.length, 0)
    return remember(at, content, { formats, missing: [], sizeBytes })
  }

  /** What another owner has. Once more when it changed meanwhile: half of one and half of another is neither's. */
  async function saveTheirs(at: Desk, signal: AbortSignal): Promise<SavedClipboard | null> {
    let changes = 0
    const unsubscribe = at.session.clipboardChanges.subscribe(() => changes++)
    try {
      for (let isLast = false; ; isLast = true) {
        if (await at.session.ownerOf(at.clipboard.selection) === 0) {
          at.lastSaved = null
          return null
        }
        const kept = await keepContent(at.session, at.requestor, at.clipboard.selection, { signal })
        if (changes === 0 || isLast) {
          if (kept.missing.length > 0)
            logger.info('part of the clipboard cannot be kept', { kept: kept.formats.length, missing: kept.missing.length })
          return remember(at, kept.content, kept)
        }
        changes = 0
      }
    }
    finally {
      unsubscribe()
    }
  }

  async function primaryContent(at: Desk): Promise<SelectionContent | null> {
    if (at.primary.content)
      return at.offer?.running.isPassing ? at.offer.primaryBefore : at.primary.content
    if (await at.session.ownerOf(at.primary.selection) === 0)
      return null
    const kept = await keepContent(at.session, at.requestor, at.primary.selection, { signal: new AbortController().signal, textOnly: true })
    return kept.content.size > 0 ? kept.content : null
  }

  function own(owner: SelectionOwner, content: SelectionContent): Promise<boolean> {
    // A second try: somebody took it in the same millisecond.
    return owner.own(content).then(isOurs => isOurs || owner.own(content))
  }

  return {
    async save(signal) {
      signal.throwIfAborted()
      const at = await desk()
      if (at.clipboard.content && at.offer?.running.isPassing)
        return at.offer.before
      return at.clipboard.content ? saveOurs(at, at.clipboard.content) : saveTheirs(at, signal)
    },

    async offer(text, { reader, alsoPrimary }) {
      const at = await desk()
      const [passing, lasting] = await Promise.all([textContent(at.session, text, { passing: true }), textContent(at.session, text, { passing: false })])
      await at.offer?.running.quiet()
      return inTurn(async () => {
        const primaryBefore = alsoPrimary ? await primaryContent(at) : null
        const before = at.offer?.running.isPassing ? at.offer.before : at.lastSaved
        at.offer?.running.supersede()
        const running = createOffer({
          session: at.session,
          clipboard: at.clipboard,
          primary: alsoPrimary ? at.primary : null,
          reader,
          textTargets: at.textTargets,
          passing,
          lasting,
          primaryBefore,
          contentOf: saved => contentOf(at, saved),
          inTurn,
        })
        at.offer = { running, before, primaryBefore }
        try {
          await Promise.all([own(at.clipboard, passing), ...alsoPrimary ? [own(at.primary, passing)] : []])
        }
        catch (error) {
          running.supersede()
          throw error
        }
        return running
      })
    },

    async copy(text) {
      const at = await desk()
      const content = await textContent(at.session, text, { passing: false })
      await at.offer?.running.quiet()
      await inTurn(async () => {
        at.offer?.running.supersede()
        await own(at.clipboard, content)
      })
    },

    async selectedText(of, signal) {
      signal.throwIfAborted()
      const { session, requestor, primary } = await desk()
      const owner = await session.ownerOf(primary.selection)
      if (owner === 0 || owner === session.window || !await isOfProgram(session, owner, of))
        return null
      const patience = createPatience(session, signal, MAX_SELECTED_BYTES)
      try {
        for (const target of [session.atoms.UTF8_STRING, session.atoms.STRING]) {
          const value = await patience.ask(requestor, primary.selection, target)
          signal.throwIfAborted()
          const text = value && decodeText(session, value, target)
          if (text !== null)
            return text || null
        }
        return null
      }
      finally {
        patience.end()
      }
    },

    async [Symbol.asyncDispose]() {
      isDisposed = true
      const at = await opening?.catch(() => null)
      if (!at)
        return
      const isLasting = at.clipboard.content !== null && !at.offer?.running.isPassing
      at.offer?.running.supersede()
      if (isLasting)
        await handOver(at.session, at.transfers, [...at.clipboard.content?.keys() ?? []]).catch(() => false)
      at.session.close()
    },
  }
}

async function openDesk({ display, clock }: { display: string, clock: Clock }): Promise<Desk> {
  const session = await openSelectionSession({ display, clock })
  try {
    const transfers = createTransfers(session)
    return {
      session,
      transfers,
      requestor: createRequestor(session),
      clipboard: createSelectionOwner(session, session.atoms.CLIPBOARD, transfers),
      primary: createSelectionOwner(session, session.atoms.PRIMARY, transfers),
      textTargets: await textTargets(session),
      offer: null,
      lastSaved: null,
    }
  }
  catch (error) {
    session.close()
    throw error
  }
}
