/**
 * Every way in which Parley fails that a person or a caller can act on.
 * The code names the kind; the text for people is looked up by code (`errors.<code>` in the locales).
 */
export const ERROR_CODES = [
  'aborted', // somebody asked for it to stop; never shown as a fault
  'bad-input', // what came in is malformed (file, message, argument)
  'not-audio', // a file that is no sound we can read
  'empty-audio', // a sound file without a sample
  'no-microphone',
  'no-speaker',
  'microphone-denied',
  'device-lost', // a device went away while in use
  'audio-child-lost', // the native audio process hung or died
  'inference-child-lost', // the local model process died
  'model-missing',
  'model-corrupt',
  'out-of-memory',
  'disk-full',
  'read-only', // the data folder cannot be written
  'database-broken', // set aside under another name, a new one was made
  'settings-broken', // set aside under another name, defaults are used
  'hotkey-taken',
  'hotkey-impossible',
  'hotkey-unsupported', // this desktop has no way to do it
  'no-display',
  'download-failed',
  'offline', // no network at all: nothing but this machine can be reached
  'timeout', // a deadline passed: first byte, between chunks, or the whole
  'service-unreachable', // refused, reset, no such host
  'service-untrusted', // its certificate is not trusted
  'service-key', // 401, 403: the key is missing, wrong or may not do this
  'service-busy', // 429: over a limit
  'service-failed', // 408, 409, 5xx, or an error in the middle of a reply
  'service-refused', // another 4xx: this request will never do
  'service-reply', // what came is not what the protocol says
  'too-large', // an event or a reply over the bound
  'no-service', // nothing that may be used does this part
  'not-found',
  'internal',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

export interface AppErrorOptions {
  /** May the same call succeed when made again? */
  readonly retryable?: boolean
  readonly cause?: unknown
  /** Values for the text for people (`{file}`); never a transcript, a prompt or a key. */
  readonly params?: Readonly<Record<string, string | number>>
}

/** The one error type that crosses a module's border. `message` is plain English for logs and the command line. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly params: Readonly<Record<string, string | number>>

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.params = options.params ?? {}
  }
}

/** Node's `errno` codes that mean something a person can act on. */
const ERRNO: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'read-only',
  EACCES: 'read-only',
  EPERM: 'read-only',
  ENOENT: 'not-found',
  ENOMEM: 'out-of-memory',
}

/** Classifies anything thrown, once, at the border where it was caught. An `AppError` stays what it is. */
export function toAppError(error: unknown, fallback: ErrorCode = 'internal'): AppError {
  if (error instanceof AppError)
    return error
  if (isAbort(error))
    return new AppError('aborted', 'Stopped.', { cause: error })
  if (error instanceof Error) {
    const errno = 'code' in error && typeof error.code === 'string' ? ERRNO[error.code] : undefined
    return new AppError(errno ?? fallback, error.message, { cause: error })
  }
  return new AppError(fallback, String(error), { cause: error })
}

/** Whether this is the reason of an `AbortSignal`, ours or the platform's. */
export function isAbort(error: unknown): boolean {
  return (error instanceof AppError && error.code === 'aborted')
    || (error instanceof Error && error.name === 'AbortError')
}
