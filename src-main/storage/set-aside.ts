import { constants, copyFileSync, existsSync, renameSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/** `NAME.broken-TIME.EXT` next to the file; a name that is free, so that nothing is ever overwritten. */
function freeName(path: string, wallMs: number): string {
  const extension = extname(path)
  const stem = basename(path, extension)
  const time = new Date(wallMs).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')
  for (let attempt = 0; ; attempt++) {
    const target = join(dirname(path), `${stem}.broken-${time}${attempt === 0 ? '' : `-${attempt}`}${extension}`)
    if (!existsSync(target))
      return target
  }
}

/**
 * Gives a broken file another name and returns it. `companions`: suffixes of files that belong to it (a database's `-wal`) and
 * go with it.
 */
export function setAside(path: string, wallMs: number, companions: readonly string[] = []): string {
  const target = freeName(path, wallMs)
  renameSync(path, target)
  for (const suffix of companions) {
    if (existsSync(path + suffix))
      renameSync(path + suffix, target + suffix)
  }
  return target
}

/** Keeps a copy of a file that stays in use. */
export function copyAside(path: string, wallMs: number): string {
  const target = freeName(path, wallMs)
  copyFileSync(path, target, constants.COPYFILE_EXCL)
  return target
}
