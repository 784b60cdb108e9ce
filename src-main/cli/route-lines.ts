import type { ErrorCode } from '../lib/app-error'
import type { StoredTurn } from '../ports/conversation-store'
import type { EnginePart, RouteAttempt, RouteReport, RouteSkip } from '../ports/route'
import { LOCAL_SERVICE } from '../ports/route'

type Routes = StoredTurn['routes']

const FAILED: Readonly<Partial<Record<ErrorCode, string>>> = {
  'service-unreachable': 'could not be reached',
  'service-untrusted': 'its certificate is not trusted',
  'service-key': 'refused the key, or has none',
  'service-busy': 'is over its limit',
  'service-failed': 'failed',
  'service-refused': 'refused the request',
  'service-reply': 'its reply was not understood',
  'too-large': 'its reply was too large',
  'timeout': 'took too long',
  'offline': 'there is no network',
  'no-service': 'may not be asked',
  'model-missing': 'has no model',
  'model-corrupt': 'has a damaged model',
  'inference-child-lost': 'its process ended',
}

const SKIPPED: Readonly<Record<RouteSkip['reason'], string>> = {
  'breaker': 'failed too often',
  'privacy': 'is farther away than the settings allow',
  'local-only': '"local only" is on',
  'budget': 'costs more than the settings allow',
  'offline': 'there is no network',
  'key': 'refused the key before',
  'not-ready': 'was not loaded yet',
}

function nameOf(serviceId: string): string {
  return serviceId === LOCAL_SERVICE ? 'this machine' : serviceId
}

/** Who did each part; null: nobody. */
export function servedBy(routes: Routes): Partial<Record<EnginePart, string | null>> {
  return Object.fromEntries(Object.entries(routes).map(([part, report]) => [part, report.servedBy]))
}

/** `office (small-model)`; `nobody`. */
export function whoServed({ servedBy, attempts }: RouteReport): string {
  if (servedBy === null)
    return 'nobody'
  const model = attempts.findLast(({ serviceId }) => serviceId === servedBy)?.model
  return model ? `${nameOf(servedBy)} (${model})` : nameOf(servedBy)
}

/** A line for each that was left or not asked, and why. A reserve that was not needed is none of them. */
export function leftLines({ attempts, skipped, servedBy }: RouteReport): string[] {
  return [
    ...attempts.flatMap(attempt => leftLine(attempt)),
    ...skipped
      .filter(({ serviceId, reason }) => !(serviceId === LOCAL_SERVICE && reason === 'not-ready' && servedBy !== null))
      .map(({ serviceId, reason }) => `${nameOf(serviceId)}: not asked, ${SKIPPED[reason]}`),
  ]
}

function leftLine({ serviceId, outcome, errorCode, startMs, endMs, firstOutputMs }: RouteAttempt): string[] {
  const after = endMs === null ? '' : ` after ${Math.round(endMs - startMs)} ms`
  const reason = FAILED[errorCode ?? 'internal'] ?? errorCode ?? 'failed'
  switch (outcome) {
    case 'failed': return [firstOutputMs === null ? `${nameOf(serviceId)}: ${reason}${after}` : `${nameOf(serviceId)}: broke off${after} (${reason})`]
    case 'lost': return [`${nameOf(serviceId)}: was slower, and was left${after}`]
    case 'served':
    case 'stopped': return []
  }
}

/** The same, of the last report there was; nothing where the own model was all there is, whose failure is told anyway. */
export function leftBy(report: RouteReport | null): string[] {
  const isRouted = report !== null && [...report.attempts, ...report.skipped].some(({ serviceId }) => serviceId !== LOCAL_SERVICE)
  return isRouted ? leftLines(report) : []
}
