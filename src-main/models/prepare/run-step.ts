import type { PrepareStep } from '../catalogue'
import { Buffer } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../lib/app-error'
import { assertNever } from '../../lib/assert-never'
import { archiveEntries } from '../archive'
import { writeChecked } from '../blob-store'
import { treeDigest } from '../digest'
import { moonshineTokens, readLlamaVocabulary } from './moonshine-tokens'
import { readMetadata } from './onnx-metadata'
import { parsePiperConfig, piperMetadataSuffix, piperTokens } from './piper-voice'

export interface StepFiles {
  /** Where a file of the catalogue's entry lies, by its name there. */
  readonly pathOf: (name: string) => string
  /** The folder the step writes into, under the step's own name. */
  readonly folder: string
  readonly signal: AbortSignal
}

async function* bytesOf(text: string): AsyncGenerator<Buffer, void, undefined> {
  yield Buffer.from(text, 'utf8')
}

/**
 * Makes one output of a model from its downloaded files. The result is fixed by the catalogue down to its hash;
 * throws `model-corrupt` when something else came out.
 */
export async function runStep(step: PrepareStep, files: StepFiles): Promise<void> {
  const target = join(files.folder, step.name)
  try {
    switch (step.step) {
      case 'moonshine-tokens':
        return await writeChecked(target, step, bytesOf(moonshineTokens(readLlamaVocabulary(await readFile(files.pathOf(step.from), 'utf8')))), files.signal)
      case 'piper-voice':
        return await writeChecked(target, step, voiceWithMetadata(files.pathOf(step.from), files.pathOf(step.config)), files.signal)
      case 'piper-tokens':
        return await writeChecked(target, step, bytesOf(piperTokens(parsePiperConfig(await readFile(files.pathOf(step.config), 'utf8')))), files.signal)
      case 'unpack-folder':
        return await unpackFolder(step, files, target)
      default:
        return assertNever(step)
    }
  }
  catch (error) {
    if (error instanceof Error && error.name === 'SourceFailure')
      throw new AppError('model-corrupt', `Preparing ${step.name} gave something else than expected: ${error.message}.`, { cause: error })
    throw error
  }
}

async function* voiceWithMetadata(voice: string, config: string): AsyncGenerator<Uint8Array, void, undefined> {
  const parsed = parsePiperConfig(await readFile(config, 'utf8'))
  const present = await readMetadata(createReadStream(voice, { highWaterMark: 1 << 20 }))
  yield* createReadStream(voice, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>
  if (!present.has('model_type'))
    yield piperMetadataSuffix(parsed)
}

async function unpackFolder(step: PrepareStep & { step: 'unpack-folder' }, files: StepFiles, target: string): Promise<void> {
  const prefix = `${step.path}/`
  await mkdir(target, { recursive: true, mode: 0o700 })
  const made = new Set<string>()
  for await (const entry of archiveEntries(files.pathOf(step.from), path => path.startsWith(prefix), files.signal)) {
    const path = join(target, entry.path.slice(prefix.length))
    if (!made.has(dirname(path)))
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    made.add(dirname(path))
    await writeAll(path, entry.content)
  }
  if (await treeDigest(target, { signal: files.signal }) !== step.sha256)
    throw new AppError('model-corrupt', `Preparing ${step.name} gave something else than expected.`)
}

async function writeAll(path: string, content: AsyncIterable<Buffer>): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of content)
    pieces.push(piece)
  await writeFile(path, Buffer.concat(pieces), { flag: 'wx', mode: 0o600 })
}
