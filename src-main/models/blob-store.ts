import type { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder, temporaryName } from '../lib/atomic-file'
import { diskError } from '../lib/disk-error'
import { hashFile } from './digest'
import { forgetPartial } from './http-source'
import { SourceFailure } from './source-failure'

export interface BlobKey {
  readonly sizeBytes: number
  readonly sha256: string
}

/** Bytes written, but not those that were asked for. */
export function wrongContent(key: BlobKey, foundBytes: number): SourceFailure {
  return new SourceFailure('refused', foundBytes === key.sizeBytes
    ? 'its content is not the right one (SHA-256 differs)'
    : `its size is ${foundBytes} bytes where ${key.sizeBytes} are right`)
}

/** Files by their hash, in the user's cache folder. A file stands under its name only once it is whole, right and flushed. */
export interface BlobStore {
  readonly folder: string
  pathOf: (key: BlobKey) => string
  partialPathOf: (key: BlobKey) => string
  /** The blob's path after its hash was read again, or undefined; a damaged one is removed. */
  find: (key: BlobKey, signal: AbortSignal) => Promise<string | undefined>
  /** Present with the right size: for planning. */
  has: (key: BlobKey) => Promise<boolean>
  /** Writes a stream, checks it, and keeps it. Throws `SourceFailure` when it is another file. */
  write: (key: BlobKey, content: AsyncIterable<Buffer>, signal: AbortSignal, onBytes: (doneBytes: number) => void) => Promise<string>
  /** Takes over a verified partial file. */
  adoptPartial: (key: BlobKey) => Promise<string>
  remove: (key: BlobKey) => Promise<void>
  /** Removes what a killed process left; only under the installing lock. */
  sweep: () => Promise<void>
}

export function createBlobStore(cacheDir: string): BlobStore {
  const folder = join(cacheDir, 'blobs')
  const pathOf = (key: BlobKey): string => join(folder, key.sha256)
  const partialPathOf = (key: BlobKey): string => join(folder, `${key.sha256}.partial`)
  const has = async (key: BlobKey): Promise<boolean> => (await stat(pathOf(key)).catch(() => undefined))?.size === key.sizeBytes

  async function publish(from: string, key: BlobKey): Promise<string> {
    await rename(from, pathOf(key))
    await syncFolder(folder)
    return pathOf(key)
  }

  return {
    folder,
    pathOf,
    partialPathOf,
    has,
    async find(key, signal) {
      if (await has(key) && await hashFile(pathOf(key), { signal }) === key.sha256)
        return pathOf(key)
      await rm(pathOf(key), { force: true })
      return undefined
    },
    async write(key, content, signal, onBytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const temporary = temporaryName(pathOf(key))
      try {
        await writeChecked(temporary, key, content, signal, onBytes)
        await forgetPartial(partialPathOf(key))
        return await publish(temporary, key)
      }
      catch (error) {
        await rm(temporary, { force: true })
        throw diskError(error, temporary) ?? error
      }
    },
    async adoptPartial(key) {
      const path = await publish(partialPathOf(key), key)
      await forgetPartial(partialPathOf(key))
      return path
    },
    async remove(key) {
      await rm(pathOf(key), { force: true })
    },
    async sweep() {
      for (const name of await readdir(folder).catch(() => [])) {
        if (name.endsWith('.tmp'))
          await rm(join(folder, name), { force: true })
      }
    },
  }
}

/** Writes a new file and flushes it; throws unless size and hash are right. Shared with the preparing steps. */
export async function writeChecked(path: string, key: BlobKey, content: AsyncIterable<Uint8Array>, signal: AbortSignal, onBytes: (doneBytes: number) => void = () => {}): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const hash = createHash('sha256')
  let doneBytes = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of content) {
      signal.throwIfAborted()
      hash.update(piece)
      await file.write(piece)
      doneBytes += piece.length
      onBytes(doneBytes)
      if (doneBytes > key.sizeBytes)
        break
    }
    await file.sync()
  }
  finally {
    await file.close()
  }
  if (doneBytes !== key.sizeBytes || hash.digest('hex') !== key.sha256)
    throw wrongContent(key, doneBytes)
}
