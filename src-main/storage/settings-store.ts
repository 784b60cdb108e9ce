import type { z } from 'zod'
import type { Subscribable } from '../lib/emitter'
import type { Json } from '../lib/merge'
import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { writeFileAtomic } from '../lib/atomic-file'
import { diskError, errnoOf } from '../lib/disk-error'
import { Emitter } from '../lib/emitter'
import { isObject, merge, mergeChanges, own } from '../lib/merge'
import { copyAside, setAside } from './set-aside'

/** Any part of the settings; whole leaves. */
export type DeepPartial<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> | undefined } : T

export interface SettingsStore<T> extends Subscribable<T> {
  get: () => T
  /**
   * Changes some leaves, at once and for every listener; resolves when it is on disk. Throws `bad-input` and changes nothing
   * when the result is not valid. A disk that cannot be written is no failure of the change: see `writeFault`.
   */
  patch: (patch: DeepPartial<T>) => Promise<T>
  /** From now on what another program writes into the file (the command line) is in force here at once. Until it is disposed. */
  follow: () => Disposable
  /** Where a file that could not be read, or not in full, was put aside. */
  readonly brokenFile: string | null
  /** Why the settings last failed to reach the disk; they are in force all the same, until the program ends. */
  readonly writeFault: AppError | null
}

export interface SettingsStoreOptions<T> {
  readonly file: string
  readonly schema: z.ZodType<T>
  readonly defaults: T
  /** Of the file's shape; goes up with each migration. */
  readonly version?: number
  /** `migrations[n]` takes the file's content from version n to n + 1. */
  readonly migrations?: Readonly<Record<number, (content: Json) => Json>>
  readonly wallMs?: () => number
}

const VERSION_KEY = '$version'

/** Parts what this version knows, by the shape of the defaults, from what it does not. */
function split(content: Json, shape: Json): { known: Json, unknown: Json } {
  const known: [string, unknown][] = []
  const unknown: [string, unknown][] = []
  for (const [key, value] of Object.entries(content)) {
    const expected = own(shape, key)
    if (expected === undefined) {
      unknown.push([key, value])
    }
    else if (isObject(expected) && isObject(value)) {
      const inner = split(value, expected)
      known.push([key, inner.known])
      if (Object.keys(inner.unknown).length > 0)
        unknown.push([key, inner.unknown])
    }
    else {
      known.push([key, value])
    }
  }
  return { known: Object.fromEntries(known), unknown: Object.fromEntries(unknown) }
}

/** Takes out the leaf at `path`. */
function without(content: Json, path: readonly PropertyKey[]): Json {
  const [head, ...rest] = path
  return Object.fromEntries(Object.entries(content).flatMap(([key, value]) => {
    if (key !== String(head))
      return [[key, value]]
    return rest.length > 0 && isObject(value) ? [[key, without(value, rest)]] : []
  }))
}

/** The settings with every leaf that is not valid replaced by its default. */
function salvage<T>(schema: z.ZodType<T>, defaults: T, content: Json): { settings: T, whole: boolean } {
  let kept = content
  for (let whole = true; ; whole = false) {
    const parsed = schema.safeParse(merge(defaults, kept))
    if (parsed.success)
      return { settings: parsed.data, whole }
    const faulty = parsed.error.issues.map(issue => issue.path).filter(path => path.length > 0)
    const next = faulty.reduce((rest, path) => without(rest, path), kept)
    if (JSON.stringify(next) === JSON.stringify(kept))
      return { settings: defaults, whole: false }
    kept = next
  }
}

interface Loaded<T> {
  readonly settings: T
  readonly aside: Json
  readonly version: number
  readonly brokenFile: string | null
  readonly fault: AppError | null
  /** The file's content; null: none, or none that could be read. */
  readonly text: string | null
}

async function load<T>(options: SettingsStoreOptions<T>, ownVersion: number): Promise<Loaded<T>> {
  const nothing: Loaded<T> = { settings: options.defaults, aside: {}, version: ownVersion, brokenFile: null, fault: null, text: null }
  let text
  try {
    text = await readFile(options.file, 'utf8')
  }
  catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT')
      return nothing
    return { ...nothing, fault: diskError(error, options.file) ?? toAppError(error) }
  }
  const wallMs = options.wallMs?.() ?? Date.now()
  let content: unknown
  try {
    content = JSON.parse(text)
  }
  catch {}
  if (!isObject(content))
    return { ...nothing, ...tryAside(() => setAside(options.file, wallMs), options.file) }
  const { [VERSION_KEY]: written, ...rest } = content
  const version = typeof written === 'number' && Number.isInteger(written) && written >= 0 ? written : 0
  let migrated: Json = rest
  for (let step = version; step < ownVersion; step++)
    migrated = options.migrations?.[step]?.(migrated) ?? migrated
  const { known, unknown } = split(migrated, options.defaults as Json)
  const { settings, whole } = salvage(options.schema, options.defaults, known)
  const copied = whole ? {} : tryAside(() => copyAside(options.file, wallMs), options.file)
  return { settings, aside: unknown, version: Math.max(version, ownVersion), brokenFile: null, fault: null, text, ...copied }
}

/** Settings as another program of this version wrote them; null: they are not, or not in full. */
function readWhole<T>({ schema, defaults }: SettingsStoreOptions<T>, text: string): T | null {
  try {
    const { [VERSION_KEY]: _, ...content } = JSON.parse(text) as Json
    const parsed = schema.safeParse(merge(defaults, split(content, defaults as Json).known))
    return parsed.success ? parsed.data : null
  }
  catch {
    return null
  }
}

function tryAside(move: () => string, file: string): { brokenFile: string | null, fault: AppError | null } {
  try {
    return { brokenFile: move(), fault: null }
  }
  catch (error) {
    return { brokenFile: null, fault: diskError(error, file) ?? toAppError(error) }
  }
}

/**
 * Settings in a JSON file, written whole (temporary file, flush, rename). Keys that this version does not know are kept and
 * written back. A file that is not JSON, or has invalid leaves, is set aside as `settings.broken-TIME.json`; what is valid in
 * it stays in force. Where the folder cannot be written, the settings live in memory.
 */
export async function createSettingsStore<T extends object>(options: SettingsStoreOptions<T>): Promise<SettingsStore<T>> {
  const loaded = await load(options, options.version ?? 1)
  const changes = new Emitter<T>()
  let current = loaded.settings
  let writeFault = loaded.fault
  let writing = Promise.resolve()
  // Never written over: a file that could not be read, or not be set aside.
  const locked = loaded.fault !== null && loaded.brokenFile === null

  /** As they are in the file, as far as this program knows. */
  let base = loaded.settings
  let baseText = loaded.text

  /** Takes in what another program wrote; what both changed is as it was changed here. */
  async function takeIn(): Promise<void> {
    const text = await readFile(options.file, 'utf8').catch(() => null)
    if (text === null || text === baseText)
      return
    const theirs = readWhole(options, text)
    if (theirs === null)
      return
    const merged = options.schema.safeParse(mergeChanges(base, theirs, current))
    baseText = text
    base = theirs
    if (!merged.success || JSON.stringify(merged.data) === JSON.stringify(current))
      return
    current = merged.data
    changes.emit(current)
  }

  async function write(): Promise<void> {
    if (locked)
      return
    try {
      await takeIn()
      const content = merge(loaded.aside, current) as Json
      const written = current
      const text = `${JSON.stringify({ [VERSION_KEY]: loaded.version, ...content }, null, 2)}\n`
      await writeFileAtomic(options.file, text)
      base = written
      baseText = text
      writeFault = null
    }
    catch (error) {
      writeFault = diskError(error, options.file) ?? toAppError(error)
    }
  }

  // What was not valid is in the copy now; the file in use is put right.
  if (loaded.brokenFile !== null && loaded.settings !== options.defaults)
    await write()
  return {
    get: () => current,
    async patch(patch) {
      const parsed = options.schema.safeParse(merge(current, patch))
      if (!parsed.success)
        throw new AppError('bad-input', `These settings are not valid: ${parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`, { cause: parsed.error })
      current = parsed.data
      changes.emit(current)
      // In order, each write with the newest state.
      writing = writing.then(write)
      await writing
      return current
    },
    follow() {
      const name = basename(options.file)
      try {
        const watcher = watch(dirname(options.file), (_, changed) => {
          // After what is being written here, so that it is not taken for somebody else's.
          if (changed === null || changed === name)
            writing = writing.then(takeIn)
        })
        watcher.on('error', () => {})
        return { [Symbol.dispose]: () => watcher.close() }
      }
      catch {
        // No folder, or none that can be watched: the next write tells what is wrong with it, and takes in what is there.
        return { [Symbol.dispose]() {} }
      }
    },
    subscribe: listener => changes.subscribe(listener),
    brokenFile: loaded.brokenFile,
    get writeFault() {
      return writeFault
    },
  }
}
