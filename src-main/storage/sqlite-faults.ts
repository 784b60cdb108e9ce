import { AppError } from '../lib/app-error'
import { diskError } from '../lib/disk-error'

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html */
const SQLITE = { readonly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 } as const
/** SQLITE_CONSTRAINT_FOREIGNKEY */
const FOREIGN_KEY = 787

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : undefined
}

export function isForeignKeyFault(error: unknown): boolean {
  return resultCode(error) === FOREIGN_KEY
}

/** What SQLite threw at `file`, by what a person can do about it: `disk-full`, `read-only`, `database-broken`, else `internal`. */
export function sqliteError(error: unknown, file: string): AppError {
  if (error instanceof AppError)
    return error
  const code = resultCode(error)
  switch (code === undefined ? undefined : code & 0xFF) {
    case SQLITE.full: return new AppError('disk-full', `The disk is full: make room, then try again: ${file}`, { cause: error, params: { path: file }, retryable: true })
    case SQLITE.readonly:
    case SQLITE.cannotOpen: return new AppError('read-only', `The history cannot be written: ${file}`, { cause: error, params: { path: file } })
    case SQLITE.corrupt:
    case SQLITE.notADatabase: return new AppError('database-broken', `The history is damaged: ${file}`, { cause: error, params: { path: file } })
    default: return diskError(error, file) ?? new AppError('internal', error instanceof Error ? error.message : String(error), { cause: error })
  }
}
