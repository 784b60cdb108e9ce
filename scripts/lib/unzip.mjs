import { createWriteStream } from 'node:fs'
import { chmod, mkdir, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join, normalize, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

const FILE_TYPE_MASK = 0o170000
const SYMLINK = 0o120000

/**
 * Unpacks a zip file with its modes and links.
 *
 * @param {string} zipFile
 * @param {string} folder
 * @param {object} options
 * @param {(name: string) => string | undefined} options.rename where an entry goes inside `folder`; undefined leaves it out
 * @param {(bytes: number) => void} [options.onProgress] compressed bytes so far
 */
export async function unzip(zipFile, folder, { rename, onProgress }) {
  // node_modules exists only once `npm ci` has run, so this is no import.
  const yauzl = createRequire(import.meta.url)('yauzl')
  const zip = await new Promise((resolve, reject) =>
    yauzl.open(zipFile, { lazyEntries: true, autoClose: false }, (error, opened) => error ? reject(error) : resolve(opened)))
  let doneBytes = 0
  try {
    for await (const entry of entriesOf(zip)) {
      doneBytes += entry.compressedSize
      const target = rename(entry.fileName)
      if (target !== undefined && !entry.fileName.endsWith('/'))
        await writeEntry(zip, entry, inside(folder, target))
      onProgress?.(doneBytes)
    }
  }
  finally {
    zip.close()
  }
}

function inside(folder, name) {
  const path = normalize(name)
  if (isAbsolute(path) || path.split(sep).includes('..'))
    throw new Error(`Entry outside of the folder: ${name}`)
  return join(folder, path)
}

async function* entriesOf(zip) {
  for (;;) {
    const entry = await new Promise((resolve, reject) => {
      const settle = (finish, value) => {
        zip.off('entry', onEntry)
        zip.off('end', onEnd)
        zip.off('error', onError)
        finish(value)
      }
      const onEntry = value => settle(resolve, value)
      const onEnd = () => settle(resolve, undefined)
      const onError = error => settle(reject, error)
      zip.on('entry', onEntry)
      zip.on('end', onEnd)
      zip.on('error', onError)
      zip.readEntry()
    })
    if (!entry)
      return
    yield entry
  }
}

async function writeEntry(zip, entry, target) {
  const stream = await new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => error ? reject(error) : resolve(opened)))
  await mkdir(dirname(target), { recursive: true })
  const mode = entry.externalFileAttributes >>> 16
  if ((mode & FILE_TYPE_MASK) === SYMLINK) {
    await symlink(await text(stream), target)
    return
  }
  await pipeline(stream, createWriteStream(target))
  await chmod(target, (mode & 0o777) || 0o644)
}
