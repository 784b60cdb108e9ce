import type { Clock } from '../../ports/clock'
import type { BusCall, SessionBus } from '../session-bus'
import { connectBus, sessionBusAddress } from '../session-bus'

const ACCESSIBLE = 'org.a11y.atspi.Accessible'
const TEXT = 'org.a11y.atspi.Text'
const DESKTOP: Accessible = { name: 'org.a11y.atspi.Registry', path: '/org/a11y/atspi/accessible/root' }
const NOTHING = '/org/a11y/atspi/null'
/** AtspiStateType, AtspiRole, AtspiCollectionMatchType and -SortOrder: at-spi2-core, atspi/atspi-constants.h */
export const STATE = { active: 1, editable: 7, focused: 12, showing: 25, managesDescendants: 31 } as const
export const ROLE = { passwordText: 40, terminal: 60 } as const
const MATCH_ALL = 1
const SORT_CANONICAL = 1

/** An object that a program shows to assistive technology: whose, and which. */
export interface Accessible {
  /** The program's unique name on the accessibility bus. */
  readonly name: string
  readonly path: string
}

export type State = (typeof STATE)[keyof typeof STATE]

/** How long may still be waited, in milliseconds; asked at each call. */
export type Left = () => number

/** Offsets are characters as the program counts them: code points, as a rule. */
export interface TextState {
  /** -1: there is none. */
  readonly caret: number
  readonly length: number
  /** Null: nothing is selected. */
  readonly selection: readonly [from: number, to: number] | null
}

/** The accessibility bus. Every question rejects when its time is over, or when the program does not know it. */
export interface AccessibilityBus {
  readonly isClosed: boolean
  /** The root objects of all programs that show themselves. */
  readonly applications: (left: Left) => Promise<readonly Accessible[]>
  /** Told by the bus: the program itself may hang. */
  readonly processOf: (application: Accessible, left: Left) => Promise<number>
  readonly children: (of: Accessible, left: Left) => Promise<readonly Accessible[]>
  readonly states: (of: Accessible, left: Left) => Promise<(state: State) => boolean>
  readonly role: (of: Accessible, left: Left) => Promise<number>
  readonly title: (of: Accessible, left: Left) => Promise<string>
  /** What has the focus at or below it, found by the program; null: nothing. */
  readonly focusedIn: (root: Accessible, left: Left) => Promise<Accessible | null>
  readonly textState: (of: Accessible, left: Left) => Promise<TextState>
  readonly text: (of: Accessible, from: number, to: number, left: Left) => Promise<string>
  readonly close: () => void
}

export interface AccessibilityBusOptions {
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
}

/** Null: nothing in this session speaks to assistive technology. Starts and switches on nothing. */
export async function connectAccessibility({ env, clock }: AccessibilityBusOptions, left: Left): Promise<AccessibilityBus | null> {
  const session = sessionBusAddress(env)
  if (session === undefined)
    return null
  const sessionBus = await connectBus({ address: session, clock, limitMs: left() })
  try {
    const address = await accessibilityAddress(sessionBus, left)
    return address === '' ? null : createAccessibilityBus(await connectBus({ address, clock, limitMs: left() }))
  }
  finally {
    sessionBus.close()
  }
}

/** Empty: there is none. Asked of the bus first, which would start it otherwise. */
async function accessibilityAddress(sessionBus: SessionBus, left: Left): Promise<string> {
  const service = 'org.a11y.Bus'
  const [isThere] = await sessionBus.ask('NameHasOwner', 's', [service], left())
  if (isThere !== true)
    return ''
  const [address] = await sessionBus.call({ destination: service, path: '/org/a11y/bus', interfaceName: service, member: 'GetAddress' }, left())
  return typeof address === 'string' ? address : ''
}

function createAccessibilityBus(bus: SessionBus): AccessibilityBus {
  const at = ({ name, path }: Accessible, interfaceName: string): Omit<BusCall, 'member'> => ({ destination: name, path, interfaceName })
  async function ask(of: Accessible, interfaceName: string, member: string, left: Left, signature = '', body: readonly unknown[] = []): Promise<unknown> {
    const [value] = await bus.call({ ...at(of, interfaceName), member, signature, body }, left())
    return value
  }
  const children: AccessibilityBus['children'] = async (of, left) => references(await ask(of, ACCESSIBLE, 'GetChildren', left))
  return {
    get isClosed() {
      return bus.isClosed
    },
    applications: left => children(DESKTOP, left),
    processOf: async ({ name }, left) => (await bus.ask('GetConnectionUnixProcessID', 's', [name], left())).map(Number)[0] ?? 0,
    children,
    async states(of, left) {
      const words = await ask(of, ACCESSIBLE, 'GetState', left) as readonly number[]
      return state => (((words[state >> 5] ?? 0) >>> (state & 31)) & 1) === 1
    },
    role: async (of, left) => Number(await ask(of, ACCESSIBLE, 'GetRole', left)),
    title: async (of, left) => String(await bus.property(at(of, ACCESSIBLE), 'Name', left())),
    async focusedIn(root, left) {
      const rule = [[2 ** STATE.focused, 0], MATCH_ALL, {}, MATCH_ALL, [], MATCH_ALL, [], MATCH_ALL, false]
      const found = await ask(root, 'org.a11y.atspi.Collection', 'GetMatches', left, '(aiia{ss}iaiiasib)uib', [rule, SORT_CANONICAL, 1, true])
      return references(found)[0] ?? null
    },
    async textState(of, left) {
      const [caret, length, selections] = await Promise.all([
        bus.property(at(of, TEXT), 'CaretOffset', left()),
        bus.property(at(of, TEXT), 'CharacterCount', left()),
        ask(of, TEXT, 'GetNSelections', left),
      ])
      const selection = Number(selections) > 0
        ? (await bus.call({ ...at(of, TEXT), member: 'GetSelection', signature: 'i', body: [0] }, left())).map(Number)
        : []
      const [from = 0, to = 0] = selection
      return { caret: Number(caret), length: Number(length), selection: from === to ? null : [Math.min(from, to), Math.max(from, to)] }
    },
    text: async (of, from, to, left) => from >= to ? '' : String(await ask(of, TEXT, 'GetText', left, 'ii', [from, to])),
    close: () => bus.close(),
  }
}

function references(value: unknown): Accessible[] {
  const pairs = Array.isArray(value) ? value as readonly (readonly [string, string])[] : []
  return pairs.map(([name, path]) => ({ name, path })).filter(({ path }) => path !== NOTHING)
}
