import type { Logger } from '../ports/logger'
import { join } from 'node:path'
import process from 'node:process'
import pino from 'pino'
import { cleanFields } from './log-guard'
import { RotatingFile } from './rotating-file'

export interface FileLogger extends Logger, AsyncDisposable {
  readonly path: string
  /** Resolves when what was logged so far is on disk. */
  flush: () => Promise<void>
}

export interface LoggerOptions {
  readonly folder: string
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
  /** Of one file; there are `keep` more of them. */
  readonly maxBytes?: number
  readonly keep?: number
}

const MAX_BYTES = 2 * 1024 * 1024
const KEEP = 3

/** JSON lines in `parley.log`: a fixed message and fields, without anybody's words or keys. At most 8 MiB in all. */
export function createLogger(options: LoggerOptions): FileLogger {
  const path = join(options.folder, 'parley.log')
  const file = new RotatingFile({ path, maxBytes: options.maxBytes ?? MAX_BYTES, keep: options.keep ?? KEEP })
  const logger = pino({
    level: options.level ?? 'info',
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
  }, file)
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
    if (logger.isLevelEnabled(level))
      logger[level](cleanFields(fields), message)
  }
  return {
    path,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    flush: async () => file.flush(),
    [Symbol.asyncDispose]: async () => file.flush(),
  }
}
