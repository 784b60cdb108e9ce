import type { AccessibilityBus, Accessible, Left } from './accessibility-bus'
import { STATE } from './accessibility-bus'

/** Objects looked at in a program that cannot search by itself. */
const WALK_LIMIT = 400
/** Asked at once: more would only wait in the program's queue. */
const WALK_STRIDE = 40

/** The root object of a process; null: it shows none. */
export async function findApplication(bus: AccessibilityBus, pid: number, left: Left): Promise<Accessible | null> {
  const applications = await bus.applications(left)
  const pids = await Promise.all(applications.map(application => bus.processOf(application, left).catch(() => 0)))
  return applications[pids.indexOf(pid)] ?? null
}

/** What has the focus in a program's active window; null: none, or more than one window may be meant. */
export async function findFocused(bus: AccessibilityBus, application: Accessible, title: string, left: Left): Promise<Accessible | null> {
  const window = await activeWindow(bus, application, title, left)
  if (!window)
    return null
  try {
    return await bus.focusedIn(window, left)
  }
  catch {
    return left() > 0 ? await walk(bus, window, left) : null // this program has no search
  }
}

/** The one that is active; where that is none (Chromium tells of none) or several, the one with the title. */
async function activeWindow(bus: AccessibilityBus, application: Accessible, title: string, left: Left): Promise<Accessible | undefined> {
  const windows = await bus.children(application, left)
  const isActive = await Promise.all(windows.map(async window => (await bus.states(window, left))(STATE.active)))
  const active = windows.filter((_, i) => isActive[i])
  const candidates = active.length > 0 ? active : windows
  if (candidates.length <= 1)
    return candidates[0]
  const titles = await Promise.all(candidates.map(window => bus.title(window, left)))
  const named = candidates.filter((_, i) => titles[i] === title)
  return named.length === 1 ? named[0] : undefined
}

/** Through what is shown, level by level, as far as the bound goes. */
async function walk(bus: AccessibilityBus, root: Accessible, left: Left): Promise<Accessible | null> {
  let level: readonly Accessible[] = [root]
  for (let seen = 0; level.length > 0 && seen < WALK_LIMIT;) {
    const next: Accessible[] = []
    for (let from = 0; from < level.length && seen < WALK_LIMIT; from += WALK_STRIDE) {
      const some = level.slice(from, from + WALK_STRIDE)
      seen += some.length
      const looked = await Promise.all(some.map(async object => await look(bus, object, left)))
      const focused = looked.findIndex(({ isFocused }) => isFocused)
      if (focused >= 0)
        return some[focused] as Accessible
      next.push(...looked.flatMap(({ children }) => children))
    }
    level = next
  }
  return null
}

async function look(bus: AccessibilityBus, object: Accessible, left: Left): Promise<{ isFocused: boolean, children: readonly Accessible[] }> {
  const has = await bus.states(object, left)
  // Of a table with a million rows the children are not asked for.
  const isOpen = has(STATE.showing) && !has(STATE.managesDescendants)
  const isFocused = has(STATE.focused)
  return { isFocused, children: isOpen && !isFocused ? await bus.children(object, left) : [] }
}
