import type { AppPaths } from '../storage/paths'
import { accessSync, constants, mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Where Chromium keeps its own files, and the lock that makes Parley single: beside ours. Where those cannot be written
 * the program has to start all the same, to say so; without the lock it would end at once.
 */
export function chromiumFolder({ dataDir, cacheDir }: Pick<AppPaths, 'dataDir' | 'cacheDir'>): string {
  for (const folder of [join(dataDir, 'electron'), join(cacheDir, 'electron')]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      accessSync(folder, constants.W_OK)
      return folder
    }
    catch {}
  }
  return mkdtempSync(join(tmpdir(), 'parley-'))
}
