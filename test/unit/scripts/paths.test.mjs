import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheFolder, modelsFolder, speechFolder } from '../../../scripts/lib/paths.mjs'

describe('where set-up keeps its files', () => {
  it('follows the environment, then the system', () => {
    expect({
      named: cacheFolder({ PARLEY_CACHE_DIR: '/somewhere', XDG_CACHE_HOME: '/xdg' }, 'linux'),
      xdg: cacheFolder({ XDG_CACHE_HOME: '/xdg' }, 'linux'),
      linux: cacheFolder({}, 'linux'),
      mac: cacheFolder({}, 'darwin'),
      windows: cacheFolder({ LOCALAPPDATA: '/local' }, 'win32'),
      models: modelsFolder({ PARLEY_CACHE_DIR: '/somewhere' }),
      ownModels: modelsFolder({ PARLEY_CACHE_DIR: '/somewhere', PARLEY_MODELS_DIR: '/models' }),
      speech: speechFolder({ PARLEY_CACHE_DIR: '/somewhere' }),
    }).toEqual({
      named: '/somewhere',
      xdg: '/xdg/parley',
      linux: join(homedir(), '.cache', 'parley'),
      mac: join(homedir(), 'Library', 'Caches', 'Parley'),
      windows: join('/local', 'Parley', 'Cache'),
      models: '/somewhere/models',
      ownModels: '/models',
      speech: '/somewhere/test-speech',
    })
  })
})
