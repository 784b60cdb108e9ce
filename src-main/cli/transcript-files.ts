import type { FileHandle } from 'node:fs/promises'
import type { TranscriptFormat } from '../text/transcript-format'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve, sep } from 'node:path'
import { AppError, toAppError } from '../lib/app-error'
import { syncFolder, temporaryName } from '../lib/atomic-file'
import { diskError, errnoOf } from '../lib/disk-error'
import { TRANSCRIPT_FORMATS } from '../text/transcript-format'

/** The format that a file's name asks for. */
export function formatOfName(path: string): TranscriptFormat | undefined {
  return TRANSCRIPT_FORMATS.find(format => extname(path).toLowerCase() === `.${format}`)
}

/**
 * Where the transcript of each sound goes, in their order: `output` itself, or files in it when it is a folder or there
 * are several sounds (the folder is made). Two sounds of one name get names of their own. Throws `bad-input`.
 */
export async function planOutputs(sounds: readonly string[], output: string, format: TranscriptFormat): Promise<string[]> {
  const paths = await pathsFor(sounds, output, format)
  const sources = new Set(sounds.map(sound => resolve(sound)))
  const source = paths.find(path => sources.has(resolve(path)))
  if (source !== undefined)
    throw new AppError('bad-input', `${source} is the sound itself: name another file with --output.`)
  return paths
}

async function pathsFor(sounds: readonly string[], output: string, format: TranscriptFormat): Promise<string[]> {
  const isFolder = output.endsWith('/') || output.endsWith(sep) || await stat(output).then(found => found.isDirectory(), () => false)
  if (!isFolder && sounds.length === 1)
    return [output]
  if (!isFolder && (formatOfName(output) !== undefined || await isThere(output)))
    throw new AppError('bad-input', `There are several sound files: --output has to name a folder, and ${output} is none.`)
  try {
    await mkdir(output, { recursive: true })
  }
  catch (error) {
    throw diskError(error, output) ?? toAppError(error)
  }
  return namesFor(sounds, format).map(name => join(output, name))
}

/** `talk.wav` to `talk.srt`; a second one to `talk-2.srt`, also where capitals do not count. */
export function namesFor(sounds: readonly string[], format: TranscriptFormat): string[] {
  const taken = new Set<string>()
  return sounds.map((sound) => {
    const stem = sound === '-' ? 'stdin' : basename(sound, extname(sound))
    let name = `${stem}.${format}`
    for (let number = 2; taken.has(name.toLowerCase()); number++)
      name = `${stem}-${number}.${format}`
    taken.add(name.toLowerCase())
    return name
  })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false)
}

/** A file that has its name only when it is whole. Every method throws `disk-full`, `read-only`, `not-found` or `bad-input`, naming it. */
export interface TranscriptFile {
  readonly path: string
  write: (text: string) => Promise<void>
  /** It is whole, and on the disk. Throws `bad-input` when another file has its name by now. */
  finish: () => Promise<void>
  /** It will not be whole: what is there is kept as `PATH.part`, whose path is returned; nothing when nothing was written. */
  abandon: () => Promise<string | null>
}

/** Throws `bad-input` when there is a file of that name and it may not be replaced. */
export async function createTranscriptFile(path: string, { replace }: { readonly replace: boolean }): Promise<TranscriptFile> {
  if (!replace && await isThere(path))
    throw alreadyThere(path)
  const temporary = temporaryName(path)
  const file = await named(path, () => open(temporary, 'wx'))
  let isEmpty = true
  return {
    path,
    write: text => named(path, async () => {
      if (text === '')
        return
      isEmpty = false
      await file.writeFile(text)
    }),
    finish: () => named(path, async () => {
      await closed(file)
      await giveName(temporary, path, replace)
      await syncFolder(dirname(path))
    }),
    async abandon() {
      await file.close().catch(() => {})
      const part = `${path}.part`
      const isKept = !isEmpty && await rename(temporary, part).then(() => true, () => false)
      if (!isKept)
        await rm(temporary, { force: true })
      return isKept ? part : null
    },
  }
}

async function closed(file: FileHandle): Promise<void> {
  try {
    await file.sync()
  }
  finally {
    await file.close()
  }
}

/** A link is refused where there is a file of that name, however late it came; where there are no links, a look has to do. */
async function giveName(temporary: string, path: string, replace: boolean): Promise<void> {
  if (replace)
    return rename(temporary, path)
  try {
    await link(temporary, path)
  }
  catch (error) {
    if (errnoOf(error) === 'EEXIST' || await isThere(path))
      throw alreadyThere(path)
    return rename(temporary, path)
  }
  await rm(temporary)
}

function alreadyThere(path: string): AppError {
  return new AppError('bad-input', `There is a file ${path} already. Use --force to replace it.`, { params: { path } })
}

async function named<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  }
  catch (error) {
    if (errnoOf(error) === 'ENOENT')
      throw new AppError('not-found', `There is no such folder: ${dirname(path)}`, { cause: error })
    throw diskError(error, path) ?? toAppError(error)
  }
}
