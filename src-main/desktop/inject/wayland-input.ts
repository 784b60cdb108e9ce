import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { ClipboardAccess, DesktopInput } from '../../ports/text-injector'
import type { WaylandKeyMethod, WaylandKeyMethodName, WaylandObstacle } from './wayland-keys'
import type { ToolEnv, Tools } from './wayland-tool'
import { join } from 'node:path'
import { sessionBusAddress } from '../session-bus'
import { createBlindFocus } from './blind-focus'
import { createWaylandClipboard } from './wayland-clipboard'
import { createDotool, createWtype, createYdotool } from './wayland-key-tools'
import { createWaylandKeys } from './wayland-keys'
import { createPortalKeys } from './wayland-portal'
import { createSwayFocus } from './wayland-sway-focus'
import { createTools } from './wayland-tool'
import { createToplevelFocus, TOPLEVEL_MANAGER } from './wayland-toplevels'
import { connectWayland, readGlobals, waylandSocket } from './wayland-wire'

export type { WaylandKeyMethodName, WaylandObstacle } from './wayland-keys'

export interface WaylandOptions {
  readonly env: ToolEnv
  readonly clock: Clock
  readonly logger: Logger
  /** Null: a permission of the desktop is asked for in each run of the program. */
  readonly dataDir: string | null
}

export interface WaylandInputOptions extends WaylandOptions {
  /** Of the program's own shell, where no other can be had. */
  readonly shellClipboard: ClipboardAccess
}

const VIRTUAL_KEYBOARDS = 'zwp_virtual_keyboard_manager_v1'
/** Without one of these `wl-copy` opens a window for a moment, and takes the focus with it. */
const DATA_CONTROLS = ['zwlr_data_control_manager_v1', 'ext_data_control_manager_v1']

/** What this session has for inserting text. */
export interface WaylandReport {
  /** How the focus is known; null: it is not. */
  readonly focus: 'sway' | 'windows' | null
  /** In the order in which they are tried; the first with no obstacle is taken. */
  readonly keys: readonly { readonly name: WaylandKeyMethodName, readonly obstacle: WaylandObstacle | null }[]
  /** Why wl-clipboard is not used; null: it is. */
  readonly clipboard: 'not-installed' | 'no-protocol' | null
}

/** Looks at everything and asks nobody. Never throws. */
export async function inspectWayland(options: WaylandOptions): Promise<WaylandReport> {
  const parts = createParts(options)
  try {
    const globals = await parts.globals()
    return {
      focus: focusOf(options.env, globals),
      clipboard: await clipboardObstacle(parts.tools, globals),
      keys: await Promise.all(parts.methods.map(async method => ({ name: method.name, obstacle: await method.probe() }))),
    }
  }
  finally {
    await Promise.all(parts.methods.map(method => method.close()))
  }
}

/** A Wayland session: whatever it has of focus, keys and clipboard. Never throws. */
export async function createWaylandInput(options: WaylandInputOptions): Promise<DesktopInput> {
  const { env, clock, logger, shellClipboard } = options
  const { tools, methods, globals: readAgain } = createParts(options)
  const globals = await readAgain()
  const known = focusOf(env, globals)
  const obstacle = await clipboardObstacle(tools, globals)
  const path = waylandSocket(env) ?? ''
  const focus = known === 'sway'
    ? createSwayFocus({ path: env['SWAYSOCK'] ?? '', clock })
    : known === 'windows' ? createToplevelFocus({ path, clock }) : null
  const keys = createWaylandKeys(methods)
  logger.info('text is inserted by what this Wayland session has', { focus: known ?? 'none', clipboard: obstacle ?? 'wl-clipboard' })
  return {
    mechanism: 'wayland',
    focus: focus ?? createBlindFocus(),
    keys,
    clipboard: obstacle ? shellClipboard : createWaylandClipboard({ tools, clock }),
    // Terminals and all others paste by it, whatever the layout: the text is on both selections.
    ...(!obstacle && { pasteAnywhere: 'Shift+Insert' }),
    async [Symbol.asyncDispose]() {
      await keys.close()
      focus?.close()
    },
  }
}

function createParts({ env, clock, logger, dataDir }: WaylandOptions): { tools: Tools, methods: readonly WaylandKeyMethod[], globals: () => Promise<ReadonlySet<string>> } {
  const tools = createTools({ env, clock })
  const globals = (): Promise<ReadonlySet<string>> => compositorGlobals(env, clock)
  return {
    tools,
    globals,
    methods: [
      createPortalKeys({ busAddress: sessionBusAddress(env), clock, logger, tokenFile: dataDir && join(dataDir, 'remote-control-token') }),
      createWtype({ tools, takesKeyboards: async () => (await globals()).has(VIRTUAL_KEYBOARDS) }),
      createYdotool({ tools, env }),
      createDotool({ tools, env }),
    ],
  }
}

/** None: it does not answer. */
async function compositorGlobals(env: ToolEnv, clock: Clock): Promise<ReadonlySet<string>> {
  const path = waylandSocket(env)
  if (!path)
    return new Set()
  try {
    const wire = await connectWayland(path, clock)
    try {
      return new Set((await readGlobals(wire)).globals.keys())
    }
    finally {
      wire.close()
    }
  }
  catch {
    return new Set()
  }
}

function focusOf(env: ToolEnv, globals: ReadonlySet<string>): WaylandReport['focus'] {
  if (env['SWAYSOCK'])
    return 'sway'
  return globals.has(TOPLEVEL_MANAGER) ? 'windows' : null
}

async function clipboardObstacle(tools: Tools, globals: ReadonlySet<string>): Promise<WaylandReport['clipboard']> {
  if (!await tools.find('wl-copy') || !await tools.find('wl-paste'))
    return 'not-installed'
  return DATA_CONTROLS.some(name => globals.has(name)) ? null : 'no-protocol'
}
