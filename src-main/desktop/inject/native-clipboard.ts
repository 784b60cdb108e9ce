import type { Buffer } from 'node:buffer'
import type { Clock } from '../../ports/clock'
import type { ClipboardAccess, ClipboardOffer, SavedClipboard } from '../../ports/text-injector'
import { raceAbort } from '../../lib/abort'
import { AppError } from '../../lib/app-error'

/** What a shell's clipboard gives and takes together. Absent: it has none of it. */
export interface ShellContent {
  readonly text?: string
  readonly html?: string
  readonly rtf?: string
  readonly png?: Buffer
}

/** The clipboard of the program's own shell, which knows a few formats by name and any other alone. */
export interface ShellClipboard {
  formats: () => readonly string[]
  read: () => ShellContent
  /** In the place of everything there; nothing at all empties it. */
  write: (content: ShellContent) => void
  /** Empty: it cannot be had. */
  readFormat: (format: string) => Buffer
  /** In the place of everything there. */
  writeFormat: (format: string, data: Buffer) => void
}

/** Other names of plain text, by which several systems tell it once more. */
const TEXT_NAMES = new Set(['text/plain', 'text/plain;charset=utf-8', 'text', 'string', 'utf8_string'])
/** What is written together. */
const RICH = new Set(['text/html', 'text/rtf', 'image/png'])
const TOGETHER = new Set([...TEXT_NAMES, ...RICH])
const LARGEST_BYTES = 64 * 1024 * 1024
const EVERY_MS = 10

type Kept = { readonly kind: 'together', readonly content: ShellContent } | { readonly kind: 'alone', readonly format: string, readonly data: Buffer } | { readonly kind: 'nothing' }

interface NativeSaved extends SavedClipboard {
  readonly kept: Kept
}

/**
 * The clipboard through the shell. Text, HTML, RTF and a picture come back together, and any other format when it is the only one.
 * What else was there (a list of files, a program's own formats beside the text) is told as `missing` and is lost, and what the shell does not even list is lost unseen. Who reads it is not
 * seen, and it cannot be marked as passing: that would be a format more.
 */
export function createNativeClipboard({ shell, clock }: { readonly shell: ShellClipboard, readonly clock: Clock }): ClipboardAccess {
  function put(text: string): void {
    shell.write({ text })
    if (!isText(text))
      throw new AppError('internal', 'The clipboard did not take the text.')
  }

  /** Some systems end lines in their own way. */
  function isText(text: string): boolean {
    const lines = (any: string): string => any.replaceAll('\r\n', '\n')
    return lines(shell.read().text ?? '') === lines(text)
  }

  /** Whoever copies the same words copies more than the bare text, or does no harm. */
  function holds(text: string): boolean {
    return isText(text) && !shell.formats().some(format => RICH.has(format.toLowerCase()))
  }

  function giveBack(kept: Kept): boolean {
    switch (kept.kind) {
      case 'together':
        shell.write(kept.content)
        return true
      case 'alone':
        shell.writeFormat(kept.format, kept.data)
        return shell.readFormat(kept.format).equals(kept.data)
      case 'nothing':
        return false
    }
  }

  function save(): NativeSaved | null {
    const formats = shell.formats()
    if (formats.length === 0)
      return null
    const together = formats.filter(format => TOGETHER.has(format.toLowerCase()))
    const others = formats.filter(format => !TOGETHER.has(format.toLowerCase()))
    if (together.length > 0) {
      const content = shell.read()
      const sizeBytes = (content.text?.length ?? 0) + (content.html?.length ?? 0) + (content.rtf?.length ?? 0) + (content.png?.length ?? 0)
      if (sizeBytes > 0 && sizeBytes <= LARGEST_BYTES)
        return { formats: together, sizeBytes, missing: others, kept: { kind: 'together', content } }
    }
    else if (others.length === 1 && others[0] !== undefined) {
      const data = shell.readFormat(others[0])
      if (data.length > 0 && data.length <= LARGEST_BYTES)
        return { formats: others, sizeBytes: data.length, missing: [], kept: { kind: 'alone', format: others[0], data } }
    }
    return { formats: [], sizeBytes: 0, missing: formats, kept: { kind: 'nothing' } }
  }

  function restore(saved: SavedClipboard | null): 'restored' | 'lost' {
    if (saved)
      return giveBack((saved as NativeSaved).kept) ? 'restored' : 'lost'
    shell.write({})
    return 'restored'
  }

  return {
    seesReads: false,
    save: async () => save(),
    async offer(text): Promise<ClipboardOffer> {
      put(text)
      return {
        wasRead: async () => false,
        isCurrent: async () => holds(text),
        restore: async saved => holds(text) ? restore(saved) : 'changed',
        keep: async () => {},
      }
    },
    copy: async text => put(text),
    selectedText: async () => null,
    async copySelection(press, limitMs, signal) {
      const before = save()
      // It could not be given back whole.
      if (before && before.missing.length > 0)
        return null
      shell.write({})
      try {
        if (!await press())
          return null
        const untilMs = clock.nowMs() + limitMs
        while (shell.formats().length === 0) {
          if (clock.nowMs() >= untilMs)
            return null
          await raceAbort(new Promise<void>(resolve => void clock.after(EVERY_MS, resolve)), signal)
        }
        return shell.read().text || null
      }
      finally {
        restore(before)
      }
    },
  }
}
