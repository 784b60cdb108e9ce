import type { BlobStore } from './blob-store'
import type { CatalogueFile, CatalogueModel, ModelManifest, ModelOutput, PrepareStep } from './catalogue'
import { constants } from 'node:fs'
import { copyFile, cp, link, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../lib/app-error'
import { syncFolder, temporaryName } from '../lib/atomic-file'
import { diskError, errnoOf } from '../lib/disk-error'
import { MANIFEST_NAME, manifestOf, outputsOf } from './catalogue'
import { fullFault } from './digest'
import { runStep } from './prepare/run-step'

/** Room left on the disk after installing, so that a full disk does not stop the takes. */
const SPARE_BYTES = 32 * 1024 * 1024
/** Leftovers under this size are kept by hash: they may be needed again, and cost nothing. */
const SMALL_BYTES = 4 * 1024 * 1024

/** How each thing in the model's folder comes about, decided before anything is downloaded. */
export interface InstallPlan {
  readonly model: CatalogueModel
  /** Outputs that stand right already, by name: where. */
  readonly kept: ReadonlyMap<string, string>
  readonly links: readonly CatalogueFile[]
  readonly steps: readonly PrepareStep[]
  /** Files of the catalogue's entry that have to be there. */
  readonly needs: readonly CatalogueFile[]
}

/** Keeps what is right in the present folder, or elsewhere (`found`: SHA-256 → path), and plans the rest. */
export async function planInstall(model: CatalogueModel, folder: string, found: ReadonlyMap<string, string>, signal: AbortSignal): Promise<InstallPlan> {
  const kept = new Map<string, string>()
  for (const output of outputsOf(model)) {
    const elsewhere = found.get(output.sha256)
    if (elsewhere !== undefined)
      kept.set(output.name, elsewhere)
    else if (await fullFault(folder, output, { signal }).catch(() => 'missing' as const) === undefined)
      kept.set(output.name, join(folder, output.name))
  }
  const links = model.files.filter(file => file.role !== undefined && !kept.has(file.name))
  const steps = model.prepare.filter(step => !kept.has(step.name))
  const used = new Set(steps.flatMap(step => [...('from' in step ? [step.from] : []), ...('config' in step ? [step.config] : [])]))
  return { model, kept, links, steps, needs: model.files.filter(file => links.includes(file) || used.has(file.name)) }
}

/** Throws `disk-full` before the first byte when what is to be downloaded and made will not fit. */
export async function checkSpace(plan: InstallPlan, blobs: BlobStore, folder: string): Promise<void> {
  let neededBytes = plan.steps.reduce((sum, step) => sum + step.sizeBytes, 0)
  for (const file of plan.needs) {
    if (await blobs.has(file))
      continue
    const heldBytes = (await stat(blobs.partialPathOf(file)).catch(() => undefined))?.size ?? 0
    neededBytes += Math.max(0, file.sizeBytes - heldBytes) + besidesBytes(file)
  }
  if (neededBytes === 0)
    return
  const place = await existing(folder)
  const { bavail, bsize } = await statfs(place)
  const freeBytes = bavail * bsize
  if (freeBytes < neededBytes + SPARE_BYTES)
    throw new AppError('disk-full', `${plan.model.name} needs ${mebibytes(neededBytes + SPARE_BYTES)} MiB of free space while it is installed; ${place} has ${mebibytes(freeBytes)} MiB. Make room, then try again.`, { params: { path: place, neededBytes, freeBytes } })
}

/** What is on the disk together with the file for a while: its package, or its parts and the packages of those being unpacked. */
function besidesBytes(file: CatalogueFile): number {
  return Math.max(0, ...file.sources.map((source) => {
    switch (source.type) {
      case 'url': return 0
      case 'parts': return file.sizeBytes + 3 * Math.max(...source.parts.map(part => part.sizeBytes))
      default: return source.archiveBytes ?? file.sizeBytes
    }
  }))
}

async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (await stat(at).then(() => true, () => false) || dirname(at) === at)
      return at
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024)
}

/**
 * Builds the model's folder beside its place and puts it there in one rename: at every moment the folder is absent, the former
 * one, or whole.
 */
export async function assemble(plan: InstallPlan, modelsDir: string, pathOf: (file: CatalogueFile) => string, signal: AbortSignal): Promise<void> {
  const folder = join(modelsDir, plan.model.id)
  const building = temporaryName(folder)
  const byName = new Map(plan.model.files.map(file => [file.name, file]))
  try {
    await mkdir(building, { recursive: true, mode: 0o700 })
    for (const [name, path] of plan.kept)
      await place(path, join(building, name))
    for (const file of plan.links)
      await place(pathOf(file), join(building, file.name))
    for (const step of plan.steps)
      await runStep(step, { pathOf: name => pathOf(byName.get(name) as CatalogueFile), folder: building, signal })
    await publishFolder(building, folder, manifestOf(plan.model))
  }
  catch (error) {
    await rm(building, { recursive: true, force: true })
    throw diskError(error, building) ?? error
  }
}

/** Writes the manifest, flushes, and swaps the new folder in. */
export async function publishFolder(building: string, folder: string, manifest: ModelManifest): Promise<void> {
  await writeFile(join(building, MANIFEST_NAME), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
  await syncTree(building, manifest.outputs)
  const former = `${temporaryName(folder)}.former`
  const hadFormer = await rename(folder, former).then(() => true, (error: unknown) => {
    if (errnoOf(error) === 'ENOENT')
      return false
    throw error
  })
  await rename(building, folder)
  await syncFolder(dirname(folder))
  if (hadFormer)
    await rm(former, { recursive: true, force: true })
}

async function syncTree(folder: string, outputs: readonly ModelOutput[]): Promise<void> {
  for (const name of [MANIFEST_NAME, ...outputs.filter(output => output.fileCount === undefined).map(output => output.name)]) {
    const handle = await open(join(folder, name), 'r')
    await handle.sync().catch(() => {})
    await handle.close()
  }
  await syncFolder(folder)
}

/** The same content at a second place without a second copy, where the file system can. */
async function place(from: string, to: string): Promise<void> {
  if ((await stat(from)).isDirectory())
    return cp(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE })
  try {
    await link(from, to)
  }
  catch (error) {
    if (errnoOf(error) === 'ENOSPC')
      throw error
    await copyFile(from, to, constants.COPYFILE_FICLONE)
  }
}

/** What only the preparing needed, or what had to be copied, does not stay in the cache as well. */
export async function tidyBlobs(plan: InstallPlan, blobs: BlobStore): Promise<void> {
  for (const file of plan.needs) {
    const links = (await stat(blobs.pathOf(file)).catch(() => undefined))?.nlink ?? 0
    if (links === 1 && file.sizeBytes > SMALL_BYTES)
      await blobs.remove(file)
  }
}

/** Removes what a killed process left half-built; only under the installing lock. */
export async function sweepFolders(modelsDir: string): Promise<void> {
  for (const name of await readdir(modelsDir).catch(() => [])) {
    const former = /^\.(.+)\.[0-9a-f]{12}\.tmp\.former$/.exec(name)
    const path = join(modelsDir, name)
    if (former?.[1] !== undefined) {
      // Killed between the two renames: the former folder goes back, to be looked at anew.
      if (await stat(join(modelsDir, former[1])).catch(() => undefined))
        await rm(path, { recursive: true, force: true })
      else
        await rename(path, join(modelsDir, former[1]))
    }
    else if (/^\..+\.[0-9a-f]{12}\.tmp$/.test(name)) {
      await rm(path, { recursive: true, force: true })
    }
  }
}
