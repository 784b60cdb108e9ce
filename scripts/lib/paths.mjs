import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** The clone's root folder. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The same folder as the program uses: everything in it can be deleted and comes back. */
export function cacheFolder(env = process.env, platform = process.platform) {
  if (env.PARLEY_CACHE_DIR)
    return resolve(env.PARLEY_CACHE_DIR)
  if (platform === 'darwin')
    return join(homedir(), 'Library', 'Caches', 'Parley')
  if (platform === 'win32')
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'Parley', 'Cache')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'parley')
}

export function modelsFolder(env = process.env) {
  return env.PARLEY_MODELS_DIR ? resolve(env.PARLEY_MODELS_DIR) : join(cacheFolder(env), 'models')
}

/** WAV files for tests and for the demo in the terminal, spoken by the embedded voice. */
export function speechFolder(env = process.env) {
  return join(cacheFolder(env), 'test-speech')
}

/** Half-made things of set-up; whatever is in it when no set-up runs is left over from one that was killed. */
export function temporaryFolder(env = process.env) {
  return join(cacheFolder(env), 'tmp')
}

export function logsFolder(env = process.env) {
  return join(cacheFolder(env), 'logs')
}

export const CLI = join(ROOT, 'out', 'main', 'cli.js')
