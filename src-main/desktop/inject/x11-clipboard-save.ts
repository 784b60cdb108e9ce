import type { SelectionContent } from './x11-clipboard-owner'
import type { Conversion, ConversionWatch, Requestor } from './x11-clipboard-request'
import type { SelectionSession, SelectionValue } from './x11-clipboard-session'
import { Buffer } from 'node:buffer'
import { raceAbort } from '../../lib/abort'
import { isImage, isLatin1, isText, planFormats } from './x11-clipboard-formats'

/** What is kept at most of one clipboard. */
const MAX_BYTES = 64 * 1024 * 1024
/** An owner that does nothing for so long gives nothing: it is stopped, or stuck. */
const SILENCE_MS = 300
/** One that has named its formats is alive; a picture of many megapixels takes its time to compress, and is worth it. */
const IMAGE_SILENCE_MS = 1_000
/** However much flows. */
const TOTAL_MS = 5_000
/** A longer text is fetched once: its other names are told from it, instead of fetching it five times. */
const MAX_ALIASED_BYTES = 1024 * 1024
/** The list of formats: 4 bytes each. */
const MAX_TARGETS = 1_000

export interface KeptContent {
  readonly content: SelectionContent
  readonly formats: readonly string[]
  readonly missing: readonly string[]
  readonly sizeBytes: number
}

export interface KeepOptions {
  readonly signal: AbortSignal
  /** Nothing but plain text is kept, and nothing else is called missing. */
  readonly textOnly?: boolean
}

/**
 * Keeps what the owner of a selection offers, in all its formats, as far as the bounds allow. Never waits long for an owner
 * that does nothing: what it did not give is `missing`. An owner that does not even name its formats is missing as `TARGETS`.
 */
export async function keepContent(session: SelectionSession, requestor: Requestor, selection: number, { signal, textOnly = false }: KeepOptions): Promise<KeptContent> {
  signal.throwIfAborted()
  const patience = createPatience(session, signal)
  try {
    return await raceAbort(keep(session, requestor, selection, { patience, textOnly }), signal)
  }
  finally {
    patience.end()
  }
}

async function keep(session: SelectionSession, requestor: Requestor, selection: number, { patience, textOnly }: { patience: Patience, textOnly: boolean }): Promise<KeptContent> {
  const { atoms } = session
  const offered = await patience.ask(requestor, selection, atoms.TARGETS)
  if (!offered && patience.isOver)
    return { content: new Map(), formats: [], missing: ['TARGETS'], sizeBytes: 0 }
  const targets = await namesOf(session, offered)
  const plan = planFormats([...targets.keys()].filter(name => !textOnly || isText(name)))
  const fetch = async (names: readonly string[]): Promise<[string, SelectionValue | null][]> =>
    Promise.all(names.map(async (name): Promise<[string, SelectionValue | null]> => [name, await patience.ask(requestor, selection, targets.get(name) ?? 0)]))

  if (plan.first.some(isImage))
    patience.allow(IMAGE_SILENCE_MS)
  const values = new Map(await fetch(plan.first))
  const text = plan.aliases.length > 0 ? values.get(plan.first[0] ?? '') : undefined
  const isLong = (text?.data.length ?? 0) > MAX_ALIASED_BYTES
  const aliases = text && isLong ? plan.aliases.map((name): [string, SelectionValue | null] => [name, derive(session, name, targets.get(name) ?? 0, text)]) : await fetch(plan.aliases)
  for (const [name, value] of aliases)
    values.set(name, value && text?.data.equals(value.data) ? { ...value, data: text.data } : value)

  // In the owner's order: the first is what many programs take.
  const formats = [...targets.keys()].filter(name => values.get(name))
  const content = new Map(formats.map(name => [targets.get(name) ?? 0, values.get(name) as SelectionValue]))
  const missing = [...plan.left, ...[...values.keys()].filter(name => !values.get(name))]
  const sizeBytes = [...new Set([...content.values()].map(value => value.data))].reduce((sum, data) => sum + data.length, 0)
  return { content, formats, missing, sizeBytes }
}

/** By name, in the owner's order. An owner that does not know TARGETS is asked for text: it is very old, or very small. */
async function namesOf(session: SelectionSession, offered: SelectionValue | null): Promise<ReadonlyMap<string, number>> {
  const { UTF8_STRING, STRING } = session.atoms
  if (!offered || offered.format !== 32)
    return new Map([['UTF8_STRING', UTF8_STRING], ['STRING', STRING]])
  const count = Math.min(offered.data.length >> 2, MAX_TARGETS)
  const atoms = Array.from({ length: count }, (_, i) => offered.data.readUInt32LE(i * 4)).filter(atom => atom !== 0)
  // An atom that is none has no name: not offered.
  const names = await Promise.all(atoms.map(atom => session.atomName(atom).catch((error: unknown) => {
    if (session.connection.isClosed)
      throw error
    return null
  })))
  return new Map(atoms.flatMap((atom, i): [string, number][] => names[i] ? [[names[i], atom]] : []))
}

/** Another name's value of a long text. Null: cannot be told from it. */
function derive(session: SelectionSession, name: string, target: number, { type, data }: SelectionValue): SelectionValue | null {
  const { UTF8_STRING, STRING } = session.atoms
  if (name === 'STRING') {
    const text = type === STRING ? null : data.toString('utf8')
    if (text !== null && !isLatin1(text))
      return null
    return { type: STRING, format: 8, data: text === null ? data : Buffer.from(text, 'latin1') }
  }
  if (name === 'COMPOUND_TEXT')
    return null
  return { type: name === 'TEXT' ? UTF8_STRING : target, format: 8, data }
}

interface Patience {
  /** Null: refused, too large, or waited for in vain. */
  readonly ask: (requestor: Requestor, selection: number, target: number) => Promise<SelectionValue | null>
  /** From now on the owner may do nothing for so long. */
  readonly allow: (silenceMs: number) => void
  /** It has been waited for long enough: whatever is asked now is null at once. */
  readonly isOver: boolean
  readonly end: () => void
}

/** Bounds in bytes and in time for everything that is asked of one owner. */
export function createPatience({ clock }: Pick<SelectionSession, 'clock'>, signal: AbortSignal, maxBytes = MAX_BYTES): Patience {
  const running = new Set<Conversion>()
  let room = maxBytes
  let silenceMs = SILENCE_MS
  let isOver = false
  let lastMs = clock.nowMs()
  let cancelSilence = clock.after(silenceMs, listen)
  const cancelTotal = clock.after(TOTAL_MS, end)
  signal.addEventListener('abort', end, { once: true })

  function listen(): void {
    const quietMs = clock.nowMs() - lastMs
    if (quietMs >= silenceMs)
      end()
    else
      cancelSilence = clock.after(silenceMs - quietMs, listen)
  }

  function end(): void {
    isOver = true
    cancelSilence()
    cancelTotal()
    signal.removeEventListener('abort', end)
    running.forEach(conversion => conversion.cancel())
    running.clear()
  }

  const watch: ConversionWatch = {
    room: () => room,
    take: (bytes) => {
      room -= bytes
    },
    progress: () => {
      lastMs = clock.nowMs()
    },
  }

  return {
    async ask(requestor, selection, target) {
      if (isOver)
        return null
      watch.progress()
      const conversion = requestor.convert(selection, target, watch)
      running.add(conversion)
      try {
        return await conversion.value
      }
      finally {
        running.delete(conversion)
      }
    },
    allow: (ms) => {
      silenceMs = ms
    },
    get isOver() {
      return isOver
    },
    end,
  }
}
