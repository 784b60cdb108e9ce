import type { DictationEntryView } from '@contract'

export type Tone = 'quiet' | 'warning' | 'error'

/** How a dictation ended, as a text of the locales; `problem`: an error's code. Null: as it was meant to, nothing need be said. */
export interface Outcome {
  readonly tone: Tone
  readonly key: string | null
  readonly problem: string | null
}

function told(tone: Tone, key: string): Outcome {
  return { tone, key, problem: null }
}

export function outcomeOf({ kind, end, how, why, errorCode }: DictationEntryView): Outcome | null {
  switch (end) {
    case 'pending': return told('quiet', kind === 'file' ? 'dictations.end.filePending' : 'dictations.end.pending')
    case 'inserted': return why === 'not-read' ? told('warning', 'dictations.end.unseen') : null
    case 'copied': return how === null ? told('quiet', 'dictations.end.again') : told(why === 'copy-only' ? 'quiet' : 'warning', `dictations.why.${why ?? 'copy-only'}`)
    case 'cancelled': return told('quiet', kind === 'file' ? 'dictations.end.fileStopped' : 'dictations.end.cancelled')
    case 'empty': return told('quiet', 'dictations.end.empty')
    case 'failed': return errorCode === null ? told('error', kind === 'edit' ? 'dictations.end.unchanged' : 'dictations.end.failed') : { tone: 'error', key: null, problem: errorCode }
  }
}

/** What was said about a selected text; null: it was no edit. */
export function instructionOf({ kind, rawText }: DictationEntryView): string | null {
  return kind === 'edit' && rawText !== '' ? rawText : null
}

/** The words to show: as they were inserted, else as far as they were recognised. */
export function wordsOf({ kind, finalText, rawText }: DictationEntryView): string {
  return (finalText === '' && kind !== 'edit' ? rawText : finalText).trim()
}

/** The recogniser wrote something else than was inserted. */
export function isRewritten({ kind, rawText, finalText }: DictationEntryView): boolean {
  return kind !== 'edit' && finalText !== '' && rawText.trim() !== finalText.trim()
}

export interface DayGroup {
  /** Midnight of the day, on the wall clock. */
  readonly dayMs: number
  readonly entries: readonly DictationEntryView[]
}

/** By calendar day, in the order of the entries. */
export function groupByDay(entries: readonly DictationEntryView[]): readonly DayGroup[] {
  const groups: { dayMs: number, entries: DictationEntryView[] }[] = []
  for (const entry of entries) {
    const date = new Date(entry.createdAtMs)
    const dayMs = new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
    const last = groups.at(-1)
    if (last?.dayMs === dayMs)
      last.entries.push(entry)
    else
      groups.push({ dayMs, entries: [entry] })
  }
  return groups
}

const FOLDED_CHARS = 420
const FOLDED_LINES = 6

/** The beginning of a long text, cut between words; null: it is short enough to be shown whole. */
export function foldedText(text: string): string | null {
  const lines = text.slice(0, FOLDED_CHARS * 2).split('\n')
  const first = lines.slice(0, FOLDED_LINES).join('\n')
  if (first.length > FOLDED_CHARS) {
    const cut = first.slice(0, FOLDED_CHARS)
    const blank = cut.lastIndexOf(' ')
    // Scripts without blanks are cut between characters.
    return `${(blank > FOLDED_CHARS / 2 ? cut.slice(0, blank) : cut.replace(/[\uD800-\uDBFF]$/, '')).trimEnd()} …`
  }
  return lines.length > FOLDED_LINES ? `${first.trimEnd()} …` : null
}
