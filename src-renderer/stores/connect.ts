import type { AppEvent, Snapshot } from '@contract'
import { request, startEventStream } from '../bridge'
import { useConversation } from './conversation'
import { useDevices } from './devices'
import { useModels } from './models'
import { useNotices } from './notices'
import { useSession } from './session'
import { useSettings } from './settings'

/** Joins the stores to main's events. Returns the function that parts them again. */
export function connectStores(): () => void {
  const session = useSession()
  const conversation = useConversation()
  const others = [useSettings(), useDevices(), useModels(), useNotices(), session]

  function applySnapshot(snapshot: Snapshot): void {
    conversation.applySnapshot(snapshot)
    for (const store of others)
      store.applySnapshot(snapshot)
  }

  function applyEvent(event: AppEvent): boolean {
    for (const store of others)
      store.applyEvent(event)
    return conversation.applyEvent(event)
  }

  return startEventStream({
    onEvent: listener => window.parley.onEvent(listener),
    snapshot: () => request('app.snapshot'),
    applySnapshot,
    applyEvent,
    onStatus: (status) => {
      session.status = status
    },
  })
}
