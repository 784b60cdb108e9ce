import { diskError } from '../lib/disk-error'

export type FailureKind
  /** A final no: the file is not there, or it is another one. */
  = | 'refused'
  /** Nobody answered; other files of the same place will fare no better. */
    | 'unreachable'
  /** It began well and broke off: asking again may help. */
    | 'cut'

/** Why a source did not give a file. `message` is one clause for people, without the source's name. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}

/** Lets aborts and faults of our own disk through (another source does not help there); the rest is the source's fault. */
export function toSourceFailure(error: unknown, place: string, signal: AbortSignal): SourceFailure {
  signal.throwIfAborted()
  if (error instanceof SourceFailure)
    return error
  const disk = diskError(error, place)
  if (disk)
    throw disk
  return new SourceFailure('cut', error instanceof Error ? error.message : String(error), error)
}
