import type { Buffer } from 'node:buffer'
import type { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import yauzl from 'yauzl'
import { SourceFailure } from './source-failure'
import { readTar } from './tar-reader'

export interface ArchiveEntry {
  /** Within the archive, with `/`; relative, without `..`. */
  readonly path: string
  readonly content: AsyncIterable<Buffer>
}

/** True for a path that stays below the folder it is unpacked into, on every system. */
export function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.includes('\\') && !path.includes('\0') && !/^[a-z]:/i.test(path)
    && path.split('/').every(part => part !== '..' && part !== '.' && part !== '')
}

/**
 * The files of a package that `wants` asks for, in the archive's order: a `.tgz` of npm (its leading `package/` taken off)
 * or a zip (wheel). An entry's content must be read to its end before the next is asked for.
 * Throws `SourceFailure` when the archive is damaged or names a path outside itself.
 */
export async function* archiveEntries(archive: string, wants: (path: string) => boolean, signal: AbortSignal): AsyncGenerator<ArchiveEntry, void, undefined> {
  const entries = archive.endsWith('.tgz') ? tgzEntries(archive, signal) : zipEntries(archive, wants)
  for await (const entry of entries) {
    signal.throwIfAborted()
    if (!wants(entry.path))
      continue
    if (!isInside(entry.path))
      throw new SourceFailure('refused', `the package names a path outside itself: ${entry.path}`)
    yield entry
  }
}

/** The content of the one file at `path`; throws `SourceFailure` when the package does not hold it. */
export async function* archiveFile(archive: string, path: string, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  let found = false
  for await (const entry of archiveEntries(archive, candidate => !found && candidate === path, signal)) {
    found = true
    yield* entry.content
  }
  if (!found)
    throw new SourceFailure('refused', `the package holds no ${path}`)
}

async function* tgzEntries(archive: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry, void, undefined> {
  const file = createReadStream(archive, { highWaterMark: 1 << 18, signal })
  const gunzip = createGunzip()
  file.on('error', error => gunzip.destroy(error))
  try {
    for await (const entry of readTar(inflated(file.pipe(gunzip), signal)))
      yield { path: entry.path.replace(/^[^/]+\//, ''), content: entry.content }
  }
  finally {
    file.destroy()
    gunzip.destroy()
  }
}

async function* inflated(stream: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* stream
  }
  catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_'))
      throw damaged(error)
    throw error
  }
}

async function* zipEntries(archive: string, wants: (path: string) => boolean): AsyncGenerator<ArchiveEntry, void, undefined> {
  const zip = await openZip(archive)
  try {
    for (;;) {
      const entry = await nextEntry(zip)
      if (entry === undefined)
        return
      if (!entry.fileName.endsWith('/') && wants(entry.fileName))
        yield { path: entry.fileName, content: await openEntry(zip, entry) }
    }
  }
  finally {
    zip.close()
  }
}

function damaged(error: Error): SourceFailure {
  return new SourceFailure('refused', `the package is damaged (${error.message})`, error)
}

async function openZip(archive: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, zip) => error ? reject(damaged(error)) : resolve(zip as ZipFile))
  })
}

async function nextEntry(zip: ZipFile): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      zip.off('entry', onEntry).off('end', onEnd).off('error', onError)
    }
    function onEntry(entry: Entry): void {
      settle()
      resolve(entry)
    }
    function onEnd(): void {
      settle()
      resolve(undefined)
    }
    function onError(error: Error): void {
      settle()
      reject(damaged(error))
    }
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError)
    zip.readEntry()
  })
}

async function openEntry(zip: ZipFile, entry: Entry): Promise<AsyncIterable<Buffer>> {
  const stream = await new Promise<Readable>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => error ? reject(damaged(error)) : resolve(opened))
  })
  return (async function* () {
    try {
      for await (const piece of stream)
        yield piece as Buffer
    }
    catch (error) {
      throw error instanceof Error ? damaged(error) : error
    }
    finally {
      stream.destroy()
    }
  })()
}
