import type { Buffer } from 'node:buffer'
import type { ModelOutput } from './catalogue'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const READ_BYTES = 1 << 20

export interface HashOptions {
  readonly signal?: AbortSignal | undefined
  /** Called with the number of bytes read so far. */
  readonly onBytes?: ((doneBytes: number) => void) | undefined
}

/** SHA-256 of a file in hexadecimal; never more than a few blocks in memory. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<string> {
  const hash = createHash('sha256')
  let doneBytes = 0
  for await (const block of createReadStream(path, { highWaterMark: READ_BYTES, signal: options.signal }) as AsyncIterable<Buffer>) {
    hash.update(block)
    doneBytes += block.length
    options.onBytes?.(doneBytes)
  }
  return hash.digest('hex')
}

export interface TreeEntry {
  /** Relative, with `/`. */
  readonly path: string
  readonly sizeBytes: number
}

/** Every regular file below a folder, sorted by path (code units). */
export async function listTree(folder: string): Promise<TreeEntry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = await Promise.all(entries.filter(entry => entry.isFile()).map(async (entry) => {
    const path = join(entry.parentPath, entry.name)
    return { path: path.slice(folder.length + 1).replaceAll('\\', '/'), sizeBytes: (await stat(path)).size }
  }))
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** One hash for a whole folder: SHA-256 over `path NUL sha256 LF` of its files in order. */
export async function treeDigest(folder: string, options: HashOptions = {}): Promise<string> {
  const digest = createHash('sha256')
  for (const file of await listTree(folder))
    digest.update(`${file.path}\0${await hashFile(join(folder, file.path), { signal: options.signal })}\n`)
  return digest.digest('hex')
}

export type OutputFault = 'missing' | 'size' | 'hash'

/** Looks at names and sizes alone: what every start can afford. */
export async function quickFault(folder: string, output: ModelOutput): Promise<OutputFault | undefined> {
  const path = join(folder, output.name)
  try {
    if (output.fileCount !== undefined) {
      const files = await listTree(path)
      const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
      return files.length === output.fileCount && bytes === output.sizeBytes ? undefined : 'size'
    }
    const found = await stat(path)
    return found.isFile() && found.size === output.sizeBytes ? undefined : 'size'
  }
  catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return 'missing'
    throw error
  }
}

/** Reads every byte. */
export async function fullFault(folder: string, output: ModelOutput, options: HashOptions = {}): Promise<OutputFault | undefined> {
  const fault = await quickFault(folder, output)
  if (fault !== undefined)
    return fault
  const path = join(folder, output.name)
  const found = output.fileCount === undefined ? await hashFile(path, options) : await treeDigest(path, options)
  return found === output.sha256 ? undefined : 'hash'
}
