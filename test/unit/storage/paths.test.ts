import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { appPaths, makeDataFolders } from '../../../src-main/storage/paths'

describe('appPaths', () => {
  it('follows the XDG specification on Linux', () => {
    expect(appPaths({}, 'linux', '/home/a')).toEqual({
      cacheDir: '/home/a/.cache/parley',
      modelsDir: '/home/a/.cache/parley/models',
      dataDir: '/home/a/.local/share/parley',
      takesDir: '/home/a/.local/share/parley/takes',
      settingsFile: '/home/a/.local/share/parley/settings.json',
      secretsFile: '/home/a/.local/share/parley/secrets.json',
      databaseFile: '/home/a/.local/share/parley/history.sqlite',
      logsDir: '/home/a/.local/share/parley/logs',
      controlSocket: '/home/a/.local/share/parley/control.sock',
    })
    expect(appPaths({ XDG_CACHE_HOME: '/c', XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/run/user/1' }, 'linux', '/home/a'))
      .toMatchObject({ cacheDir: '/c/parley', dataDir: '/d/parley', controlSocket: '/run/user/1/parley.sock' })
  })

  it('ignores relative and empty XDG folders, as the specification says', () => {
    expect(appPaths({ XDG_CACHE_HOME: 'c', XDG_DATA_HOME: '', XDG_RUNTIME_DIR: './run' }, 'linux', '/home/a')).toEqual(appPaths({}, 'linux', '/home/a'))
  })

  it('knows macOS and Windows', () => {
    expect(appPaths({}, 'darwin', '/Users/a')).toMatchObject({ cacheDir: '/Users/a/Library/Caches/parley', dataDir: '/Users/a/Library/Application Support/parley' })
    expect(appPaths({ LOCALAPPDATA: 'C:\\Users\\a\\AppData\\Local' }, 'win32', 'C:\\Users\\a')).toMatchObject({
      cacheDir: 'C:\\Users\\a\\AppData\\Local\\Parley\\Cache',
      databaseFile: 'C:\\Users\\a\\AppData\\Local\\Parley\\Data\\history.sqlite',
      controlSocket: '\\\\.\\pipe\\parley-c-users-a-appdata-local-parley-data',
    })
  })

  it('puts Parley\'s own variables before everything else; a data folder of one\'s own has a control socket of its own', () => {
    const env = { PARLEY_CACHE_DIR: '/pc', PARLEY_DATA_DIR: '/pd', XDG_CACHE_HOME: '/c', XDG_DATA_HOME: '/d', XDG_RUNTIME_DIR: '/run/user/1' }
    expect(appPaths(env, 'linux', '/home/a')).toMatchObject({ cacheDir: '/pc', modelsDir: '/pc/models', dataDir: '/pd', controlSocket: '/pd/control.sock' })
    expect(appPaths({ ...env, PARLEY_MODELS_DIR: '/pm' }, 'linux', '/home/a')).toMatchObject({ cacheDir: '/pc', modelsDir: '/pm' })
  })
})

describe('makeDataFolders', () => {
  it('makes folders nobody else can read, and names the one that cannot be made', async () => {
    const root = mkdtempSync(join(tmpdir(), 'parley-test-'))
    try {
      const paths = appPaths({ PARLEY_DATA_DIR: join(root, 'data') }, process.platform, root)
      await makeDataFolders(paths)
      await makeDataFolders(paths)
      if (process.platform !== 'win32')
        expect([paths.dataDir, paths.takesDir, paths.logsDir].map(folder => statSync(folder).mode & 0o777)).toEqual([0o700, 0o700, 0o700])
      writeFileSync(join(root, 'file'), '')
      await expect(makeDataFolders(appPaths({ PARLEY_DATA_DIR: join(root, 'file') }, 'linux', root))).rejects.toMatchObject({ code: 'read-only', params: { path: join(root, 'file') } })
    }
    finally {
      rmSync(root, { recursive: true })
    }
  })
})
