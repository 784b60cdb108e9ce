import type { ErrorCode } from '../../lib/app-error'
import type { ChatEngine } from '../../ports/chat-engine'
import type { Clock } from '../../ports/clock'
import type { OnRoute } from '../../ports/route'
import type { Asked, ModelLimits } from './ask-model'
import type { Piece } from './pieces'
import type { ModelMode } from './prompts'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'
import { compare } from './alignment'
import { askModel } from './ask-model'
import { createFence } from './fence'
import { countWords, piecesOf } from './pieces'
import { cleanupMessages } from './prompts'
import { boundsFor, isRewriteOf } from './rewrite-guard'
import { unwrap } from './unwrap'

export type CleanupMode = ModelMode

/** Why a text, or a piece of it, stayed as it was. */
export type CleanupWhy
  = | 'differs' // what the model wrote does not say the same
    | 'empty' // it wrote nothing
    | 'cut' // it was longer than it may be, or did not come to its end
    | 'refused' // the service's filter
    | 'failed' // the engine; `errorCode`
    | 'timeout'
    | 'too-long' // the text, for what it was to become
    | 'plain-wanted' // somebody took the plain text

export interface CleanupResult {
  readonly text: string
  /** `model`: at least a piece of it was written by the model, and passed. */
  readonly used: 'model' | 'plain'
  /** Null: all of it passed. With `model`: why some of it stayed plain. */
  readonly why: CleanupWhy | null
  readonly errorCode: ErrorCode | null
  readonly pieces: { readonly total: number, readonly plain: number }
}

export interface CleanupLimits extends ModelLimits {
  /** From then on the plain text is offered. */
  readonly slowMs: number
  /** Words in a piece, where a text is cut; `shortWords` where no piece needs to know of the others. */
  readonly shortWords: number
  readonly rewriteWords: number
}

export const CLEANUP_LIMITS: CleanupLimits = { idleMs: 20_000, totalMs: 120_000, slowMs: 1_500, shortWords: 80, rewriteWords: 300 }
/** An e-mail is written as a whole; a longer one is more than a small model reads at a time. */
const MAX_EMAIL_WORDS = 600

export interface CleanUpOptions {
  readonly mode: CleanupMode
  /** What is to become of the text; with mode `own` alone. Empty there: nothing is done. */
  readonly ownPrompt: string
  readonly chat: ChatEngine
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Fires when the plain text is wanted at once. */
  readonly plainNow?: AbortSignal
  /** Told once, when it takes longer than `slowMs`. */
  readonly onSlow?: () => void
  readonly onRoute?: OnRoute
  /** BCP 47 of the dictation; null: English. */
  readonly language?: string | null
  readonly limits?: Partial<CleanupLimits>
  /** A random word; for tests. */
  readonly newMark?: () => string
}

interface Run extends CleanUpOptions {
  readonly limits: CleanupLimits
  readonly startedAtMs: number
}

/**
 * The dictated text as a model would write it; as it is where the model's text does not say the same. The text is data to the model:
 * nothing in it is answered or obeyed, and what is answered or obeyed nevertheless does not get through. Throws `signal.reason` alone.
 */
export async function cleanUp(text: string, options: CleanUpOptions): Promise<CleanupResult> {
  options.signal.throwIfAborted()
  const plain = (why: CleanupWhy | null): CleanupResult => ({ text, used: 'plain', why, errorCode: null, pieces: { total: 1, plain: 1 } })
  if (!/[\p{L}\p{N}]/u.test(text) || (options.mode === 'own' && options.ownPrompt.trim() === ''))
    return plain(null)
  if (options.plainNow?.aborted)
    return plain('plain-wanted')
  const limits = { ...CLEANUP_LIMITS, ...options.limits }
  if (options.mode === 'email' && countWords(text) > MAX_EMAIL_WORDS)
    return plain('too-long')
  const wanted = new AbortController()
  const take = (): void => wanted.abort(new AppError('aborted', 'The plain text is wanted.'))
  options.plainNow?.addEventListener('abort', take, { once: true })
  const cancelSlow = options.clock.after(limits.slowMs, () => options.onSlow?.())
  const signal = AbortSignal.any([options.signal, wanted.signal])
  try {
    return await raceAbort(cleanPieces(text, { ...options, signal, limits, startedAtMs: options.clock.nowMs() }), signal)
  }
  catch (error) {
    options.signal.throwIfAborted()
    if (wanted.signal.aborted)
      return plain('plain-wanted')
    throw error
  }
  finally {
    cancelSlow()
    options.plainNow?.removeEventListener('abort', take)
  }
}

async function cleanPieces(text: string, run: Run): Promise<CleanupResult> {
  const { shortWords, rewriteWords } = run.limits
  const core = text.trim()
  const pieces = run.mode === 'email' ? [{ text: core, separator: '' }] : piecesOf(core, run.mode === 'light' || run.mode === 'notes' ? shortWords : rewriteWords)
  let result = ''
  let plain = 0
  let why: CleanupWhy | null = null
  let errorCode: ErrorCode | null = null
  let isLost = false
  for (const piece of pieces) {
    const cleaned: Cleaned = isLost || !/[\p{L}\p{N}]/u.test(piece.text) ? { text: null, why: null, errorCode: null } : await cleanPiece(piece, run)
    why ??= cleaned.why
    errorCode ??= cleaned.errorCode
    plain += cleaned.text === null ? 1 : 0
    // What failed once would fail, or keep waiting, for each piece that is left.
    isLost ||= cleaned.why === 'failed' || cleaned.why === 'timeout' || cleaned.why === 'refused'
    // A note begins its own line.
    const separator = run.mode === 'notes' && piece.separator !== '' && !piece.separator.includes('\n') ? '\n' : piece.separator
    result += (cleaned.text ?? piece.text) + separator
  }
  const used = plain < pieces.length ? 'model' : 'plain'
  return { text: used === 'model' ? around(text, result) : text, used, why, errorCode, pieces: { total: pieces.length, plain } }
}

/** With the white space that the text had at its ends. */
function around(text: string, result: string): string {
  return (/^\s*/.exec(text)?.[0] ?? '') + result.trim() + (/\s*$/.exec(text)?.[0] ?? '')
}

interface Cleaned {
  /** Null: it stays as it is. */
  readonly text: string | null
  readonly why: CleanupWhy | null
  readonly errorCode: ErrorCode | null
}

async function cleanPiece({ text }: Piece, run: Run): Promise<Cleaned> {
  const fence = createFence(text, run.newMark)
  const asked: Asked = await askModel(cleanupMessages(run.mode, run.ownPrompt, text, fence), {
    chat: run.chat,
    clock: run.clock,
    signal: run.signal,
    limits: run.limits,
    startedAtMs: run.startedAtMs,
    onRoute: run.onRoute,
    ...sizeOf(text, run.mode),
  })
  if (asked.type === 'none')
    return { text: null, why: asked.why, errorCode: asked.errorCode }
  const written = unwrap(asked.text, text, fence)
  if (!/[\p{L}\p{N}]/u.test(written))
    return { text: null, why: 'empty', errorCode: null }
  const kept = accepted(text, written, run)
  return kept === null ? { text: null, why: 'differs', errorCode: null } : { text: kept, why: null, errorCode: null }
}

function accepted(text: string, written: string, { mode, ownPrompt, language = null }: Run): string | null {
  if (mode !== 'light')
    return isRewriteOf(text, written, boundsFor(mode, ownPrompt), language) ? written : null
  // A piece has no line break: one that is new would submit, in a chat or a shell.
  const line = written.replaceAll(/\s*\n\s*/g, ' ')
  return compare(text, line, language).verdict === 'same' ? line : null
}

/** A token is at least a byte; of a Latin script about four characters. */
function sizeOf(text: string, mode: CleanupMode): { maxTokens: number, maxChars: number } {
  const tokens = Math.ceil(new TextEncoder().encode(text).length / 3)
  return mode === 'light'
    ? { maxTokens: Math.ceil(tokens * 1.4) + 24, maxChars: text.length * 2 + 200 }
    : { maxTokens: tokens * 3 + 96, maxChars: text.length * 4 + 800 }
}
