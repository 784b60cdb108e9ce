import type { Clock } from '../../ports/clock'
import type { ClipboardAccess, ClipboardOffer, SavedClipboard } from '../../ports/text-injector'
import type { ToolResult, Tools } from './wayland-tool'
import { Buffer } from 'node:buffer'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'

const LIMIT_MS = 1_000
/** A screenshot is compressed only now. */
const CONTENT_LIMIT_MS = 3_000
export const LARGEST_BYTES = 64 * 1024 * 1024
const EVERY_MS = 10
const TEXT = 'text/plain;charset=utf-8'
/** What `wl-copy` offers besides whatever kind of text it is given. */
const TEXT_NAMES = ['text/plain', TEXT, 'TEXT', 'STRING', 'UTF8_STRING']
/** Told by password managers about what must not be kept. */
const SECRET_HINT = 'x-kde-passwordManagerHint'
/** One of a content's formats can be given back: the one that most programs can use. A list of files is pasted as text, too. */
const BEST_FIRST = ['text/uri-list', TEXT, 'UTF8_STRING', 'text/plain', 'STRING', 'TEXT', 'image/png']

interface WaylandSaved extends SavedClipboard {
  readonly type: string
  readonly data: Buffer
}

export interface WaylandClipboardOptions {
  readonly tools: Tools
  readonly clock: Clock
}

/**
 * The clipboard through wl-clipboard. `wl-copy` gives one kind of content, so that of a content with several kinds (text and
 * HTML, as browsers copy) one comes back, and the rest is told as `missing`. Who reads it is not seen.
 * `wl-copy` runs until another program copies: that it still runs tells that ours is the content.
 */
export function createWaylandClipboard({ tools, clock }: WaylandClipboardOptions): ClipboardAccess {
  let hasSensitive: Promise<boolean> | undefined

  async function copied(args: readonly string[], data: string | Buffer = ''): Promise<void> {
    const { code } = await tools.run('wl-copy', args, { stdin: data, limitMs: LIMIT_MS })
    if (code !== 0)
      throw new AppError('internal', 'wl-copy failed.', { params: { exit: code ?? -1 } })
  }

  function paste(args: readonly string[], { limitMs = LIMIT_MS, signal }: { readonly limitMs?: number, readonly signal?: AbortSignal } = {}): Promise<ToolResult> {
    return tools.run('wl-paste', ['--no-newline', ...args], { limitMs, limitBytes: LARGEST_BYTES, ...(signal && { signal }) })
  }

  /** None: it is empty. */
  async function types(from: readonly string[], signal?: AbortSignal): Promise<string[]> {
    const { code, stdout } = await paste(['--list-types', ...from], signal ? { signal } : {})
    return code === 0 ? stdout.toString('utf8').split('\n').filter(Boolean) : []
  }

  async function saveFrom(from: readonly string[], signal?: AbortSignal): Promise<WaylandSaved | null> {
    const offered = await types(from, signal)
    if (offered.length === 0)
      return null
    const none: WaylandSaved = { formats: [], sizeBytes: 0, missing: offered, type: '', data: Buffer.alloc(0) }
    const type = BEST_FIRST.find(name => offered.includes(name)) ?? offered[0] ?? ''
    // Given back without its hint it would be in every clipboard manager's history.
    if (offered.includes(SECRET_HINT) && !await knowsSensitive())
      return none
    let content: ToolResult
    try {
      content = await paste(['--type', type, ...from], { limitMs: CONTENT_LIMIT_MS, ...(signal && { signal }) })
    }
    catch (error) {
      signal?.throwIfAborted()
      if (error instanceof AppError && error.code === 'timeout')
        return none
      throw error
    }
    if (content.code !== 0 || content.isCut)
      return none
    const covered = new Set([type, SECRET_HINT, ...type.startsWith('text/') || TEXT_NAMES.includes(type) ? TEXT_NAMES : []])
    return {
      formats: offered.filter(name => covered.has(name)),
      missing: offered.filter(name => !covered.has(name)),
      sizeBytes: content.stdout.length,
      type: TEXT_NAMES.includes(type) ? TEXT : type,
      data: content.stdout,
    }
  }

  async function giveBack(saved: WaylandSaved | null, to: readonly string[]): Promise<void> {
    if (!saved)
      return copied(['--clear', ...to])
    const sensitive = saved.formats.includes(SECRET_HINT) ? ['--sensitive'] : []
    await copied(['--type', saved.type, ...sensitive, ...to], saved.data)
  }

  function knowsSensitive(): Promise<boolean> {
    hasSensitive ??= tools.run('wl-copy', ['--help'], { limitMs: LIMIT_MS, withErrors: true }).then(({ stdout }) => stdout.includes('--sensitive'), () => false)
    return hasSensitive
  }

  /** Resolves once the content is there, as read back. Rejects when it is not. */
  async function put(text: string, to: readonly string[]): Promise<{ readonly gone: Promise<void>, readonly hasEnded: () => boolean }> {
    const passing = await knowsSensitive() ? ['--sensitive'] : []
    const owner = tools.leave('wl-copy', ['--foreground', '--type', TEXT, ...passing, ...to], Buffer.from(text, 'utf8'))
    const untilMs = clock.nowMs() + LIMIT_MS
    const wanted = Buffer.from(text, 'utf8')
    do {
      const { code, stdout } = await paste(['--type', TEXT, ...to])
      if (code === 0 && stdout.equals(wanted) && !owner.hasEnded())
        return owner
      await pause(clock, EVERY_MS)
    } while (!owner.hasEnded() && clock.nowMs() < untilMs)
    throw new AppError('internal', 'The clipboard did not take the text.')
  }

  return {
    seesReads: false,
    save: signal => saveFrom([], signal),
    async offer(text, { alsoPrimary }) {
      const before = alsoPrimary ? await saveFrom(['--primary']) : null
      const owner = await put(text, [])
      const primary = alsoPrimary ? await put(text, ['--primary']) : null
      const offer: ClipboardOffer = {
        wasRead: async () => false,
        isCurrent: async () => !owner.hasEnded(),
        async restore(saved) {
          if (primary && !primary.hasEnded())
            await giveBack(before, ['--primary'])
          if (owner.hasEnded())
            return 'changed'
          await giveBack(saved as WaylandSaved | null, [])
          return 'restored'
        },
        // It is there for good only without its hint.
        keep: async () => {
          if (!owner.hasEnded() && await knowsSensitive())
            await copied(['--type', TEXT], text)
        },
      }
      return offer
    },
    copy: text => copied(['--type', TEXT], text),
    // Whose selection it is, and from when, is not told.
    selectedText: async () => null,
    async copySelection(press, limitMs, signal) {
      const before = await saveFrom([], signal)
      // It could not be given back whole.
      if (before && before.missing.length > 0)
        return null
      await copied(['--clear'])
      try {
        if (!await press())
          return null
        const untilMs = clock.nowMs() + limitMs
        while ((await types([], signal)).length === 0) {
          if (clock.nowMs() >= untilMs)
            return null
          await raceAbort(pause(clock, EVERY_MS), signal)
        }
        const { code, stdout } = await paste(['--type', TEXT], { signal })
        return code === 0 ? stdout.toString('utf8') : null
      }
      finally {
        await giveBack(before, [])
      }
    },
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => void clock.after(ms, resolve))
}
