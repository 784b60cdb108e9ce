import type { Clock } from '../ports/clock'
import type { Logger } from '../ports/logger'
import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { diskError, errnoOf } from '../lib/disk-error'
import { keptSinceMs } from './retention'

export interface StoredTake {
  /** The file's name without `.wav`: the take's id. */
  readonly id: string
  readonly path: string
  readonly sizeBytes: number
  readonly modifiedAtMs: number
}

export interface TakesStore {
  readonly folder: string
  /** Newest first. No folder: no takes. */
  list: () => Promise<readonly StoredTake[]>
  /** Deletes recordings by path and returns how many were there. A path outside the takes' folder is left alone. */
  delete: (paths: readonly string[]) => Promise<number>
  /**
   * Deletes what is older than `keepDays` (0: everything is kept), except the paths in `keep`. Returns the deleted paths, whose
   * turns have no recording any more.
   */
  expire: (keepDays: number, keep?: ReadonlySet<string>) => Promise<readonly string[]>
  /**
   * Recordings that no turn refers to: the program died in the middle of a take. They are kept: what was said is never thrown
   * away but by the user or the time limit.
   */
  orphans: (referenced: ReadonlySet<string>) => Promise<readonly StoredTake[]>
}

export function createTakesStore(options: { readonly folder: string, readonly clock: Clock, readonly logger: Logger }): TakesStore {
  const folder = resolve(options.folder)

  async function list(): Promise<StoredTake[]> {
    const names = await readdir(folder).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT')
        return []
      throw diskError(error, folder) ?? error
    })
    const takes = await Promise.all(names.filter(name => name.endsWith('.wav')).map(async (name) => {
      const path = join(folder, name)
      const found = await stat(path).catch(() => undefined)
      return found?.isFile() ? { id: basename(name, '.wav'), path, sizeBytes: found.size, modifiedAtMs: found.mtimeMs } : undefined
    }))
    return takes.filter(take => take !== undefined).sort((a, b) => b.modifiedAtMs - a.modifiedAtMs)
  }

  function isOurs(path: string): boolean {
    return dirname(resolve(path)) === folder && relative(folder, path).endsWith('.wav')
  }

  async function remove(paths: readonly string[]): Promise<string[]> {
    const gone: string[] = []
    for (const path of paths) {
      if (!isOurs(path)) {
        options.logger.warn('a recording outside the folder of takes is left alone', { path })
        continue
      }
      try {
        await rm(path)
        gone.push(path)
      }
      catch (error) {
        if (errnoOf(error) !== 'ENOENT')
          throw diskError(error, path) ?? error
      }
    }
    return gone
  }

  return {
    folder,
    list,
    delete: async paths => (await remove(paths)).length,
    async expire(keepDays, keep = new Set()) {
      const before = keptSinceMs(keepDays, options.clock.wallMs())
      if (before === null)
        return []
      return remove((await list()).filter(take => take.modifiedAtMs < before && !keep.has(take.path)).map(take => take.path))
    },
    async orphans(referenced) {
      return (await list()).filter(take => !referenced.has(take.path))
    },
  }
}
