import type { ErrorCode } from '../../lib/app-error'
import type { ChatEngine, ChatFinish, ChatMessage } from '../../ports/chat-engine'
import type { Clock } from '../../ports/clock'
import type { OnRoute } from '../../ports/route'
import { raceAbort } from '../../lib/abort'
import { AppError, toAppError } from '../../lib/app-error'

export interface ModelLimits {
  /** Without a token for so long: nothing more is waited for. */
  readonly idleMs: number
  /** For the whole. */
  readonly totalMs: number
}

export interface AskOptions {
  readonly chat: ChatEngine
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly limits: ModelLimits
  /** The clock's time from which `totalMs` counts. */
  readonly startedAtMs: number
  readonly maxTokens: number
  /** A longer reply is not what was asked for: it is not read to its end. */
  readonly maxChars: number
  readonly onRoute?: OnRoute | undefined
}

export type Asked
  = | { readonly type: 'text', readonly text: string }
    /** `timeout`; `cut`: longer than it may be, or it went round in circles; `refused`: by the service's filter; `failed`: the engine. */
    | { readonly type: 'none', readonly why: 'timeout' | 'cut' | 'refused' | 'failed', readonly errorCode: ErrorCode | null }

/** The reply as a whole, at temperature 0. Throws `signal.reason` on abort alone. */
export async function askModel(messages: readonly ChatMessage[], options: AskOptions): Promise<Asked> {
  options.signal.throwIfAborted()
  const watch = createWatch(options)
  try {
    // An engine that does not stop when it is told to must not hold the text back.
    return await raceAbort(read(messages, options, watch), watch.signal)
  }
  catch (error) {
    options.signal.throwIfAborted()
    if (watch.signal.aborted)
      return { type: 'none', why: 'timeout', errorCode: 'timeout' }
    return { type: 'none', why: 'failed', errorCode: toAppError(error).code }
  }
  finally {
    watch.dispose()
  }
}

async function read(messages: readonly ChatMessage[], { chat, maxTokens, maxChars, onRoute }: AskOptions, watch: Watch): Promise<Asked> {
  let text = ''
  let finish: ChatFinish | null = null
  for await (const event of chat.complete(messages, { signal: watch.signal, temperature: 0, maxTokens, ...(onRoute ? { onRoute } : {}) })) {
    watch.progress()
    if (event.type === 'finish')
      finish = event.reason
    else if (event.type === 'text')
      text += event.text
    if (text.length > maxChars)
      return { type: 'none', why: 'cut', errorCode: null }
  }
  switch (finish) {
    case 'stop': return { type: 'text', text }
    case 'filtered': return { type: 'none', why: 'refused', errorCode: null }
    // A reply that breaks off is half a text.
    case 'length':
    case 'repetition':
    case null: return { type: 'none', why: 'cut', errorCode: null }
  }
}

interface Watch {
  readonly signal: AbortSignal
  readonly progress: () => void
  readonly dispose: () => void
}

function createWatch({ clock, signal, limits, startedAtMs }: AskOptions): Watch {
  const late = new AbortController()
  const stop = (): void => late.abort(new AppError('timeout', 'The model took too long.'))
  const cancelTotal = clock.after(Math.max(0, startedAtMs + limits.totalMs - clock.nowMs()), stop)
  let cancelIdle = clock.after(limits.idleMs, stop)
  return {
    signal: AbortSignal.any([signal, late.signal]),
    progress() {
      cancelIdle()
      cancelIdle = clock.after(limits.idleMs, stop)
    },
    dispose() {
      cancelTotal()
      cancelIdle()
    },
  }
}
