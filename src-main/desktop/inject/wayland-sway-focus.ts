import type { Clock } from '../../ports/clock'
import type { InjectionTarget } from '../../ports/text-injector'
import type { SwayIpc } from './wayland-sway'
import type { ClosableFocus } from './wayland-toplevels'
import { z } from 'zod'
import { Emitter } from '../../lib/emitter'
import { connectSway } from './wayland-sway'

const nodeSchema = z.object({
  id: z.number(),
  type: z.string(),
  name: z.string().nullish(),
  focused: z.boolean(),
  pid: z.number().int().positive().nullish().catch(null),
  app_id: z.string().nullish(),
  window_properties: z.object({ class: z.string().nullish() }).nullish().catch(null),
  get nodes() {
    return z.array(nodeSchema).catch([])
  },
  get floating_nodes() {
    return z.array(nodeSchema).catch([])
  },
})
type SwayNode = z.infer<typeof nodeSchema>

/** The focus as sway tells it; connects at the first use and again after sway came back. Rejects with `no-display`. */
export function createSwayFocus({ path, clock }: { readonly path: string, readonly clock: Clock }): ClosableFocus {
  const changes = new Emitter<void>()
  let opening: Promise<SwayIpc> | null = null

  async function open(): Promise<SwayIpc> {
    const ipc = await connectSway(path, clock)
    ipc.changes.subscribe(() => changes.emit())
    ipc.lost.subscribe(() => {
      opening = null
    })
    return ipc
  }

  async function windows(): Promise<SwayNode[]> {
    opening ??= open().catch((error: unknown) => {
      opening = null
      throw error
    })
    return leaves(nodeSchema.parse(await (await opening).tree()))
  }

  return {
    async current() {
      const focused = (await windows()).find(node => node.focused)
      return focused ? targetOf(focused) : null
    },
    async stateOf({ id }) {
      const node = (await windows()).find(other => String(other.id) === id)
      return !node ? 'gone' : node.focused ? 'focused' : 'elsewhere'
    },
    activity: () => null,
    changes,
    close() {
      opening?.then(ipc => ipc.close(), () => {})
    },
  }
}

/** Windows alone: an empty workspace may have the focus, and is no place for text. */
function leaves(node: SwayNode): SwayNode[] {
  const inner = [...node.nodes, ...node.floating_nodes]
  const isWindow = (node.type === 'con' || node.type === 'floating_con') && inner.length === 0 && (node.pid ?? null) !== null
  return isWindow ? [node] : inner.flatMap(leaves)
}

function targetOf({ id, name, app_id: appId, window_properties: x11, pid }: SwayNode): InjectionTarget {
  return { id: String(id), appId: appId ?? x11?.class ?? '', title: name ?? '', pid: pid ?? null }
}
