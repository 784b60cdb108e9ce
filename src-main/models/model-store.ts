import type { InstalledModel, ModelFormat, ModelKind } from '../ports/installed-model'
import type { Logger } from '../ports/logger'
import type { BlobStore } from './blob-store'
import type { Catalogue, CatalogueFile, CatalogueModel } from './catalogue'
import type { Fetcher, FetcherOptions } from './fetcher'
import type { ImportReport } from './import-folder'
import type { FileFault } from './model-folder'
import type { InstallOptions, InstallProgress } from './progress'
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { diskError } from '../lib/disk-error'
import { createBlobStore } from './blob-store'
import { installedBytes, outputsOf, sharedPackages } from './catalogue'
import { allOrNone, createFetcher } from './fetcher'
import { importFromFolder } from './import-folder'
import { acquireInstallLock } from './install-lock'
import { assemble, checkSpace, planInstall, sweepFolders, tidyBlobs } from './installer'
import { KeyedLock } from './keyed-lock'
import { expectedOf, faultsOf, foreignIds, isCurrent, toInstalled } from './model-folder'

export interface ModelListing {
  readonly id: string
  readonly kind: ModelKind
  readonly format: ModelFormat
  readonly name: string
  readonly licence: string
  readonly languages: readonly string[]
  /** On disk, once installed. */
  readonly sizeBytes: number
  readonly minMemoryMiB: number
  readonly upstreamOnly: boolean
  readonly isDefault: boolean
  /** By names and sizes; `verify` reads every byte. */
  readonly state: 'absent' | 'installed' | 'corrupt'
}

export interface VerifyReport {
  readonly id: string
  readonly faults: readonly FileFault[]
}

export interface ModelStore {
  readonly modelsDir: string
  readonly catalogue: Catalogue
  list: () => Promise<readonly ModelListing[]>
  /** Throws `model-missing`, `model-corrupt`. */
  resolveInstalled: (id: string) => Promise<InstalledModel>
  /** The preferred model when it is installed, else the first default of the kind that is, else any. Throws `model-missing`. */
  resolveDefault: (kind: ModelKind, preferredId?: string) => Promise<InstalledModel>
  /** The model that gets a second try at what the default of this kind could not do; undefined when none is installed. */
  resolveRescue: (kind: ModelKind) => Promise<InstalledModel | undefined>
  /** Does nothing when it is installed. Throws `not-found`, `download-failed`, `disk-full`, `read-only`, `signal.reason`. */
  install: (id: string, options?: InstallOptions) => Promise<InstalledModel>
  /** Takes the files of models out of a folder, wherever they lie in it. Throws `not-found`, `disk-full`, `read-only`. */
  importFolder: (folder: string, options?: InstallOptions) => Promise<ImportReport>
  /** Reads every byte of a model. Throws `model-missing`. */
  verify: (id: string, options?: { readonly signal?: AbortSignal }) => Promise<VerifyReport>
  remove: (id: string) => Promise<void>
}

export interface ModelStoreOptions {
  readonly modelsDir: string
  readonly cacheDir: string
  readonly catalogue: Catalogue
  readonly logger: Logger
  /** The platform's `fetch` knows no proxy on Node 20; Electron's `net.fetch` does. */
  readonly fetch?: FetcherOptions['fetch']
  readonly run?: FetcherOptions['run']
  readonly http?: FetcherOptions['http']
}

const NEVER = new AbortController().signal

export function createModelStore(options: ModelStoreOptions): ModelStore {
  const { modelsDir, cacheDir, catalogue, logger } = options
  const blobs = createBlobStore(cacheDir)
  const fetcher = createFetcher({ ...options, blobs, sharedPackages: sharedPackages(catalogue) })
  const entries = new Map(catalogue.models.map(model => [model.id, model]))
  const locks = new KeyedLock()
  const hold = createInstallHold({ modelsDir, cacheDir, blobs, fetcher })

  async function resolveInstalled(id: string): Promise<InstalledModel> {
    const expected = await expectedOf(modelsDir, id, entries.get(id))
    if (expected === undefined || !await stat(join(modelsDir, id)).then(found => found.isDirectory(), () => false))
      throw new AppError('model-missing', `The model ${id} is not installed. Run: parley models install ${id}`, { params: { model: id } })
    const faults = await faultsOf(join(modelsDir, id), expected, 'quick')
    if (faults.length > 0) {
      const files = faults.map(({ file, fault }) => `${file} (${fault === 'missing' ? 'missing' : 'wrong size'})`).join(', ')
      throw new AppError('model-corrupt', `The model ${id} is damaged: ${files}. Run: parley models install ${id}`, { params: { model: id, files } })
    }
    return toInstalled(modelsDir, expected)
  }

  async function ifInstalled(id: string): Promise<InstalledModel | undefined> {
    return resolveInstalled(id).catch((error: unknown) => {
      if (error instanceof AppError && (error.code === 'model-missing' || error.code === 'model-corrupt'))
        return undefined
      throw error
    })
  }

  async function stateOf(id: string): Promise<ModelListing['state']> {
    return resolveInstalled(id).then(() => 'installed' as const, (error: unknown) => toAppError(error).code === 'model-missing' ? 'absent' : 'corrupt')
  }

  async function listOne(id: string): Promise<ModelListing | undefined> {
    const entry = entries.get(id)
    const expected = await expectedOf(modelsDir, id, entry)
    if (expected === undefined)
      return undefined
    return {
      id,
      kind: expected.kind,
      format: expected.format,
      name: entry?.name ?? expected.name,
      licence: entry?.licence ?? expected.licence,
      languages: entry?.languages ?? [],
      sizeBytes: entry ? installedBytes(entry) : expected.outputs.reduce((sum, made) => sum + made.sizeBytes, 0),
      minMemoryMiB: entry?.minMemoryMiB ?? 0,
      upstreamOnly: entry?.upstreamOnly ?? false,
      isDefault: catalogue.defaults[expected.kind]?.[0] === id,
      state: await stateOf(id),
    }
  }

  async function installedNow(entry: CatalogueModel): Promise<InstalledModel | undefined> {
    const expected = await expectedOf(modelsDir, entry.id, entry)
    return expected !== undefined && isCurrent(expected, entry) ? ifInstalled(entry.id) : undefined
  }

  async function installUnlocked(entry: CatalogueModel, found: ReadonlyMap<string, string>, asked: InstallOptions): Promise<void> {
    const signal = asked.signal ?? NEVER
    const tell = (fileName: string, rest: Omit<InstallProgress, 'modelId' | 'fileName'>): void => asked.onProgress?.({ modelId: entry.id, fileName, ...rest })
    const whole = { source: '', doneBytes: 0, totalBytes: installedBytes(entry) }
    await makeFolder(modelsDir)
    const plan = await planInstall(entry, join(modelsDir, entry.id), found, signal)
    await checkSpace(plan, blobs, cacheDir)
    const paths = await allOrNone(signal, plan.needs.map(file => async (both: AbortSignal) => [file.name, await fetcher.obtain(file, {
      modelId: entry.id,
      signal: both,
      onReport: report => tell(file.name, { ...report, totalBytes: file.sizeBytes }),
    })] as const))
    const byName = new Map(paths)
    tell('', { ...whole, phase: 'preparing' })
    await assemble(plan, modelsDir, (file: CatalogueFile) => byName.get(file.name) as string, signal)
    await tidyBlobs(plan, blobs)
    tell('', { ...whole, doneBytes: whole.totalBytes, phase: 'done' })
    logger.info('model installed', { model: entry.id, kept: plan.kept.size, made: outputsOf(entry).length - plan.kept.size })
  }

  return {
    modelsDir,
    catalogue,
    resolveInstalled,
    async list() {
      const ids = [...catalogue.models.map(model => model.id), ...await foreignIds(modelsDir, catalogue)]
      const listings = await Promise.all(ids.map(listOne))
      return listings.filter(listing => listing !== undefined)
    },
    async resolveDefault(kind, preferredId) {
      const foreign = await foreignIds(modelsDir, catalogue)
      const ofKind = catalogue.models.filter(model => model.kind === kind).map(model => model.id)
      const order = [...(preferredId === undefined ? [] : [preferredId]), ...catalogue.defaults[kind] ?? [], ...ofKind, ...foreign]
      for (const id of new Set(order)) {
        const installed = await ifInstalled(id)
        if (installed?.kind === kind)
          return installed
      }
      throw new AppError('model-missing', `No ${kind} model is installed. Run: parley models install --defaults`, { params: { kind } })
    },
    async resolveRescue(kind) {
      const id = catalogue.rescue[kind]
      return id === undefined ? undefined : ifInstalled(id)
    },
    async install(id, asked = {}) {
      const entry = entries.get(id)
      if (entry === undefined)
        throw new AppError('not-found', `There is no model ${id} in the catalogue. It has: ${[...entries.keys()].join(', ')}.`, { params: { model: id } })
      return locks.run(id, async () => {
        const present = await installedNow(entry)
        if (present !== undefined)
          return present
        await hold.run(id, asked, async () => {
          if (await installedNow(entry) === undefined)
            await installUnlocked(entry, new Map(), asked)
        })
        return resolveInstalled(id)
      })
    },
    async importFolder(folder, asked = {}) {
      return hold.run('', asked, async () => importFromFolder({
        folder,
        catalogue,
        blobs,
        modelsDir,
        signal: asked.signal ?? NEVER,
        onProgress: asked.onProgress ?? (() => {}),
        install: async (entry, found) => installUnlocked(entry, found, asked),
        isInstalled: async entry => await installedNow(entry) !== undefined,
      }))
    },
    async verify(id, asked = {}) {
      const expected = await expectedOf(modelsDir, id, entries.get(id))
      if (expected === undefined || await stateOf(id) === 'absent')
        throw new AppError('model-missing', `The model ${id} is not installed. Run: parley models install ${id}`, { params: { model: id } })
      return { id, faults: await faultsOf(join(modelsDir, id), expected, 'full', { signal: asked.signal }) }
    },
    async remove(id) {
      await hold.run(id, {}, async () => {
        if (await stateOf(id) === 'absent')
          throw new AppError('model-missing', `The model ${id} is not installed.`, { params: { model: id } })
        await rm(join(modelsDir, id), { recursive: true, force: true })
        for (const file of entries.get(id)?.files ?? [])
          await blobs.remove(file)
      })
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

interface InstallHold {
  run: <T>(modelId: string, asked: InstallOptions, work: () => Promise<T>) => Promise<T>
}

/** The time during which this process holds the installing lock; several installs of the same process share it. */
function createInstallHold(parts: { readonly modelsDir: string, readonly cacheDir: string, readonly blobs: BlobStore, readonly fetcher: Fetcher }): InstallHold {
  let users = 0
  let release: (() => Promise<void>) | undefined
  const gate = new KeyedLock()

  async function enter(modelId: string, asked: InstallOptions): Promise<void> {
    await gate.run('', async () => {
      if (release === undefined) {
        release = await acquireInstallLock(join(parts.cacheDir, 'install.lock'), {
          signal: asked.signal ?? NEVER,
          onWaiting: pid => asked.onProgress?.({ modelId, fileName: '', source: `process ${pid}`, doneBytes: 0, totalBytes: 0, phase: 'waiting' }),
        })
        await parts.blobs.sweep()
        await sweepFolders(parts.modelsDir)
      }
      users++
    })
  }

  async function leave(): Promise<void> {
    await gate.run('', async () => {
      users--
      if (users > 0 || release === undefined)
        return
      await parts.fetcher.reset().catch(() => {})
      await release()
      release = undefined
    })
  }

  return {
    async run(modelId, asked, work) {
      await enter(modelId, asked)
      try {
        return await work()
      }
      finally {
        await leave()
      }
    },
  }
}
