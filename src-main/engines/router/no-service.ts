import type { EnginePart, RouteSkip } from '../../ports/route'
import { AppError } from '../../lib/app-error'

/** Nothing may be asked: the reason that a person can do something about. */
export function noServiceError(part: EnginePart, skipped: readonly RouteSkip[]): AppError {
  const only = (reason: RouteSkip['reason']): boolean => skipped.length > 0 && skipped.every(skip => skip.reason === reason)
  if (only('key'))
    return new AppError('service-key', 'The service refused its key. Check it in the settings.', { params: { part, service: skipped[0]?.serviceId ?? '' } })
  if (only('offline'))
    return new AppError('offline', 'There is no network.', { retryable: true, params: { part } })
  return new AppError('no-service', `Nothing that may be used does this part: ${part}.`, { params: { part } })
}
