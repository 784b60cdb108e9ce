import type { Buffer } from 'node:buffer'
import type { XProperty } from 'x11'
import type { SelectionSession, SelectionValue } from '../../src-main/desktop/inject/x11-clipboard-session'
import type { ClipboardAccess, InjectionTarget } from '../../src-main/ports/text-injector'
import { afterEach } from 'vitest'
import { createX11Clipboard } from '../../src-main/desktop/inject/x11-clipboard'
import { createSelectionOwner, numbers } from '../../src-main/desktop/inject/x11-clipboard-owner'
import { createRequestor } from '../../src-main/desktop/inject/x11-clipboard-request'
import { openSelectionSession } from '../../src-main/desktop/inject/x11-clipboard-session'
import { createTransfers } from '../../src-main/desktop/inject/x11-clipboard-transfer'
import { systemClock } from '../../src-main/ports/clock'
import { silentLogger } from '../../src-main/ports/logger'

export interface TestClipboards {
  readonly openClipboard: () => ClipboardAccess & AsyncDisposable
  /** Another client, to say by hand what a program could say. */
  readonly openClient: () => Promise<SelectionSession>
}

/** Clipboards on a display for the calling test; closed after it. */
export function useX11Clipboards(display: () => string): TestClipboards {
  const open: (() => Promise<void> | void)[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map(close => close()))
  })
  return {
    openClipboard() {
      const clipboard = createX11Clipboard({ display: display(), clock: systemClock, logger: silentLogger })
      open.push(async () => clipboard[Symbol.asyncDispose]())
      return clipboard
    },
    async openClient() {
      const session = await openSelectionSession({ display: display(), clock: systemClock })
      open.push(session.close)
      return session
    },
  }
}

export interface ClipboardManager {
  /** Names of the formats that it took over, once it has. */
  readonly saved: Promise<readonly string[]>
}

/**
 * A clipboard manager as in freedesktop's specification: asks for everything that is to be saved with one MULTIPLE, takes
 * the clipboard, and then says that it is done. With `stuck` it never answers.
 */
export async function startClipboardManager(client: SelectionSession, { stuck = false } = {}): Promise<ClipboardManager> {
  const { connection, window, atoms } = client
  const { client: X, request } = connection
  const [list, multiple] = await Promise.all([client.atom('X_LIST'), client.atom('MULTIPLE')])
  const clipboard = createSelectionOwner(client, atoms.CLIPBOARD, createTransfers(client))
  const property = (from: number, name: number, remove: 0 | 1): Promise<XProperty> => request<XProperty>(done => X.GetProperty(remove, from, name, 0, 0, 2 ** 24, done))
  const words = (data: Buffer): number[] => Array.from({ length: data.length >> 2 }, (_, i) => data.readUInt32LE(i * 4))
  const notified = (target: number): Promise<void> => new Promise((resolve) => {
    const unsubscribe = client.events.subscribe((event) => {
      if (event.name === 'SelectionNotify' && event.requestor === window && event.target === target) {
        unsubscribe()
        resolve()
      }
    })
  })

  async function takeOver(requestor: number, listProperty: number): Promise<readonly string[]> {
    const targets = words((await property(requestor, listProperty, 0)).data)
    // The last one is not there: its pair has no property afterwards.
    const pairs = [...targets, await client.atom('X_NOT_THERE')].map((target, i) => [target, i] as const)
    const at = await Promise.all(pairs.map(([, i]) => client.atom(`X_AT_${i}`)))
    X.ChangeProperty(0, window, list, atoms.ATOM_PAIR, 32, numbers(pairs.flatMap(([target, i]) => [target, at[i] ?? 0])))
    const answered = notified(multiple)
    X.ConvertSelection(window, atoms.CLIPBOARD, multiple, list, 0)
    await answered
    const given = words((await property(window, list, 1)).data)
    const content = new Map<number, SelectionValue>()
    for (let i = 0; i < given.length; i += 2) {
      const [target = 0, name = 0] = given.slice(i, i + 2)
      if (name === 0)
        continue
      const value = await property(window, name, 1)
      const whole = value.type === atoms.INCR ? await ask(client, await client.atomName(target)) : value
      if (whole)
        content.set(target, { type: whole.type, format: whole.format as 8, data: whole.data })
    }
    await clipboard.own(content)
    return Promise.all([...content.keys()].map(client.atomName))
  }

  const saved = new Promise<readonly string[]>((resolve, reject) => {
    client.events.subscribe(({ name, requestor = 0, selection = 0, target = 0, property = 0, time = 0 }) => {
      if (name !== 'SelectionRequest' || selection !== atoms.CLIPBOARD_MANAGER || stuck)
        return
      takeOver(requestor, property).then((names) => {
        X.SendEvent(requestor, 0, 0, { name: 'SelectionNotify', seq: 0, time, requestor, selection, target, property })
        resolve(names)
      }, reject)
    })
  })
  X.SetSelectionOwner(window, atoms.CLIPBOARD_MANAGER, await client.serverTime())
  await client.ownerOf(atoms.CLIPBOARD_MANAGER)
  return { saved }
}

export function targetOf(window: { readonly window: number, readonly pid: number }): InjectionTarget {
  return { id: String(window.window), appId: '', title: '', pid: window.pid }
}

/** Asks CLIPBOARD (or another selection) for a target, however long it takes. */
export async function ask(client: SelectionSession, target: string, selection = client.atoms.CLIPBOARD): Promise<SelectionValue | null> {
  const watch = { room: () => 2 ** 30, take: () => {}, progress: () => {} }
  return createRequestor(client).convert(selection, await client.atom(target), watch).value
}
