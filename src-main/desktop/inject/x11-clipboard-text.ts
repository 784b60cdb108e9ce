import type { SelectionContent } from './x11-clipboard-owner'
import type { SelectionSession, SelectionValue } from './x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { isLatin1, TEXT_TARGETS } from './x11-clipboard-formats'

/**
 * Says to programs that keep a history that this is passing: KDE's hint, which Klipper, CopyQ, GPaste, KDE Connect,
 * wl-clipboard and fcitx follow; its spelling for GTK programs, which see no target without a slash; and two of CopyQ's,
 * some of whose releases do not see the first.
 */
const PASSING_HINTS = { 'x-kde-passwordManagerHint': 'secret', 'text/x-kde-passwordManagerHint': 'secret', 'application/x-copyq-secret': '1', 'application/x-copyq-hidden': '1' } as const

/** Targets by which the text itself is asked for. */
export async function textTargets(session: SelectionSession): Promise<ReadonlySet<number>> {
  return new Set(await Promise.all(TEXT_TARGETS.map(session.atom)))
}

/** A text in all the names under which it is asked for. `passing`: with the hints for those who keep a history. */
export async function textContent(session: SelectionSession, text: string, { passing }: { passing: boolean }): Promise<SelectionContent> {
  const { UTF8_STRING, STRING } = session.atoms
  const utf8 = Buffer.from(text, 'utf8')
  const latin1 = isLatin1(text) ? Buffer.from(text, 'latin1') : null
  const content = new Map<number, SelectionValue>()
  for (const name of TEXT_TARGETS) {
    const target = await session.atom(name)
    if (name === 'STRING' || name === 'TEXT') {
      // TEXT: in whatever encoding the owner likes, told by the type.
      if (latin1)
        content.set(target, { type: STRING, format: 8, data: latin1 })
      else if (name === 'TEXT')
        content.set(target, { type: UTF8_STRING, format: 8, data: utf8 })
    }
    else {
      content.set(target, { type: target, format: 8, data: utf8 })
    }
  }
  if (passing) {
    for (const [name, value] of Object.entries(PASSING_HINTS)) {
      const target = await session.atom(name)
      content.set(target, { type: target, format: 8, data: Buffer.from(value) })
    }
  }
  return content
}

/** The text of a value that was asked for as text; null: in an encoding that is not known here. */
export function decodeText(session: SelectionSession, { type, format, data }: SelectionValue, asked: number): string | null {
  const { UTF8_STRING, STRING } = session.atoms
  if (format !== 8)
    return null
  if (type === UTF8_STRING || (type === asked && asked !== STRING))
    return data.toString('utf8')
  return type === STRING ? data.toString('latin1') : null
}
