import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { DesktopInput } from '../../ports/text-injector'
import type { StartClipboardThread } from './threaded-clipboard'
import { toAppError } from '../../lib/app-error'
import { createNativeInput } from './native-input'
import { createThreadedClipboard } from './threaded-clipboard'
import { createWaylandInput } from './wayland-input'
import { createX11Input } from './x11-input'

export interface DesktopInputOptions {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly logger: Logger
  /** Absent: the clipboard is on this thread, which is right where no window of ours reads it. */
  readonly startClipboardThread?: StartClipboardThread
  /** The program's own folder, for what a desktop grants once; null: it is asked for in each run. */
  readonly dataDir: string | null
  /** The clipboard of the program's own shell: what is left where nothing else can be had. */
  readonly fallback: DesktopInput
}

/** How text gets into other programs on this desktop. Never throws: at worst it is left on the clipboard. */
export async function createDesktopInput({ platform, env, clock, logger, startClipboardThread, dataDir, fallback }: DesktopInputOptions): Promise<DesktopInput> {
  const display = env['DISPLAY']
  const isWayland = Boolean(env['WAYLAND_DISPLAY']) || env['XDG_SESSION_TYPE'] === 'wayland'
  try {
    if (platform === 'win32' || platform === 'darwin')
      return await createNativeInput({ platform, clock, clipboard: fallback.clipboard })
    if (platform === 'linux' && isWayland)
      return await createWaylandInput({ env, clock, logger, dataDir, shellClipboard: fallback.clipboard })
    if (platform === 'linux' && display)
      return await startedX11(display)
  }
  catch (error) {
    logger.warn('text cannot be inserted into other programs', { code: toAppError(error).code })
  }
  return fallback

  async function startedX11(display: string): Promise<DesktopInput> {
    const input = createX11Input({ display, clock, logger, ...(startClipboardThread && { clipboard: createThreadedClipboard({ display, start: startClipboardThread, logger }) }) })
    try {
      await input.start()
      return input
    }
    catch (error) {
      await input[Symbol.asyncDispose]()
      throw error
    }
  }
}
