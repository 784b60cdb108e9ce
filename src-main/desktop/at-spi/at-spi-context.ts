import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { TextContext, TextContextSource } from '../../ports/text-context'
import type { InjectionTarget } from '../../ports/text-injector'
import type { AccessibilityBus, Accessible, Left } from './accessibility-bus'
import { connectAccessibility, ROLE, STATE } from './accessibility-bus'
import { findApplication, findFocused } from './focus-search'

const BEFORE_CHARS = 200
const AFTER_CHARS = 50
const SELECTED_CHARS = 10_000
/** Stands in a text for an object in it: a picture, or, in some programs, a whole paragraph. */
const OBJECT = '\uFFFC'
const SECRET: TextContext = { before: '', after: '', selected: '', isSecret: true }

export interface AtSpiContextOptions {
  readonly env: NodeJS.ProcessEnv
  readonly clock: Clock
  readonly logger: Logger
}

/** The text at the cursor, by AT-SPI: of programs that show themselves to assistive technology. Switches nothing on. */
export function createAtSpiContext({ env, clock, logger }: AtSpiContextOptions): TextContextSource {
  let connecting: Promise<AccessibilityBus | null> | undefined
  let remembered: { readonly targetId: string, readonly pid: number, readonly object: Accessible } | undefined
  let closed = false

  async function connected(left: Left): Promise<AccessibilityBus | null> {
    const former = await connecting?.catch(() => null)
    if (former && !former.isClosed)
      return former
    remembered = undefined
    connecting = connectAccessibility({ env, clock }, left)
    const bus = await connecting
    if (closed)
      bus?.close()
    return bus
  }

  async function readAgain(bus: AccessibilityBus, { id, pid }: InjectionTarget, left: Left): Promise<TextContext | null> {
    if (remembered?.targetId !== id || remembered.pid !== pid)
      return null
    try {
      return await readText(bus, remembered.object, left)
    }
    catch {
      return null // it is gone, or no text any more
    }
  }

  async function findAndRead(bus: AccessibilityBus, { id, pid, title }: InjectionTarget, left: Left): Promise<TextContext | null> {
    remembered = undefined
    const application = pid === null ? null : await findApplication(bus, pid, left)
    const object = application && await findFocused(bus, application, title, left)
    if (!object || pid === null)
      return null
    const context = await readText(bus, object, left)
    if (context)
      remembered = { targetId: id, pid, object }
    return context
  }

  return {
    async read(target, limitMs) {
      const untilMs = clock.nowMs() + limitMs
      const left = (): number => Math.max(0, untilMs - clock.nowMs())
      if (closed || target.pid === null)
        return null
      try {
        const bus = await connected(left)
        return bus && (await readAgain(bus, target, left) ?? (left() > 0 ? await findAndRead(bus, target, left) : null))
      }
      catch (error) {
        logger.debug('text at the cursor not read', { error: error instanceof Error ? error.message : String(error) })
        return null
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      const bus = await connecting?.catch(() => null)
      bus?.close()
    },
  }
}

/** Null: it has not the focus, is no text that can be written into, or is one that cannot be told. */
async function readText(bus: AccessibilityBus, object: Accessible, left: Left): Promise<TextContext | null> {
  const [has, role] = await Promise.all([bus.states(object, left), bus.role(object, left)])
  if (!has(STATE.focused))
    return null
  // Before anything of it is read.
  if (role === ROLE.passwordText)
    return SECRET
  // What is on a terminal's screen is no text that is being written.
  if (!has(STATE.editable) || role === ROLE.terminal)
    return null
  const { caret, length, selection } = await bus.textState(object, left)
  const [from, to] = selection ?? [caret, caret]
  if (caret < 0 || from < 0 || to > length)
    return null
  const [before, selected, after] = await Promise.all([
    bus.text(object, Math.max(0, from - BEFORE_CHARS), from, left),
    bus.text(object, from, Math.min(to, from + SELECTED_CHARS), left),
    bus.text(object, to, Math.min(length, to + AFTER_CHARS), left),
  ])
  return [before, selected, after].some(text => text.includes(OBJECT)) ? null : { before, selected, after, isSecret: false }
}
