import type { SelectionSession } from './x11-clipboard-session'
import type { Transfers } from './x11-clipboard-transfer'
import { numbers } from './x11-clipboard-owner'

/** A clipboard manager that does not get it in this time does not get it. */
const HANDOVER_MS = 1_000

/**
 * Asks the clipboard manager, if there is one, to take the content of CLIPBOARD over, which would go with this program
 * (freedesktop's ClipboardManager specification). Resolves with true when it has all of it.
 */
export async function handOver(session: SelectionSession, transfers: Transfers, targets: readonly number[]): Promise<boolean> {
  const { connection, clock, window, atoms } = session
  const { client: X } = connection
  if (await session.ownerOf(atoms.CLIPBOARD_MANAGER) === 0)
    return false
  return new Promise<boolean>((resolve) => {
    const unsubscribe: (() => void)[] = []
    const end = (isTaken: boolean): void => {
      unsubscribe.splice(0).forEach(leave => leave())
      resolve(isTaken)
    }
    unsubscribe.push(
      clock.after(HANDOVER_MS, () => end(false)),
      connection.closed.subscribe(() => end(false)),
      session.events.subscribe((event) => {
        if (event.name !== 'SelectionNotify' || event.requestor !== window || event.selection !== atoms.CLIPBOARD_MANAGER || event.target !== atoms.SAVE_TARGETS)
          return
        if (event.property === 0)
          end(false)
        else
          void transfers.idle().then(() => end(true))
      }),
    )
    X.ChangeProperty(0, window, atoms.PARLEY_DATA, atoms.ATOM, 32, numbers(targets))
    X.ConvertSelection(window, atoms.CLIPBOARD_MANAGER, atoms.SAVE_TARGETS, atoms.PARLEY_DATA, 0)
  })
}
