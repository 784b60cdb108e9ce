import type { Clock } from '../../ports/clock'
import type { Logger } from '../../ports/logger'
import type { OtherStream } from '../../ports/media-control'
import type { Player } from './mpris'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { temporaryName } from '../../lib/atomic-file'
import { createSerialQueue } from '../serial-queue'

/** Whoever left something paused for longer than this does not expect it to begin on its own. */
const OLDEST_MS = 6 * 60 * 60 * 1000

export interface HeldPlayer extends Player {
  readonly busId: string
}

/** What is held now, in memory. */
export interface Held {
  readonly players: ReadonlyMap<string, HeldPlayer>
  readonly streams: ReadonlyMap<string, OtherStream>
}

const contentSchema = z.object({
  bootId: z.string(),
  savedAtMs: z.number(),
  players: z.array(z.object({ name: z.string(), owner: z.string(), busId: z.string() })),
  streams: z.array(z.object({ index: z.number().int(), identity: z.string(), restoreName: z.string().nullable() })),
})
type Content = z.infer<typeof contentSchema>

/** What is held, on disk, for the next run of the program to give back. */
export interface HeldFile {
  /** Resolves with true when everything that is held by now is on disk. Nothing held: there is no file. */
  save: () => Promise<boolean>
  /** What a former run left; null: nothing, or nothing that still means something. */
  load: () => Promise<Pick<Content, 'players' | 'streams'> | null>
}

export function createHeldFile({ path, held, clock, logger }: { readonly path: string, readonly held: Held, readonly clock: Clock, readonly logger: Logger }): HeldFile {
  const inOrder = createSerialQueue()
  let next: Promise<boolean> | undefined

  async function write(): Promise<boolean> {
    try {
      if (held.players.size + held.streams.size === 0) {
        await rm(path, { force: true })
        return true
      }
      const content: Content = { bootId: await bootId(), savedAtMs: clock.wallMs(), players: [...held.players.values()], streams: [...held.streams.values()] }
      // Not flushed to the disk, which takes its time: what loses it, a power cut, ends the players, too.
      const temporary = temporaryName(path)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await writeFile(temporary, JSON.stringify(content), { mode: 0o600 })
      await rename(temporary, path)
      return true
    }
    catch (error) {
      logger.warn('what is held could not be written', { error: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  return {
    save() {
      // One that has not begun yet will have everything.
      next ??= inOrder(() => {
        next = undefined
        return write()
      })
      return next
    },
    async load() {
      try {
        const content = contentSchema.parse(JSON.parse(await readFile(path, 'utf8')))
        const isOfNow = content.bootId === await bootId() && Math.abs(clock.wallMs() - content.savedAtMs) <= OLDEST_MS
        return isOfNow ? content : null
      }
      catch {
        return null
      }
    },
  }
}

/** Names this run of the machine; empty where the system does not tell. */
async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim()
}
