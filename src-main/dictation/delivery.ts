import type { DictationTimes, StoredDictation } from '../ports/dictation-store'
import type { RouteReport } from '../ports/route'
import type { TextContext } from '../ports/text-context'
import type { InjectionTarget, InsertReport, LiveInsertion } from '../ports/text-injector'
import type { DictationOutcome, DictationRules, DictationRunnerDeps } from './types'
import { raceAbort } from '../lib/abort'
import { AppError, toAppError } from '../lib/app-error'
import { cleanUp } from './cleanup/clean-up'
import { editSelection } from './cleanup/edit'
import { formatDictation } from './words/format'
import { writeNumbers } from './words/numbers'

/** What was inserted last, for spacing, undo and "paste last". */
export interface LastInsertion {
  readonly dictationId: string
  readonly report: InsertReport
  readonly targetId: string | null
  readonly atMs: number
  /** The selected text whose place it took. */
  readonly replaced: string | null
}

export interface DeliveryHost {
  readonly deps: DictationRunnerDeps
  readonly last: () => LastInsertion | null
  readonly setLast: (last: LastInsertion | null) => void
  readonly save: (dictation: StoredDictation) => void
  /** One insertion after another. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  readonly undoLast: (signal: AbortSignal) => Promise<DictationOutcome>
}

export interface DeliveryStart {
  readonly dictation: StoredDictation
  readonly target: InjectionTarget | null
  readonly rules: DictationRules
  readonly context: TextContext | null
  /** Set: what was said is an instruction for this text. */
  readonly selected: string | null
  /** `lost`: some of the words are there already, and no more can be written there. */
  readonly live: LiveInsertion | 'lost' | null
  readonly releasedAtMs: number
  /** What was said earlier is where it belongs, or nothing comes of it. Never rejects. */
  readonly earlier: Promise<unknown>
  readonly signal: AbortSignal
  /** Fires when the plain text is wanted at once. */
  readonly plainNow: AbortSignal
  readonly stage: (state: 'cleaning' | 'inserting') => void
  readonly onSlow: () => void
}

export interface Delivered {
  readonly dictation: StoredDictation
  readonly outcome: DictationOutcome | null
}

/** From recognised words to their window: formatted, cleaned up, on disk, inserted. Throws the signal's reason on abort, `AppError` on failure. */
export async function deliver(host: DeliveryHost, start: DeliveryStart): Promise<Delivered> {
  const { clock } = host.deps
  const times: Record<string, number> = { ...start.dictation.times }
  const mark = (hop: keyof DictationTimes): void => {
    times[hop] = clock.nowMs() - start.releasedAtMs
  }
  // What was said before decides about blanks and capitals, and what "scratch that" means.
  await raceAbort(start.earlier, start.signal)
  const words = start.selected === null ? await dictated(host, start, mark) : await edited(host, start, start.selected, mark)
  if ('outcome' in words)
    return { dictation: finished(start.dictation, { end: words.end, times }), outcome: words.outcome }

  start.stage('inserting')
  return host.inTurn(async () => {
    start.signal.throwIfAborted()
    // On disk before the first key: whatever happens next, the words are there.
    const routes = words.chat === null ? start.dictation.routes : { ...start.dictation.routes, chat: words.chat }
    const stored: StoredDictation = { ...start.dictation, finalText: words.text, cleanup: words.cleanup, routes, times }
    host.save(stored)
    mark('storedMs')
    const report = await insert(host, start, words.text)
    mark('insertedMs')
    host.setLast({ dictationId: stored.id, report, targetId: start.target?.id ?? null, atMs: clock.nowMs(), replaced: start.selected })
    return {
      dictation: finished(stored, { end: report.how === 'copied' ? 'copied' : 'inserted', times, report }),
      outcome: report.why === 'copy-only' ? 'copied' : report.why,
    }
  })
}

type Words = { readonly text: string, readonly cleanup: string | null, readonly chat: RouteReport | null } | { readonly outcome: DictationOutcome, readonly end: StoredDictation['end'] }

async function dictated(host: DeliveryHost, start: DeliveryStart, mark: (hop: keyof DictationTimes) => void): Promise<Words> {
  const { dictation, rules, signal } = start
  const formatted = formatWords(host, start, dictation.rawText)
  mark('formattedMs')
  if (formatted.command === 'undo') {
    const outcome = await host.inTurn(() => host.undoLast(signal))
    return { outcome, end: 'cancelled' }
  }
  if (formatted.text === '')
    return { outcome: 'no-speech', end: 'empty' }
  if (rules.cleanup === 'off' || formatted.snippet !== null || start.live)
    return { text: formatted.text, cleanup: null, chat: null }
  start.stage('cleaning')
  let chat: RouteReport | null = null
  const { text, used } = await cleanUp(formatted.text, {
    mode: rules.cleanup,
    ownPrompt: rules.ownPrompt,
    chat: host.deps.chat,
    clock: host.deps.clock,
    signal,
    plainNow: start.plainNow,
    onSlow: start.onSlow,
    language: rules.language,
    onRoute: (report) => {
      chat = report
    },
  })
  mark('cleanedMs')
  return { text, cleanup: used === 'model' ? rules.cleanup : null, chat }
}

/** The words as they are written into this window. */
export function formatWords(host: DeliveryHost, { rules, context, target }: Pick<DeliveryStart, 'rules' | 'context' | 'target'>, rawText: string): ReturnType<typeof formatDictation> {
  const last = host.last()
  const language = rules.language ?? 'en'
  return formatDictation(rawText, {
    language,
    context,
    spokenPunctuation: rules.spokenPunctuation,
    fillers: rules.fillers,
    numbers: rules.numbers ? text => writeNumbers(text, { language }) : null,
    dictionary: rules.dictionary,
    snippets: rules.snippets,
    scratchThat: rules.scratchThat,
    previous: last && { text: last.report.text, ageMs: host.deps.clock.nowMs() - last.atMs, sameTarget: last.targetId !== null && last.targetId === target?.id && last.report.isLast() },
  })
}

async function edited(host: DeliveryHost, start: DeliveryStart, selected: string, mark: (hop: keyof DictationTimes) => void): Promise<Words> {
  const { dictation, rules, signal } = start
  start.stage('cleaning')
  let chat: RouteReport | null = null
  const { text } = await editSelection(selected, dictation.rawText, {
    chat: host.deps.chat,
    clock: host.deps.clock,
    signal,
    language: rules.language,
    onRoute: (report) => {
      chat = report
    },
  })
  mark('cleanedMs')
  return text === null ? { outcome: 'edit-failed', end: 'failed' } : { text, cleanup: dictation.rawText, chat }
}

async function insert(host: DeliveryHost, { live, target, rules, signal, selected }: DeliveryStart, text: string): Promise<InsertReport> {
  if (live === 'lost') {
    // A second time would double what is there: the whole text is on the clipboard.
    const report = await host.deps.injector.insert(text, target, { signal, method: 'copy', chord: null, mayInsertNewlines: true })
    return { ...report, why: 'focus-moved' }
  }
  if (live)
    return live.finish(text)
  return host.deps.injector.insert(text, target, {
    signal,
    method: rules.method,
    chord: rules.chord,
    // What stood there had its line breaks already.
    mayInsertNewlines: rules.newlines || (selected?.includes('\n') ?? false),
  })
}

function finished(dictation: StoredDictation, { end, times, report }: { readonly end: StoredDictation['end'], readonly times: DictationTimes, readonly report?: InsertReport }): StoredDictation {
  return {
    ...dictation,
    end,
    times,
    ...(report && { finalText: report.text, how: report.how, confirmed: report.confirmed, why: report.why }),
  }
}

/** What is stored of a failure; an abort is not one. */
export function failed(dictation: StoredDictation, error: unknown): StoredDictation {
  const { code } = toAppError(error)
  return code === 'aborted' ? { ...dictation, end: 'cancelled' } : { ...dictation, end: 'failed', errorCode: code }
}

export function noRecording(id: string): AppError {
  return new AppError('not-found', `There is no recording of ${id}.`)
}
