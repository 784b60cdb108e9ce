import type { Worker } from 'node:worker_threads'
import type { Logger } from '../../ports/logger'
import type { ClipboardAccess, ClipboardOffer } from '../../ports/text-injector'
import type { ClipboardCall, FromThread, SavedHandle, ToThread } from './thread/protocol'
import { AppError } from '../../lib/app-error'

/** How long a thread that is asked to close may take: a clipboard manager is given what it is to keep. */
const CLOSE_LIMIT_MS = 2_000

/** Starts `thread/main` of the built program for this display. */
export type StartClipboardThread = (display: string) => Worker

interface Running {
  readonly worker: Worker
  /** Asks; rejects with `AppError`, or the signal's reason. */
  readonly ask: (call: ClipboardCall, signal?: AbortSignal) => Promise<unknown>
}

/**
 * The clipboard of an X display in a thread of its own. This program's windows read the clipboard on the main thread and wait
 * for the answer there: were the owner on it too, nobody would answer. A thread that died is started again by the next call.
 */
export function createThreadedClipboard({ display, start, logger }: { readonly display: string, readonly start: StartClipboardThread, readonly logger: Logger }): ClipboardAccess & AsyncDisposable {
  let running: Running | null = null
  let isClosed = false

  function ask(call: ClipboardCall, signal?: AbortSignal): Promise<unknown> {
    if (isClosed)
      return Promise.reject(new AppError('no-display', 'The clipboard is closed.'))
    running ??= runThread(start(display), logger, () => {
      running = null
    })
    return running.ask(call, signal)
  }

  function offerOf(handle: number): ClipboardOffer {
    return {
      wasRead: async (limitMs, signal) => await ask({ method: 'wasRead', handle, limitMs }, signal) as boolean,
      isCurrent: async () => await ask({ method: 'isCurrent', handle }) as boolean,
      restore: async saved => await ask({ method: 'restore', handle, saved: saved === null ? null : (saved as SavedHandle).handle }) as 'restored' | 'changed' | 'lost',
      async keep({ alsoPrimary = false } = {}) {
        await ask({ method: 'keep', handle, alsoPrimary })
      },
    }
  }

  return {
    save: async signal => await ask({ method: 'save' }, signal) as SavedHandle | null,
    offer: async (text, { reader, alsoPrimary }) => offerOf(await ask({ method: 'offer', text, reader, alsoPrimary }) as number),
    async copy(text) {
      await ask({ method: 'copy', text })
    },
    selectedText: async (of, signal) => await ask({ method: 'selectedText', of }, signal) as string | null,
    async [Symbol.asyncDispose]() {
      const last = running
      const closing = last?.ask({ method: 'close' }, AbortSignal.timeout(CLOSE_LIMIT_MS)).catch(() => {})
      isClosed = true
      await closing
      await last?.worker.terminate()
    },
  }
}

function runThread(worker: Worker, logger: Logger, onGone: () => void): Running {
  const waiting = new Map<number, { readonly resolve: (value: unknown) => void, readonly reject: (error: unknown) => void }>()
  let ids = 0
  let isGone = false
  const send = (message: ToThread): void => worker.postMessage(message)

  function leave(): void {
    if (isGone)
      return
    isGone = true
    onGone()
    for (const { reject } of waiting.values())
      reject(new AppError('no-display', 'The thread of the clipboard ended.', { retryable: true }))
    waiting.clear()
  }

  worker.on('message', (message: FromThread) => {
    if (message.type === 'log')
      return logger[message.level](message.message, message.fields)
    const asker = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.type === 'value')
      asker?.resolve(message.value)
    else
      asker?.reject(new AppError(message.code, message.message, { retryable: message.retryable }))
  })
  worker.on('error', (error) => {
    logger.error('the thread of the clipboard failed', { error: error.message })
    leave()
  })
  worker.on('exit', leave)

  return {
    worker,
    async ask(call, signal) {
      signal?.throwIfAborted()
      const id = ++ids
      const onAbort = (): void => {
        send({ type: 'abort', id })
        waiting.get(id)?.reject(signal?.reason)
        waiting.delete(id)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        return await new Promise((resolve, reject) => {
          if (isGone)
            return reject(new AppError('no-display', 'The thread of the clipboard ended.', { retryable: true }))
          waiting.set(id, { resolve, reject })
          send({ type: 'call', id, call })
        })
      }
      finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
  }
}
