import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import process from 'node:process'

export interface SmallDisk extends Disposable {
  readonly folder: string
  /** With other options: `ro`. Throws when the system refuses. */
  remount: (options: string) => void
}

/** A file system of its own at `folder`, such as `size=4m`; undefined where this user may not mount one. */
export function mountSmallDisk(folder: string, options: string): SmallDisk | undefined {
  mkdirSync(folder)
  if (process.platform !== 'linux' || spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0)
    return undefined
  return {
    folder,
    remount(changed) {
      if (spawnSync('mount', ['-o', `remount,${changed}`, folder]).status !== 0)
        throw new Error(`could not remount ${folder} with ${changed}`)
    },
    [Symbol.dispose]: () => void spawnSync('umount', ['-l', folder]),
  }
}
