import type { NoticeView, Settings } from '../contract'
import type { OpenedHistory } from '../storage/history-store'
import type { FileLogger } from '../storage/logger'
import type { AppPaths } from '../storage/paths'
import type { SettingsStore } from '../storage/settings-store'
import type { TakesStore } from '../storage/takes-store'
import process from 'node:process'
import { app } from 'electron'
import { openSettings } from '../core/settings'
import { toAppError } from '../lib/app-error'
import { systemClock } from '../ports/clock'
import { openHistory } from '../storage/history-store'
import { createLogger } from '../storage/logger'
import { appPaths, makeDataFolders } from '../storage/paths'
import { createTakesStore } from '../storage/takes-store'

/** What is on disk: opened before anything else, and nothing of it keeps the program from starting. */
export interface DiskServices {
  readonly paths: AppPaths
  readonly logger: FileLogger
  readonly settings: SettingsStore<Settings>
  readonly history: OpenedHistory
  readonly takes: TakesStore
  /** What went wrong on the way, for the user to see. */
  readonly notices: readonly Pick<NoticeView, 'level' | 'code' | 'params'>[]
}

export async function openDisk(): Promise<DiskServices> {
  const notices: Pick<NoticeView, 'level' | 'code' | 'params'>[] = []
  const paths = appPaths(process.env, process.platform, app.getPath('home'))
  await makeDataFolders(paths).catch((error: unknown) => {
    notices.push({ level: 'error', code: toAppError(error).code, params: { folder: paths.dataDir } })
  })
  const logger = createLogger({ folder: paths.logsDir })
  const settings = await openSettings(paths)
  if (settings.brokenFile !== null)
    notices.push({ level: 'warning', code: 'settings-broken', params: { file: settings.brokenFile } })
  else if (settings.writeFault !== null)
    notices.push({ level: 'error', code: settings.writeFault.code, params: { folder: paths.dataDir } })
  const history = openHistory(paths.databaseFile)
  if (history.brokenFile !== null)
    notices.push({ level: 'warning', code: 'database-broken', params: { file: history.brokenFile } })
  if (history.memoryOnly !== null)
    notices.push({ level: 'error', code: history.memoryOnly.code, params: { folder: paths.dataDir } })
  const cutOff = history.store.closePending()
  if (cutOff > 0)
    logger.warn('turns were cut off by the end of the program', { count: cutOff })
  return { paths, logger, settings, history, takes: createTakesStore({ folder: paths.takesDir, clock: systemClock, logger }), notices }
}
