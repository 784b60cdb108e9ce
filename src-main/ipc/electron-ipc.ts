import type { WebContents, WebFrameMain } from 'electron'
import type { SequencedEvent } from '../contract'
import type { Subscribable } from '../lib/emitter'
import type { Logger } from '../ports/logger'
import type { RequestHandlers } from './request-router'
import { ipcMain } from 'electron'
import { EVENT_CHANNEL, REQUEST_CHANNEL } from '../contract'
import { createRequestRouter } from './request-router'

export interface IpcOptions {
  readonly handlers: RequestHandlers
  readonly events: Subscribable<SequencedEvent>
  readonly logger: Logger
  /** The windows that may talk to main, as they are now. */
  readonly windows: () => readonly WebContents[]
  /** Whether a page of ours may have this address. */
  readonly isOwnUrl: (url: string) => boolean
}

/** Joins main and its windows; returns the way to take it apart. */
export function connectIpc({ handlers, events, logger, windows, isOwnUrl }: IpcOptions): () => void {
  const answer = createRequestRouter(handlers, logger)

  function isOurs(sender: WebContents, frame: WebFrameMain | null): boolean {
    return frame !== null && windows().includes(sender) && frame === sender.mainFrame && isOwnUrl(frame.url)
  }

  ipcMain.handle(REQUEST_CHANNEL, (event, name: unknown, input: unknown) => {
    if (!isOurs(event.sender, event.senderFrame)) {
      logger.warn('request refused: foreign sender')
      return { ok: false, error: { code: 'bad-input', message: 'This page may not ask.', params: {} } }
    }
    return answer(name, input, { id: event.sender.id })
  })
  const unsubscribe = events.subscribe((event) => {
    for (const window of windows()) {
      if (!window.isDestroyed())
        window.send(EVENT_CHANNEL, event)
    }
  })
  return () => {
    ipcMain.removeHandler(REQUEST_CHANNEL)
    unsubscribe()
  }
}
