import type { MessageBus } from 'dbus-next'
import type { FakeRemoteControl } from './fake-remote-control'
import { Message, MessageType, sessionBus, Variant } from 'dbus-next'
import { createRemoteControl } from './fake-remote-control'

const NAME = 'org.freedesktop.portal.Desktop'
const PATH = '/org/freedesktop/portal/desktop'
const REMOTE = 'org.freedesktop.portal.RemoteDesktop'
const SHORTCUTS = 'org.freedesktop.portal.GlobalShortcuts'

export interface FakePortalShortcut {
  readonly id: string
  readonly description: string
  readonly trigger: string
}

/** The desktop portal with its GlobalShortcuts and RemoteDesktop, as a service of its own on a real session bus. */
export interface FakePortal extends AsyncDisposable {
  /** What the person at the dialog does: 0 grants, 1 refuses, 2 another end. */
  answer: 0 | 1 | 2
  /** Shortcuts that it grants to nobody. */
  readonly withheld: Set<string>
  /** How often the person was asked. */
  asked: number
  /** Sends the Response before the method's own return, as a quick portal may. */
  hasty: boolean
  /** Sessions that are open, with what was bound in each. */
  readonly sessions: ReadonlyMap<string, readonly FakePortalShortcut[]>
  /** Keys for programs. */
  readonly remote: FakeRemoteControl
  activate: (id: string) => void
  deactivate: (id: string) => void
}

function valueOf(variant: unknown): string {
  return variant instanceof Variant ? String(variant.value) : ''
}

export async function startFakePortal(busAddress: string, { version = 1 } = {}): Promise<FakePortal> {
  const bus = sessionBus({ busAddress })
  await new Promise<void>((resolve, reject) => {
    bus.on('connect', resolve)
    bus.on('error', reject)
  })
  const sessions = new Map<string, FakePortalShortcut[]>()
  let closed = false
  const remote = createRemoteControl({ variant: (signature, value) => new Variant(signature, value) })
  const portal = {
    remote,
    answer: 0 as 0 | 1 | 2,
    hasty: false,
    withheld: new Set<string>(),
    asked: 0,
    sessions,
    activate: (id: string) => tell('Activated', id),
    deactivate: (id: string) => tell('Deactivated', id),
    async [Symbol.asyncDispose]() {
      closed = true
      bus.disconnect()
    },
  }

  function tell(member: string, id: string): void {
    for (const [session, shortcuts] of sessions) {
      if (shortcuts.some(shortcut => shortcut.id === id))
        bus.send(Message.newSignal(PATH, SHORTCUTS, member, 'osta{sv}', [session, id, 123_456n, {}]))
    }
  }

  function respond(message: Message, token: string, results: Record<string, Variant>): void {
    const path = `${PATH}/request/${message.sender.slice(1).replaceAll('.', '_')}/${token}`
    const response = Message.newSignal(path, 'org.freedesktop.portal.Request', 'Response', 'ua{sv}', [portal.answer, portal.answer === 0 ? results : {}])
    const returned = Message.newMethodReturn(message, 'o', [path])
    for (const sent of portal.hasty ? [response, returned] : [returned, response])
      bus.send(sent)
  }

  function handleRemote(message: Message): boolean {
    if (message.member === 'Get') {
      bus.send(Message.newMethodReturn(message, 'v', [new Variant('u', remote.property(String(message.body[1])))]))
      return true
    }
    const options = message.body.find((part): part is Record<string, Variant> => typeof part === 'object') ?? {}
    const plain = Object.fromEntries(Object.entries(options).map(([key, variant]) => [key, variant.value as unknown]))
    const session = message.member === 'CreateSession'
      ? `${PATH}/session/${message.sender.slice(1).replaceAll('.', '_')}/${String(plain['session_handle_token'])}`
      : String(message.body[0])
    const outcome = remote.handle(message.member, session, plain, message.body)
    if (outcome === 'error') {
      bus.send(Message.newError(message as unknown as string, 'org.freedesktop.DBus.Error.AccessDenied', 'Invalid session'))
    }
    else if (outcome === 'done') {
      bus.send(Message.newMethodReturn(message))
    }
    else if (outcome === 'asks') {
      remote.onAnswer(() => closed || respond(message, String(plain['handle_token']), remote.granted()))
    }
    else {
      respond(message, String(plain['handle_token']), outcome as Record<string, Variant>)
    }
    return true
  }

  function handle(message: Message): boolean {
    if (closed)
      return true // nothing can be said on a closed connection
    if (message.type !== MessageType.METHOD_CALL)
      return false
    if (message.interface === REMOTE || message.body[0] === REMOTE)
      return handleRemote(message)
    switch (message.member) {
      case 'Get':
        if (message.body[0] !== SHORTCUTS)
          return false
        bus.send(Message.newMethodReturn(message, 'v', [new Variant('u', version)]))
        return true
      case 'CreateSession': {
        const options = message.body[0] as Record<string, unknown>
        const session = `${PATH}/session/${message.sender.slice(1).replaceAll('.', '_')}/${valueOf(options['session_handle_token'])}`
        if (portal.answer === 0)
          sessions.set(session, [])
        respond(message, valueOf(options['handle_token']), { session_handle: new Variant('s', session) })
        return true
      }
      case 'BindShortcuts': {
        const [session, shortcuts, , options] = message.body as [string, [string, Record<string, unknown>][], string, Record<string, unknown>]
        if (sessions.get(session)?.length !== 0) {
          bus.send(Message.newError(message as unknown as string, 'org.freedesktop.portal.Error.Failed', 'a session is bound once'))
          return true
        }
        portal.asked++
        const bound = shortcuts.filter(([id]) => !portal.withheld.has(id)).map(([id, entry]) => ({ id, description: valueOf(entry['description']), trigger: valueOf(entry['preferred_trigger']) }))
        if (portal.answer === 0)
          sessions.set(session, bound)
        respond(message, valueOf(options['handle_token']), {
          shortcuts: new Variant('a(sa{sv})', bound.map(({ id, trigger }) => [id, { trigger_description: new Variant('s', trigger) }])),
        })
        return true
      }
      case 'Close':
        sessions.delete(message.path)
        remote.end(message.path)
        bus.send(Message.newMethodReturn(message))
        return true
    }
    return false
  }

  bus.addMethodHandler(handle)
  await (bus as MessageBus).requestName(NAME, 0)
  return portal
}
