import type { AppEvent, Snapshot } from '@contract'
import { request, startEventStream } from '../bridge'
import { useConversation } from './conversation'
import { useDevices } from './devices'
import { useDictations } from './dictations'
import { useModels } from './models'
import { useNotices } from './notices'
import { useServices } from './services'
import { useSession } from './session'
import { useSettings } from './settings'

interface Connected {
  readonly applySnapshot: (snapshot: Snapshot) => void
  /** False: the event does not fit what is known, a new snapshot is needed. */
  readonly applyEvent: (event: AppEvent) => boolean | void
}

function connect(stores: readonly Connected[]): () => void {
  const session = useSession()
  return startEventStream({
    onEvent: listener => window.parley.onEvent(listener),
    snapshot: () => request('app.snapshot'),
    applySnapshot: snapshot => stores.forEach(store => store.applySnapshot(snapshot)),
    // Every store hears of it, also when one of them misses something.
    applyEvent: event => stores.map(store => store.applyEvent(event)).every(fits => fits !== false),
    onStatus: (status) => {
      session.status = status
    },
  })
}

/** Joins the stores to main's events. Returns the function that parts them again. */
export function connectStores(): () => void {
  return connect([useConversation(), useSettings(), useDevices(), useModels(), useServices(), useDictations(), useNotices(), useSession()])
}

/** The same for a window that shows what is going on and nothing else. */
export function connectSession(): () => void {
  return connect([useSession()])
}
