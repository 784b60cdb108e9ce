import type { ErrorCode } from './app-error'
import { AppError, isAbort } from './app-error'

/** What the system says when a place cannot be written, by what a person can do about it. */
const FAULTS: Readonly<Record<string, { readonly code: ErrorCode, readonly says: string }>> = {
  ENOSPC: { code: 'disk-full', says: 'The disk is full: make room, then try again' },
  EDQUOT: { code: 'disk-full', says: 'Your disk quota is used up: make room, then try again' },
  EROFS: { code: 'read-only', says: 'The file system is read-only' },
  EACCES: { code: 'read-only', says: 'Permission was denied' },
  EPERM: { code: 'read-only', says: 'The operation is not permitted' },
  ENOTDIR: { code: 'read-only', says: 'A file stands where a folder is needed' },
  EEXIST: { code: 'read-only', says: 'A file stands where a folder is needed' },
}

/** The `errno` name of an error, looked for through its causes (streams and fetch wrap it). */
export function errnoOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string')
      return at.code
  }
  return undefined
}

/** An `AppError` that names the place, when the disk is at fault; undefined when it is something else. */
export function diskError(error: unknown, place: string): AppError | undefined {
  if (error instanceof AppError)
    return error.code === 'disk-full' || error.code === 'read-only' ? error : undefined
  if (isAbort(error))
    return undefined
  const errno = errnoOf(error)
  const fault = errno === undefined ? undefined : FAULTS[errno]
  if (!fault)
    return undefined
  return new AppError(fault.code, `${fault.says}: ${place}`, { cause: error, params: { path: place }, retryable: fault.code === 'disk-full' })
}
