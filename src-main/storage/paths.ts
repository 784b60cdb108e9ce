import { mkdir } from 'node:fs/promises'
import { posix, win32 } from 'node:path'
import { diskError } from '../lib/disk-error'

/** Every place Parley reads or writes. Absolute. */
export interface AppPaths {
  /** What can be downloaded again. */
  readonly cacheDir: string
  readonly modelsDir: string
  /** What cannot. */
  readonly dataDir: string
  readonly takesDir: string
  readonly settingsFile: string
  /** Keys of services, encrypted by the system's keychain. */
  readonly secretsFile: string
  readonly databaseFile: string
  readonly logsDir: string
  /** A Unix socket's path, or a named pipe on Windows. */
  readonly controlSocket: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A variable that is set to an absolute path; the XDG specification says to ignore a relative one. */
function folderFrom(env: Environment, name: string, absolute: (path: string) => boolean): string | undefined {
  const value = env[name]
  return value !== undefined && value !== '' && absolute(value) ? value : undefined
}

/**
 * Where things are, by system: Linux after the XDG Base Directory Specification, macOS in `Library`, Windows in `AppData`.
 * `PARLEY_CACHE_DIR`, `PARLEY_MODELS_DIR` and `PARLEY_DATA_DIR` come before anything else. Reads nothing and makes nothing.
 */
export function appPaths(env: Environment, platform: NodeJS.Platform, home: string): AppPaths {
  const path = platform === 'win32' ? win32 : posix
  const own = (name: string): string | undefined => {
    const value = env[name]
    return value === undefined || value === '' ? undefined : path.resolve(value)
  }
  const from = (name: string): string | undefined => folderFrom(env, name, path.isAbsolute)
  const cacheDir = own('PARLEY_CACHE_DIR') ?? defaultCache(platform, home, from)
  const dataDir = own('PARLEY_DATA_DIR') ?? defaultData(platform, home, from)
  return {
    cacheDir,
    modelsDir: own('PARLEY_MODELS_DIR') ?? path.join(cacheDir, 'models'),
    dataDir,
    takesDir: path.join(dataDir, 'takes'),
    settingsFile: path.join(dataDir, 'settings.json'),
    secretsFile: path.join(dataDir, 'secrets.json'),
    databaseFile: path.join(dataDir, 'history.sqlite'),
    logsDir: path.join(dataDir, 'logs'),
    controlSocket: controlSocket(env, platform, dataDir, from),
  }
}

type From = (name: string) => string | undefined

function defaultCache(platform: NodeJS.Platform, home: string, from: From): string {
  switch (platform) {
    case 'win32': return win32.join(from('LOCALAPPDATA') ?? win32.join(home, 'AppData', 'Local'), 'Parley', 'Cache')
    case 'darwin': return posix.join(home, 'Library', 'Caches', 'parley')
    default: return posix.join(from('XDG_CACHE_HOME') ?? posix.join(home, '.cache'), 'parley')
  }
}

function defaultData(platform: NodeJS.Platform, home: string, from: From): string {
  switch (platform) {
    case 'win32': return win32.join(from('LOCALAPPDATA') ?? win32.join(home, 'AppData', 'Local'), 'Parley', 'Data')
    case 'darwin': return posix.join(home, 'Library', 'Application Support', 'parley')
    default: return posix.join(from('XDG_DATA_HOME') ?? posix.join(home, '.local', 'share'), 'parley')
  }
}

/** The running program is found by this; with a data folder of its own (tests, a second profile) it is a program of its own. */
function controlSocket(env: Environment, platform: NodeJS.Platform, dataDir: string, from: From): string {
  const ownProfile = (env['PARLEY_DATA_DIR'] ?? '') !== ''
  if (platform === 'win32')
    return `\\\\.\\pipe\\parley-${dataDir.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`
  const runtime = from('XDG_RUNTIME_DIR')
  return runtime === undefined || ownProfile ? posix.join(dataDir, 'control.sock') : posix.join(runtime, 'parley.sock')
}

/** Makes the folders of the user's data, readable by nobody else. Throws `read-only`, `disk-full`, naming the folder. */
export async function makeDataFolders(paths: AppPaths): Promise<void> {
  for (const folder of [paths.dataDir, paths.takesDir, paths.logsDir]) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    }
    catch (error) {
      throw diskError(error, folder) ?? error
    }
  }
}
