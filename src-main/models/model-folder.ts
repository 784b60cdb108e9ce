import type { InstalledModel } from '../ports/installed-model'
import type { Catalogue, CatalogueModel, ModelManifest } from './catalogue'
import type { HashOptions, OutputFault } from './digest'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf } from '../lib/disk-error'
import { MANIFEST_NAME, manifestOf, manifestSchema } from './catalogue'
import { fullFault, quickFault } from './digest'

export interface FileFault {
  readonly file: string
  readonly fault: OutputFault
}

/** What is wrong in a model's folder; empty: nothing. Quick: names and sizes. Full: every byte. */
export async function faultsOf(folder: string, manifest: ModelManifest, depth: 'quick' | 'full', options: HashOptions = {}): Promise<FileFault[]> {
  const faults: FileFault[] = []
  for (const output of manifest.outputs) {
    const fault = depth === 'quick' ? await quickFault(folder, output) : await fullFault(folder, output, options)
    if (fault !== undefined)
      faults.push({ file: output.name, fault })
  }
  return faults
}

/** The folder's own manifest, or undefined when there is none that can be read. */
export async function readManifest(folder: string, id: string): Promise<ModelManifest | undefined> {
  let content
  try {
    content = await readFile(join(folder, MANIFEST_NAME), 'utf8')
  }
  catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR')
      return undefined
    throw error
  }
  try {
    const manifest = manifestSchema.parse(JSON.parse(content))
    return manifest.id === id ? manifest : undefined
  }
  catch {
    return undefined
  }
}

/** What the folder should hold: by its manifest, else by the catalogue. */
export async function expectedOf(modelsDir: string, id: string, entry: CatalogueModel | undefined): Promise<ModelManifest | undefined> {
  return await readManifest(join(modelsDir, id), id) ?? (entry ? manifestOf(entry) : undefined)
}

/** Whether what is installed is what the catalogue would install now. */
export function isCurrent(manifest: ModelManifest, entry: CatalogueModel): boolean {
  const wanted = new Map(manifestOf(entry).outputs.map(output => [output.role, output.sha256]))
  return manifest.outputs.length === wanted.size && manifest.outputs.every(output => wanted.get(output.role) === output.sha256)
}

export function toInstalled(modelsDir: string, manifest: ModelManifest): InstalledModel {
  const { id, kind, format } = manifest
  return { id, kind, format, files: Object.fromEntries(manifest.outputs.map(output => [output.role, join(modelsDir, id, output.name)])) }
}

/** Ids of model folders that are not in the catalogue: imported ones. */
export async function foreignIds(modelsDir: string, catalogue: Catalogue): Promise<string[]> {
  const known = new Set(catalogue.models.map(model => model.id))
  const entries = await readdir(modelsDir, { withFileTypes: true }).catch(() => [])
  return entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.') && !known.has(entry.name)).map(entry => entry.name).sort()
}
