import type { FileJobView } from '../contract'
import type { Subscribable } from '../lib/emitter'
import type { AsrEngine, AsrEvent } from '../ports/asr-engine'
import type { AudioFrame } from '../ports/audio-frame'
import type { Clock } from '../ports/clock'
import type { DictationStore, StoredDictation } from '../ports/dictation-store'
import type { Logger } from '../ports/logger'
import type { RouteReport } from '../ports/route'
import { basename } from 'node:path'
import { abortReason } from '../lib/abort'
import { AppError, toAppError } from '../lib/app-error'
import { background } from '../lib/background'
import { Emitter } from '../lib/emitter'
import { joinTexts } from '../lib/join-texts'

/** How often progress is told at most, and how often what was heard so far goes to the disk. */
const TELL_MS = 200
const SAVE_MS = 5_000
/** The longer a text is, the longer it takes to store it: that may take this share of the time. */
const SAVE_SHARE = 0.02
/** Jobs that are over are shown for so many more. */
const MOST_OVER = 100

export interface FileTranscriptsOptions {
  readonly asr: AsrEngine
  /** 16 kHz mono frames of 20 ms. Throws `not-found`, `not-audio`, `empty-audio`, `bad-input`, or the signal's reason. */
  readonly read: (path: string, options: { readonly signal: AbortSignal }) => AsyncGenerator<AudioFrame, void, undefined>
  /** Milliseconds; null: not known. Never throws. */
  readonly durationOf: (path: string) => Promise<number | null>
  readonly store: Pick<DictationStore, 'save'>
  readonly clock: Clock
  readonly logger: Logger
  readonly newId: () => string
}

/**
 * Sound files that are written down, one after the other in the order in which they were added. What is heard goes into
 * the store on the way: a job that fails or is stopped keeps it.
 */
export interface FileTranscripts extends AsyncDisposable {
  /** Returns at once with the new jobs. */
  add: (paths: readonly string[]) => readonly FileJobView[]
  /** Of one that waits or runs; of others nothing. */
  stop: (id: string) => void
  /** In their order, with those that are over. */
  jobs: () => readonly FileJobView[]
  readonly changes: Subscribable<FileJobView>
}

interface Job {
  view: FileJobView
  readonly path: string
  readonly controller: AbortController
}

export function createFileTranscripts(options: FileTranscriptsOptions): FileTranscripts {
  const { logger, newId } = options
  const changes = new Emitter<FileJobView>()
  let jobs: Job[] = []
  let running: Promise<void> | null = null
  let isClosed = false

  function change(job: Job, over: Partial<FileJobView>): void {
    job.view = { ...job.view, ...over }
    changes.emit(job.view)
  }

  async function runAll(): Promise<void> {
    try {
      for (let job = nextJob(); job; job = nextJob())
        await run(job)
    }
    finally {
      running = null
    }
  }

  function nextJob(): Job | undefined {
    return jobs.find(({ view }) => view.state === 'waiting')
  }

  async function run(job: Job): Promise<void> {
    const { signal } = job.controller
    change(job, { state: 'running' })
    try {
      await transcribe(options, job.path, signal, over => change(job, over))
      change(job, { state: 'done', progress: 1 })
    }
    catch (error) {
      const { code } = toAppError(error)
      if (signal.aborted) {
        change(job, { state: 'stopped' })
        return
      }
      // The file's name may say what is in it.
      logger.warn('a sound file was not written down', { code })
      change(job, { state: 'failed', errorCode: code })
    }
  }

  function forgetOldest(): void {
    const over = jobs.filter(({ view }) => view.state !== 'waiting' && view.state !== 'running')
    const forgotten = new Set(over.slice(0, Math.max(0, over.length - MOST_OVER)))
    jobs = jobs.filter(job => !forgotten.has(job))
  }

  return {
    changes,
    jobs: () => jobs.map(({ view }) => view),
    add(paths) {
      if (isClosed)
        throw new AppError('aborted', 'Parley is closing.')
      forgetOldest()
      const added = paths.map((path): Job => ({
        path,
        controller: new AbortController(),
        view: { id: newId(), name: basename(path), state: 'waiting', progress: null, errorCode: null, dictationId: null },
      }))
      jobs.push(...added)
      for (const { view } of added)
        changes.emit(view)
      if (running === null && added.length > 0) {
        running = runAll()
        background(running, logger, 'sound files')
      }
      return added.map(({ view }) => view)
    },
    stop(id) {
      const job = jobs.find(({ view }) => view.id === id)
      if (job?.view.state === 'waiting')
        change(job, { state: 'stopped' })
      job?.controller.abort(abortReason('the file is not wanted any more'))
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const job of jobs) {
        if (job.view.state === 'waiting')
          change(job, { state: 'stopped' })
        job.controller.abort(abortReason('Parley is closing'))
      }
      await running
    },
  }
}

/** Throws as the reader, the recogniser and the store do, or the signal's reason, after what was heard is stored. */
async function transcribe(options: FileTranscriptsOptions, path: string, signal: AbortSignal, tell: (over: Partial<FileJobView>) => void): Promise<void> {
  const { asr, read, durationOf } = options
  const lengthMs = await durationOf(path)
  signal.throwIfAborted()
  const sound = read(path, { signal })
  const progress = createProgress(options.clock, lengthMs, tell)
  try {
    // What is no sound has no entry in the history, and nobody is asked to hear it.
    const first = await sound.next()
    const entry = createEntry(options, path, lengthMs, tell)
    try {
      for await (const event of asr.transcribe(progress.watch(first, sound), { signal, onRoute: report => entry.route(report) }))
        entry.heard(event, progress.heardMs())
      entry.finish(progress.heardMs())
    }
    catch (error) {
      entry.fail(signal.aborted ? 'aborted' : toAppError(error).code, progress.heardMs())
      throw error
    }
  }
  finally {
    // Not waited for: it may itself be waiting for a disk.
    sound.return().catch(() => {})
  }
}

/** How much of a sound was given to the recogniser. */
function createProgress(clock: Clock, lengthMs: number | null, tell: (over: Partial<FileJobView>) => void) {
  let doneMs = 0
  let toldMs = Number.NEGATIVE_INFINITY

  function took({ samples, sampleRate }: AudioFrame): void {
    doneMs += samples.length / sampleRate * 1_000
    if (lengthMs === null || lengthMs <= 0 || clock.nowMs() - toldMs < TELL_MS)
      return
    toldMs = clock.nowMs()
    tell({ progress: Math.min(1, doneMs / lengthMs) })
  }

  return {
    heardMs: () => doneMs,
    async* watch(first: IteratorResult<AudioFrame, void>, rest: AsyncGenerator<AudioFrame, void>): AsyncGenerator<AudioFrame, void> {
      for (let next = first; !next.done; next = await rest.next()) {
        took(next.value)
        yield next.value
      }
    },
  }
}

/** The file's entry in the history. */
function createEntry({ store, clock, newId }: FileTranscriptsOptions, path: string, lengthMs: number | null, tell: (over: Partial<FileJobView>) => void) {
  let stored: StoredDictation = {
    id: newId(),
    kind: 'file',
    createdAtMs: clock.wallMs(),
    // The file is the user's: it is neither kept nor deleted with the entry.
    takePath: null,
    durationMs: lengthMs ?? 0,
    rawText: '',
    finalText: '',
    end: 'pending',
    errorCode: null,
    target: { appId: '', title: basename(path) },
    how: null,
    confirmed: false,
    why: null,
    cleanup: null,
    times: {},
    routes: {},
  }
  let phrases: string[] = []
  let nextSaveMs = 0

  function save(over: Partial<StoredDictation>): void {
    stored = { ...stored, ...over }
    const beganMs = clock.nowMs()
    store.save(stored)
    nextSaveMs = clock.nowMs() + Math.max(SAVE_MS, (clock.nowMs() - beganMs) / SAVE_SHARE)
  }

  /** One text is kept, not the pieces of hours. */
  function textSoFar(): string {
    const text = joinTexts([stored.rawText, ...phrases])
    phrases = []
    return text
  }

  save({})
  tell({ dictationId: stored.id })
  return {
    route(report: RouteReport): void {
      stored = { ...stored, routes: { asr: report } }
    },
    heard(event: AsrEvent, heardMs: number): void {
      if (event.type === 'final') {
        stored = { ...stored, rawText: event.text, finalText: event.text, end: event.text === '' ? 'empty' : 'inserted' }
        phrases = []
      }
      if (event.type !== 'phrase')
        return
      phrases.push(event.text)
      if (clock.nowMs() < nextSaveMs)
        return
      const text = textSoFar()
      save({ rawText: text, finalText: text, durationMs: lengthMs ?? heardMs })
    },
    finish(heardMs: number): void {
      if (stored.end === 'pending')
        throw new AppError('internal', 'The recogniser ended without a final text.', { retryable: true })
      save({ durationMs: lengthMs ?? heardMs })
    },
    fail(code: string, heardMs: number): void {
      const text = textSoFar()
      save({ rawText: text, finalText: text, end: code === 'aborted' ? 'cancelled' : 'failed', errorCode: code === 'aborted' ? null : code, durationMs: lengthMs ?? heardMs })
    },
  }
}
