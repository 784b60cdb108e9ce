import type { MessagePort } from 'node:worker_threads'
import type { Logger } from '../../../ports/logger'
import type { ClipboardOffer, SavedClipboard } from '../../../ports/text-injector'
import type { ClipboardCall, FromThread, SavedHandle, ToThread } from './protocol'
import { parentPort, workerData } from 'node:worker_threads'
import { abortReason } from '../../../lib/abort'
import { toAppError } from '../../../lib/app-error'
import { assertNever } from '../../../lib/assert-never'
import { systemClock } from '../../../ports/clock'
import { createX11Clipboard } from '../x11-clipboard'

/** Older ones are not asked for again. */
const REMEMBERED = 32

/** The clipboard of an X display in a thread of its own; see the folder's README for why. */
function serve(port: MessagePort, display: string): void {
  const tell = (message: FromThread): void => port.postMessage(message)
  const log = (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] => (message, fields = {}) => tell({ type: 'log', level, message, fields })
  const clipboard = createX11Clipboard({ display, clock: systemClock, logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') } })
  const offers = new Map<number, ClipboardOffer>()
  const saved = new Map<number, SavedClipboard>()
  const running = new Map<number, AbortController>()
  let handles = 0

  function remember<T>(map: Map<number, T>, value: T): number {
    const handle = ++handles
    map.set(handle, value)
    for (const old of [...map.keys()].slice(0, -REMEMBERED))
      map.delete(old)
    return handle
  }

  function offer(handle: number): ClipboardOffer {
    const found = offers.get(handle)
    if (!found)
      throw new Error('an offer that is not remembered')
    return found
  }

  async function answer(call: ClipboardCall, signal: AbortSignal): Promise<unknown> {
    switch (call.method) {
      case 'save': {
        const content = await clipboard.save(signal)
        if (content === null)
          return null
        // One content at a time is to be given back; it may be large.
        saved.clear()
        return { formats: content.formats, sizeBytes: content.sizeBytes, missing: content.missing, handle: remember(saved, content) } satisfies SavedHandle
      }
      case 'offer':
        return remember(offers, await clipboard.offer(call.text, { reader: call.reader, alsoPrimary: call.alsoPrimary }))
      case 'copy': return clipboard.copy(call.text)
      case 'selectedText': return clipboard.selectedText(call.of, signal)
      case 'wasRead': return offer(call.handle).wasRead(call.limitMs, signal)
      case 'isCurrent': return offer(call.handle).isCurrent()
      case 'keep': return offer(call.handle).keep({ alsoPrimary: call.alsoPrimary })
      case 'restore': {
        const content = call.saved === null ? null : saved.get(call.saved)
        return content === undefined ? 'lost' : offer(call.handle).restore(content)
      }
      case 'close': {
        await clipboard[Symbol.asyncDispose]()
        return undefined
      }
      default: return assertNever(call)
    }
  }

  async function carryOut(id: number, call: ClipboardCall): Promise<void> {
    const controller = new AbortController()
    running.set(id, controller)
    try {
      tell({ type: 'value', id, value: await answer(call, controller.signal) })
    }
    catch (error) {
      const { code, message, retryable } = toAppError(error)
      tell({ type: 'error', id, code, message, retryable })
    }
    finally {
      running.delete(id)
    }
    if (call.method === 'close')
      port.close()
  }

  port.on('message', (message: ToThread) => {
    if (message.type === 'abort')
      running.get(message.id)?.abort(abortReason('not wanted any more'))
    else
      void carryOut(message.id, message.call)
  })
}

if (parentPort)
  serve(parentPort, (workerData as { readonly display: string }).display)
